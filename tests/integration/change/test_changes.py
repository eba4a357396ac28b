"""The lines of a change, and the statements they belong to, on real repositories and on a laptop's working tree."""

from __future__ import annotations

import html
import os
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.changed_lines import find_changed_lines
from covgate.change.diff_coverage import compute_diff_coverage
from covgate.measure.data_files import Wanted, analyse_data
from covgate.measure.project import find_project
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Measurement
from covgate.system.git import GitCommand
from tests.support.repositories import RUN_EVERYTHING, Repository

TEN = "".join(f"x{n} = {n}\n" for n in range(1, 11))
"""Ten lines, each another."""

BOTH_SIDES = pytest.mark.parametrize("head", ["HEAD", None], ids=["commit", "working-tree"])


def edited(text: str, *lines: int) -> str:
    """The text with some of its lines, counted from 1, made others."""
    return "".join(f"y{line}" if n in lines else line for n, line in enumerate(text.splitlines(keepends=True), 1))


# --- which lines ---------------------------------------------------------------------------------------------------


@BOTH_SIDES
def test_only_edited_lines_count_not_their_context(repository: Repository, head: str | None) -> None:
    repository.start({"m.py": TEN})
    repository.commit({"m.py": edited(TEN, 2, 4, 9)})
    assert repository.changed(head=head) == {"m.py": [2, 4, 9]}


@BOTH_SIDES
def test_deleted_lines_are_no_lines_of_the_change(repository: Repository, head: str | None) -> None:
    repository.start({"m.py": TEN})
    repository.commit({"m.py": "".join(TEN.splitlines(keepends=True)[3:])})
    assert repository.changed(head=head) == {"m.py": []}


@BOTH_SIDES
def test_a_renamed_file_counts_its_edited_lines_only(repository: Repository, head: str | None) -> None:
    repository.start({"old.py": TEN, "moved.py": TEN.replace("x", "z")})
    repository.git("mv", "old.py", "new.py")
    repository.git("mv", "moved.py", "elsewhere.py")
    repository.commit({"new.py": edited(TEN, 3)})
    assert repository.changed(head=head) == {"new.py": [3], "elsewhere.py": []}


@BOTH_SIDES
def test_a_text_renamed_to_python_counts_its_edited_lines_only(repository: Repository, head: str | None) -> None:
    repository.start({"m.txt": TEN})
    repository.git("mv", "m.txt", "m.py")
    repository.commit({"m.py": edited(TEN, 10)})
    assert repository.changed(head=head) == {"m.py": [10]}


@BOTH_SIDES
def test_a_copy_is_a_new_file(repository: Repository, head: str | None) -> None:
    repository.start({"m.py": TEN})
    repository.commit({"copy.py": TEN})
    assert repository.changed(head=head) == {"copy.py": list(range(1, 11))}


@BOTH_SIDES
def test_deleted_files_modes_links_submodules_and_empty_files_have_no_lines(
    repository: Repository, head: str | None
) -> None:
    repository.start({"gone.py": TEN, "mode.py": TEN, "m.py": TEN, "becomes_link.py": TEN})
    (repository.path / "gone.py").unlink()
    (repository.path / "mode.py").chmod(0o755)
    (repository.path / "link.py").symlink_to("m.py")
    (repository.path / "becomes_link.py").unlink()
    (repository.path / "becomes_link.py").symlink_to("m.py")
    repository.commit({"empty.py": ""})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.head()},module.py")
    repository.git("commit", "--quiet", "--message=submodule")
    assert repository.changed(head=head) == {"mode.py": [], "empty.py": []}


@BOTH_SIDES
def test_a_link_that_becomes_a_file_is_new(repository: Repository, head: str | None) -> None:
    repository.write({"m.py": TEN})
    (repository.path / "was_link.py").symlink_to("m.py")
    repository.start({})
    (repository.path / "was_link.py").unlink()
    repository.commit({"was_link.py": "a = 1\n"})
    assert repository.changed(head=head) == {"was_link.py": [1]}


@BOTH_SIDES
def test_a_file_replaced_by_a_folder_of_its_name_counts_what_is_in_the_folder(
    repository: Repository, head: str | None
) -> None:
    repository.start({"m.py": TEN})
    (repository.path / "m.py").unlink()
    repository.commit({"m.py/m.py": "a = 1\n"})
    assert repository.changed(head=head) == {"m.py/m.py": [1]}


@BOTH_SIDES
def test_binary_content_counts_by_its_lines(repository: Repository, head: str | None) -> None:
    repository.start({"m.py": b"a = 1\n\0\n"})
    repository.commit({"m.py": b"a = 1\n\0\0\n"})
    assert repository.changed(head=head) == {"m.py": [2]}


@BOTH_SIDES
@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param(b"a\nb", b"a\nc", [2], id="never-had-one"),
        pytest.param(b"a\nb\n", b"a\nb", [2], id="lost"),
        pytest.param(b"a\nb", b"a\nb\n", [2], id="gained"),
        pytest.param(b"a\nb", b"a\nb\nc", [2, 3], id="line-after-it"),
        pytest.param(b"a\r\nb\r\n", b"a\r\nc\r\n", [2], id="crlf"),
        pytest.param(b"a\nb\n", b"a\r\nb\r\n", [1, 2], id="lf-to-crlf"),
        pytest.param(b"a\n", b"b", [1], id="single"),
        pytest.param(b"", b"b", [1], id="first"),
    ],
)
def test_line_ends(repository: Repository, head: str | None, before: bytes, after: bytes, lines: list[int]) -> None:
    repository.start({"m.py": before, "n.py": b"same\n"})
    repository.commit({"m.py": after})
    assert repository.changed(head=head) == {"m.py": lines}


@BOTH_SIDES
@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param(b"a\rb\rc", b"a\rB\rc", [1, 2, 3], id="alone"),
        pytest.param(b"a\rb\nc\nd\n", b"a\rb\nc\nD\n", [4], id="above-the-change"),
        pytest.param(b"a\nb\r\nc\rd\ne\n", b"a\nb\r\nC\rd\nE\n", [3, 4, 5], id="mixed"),
        pytest.param(b"a\r\r\nb\n", b"a\r\r\nB\n", [3], id="before-crlf"),
    ],
)
def test_carriage_returns_alone_end_lines_as_they_do_for_python(
    repository: Repository, head: str | None, before: bytes, after: bytes, lines: list[int]
) -> None:
    repository.start({"m.py": before})
    repository.commit({"m.py": after})
    assert repository.changed(head=head) == {"m.py": lines}


@BOTH_SIDES
def test_lines_that_look_like_a_diff_redirect_nothing(repository: Repository, head: str | None) -> None:
    evil = "++ b/evil.py\n-- a/evil.py\n@@ -1 +1 @@\n+++ b/evil.py\ndiff --git a/evil.py b/evil.py\n\\ No newline\n"
    repository.start({"m.py": f"a\n{evil}b\n", "z.py": TEN})
    repository.commit({"m.py": f"A\n{evil}{evil}B\n++ b/evil.py", "z.py": edited(TEN, 5)})
    assert repository.changed(head=head) == {"m.py": [1, *range(8, 16)], "z.py": [5]}


@BOTH_SIDES
def test_removed_lines_that_look_like_a_diff_redirect_nothing(repository: Repository, head: str | None) -> None:
    repository.start({"m.py": "a\n-- a/evil.py\n++ b/evil.py\n-- /dev/null\nb\nc\n", "z.py": TEN})
    repository.commit({"m.py": "a\nb\nC\n", "z.py": edited(TEN, 5)})
    assert repository.changed(head=head) == {"m.py": [3], "z.py": [5]}


ODD_NAMES = [
    b"a b/c.py", b"b/b/b.py", b"x b/y b/z.py", b" lead.py", b"a  b .py", b'a "q".py', b'"q.py', b"tab\t.py",
    b'tab\t and "quote".py', b"line\nend.py", b"return\r.py", b"bell\a.py", b"delete\x7f.py", b"back\\slash.py",
    b"\\101.py", "ünïcode/ñ.py".encode(), "😀 smile.py".encode(), b"\xff\xfe.py", b"\xff \xfe.py", b"-lead.py",
    b"--output=x.py", b":(glob)x.py", b"*.py", b"[x].py", b"{a => b}.py", b"a => b.py", b"dev/null/x.py", b"<x>.py",
    b"a/b/.py", b"...py", b"$(x).py", b"@{u}.py", b"^x.py", b"!x.py", b"#x.py", b"x\x1b[31m.py",
]  # fmt: skip


@BOTH_SIDES
def test_odd_names_are_read_as_git_holds_them(repository: Repository, head: str | None) -> None:
    repository.start(dict.fromkeys(ODD_NAMES, TEN.encode()))
    repository.commit(dict.fromkeys(ODD_NAMES, edited(TEN, 3, 8).encode()))
    files = [name for name in ODD_NAMES if Path(os.fsdecode(name)).suffix == ".py"]
    assert repository.changed(head=head) == {os.fsdecode(name): [3, 8] for name in files}


def test_odd_names_of_untracked_files_are_read_too(repository: Repository) -> None:
    repository.start({"m.py": TEN})
    repository.write(dict.fromkeys(ODD_NAMES, b"a = 1\nb = 2"))
    files = [name for name in ODD_NAMES if Path(os.fsdecode(name)).suffix == ".py"]
    assert repository.changed(head=None) == {os.fsdecode(name): [1, 2] for name in files}


def test_many_files_with_long_names_are_read(repository: Repository) -> None:
    names = [f"{'d' * 200}/{'e' * 200}/{n:04}{'f' * 100}.py" for n in range(1100)]
    repository.start(dict.fromkeys(names, "a\nb\n"))
    repository.commit(dict.fromkeys(names, "a\nc\n"))
    assert repository.changed() == dict.fromkeys(names, [2])  # noqa: RUF024  # read only


def test_an_inserted_function_is_the_lines_git_diff_shows(repository: Repository) -> None:
    function = "@cache\ndef {}():\n    return 1\n\n"
    before = function.format("f") + function.format("h")
    repository.start({"m.py": before})
    repository.commit({"m.py": function.format("f") + function.format("g") + function.format("h")})
    shown = repository.git("diff", "--unified=0", "main", "HEAD", "--", "m.py").decode()
    assert "@@ -4,0 +5,4 @@" in shown, "from its decorator to the blank line after it, not from the name on"
    assert repository.changed() == {"m.py": [5, 6, 7, 8]}


# --- the working tree ----------------------------------------------------------------------------------------------


def test_a_laptop_counts_staged_unstaged_and_untracked_edits_and_says_so(repository: Repository) -> None:
    repository.start(
        {".coveragerc": RUN_EVERYTHING, "run.py": "import a, b, c\n", **dict.fromkeys(["a.py", "b.py"], TEN)}
    )
    repository.commit({"a.py": edited(TEN, 1)})
    repository.write({"b.py": edited(TEN, 2)})
    repository.git("add", "b.py")
    repository.write({"a.py": edited(TEN, 1, 3), "c.py": "c = 1\n", "ignored/i.py": TEN, ".gitignore": "ignored\n"})
    repository.write({"venv/pyvenv.cfg": "", "venv/lib/python3.11/site.py": TEN})
    repository.measure()
    gate = repository.check()
    assert repository.changed(head=None) == {"a.py": [1, 3], "b.py": [2], "c.py": [1]}
    assert (gate.lines, gate.missing) == ((4, 4), {"a.py": [], "b.py": [], "c.py": []})
    assert (gate.known["uncommitted"], gate.verdict, gate.exit_code) == (3, "pass", 0)
    assert "with changes in 3 files" in gate.stdout.decode()
    assert "with changes in 3 files" in gate.comment


def test_in_ci_the_commit_is_judged_and_a_rewritten_source_is_not(repository: Repository) -> None:
    repository.start({".coveragerc": RUN_EVERYTHING, "run.py": "import a\n", "a.py": TEN})
    repository.commit({"a.py": edited(TEN, 1)})
    repository.measure()
    clean = repository.check(ci=True)
    repository.write({"a.py": "new = 0\n" + edited(TEN, 1)})
    repository.measure()
    rewritten = repository.check(ci=True)
    assert (clean.lines, clean.known["uncommitted"], clean.exit_code) == ((1, 1), 0, 0)
    assert (rewritten.verdict, rewritten.exit_code) == ("cannot-judge", 4)
    assert "a.py was measured in another state" in str(rewritten.diff["reason"])


def test_in_ci_a_rewritten_source_no_test_imports_is_not_judged_either(repository: Repository) -> None:
    repository.start({".coveragerc": "[run]\nomit = run.py\n", "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit({"new.py": TEN})
    repository.measure()
    repository.write({"new.py": ""})
    gate = repository.check(ci=True)
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "new.py was measured in another state" in str(gate.diff["reason"])


# --- which statements ----------------------------------------------------------------------------------------------

STATEMENTS = '''\
import functools  # 1


def call(a):
    return dict(  # 5
        a=a,

        # a comment
        b=2,
    )


@functools.lru_cache(
    maxsize=7,
)
def decorated(
    one=1,
):
    """Docstring
    of two lines."""
    text = """
    # not a comment

    """
    if (
        text
        and one
    ):
        return text + \\
            text
    return None


def excluded():  # pragma: no cover
    return (
        1
    )


# the end
'''


@pytest.mark.parametrize(
    ("lines", "statements"),
    [
        pytest.param([6], [5], id="continuation-of-a-call"),
        pytest.param([10], [5], id="closing-bracket"),
        pytest.param([7], [], id="blank-line-inside-a-call"),
        pytest.param([8], [], id="comment-inside-a-call"),
        pytest.param([6, 8, 9], [5], id="a-statement-once"),
        pytest.param([14], [13], id="argument-of-a-decorator"),
        pytest.param([17], [16], id="line-of-a-signature"),
        pytest.param([19, 20], [], id="docstring"),
        pytest.param([22], [21], id="comment-like-line-in-a-string"),
        pytest.param([23], [21], id="blank-line-in-a-string"),
        pytest.param([26], [25], id="condition-over-lines"),
        pytest.param([30], [29], id="backslash-continuation"),
        pytest.param([34, 35, 36], [], id="excluded"),
        pytest.param([40], [], id="comment"),
        pytest.param([2, 3], [], id="blank-lines"),
    ],
)
def test_a_changed_line_belongs_to_its_statement(
    measured_statements: tuple[Repository, Measurement], lines: list[int], statements: list[int]
) -> None:
    """The base is made so that nothing but the touched lines differs from the text that was measured."""
    repository, measurement = measured_statements
    repository.git("checkout", "--quiet", "-B", "base", "main")
    text = STATEMENTS.splitlines(keepends=True)
    for line in lines:
        text[line - 1] = f"other{line}\n"
    base = repository.commit({"m.py": "".join(text)})
    git = GitCommand(repository.path, repository.environment())
    head = git.resolve("main")
    diff = compute_diff_coverage(find_changed_lines(git, base, head), measurement)
    assert isinstance(diff, DiffCoverage)
    assert [sorted(file.statements) for file in diff.files] == ([statements] if statements else [])


@pytest.fixture(scope="module")
def measured_statements(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, Measurement]:
    repository = Repository(tmp_path_factory.mktemp("statements") / "repository")
    repository.commit({".coveragerc": RUN_EVERYTHING, "run.py": "import m\n", "m.py": STATEMENTS})
    repository.measure()
    environment = repository.environment()
    project = find_project(directory=repository.path, root=repository.path, python=None, environment=environment)
    wanted = Wanted(changed=(PurePosixPath("m.py"),))
    data = [repository.path / ".coverage"]
    return repository, analyse_data(project, data, config=None, wanted=wanted, local=())


# --- where the project lies ----------------------------------------------------------------------------------------


def test_projects_of_a_monorepo_are_judged_one_by_one(repository: Repository) -> None:
    tested = {".coveragerc": RUN_EVERYTHING, "run.py": "import m\n", "m.py": "x = 1\n"}
    repository.start({f"{folder}/{name}": text for folder in ("one", "two") for name, text in tested.items()})
    code = "x = 1\ndef f():\n    return 1\n"
    repository.commit({"one/m.py": code + "f()\n", "two/m.py": code, "three.py": code})
    for folder in ("one", "two"):
        repository.measure(directory=repository.path / folder)
    from_inside = repository.check(directory=repository.path / "two")
    from_the_top = repository.check("--directory=one")
    assert (from_inside.lines, from_inside.missing, from_inside.exit_code) == ((1, 2), {"two/m.py": [[3, 3]]}, 1)
    assert from_inside.omitted == dict.fromkeys(["one/m.py", "three.py"], "`source = .`, .coveragerc line 2")
    assert from_the_top.exit_code == 0
    assert "all 3 changed lines are covered" in from_the_top.stdout.decode()


def test_a_changed_file_the_configuration_leaves_out_is_listed_and_not_counted(repository: Repository) -> None:
    config = RUN_EVERYTHING + "\n[report]\nomit = left.py\n"
    repository.start({".coveragerc": config, "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit({"left.py": "y = 1\n", "run.py": "import m  # again\n"})
    repository.measure()
    gate = repository.check()
    assert (gate.lines, gate.exit_code) == ((0, 0), 0)
    assert gate.omitted == {
        "left.py": "`[report] omit = left.py`, .coveragerc line 6",
        "run.py": "`omit = run.py`, .coveragerc line 3",
    }
    assert "left.py" in gate.comment


def test_a_new_file_whose_name_is_not_text_is_uncovered(repository: Repository) -> None:
    repository.start({".coveragerc": "[run]\nomit = run.py\n", "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit({b"\xff\xfe.py": b"y = 1\n"})
    repository.measure()
    gate = repository.check()
    assert (gate.lines, gate.missing, gate.exit_code) == ((0, 1), {"\\xff\\xfe.py": [[1, 1]]}, 1)
    assert "\\udcff\\udcfe.py" in html.unescape(gate.comment)
