"""Generated projects before and after a change, line by line, with the diff that is known by construction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from hypothesis import strategies as st

from covgate.history.line_states import LineState, character_of, record_lines, tally_of
from covgate.model.change import FileShift, Shifts
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.history import LineRecord
from covgate.model.numbers import Tally
from tests.support.shifted import OLD, made_shift

State = LineState | None
"""None: no statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file: its lines in order, each what it was and what it is; `gone` and `new` ones are on one side only."""

    old_path: PurePosixPath
    path: PurePosixPath | None
    lines: tuple[tuple[str, State, State], ...]

    @property
    def before(self) -> list[State]:
        return [was for kind, was, _ in self.lines if kind != "new"]

    @property
    def after(self) -> list[State]:
        return [now for kind, _, now in self.lines if kind != "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChange:
    """A change, and what the code under test is given of it."""

    files: tuple[FileChange, ...]
    old: LineRecord
    head: Coverage
    shifts: Shifts
    digests: dict[PurePosixPath, str]

    @property
    def baseline(self) -> Tally:
        return count([state for file in self.files for state in file.before])


def count(states: list[State]) -> Tally:
    return tally_of("".join(character_of(state) for state in states if state))


def states() -> st.SearchStrategy[State]:
    """States as coverage makes them: the exits of a missing line are not taken."""
    plain = st.booleans().map(lambda executed: LineState(executed=executed))
    partial = st.integers(0, 3).map(lambda taken: LineState(executed=True, exits=3, taken=taken))
    return st.one_of(st.none(), plain, plain, partial, st.just(LineState(executed=False, exits=3)))


def _measured(path: PurePosixPath, lines: list[State]) -> FileCoverage:
    found = {number: state for number, state in enumerate(lines, start=1) if state}
    return FileCoverage(
        path=path,
        statements=frozenset(found),
        missing=frozenset(line for line, state in found.items() if not state.executed),
        branches={line: Branch(total=s.exits, taken=s.taken) for line, s in found.items() if s.exits},
    )


@st.composite
def project_changes(draw: st.DrawFn, *, stays: bool = False, kinds: str = "kept kept kept gone new") -> ProjectChange:
    """Draw a change. With `stays` a line that is still there has the state it had; `kinds` are what lines may be."""
    files = []
    for number in range(draw(st.integers(1, 4))):
        old_path = PurePosixPath(f"old/m{number}.py")
        fates = [old_path, old_path, PurePosixPath(f"new/m{number}.py"), None]
        lines = []
        for kind in draw(st.lists(st.sampled_from(kinds.split()), max_size=12)):
            before = draw(states())
            lines.append((kind, before, before if stays and kind == "kept" else draw(states())))
        path = draw(st.sampled_from(fates)) if "gone" in kinds else old_path
        files.append(FileChange(old_path=old_path, path=path, lines=tuple(lines)))
    return assemble(tuple(files))


def assemble(files: tuple[FileChange, ...]) -> ProjectChange:
    """Make of the lines what is recorded, measured and known of the diff."""
    old = {file.old_path: _measured(file.old_path, file.before) for file in files}
    head = {file.path: _measured(file.path, file.after) for file in files if file.path}
    edited = {file.old_path for file in files if any(line[0] != "kept" for line in file.lines)}
    digests = {file.path: ("e" if file.old_path in edited else "d") * 40 for file in files if file.path}
    return ProjectChange(
        files=files,
        old=record_lines(OLD, Coverage(files=old, has_branches=True), dict.fromkeys(old, "d" * 40)),
        head=Coverage(files=head, has_branches=True),
        shifts=Shifts(files={file.old_path: _shift(file) for file in files}),
        digests=digests,
    )


def _shift(file: FileChange) -> FileShift:
    lines, old, new = {}, 0, 0
    for kind, _, _ in file.lines:
        old += kind != "new"
        new += kind != "gone"
        if kind == "kept":
            lines[old] = new
    return made_shift(file.path, lines if file.path else {})
