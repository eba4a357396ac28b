"""Lines mapped through real diffs: what was kept is where the map says, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covgate.change.line_mapping import find_shifts
from covgate.model.change import FileShift, Move, Shifts
from covgate.model.commit import Sha
from covgate.system.git import GitCommand
from tests.support.git import ENVIRONMENT, Repository, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make_repository(tmp_path / "repository")


def write(repository: Repository, files: Mapping[str, str | bytes | None]) -> Sha:
    """Write the files (None: delete) and commit them."""
    for name, content in files.items():
        path = repository.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return repository.commit("change")


def shift(
    repository: Repository, old: Mapping[str, str | bytes | None], new: Mapping[str, str | bytes | None]
) -> Shifts:
    one, other = write(repository, old), write(repository, new)
    return find_shifts(repository.command, one, other)


def of(shifts: Shifts, name: str) -> FileShift:
    return shifts.of(PurePosixPath(name))


def mapped(file: FileShift, lines: int) -> list[int | None]:
    return [file.to_new(line) for line in range(1, lines + 1)]


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


TEN = text(*"abcdefghij")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(text("a", "b"), text("a", "b", "c"), [1, 2], id="added-at-the-end"),
        pytest.param(text("a", "b"), text("x", "a", "b"), [2, 3], id="added-at-the-start"),
        pytest.param(text("a", "b"), text("a", "x", "y", "b"), [1, 4], id="added-in-between"),
        pytest.param(text("a", "b", "c"), text("a", "c"), [1, None, 2], id="removed"),
        pytest.param(text("a", "b", "c"), text("a", "x", "c"), [1, None, 3], id="modified"),
        pytest.param(text("a", "b", "c"), text("b"), [None, 1, None], id="both-ends-removed"),
        pytest.param(text("a", "b"), "", [None, None], id="emptied"),
        pytest.param("", text("a"), [], id="was-empty"),
        pytest.param("a\nb", "a\nb\n", [1, None], id="a-line-end-was-added"),
        pytest.param("a\nb\n", "a\nb", [1, None], id="a-line-end-was-removed"),
        pytest.param(text("a", "b"), "a\r\nb\r\n", [None, None], id="line-ends-were-changed"),
        pytest.param("a\r\nb\r\n", "x\r\na\r\nb\r\n", [2, 3], id="line-ends-of-windows"),
        pytest.param(text("++ b/x.py", "-- a", "b"), text("-- a", "b", "@@ -1 +1 @@"), [None, 1, 2], id="like-a-patch"),
        pytest.param(text("a\rb", "c"), text("a\rb", "c", "d"), [None, None], id="a-lone-return-stays"),
        pytest.param(text("a", "c"), text("a\rb", "c"), [None, None], id="a-lone-return-comes"),
        pytest.param(text("a\rb", "c"), text("a", "c"), [None, None], id="a-lone-return-goes"),
    ],
)
def test_where_the_lines_are(repository: Repository, old: str, new: str, expected: list[int | None]) -> None:
    file = of(shift(repository, {"m.py": old}, {"m.py": new}), "m.py")
    assert file.path == PurePosixPath("m.py")
    assert mapped(file, len(expected)) == expected
    assert file.to_new(0) is None
    for line, now in enumerate(expected, start=1):
        assert now is None or file.to_old(now) == line


def test_a_file_that_did_not_change_maps_to_itself(repository: Repository) -> None:
    file = of(shift(repository, {"m.py": TEN, "n.py": TEN}, {"m.py": "a\n"}), "n.py")
    assert (file.path, mapped(file, 10)) == (PurePosixPath("n.py"), list(range(1, 11)))
    assert file.to_old(7) == 7
    assert file.to_new(0) is None


def test_a_deleted_file_has_no_lines_any_more(repository: Repository) -> None:
    file = of(shift(repository, {"m.py": TEN, "n.py": "1\n"}, {"m.py": None}), "m.py")
    assert file.path is None
    assert mapped(file, 12) == [None] * 12


def test_an_added_file_has_no_old_lines(repository: Repository) -> None:
    shifts = shift(repository, {"n.py": "1\n"}, {"m.py": TEN})
    assert shifts.files == {}


def test_a_renamed_file_is_followed(repository: Repository) -> None:
    shifts = shift(repository, {"m.py": TEN}, {"m.py": None, "sub/n.py": "x\n" + TEN})
    file = of(shifts, "m.py")
    assert (file.path, mapped(file, 10)) == (PurePosixPath("sub/n.py"), list(range(2, 12)))


def test_a_file_that_was_only_renamed_keeps_its_lines(repository: Repository) -> None:
    file = of(shift(repository, {"m.py": TEN}, {"m.py": None, "n.py": TEN}), "m.py")
    assert (file.path, mapped(file, 11)) == (PurePosixPath("n.py"), [*range(1, 11), None])


def test_a_new_file_in_the_place_of_a_renamed_one_is_another(repository: Repository) -> None:
    other = text(*"qrstuvwxyz")
    shifts = shift(repository, {"m.py": TEN}, {"n.py": TEN, "m.py": other})
    # To git, m.py was modified and n.py is new: no line of the old m.py is taken for one of the new.
    assert of(shifts, "m.py").path == PurePosixPath("m.py")
    assert mapped(of(shifts, "m.py"), 10) == [None] * 10


def test_files_that_changed_places(repository: Repository) -> None:
    other = text(*"qrstuvwxyz")
    shifts = shift(
        repository, {"a/m.py": TEN, "b/m.py": other}, {"a/m.py": None, "b/m.py": None, "c/m.py": other, "d/m.py": TEN}
    )
    assert (of(shifts, "a/m.py").path, of(shifts, "b/m.py").path) == (PurePosixPath("d/m.py"), PurePosixPath("c/m.py"))
    assert mapped(of(shifts, "a/m.py"), 10) == list(range(1, 11))


def test_a_copy_leaves_the_original_as_it_is(repository: Repository) -> None:
    repository.git("config", "diff.renames", "copies")
    shifts = shift(repository, {"m.py": TEN}, {"m.py": TEN + "k\n", "n.py": TEN})
    assert of(shifts, "m.py").path == PurePosixPath("m.py")
    assert mapped(of(shifts, "m.py"), 10) == list(range(1, 11))


def test_a_file_that_became_a_link_has_no_lines_any_more(repository: Repository) -> None:
    one = write(repository, {"m.py": TEN, "n.py": TEN})
    (repository.path / "m.py").unlink()
    (repository.path / "m.py").symlink_to("n.py")
    other = repository.commit("link")
    assert mapped(of(find_shifts(repository.command, one, other), "m.py"), 10) == [None] * 10
    assert mapped(of(find_shifts(repository.command, other, one), "m.py"), 10) == [None] * 10


def test_a_file_that_became_executable_keeps_its_lines(repository: Repository) -> None:
    one = write(repository, {"m.py": TEN})
    (repository.path / "m.py").chmod(0o755)
    file = of(find_shifts(repository.command, one, repository.commit("mode")), "m.py")
    assert mapped(file, 10) == list(range(1, 11))


def test_of_other_files_every_line_counts_as_removed(repository: Repository) -> None:
    one, other = write(repository, {"m.html": TEN, "n.txt": TEN}), write(repository, {"m.html": "x\n" + TEN})
    assert mapped(of(find_shifts(repository.command, one, other), "m.html"), 10) == [None] * 10
    followed = find_shifts(repository.command, one, other, suffixes=frozenset({".html"}))
    assert mapped(of(followed, "m.html"), 10) == list(range(2, 12))
    assert mapped(of(followed, "n.txt"), 10) == list(range(1, 11))


def test_a_script_that_became_a_module_is_followed(repository: Repository) -> None:
    file = of(shift(repository, {"tool": TEN}, {"tool": None, "tool.py": TEN + "k\n"}), "tool")
    assert (file.path, mapped(file, 10)) == (PurePosixPath("tool.py"), list(range(1, 11)))


@pytest.mark.parametrize("name", ["a b.py", "tab\there.py", 'quo"te.py', "back\\slash.py", "grün.py", "a b/b/c.py"])
def test_names_that_git_quotes(repository: Repository, name: str) -> None:
    file = of(shift(repository, {name: TEN}, {name: "x\n" + TEN}), name)
    assert mapped(file, 2) == [2, 3]


def test_a_name_that_is_not_utf8(repository: Repository) -> None:
    name = os.fsdecode(b"\xff.py")
    file = of(shift(repository, {name: TEN}, {name: "x\n" + TEN}), name)
    assert mapped(file, 2) == [2, 3]


def test_text_that_is_not_utf8_and_bytes_that_are_no_text(repository: Repository) -> None:
    old, new = b"\xff\xfe\n\x00\n\xe9\n", b"\xff\xfe\nx\n\x00\n\xe9\n"
    assert mapped(of(shift(repository, {"m.py": old}, {"m.py": new}), "m.py"), 3) == [1, 3, 4]


def test_the_working_tree_is_the_new_side(repository: Repository) -> None:
    one = write(repository, {"m.py": TEN, "gone.py": TEN, "same.py": TEN})
    repository.write("m.py", "x\n" + TEN)
    repository.write("untracked.py", TEN)
    (repository.path / "gone.py").unlink()
    shifts = find_shifts(repository.command, one, None)
    assert mapped(of(shifts, "m.py"), 10) == list(range(2, 12))
    assert of(shifts, "gone.py").path is None
    assert of(shifts, "same.py") == FileShift(path=PurePosixPath("same.py"))
    assert PurePosixPath("untracked.py") not in shifts.files


class EditedMeanwhile(GitCommand):
    """Git, and somebody who writes into the checkout after it has looked."""

    def patch(self, base: Sha, head: Sha | None, paths: Sequence[PurePosixPath]) -> str:
        found = super().patch(base, head, paths)
        (self.root / "m.py").write_text("x\ny\n" + TEN)
        return found


def test_a_file_that_is_edited_while_it_is_looked_at_is_not_followed(repository: Repository) -> None:
    one = write(repository, {"m.py": TEN})
    repository.write("m.py", "x\n" + TEN)
    file = of(find_shifts(EditedMeanwhile(repository.path, ENVIRONMENT), one, None), "m.py")
    assert (file.path, mapped(file, 10)) == (PurePosixPath("m.py"), [None] * 10)


def test_a_shift_is_a_value() -> None:
    one = FileShift(path=PurePosixPath("m.py"), moves=(Move(old=1, new=3, length=2), Move(old=5, new=5, length=1)))
    assert mapped(one, 6) == [3, 4, None, None, 5, None]
    assert [one.to_old(line) for line in range(1, 7)] == [None, None, 1, 2, 5, None]


# --- a property ----------------------------------------------------------------------------------------------------

LINE = st.sampled_from(
    ["a", "b", "c", "d", "", " a", "a\r", "+++ b/x.py", "--- a/x.py", "@@ -1,2 +3,4 @@", "\\ No", "é"]
)
EDIT = st.tuples(st.lists(LINE, max_size=14), st.lists(LINE, max_size=14), st.booleans(), st.booleans())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("property") / "repository")


def content(lines: Sequence[str], *, ended: bool) -> bytes:
    text = "\n".join(lines)
    # A return without a line feed after it would be a line end of its own.
    return (text + "\n" if lines and (ended or text.endswith("\r")) else text).encode()


@pytest.mark.slow
@settings(max_examples=15)
@given(edits=st.lists(EDIT, min_size=1, max_size=8))
def test_kept_lines_are_the_same_lines_in_the_same_order(
    shared: Repository, edits: list[tuple[list[str], list[str], bool, bool]]
) -> None:
    old = {f"{n}.py": content(before, ended=ended) for n, (before, _, ended, _) in enumerate(edits)}
    new = {f"{n}.py": content(after, ended=ended) for n, (_, after, _, ended) in enumerate(edits)}
    shared.git("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".")
    one, other = write(shared, old), write(shared, new)
    shifts = find_shifts(shared.command, one, other)
    numbers = [line.split("\t") for line in shared.git("diff", "--numstat", "--text", one, other).splitlines()]
    counted = {name: int(deleted) for _, deleted, name in numbers}
    for name, before in old.items():
        was, now = _git_lines(before), _git_lines(new[name])
        file = of(shifts, name)
        kept = {line: there for line in range(1, len(was) + 1) if (there := file.to_new(line)) is not None}
        assert list(kept.values()) == sorted(set(kept.values()))
        assert all(was[line - 1] == now[there - 1] for line, there in kept.items())
        assert all(file.to_old(there) == line for line, there in kept.items())
        assert len(was) - len(kept) == counted.get(name, 0)
        added = [line for line in range(1, len(now) + 1) if file.to_old(line) is None]
        assert len(added) == len(now) - len(kept)


def _git_lines(data: bytes) -> list[bytes]:
    """The lines as git counts them, each with its end."""
    parts = data.split(b"\n")
    return [*(part + b"\n" for part in parts[:-1]), *([parts[-1]] if parts[-1] else [])]
