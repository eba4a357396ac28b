"""The JUnit files of a run: which ones it wrote, and their results with what there is to say of them."""

from __future__ import annotations

import glob
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from covgate.measure.junit.cases import MOST_BYTES, Case, read_cases
from covgate.measure.junit.names import TestNames
from covgate.measure.junit.results import make_results
from covgate.measure.pytest_options import find_junit_option
from covgate.model import TestResults, plain
from covgate.system import read_foreign

OFF = ("off",)
"""The value of `junit` with which no file is written or read."""

MOST_FILES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitFiles:
    """Where results are looked for. Files that are there before a run, and stay as they are, are not of it."""

    directory: Path
    patterns: tuple[str, ...] = ()
    """Globs and names, relative to the directory or absolute."""
    asked: bool = False
    """Whether the option names them: then it is worth a word when there are none."""
    before: Mapping[Path, tuple[int, int, int]] = field(default_factory=dict)

    def fresh(self) -> list[Path]:
        """Return those that were written since; a glob's in the order of their names."""
        return [path for path in _matches(self.directory, self.patterns) if _state(path) != self.before.get(path)]


def plan_junit(
    directory: Path, words: Iterable[str], environment: dict[str, str], folder: Path, option: Sequence[str] | None
) -> JunitFiles:
    """Find the files a test command will write. Where it calls pytest, which writes none, it is told to.

    `environment` is the command's; `folder` is where covgate's own goes.
    """
    if option is not None:
        named = name_junit(directory, option)
        return replace(named, before=_states(named))
    addopts = environment.get("PYTEST_ADDOPTS", "")
    found = find_junit_option(directory, words, addopts)
    if found.may_add:
        file = folder / "junit.xml"
        environment["PYTEST_ADDOPTS"] = f"{addopts} --junitxml={shlex.quote(str(file))}".strip()
        return JunitFiles(directory=directory, patterns=(glob.escape(str(file)),))
    # What a shell or pytest would put in the place of a variable is not known here.
    own = [glob.escape(name) for name in found.own if "$" not in name and name[0] != "~"]
    named = JunitFiles(directory=directory, patterns=tuple(own))
    return replace(named, before=_states(named))


def name_junit(directory: Path, option: Sequence[str]) -> JunitFiles:
    """Return the files that the option names, whenever they were written."""
    off = tuple(option) == OFF
    return JunitFiles(directory=directory, patterns=() if off else tuple(option), asked=not off)


def _states(files: JunitFiles) -> dict[Path, tuple[int, int, int]]:
    return {path: state for path in files.fresh() if (state := _state(path)) is not None}


def _matches(directory: Path, patterns: Iterable[str]) -> list[Path]:
    """Return what the patterns name, each once."""
    found = (
        directory / name
        for pattern in patterns
        for name in sorted(
            glob.glob(  # noqa: PTH207  # Path.glob takes no absolute pattern
                pattern, root_dir=directory, recursive=True, include_hidden=True
            )
        )
    )
    return [path for path in dict.fromkeys(found) if not path.is_dir()]


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


# --- reading them -----------------------------------------------------------------------------------------------------


def read_junit(
    paths: Sequence[Path], names: TestNames, mask: Callable[[str], str]
) -> tuple[TestResults | None, tuple[str, ...]]:
    """Return the results of the files together, and notes.

    None when one of them cannot be used: the others' counts would be a part of the results. None without a note when
    there are no files, or no test in them.
    """
    if len(paths) > MOST_FILES:
        return None, (f"{len(paths):,} JUnit files are more than covgate reads ({MOST_FILES}): no tests are counted.",)
    problems: list[str] = []
    results = make_results(_cases(paths, problems), names, mask)
    if problems:
        return None, (f"{problems[0]}. No tests are counted.",)
    return (results if results.ran or results.skipped else None), ()


def _cases(paths: Iterable[Path], problems: list[str]) -> Iterator[Case]:
    """Yield the cases of the files, up to the first that cannot be read: that is a problem."""
    left = MOST_BYTES
    for path in paths:
        shown = f"The JUnit file {plain(path.name)}"
        try:
            data = read_foreign(path, left)
            left -= len(data)
            yield from read_cases(data)
        except OSError as exc:
            problems.append(f"{shown} cannot be read: {exc.strerror or exc}")
            return
        except ValueError as exc:
            problems.append(f"{shown} {exc}")
            return
