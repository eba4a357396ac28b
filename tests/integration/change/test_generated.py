"""Generated repositories: covgate's lines and counts against answers that were found in another way.

In CI hypothesis takes its own `ci` profile: the examples are the same in each run.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from covgate.change.changed_lines import find_changed_lines
from covgate.change.diff_coverage import compute_diff_coverage
from covgate.measure.data_files import Wanted, analyse_data
from covgate.measure.project import find_project
from covgate.model.change import DiffCoverage
from covgate.model.commit import Sha, parse_sha
from covgate.system.git import GitCommand
from tests.support.generator import Change, Files, Module, changes, modules
from tests.support.repositories import RUN_EVERYTHING, Repository

UNHURRIED = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One repository for all examples of a test: a commit needs no branch."""
    return Repository(tmp_path_factory.mktemp("generated") / "repository")


def commit(repository: Repository, files: Files) -> Sha:
    """Make a commit that holds the files and nothing else."""
    for entry in repository.path.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    repository.write(files)
    repository.git("add", "--all")
    tree = repository.git("write-tree").decode().strip()
    return parse_sha(repository.git("commit-tree", tree, "-m", "change").decode().strip())


# --- changed lines -------------------------------------------------------------------------------------------------


def lines_by_git(repository: Repository, base: Sha, head: Sha) -> dict[str, list[int]]:
    """Find the changed lines without reading a patch as covgate does.

    Names come from the NUL-separated list, never from a patch. Each file's patch is asked for alone, with git's own
    defaults, and only its `@@` lines are read: without context every other line starts with a sign, so that none can
    be taken for one. What they count is held against `--numstat`, which counts without printing.
    """
    fields = iter(repository.git("diff", "--name-status", "-z", base, head).split(b"\0")[:-1])
    found: dict[str, list[int]] = {}
    for status in fields:
        names = [next(fields)] if status[:1] not in b"RC" else [next(fields), next(fields)]
        if status == b"D" or not names[-1].endswith(b".py"):
            continue
        only = ("--text", base, head, "--", *(os.fsdecode(name) for name in names))
        patch = repository.git("--literal-pathspecs", "diff", "--unified=0", *only)
        hunks = re.findall(rb"^@@ -[\d,]+ \+(\d+)(?:,(\d+))? @@", patch, re.MULTILINE)
        lines = [n for start, count in hunks for n in range(int(start), int(start) + int(count or 1))]
        added = repository.git("--literal-pathspecs", "diff", "--numstat", "-z", *only).split(b"\t")[0] or b"0"
        assert added in {str(len(lines)).encode(), b"-"}, "a minus stands for a binary file"
        content = repository.git("cat-file", "blob", f"{head}:{os.fsdecode(names[-1])}")
        found[os.fsdecode(names[-1])] = lines_of_python(content, lines)
    return found


def lines_of_python(content: bytes, lines: list[int]) -> list[int]:
    """Number lines as Python's text files do, which end one at a carriage return alone too."""
    pieces = content.split(b"\n")
    found: list[int] = []
    for line in lines:
        before = count_line_ends(b"".join(piece + b"\n" for piece in pieces[: line - 1]))
        inside = count_line_ends(pieces[line - 1].removesuffix(b"\r"))
        found.extend(range(before + 1, before + inside + 2))
    return found


def count_line_ends(content: bytes) -> int:
    return io.StringIO(content.decode("latin-1"), newline=None).read().count("\n")


DIFF_IN_A_FILE = Change(
    before={b"m.py": b"a\n++ b/evil.py\nb", b"a b/c.py": b"same\nx\n"},
    after={b"m.py": b"++ b/evil.py\n@@ -1 +1 @@\nb\n", b'a b/"c" d.py': b"same\ny\n"},
)


@settings(UNHURRIED, max_examples=40)
@given(change=changes())
@example(change=DIFF_IN_A_FILE)
def test_the_changed_lines_are_those_of_git(workshop: Repository, change: Change) -> None:
    base, head = commit(workshop, change.before), commit(workshop, change.after)
    assert workshop.changed(base, head) == lines_by_git(workshop, base, head)


@settings(UNHURRIED, max_examples=25)
@given(change=changes(), staged=st.booleans())
def test_the_changed_lines_of_a_working_tree_are_those_of_its_commit(
    workshop: Repository, change: Change, *, staged: bool
) -> None:
    base, head = commit(workshop, change.before), commit(workshop, change.after)
    expected = workshop.changed(base, head)
    workshop.git("update-ref", "--no-deref", "HEAD", base)
    if not staged:
        workshop.git("reset", "--quiet", "--mixed", base)
        # A new file that is not staged is no rename: all of its lines are new, as git shows them.
        moved = set(names_of_renames(workshop, base, head))
        expected = {name: lines for name, lines in expected.items() if name not in moved}
        found = workshop.changed(base, head=None)
        assert {name: lines for name, lines in found.items() if name not in moved} == expected
        return
    assert workshop.changed(base, head=None) == expected


def names_of_renames(repository: Repository, base: Sha, head: Sha) -> list[str]:
    fields = repository.git("diff", "--name-status", "-z", "--diff-filter=R", base, head).split(b"\0")[:-1]
    return [os.fsdecode(name) for name in fields[2::3]]


# --- counts --------------------------------------------------------------------------------------------------------


@settings(UNHURRIED, max_examples=6)
@given(drawn=st.lists(modules(), min_size=4, max_size=12))
def test_the_counts_are_those_the_modules_were_built_with(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Module]
) -> None:
    """Each statement of a module is known to be executed or not: the counts are made while it is built."""
    repository = Repository(tmp_path_factory.mktemp("counts") / "repository")
    names = [f"m{number}" for number in range(len(drawn))]
    script = "".join(f"import {name}\n" for name in names)
    tools = {".coveragerc": RUN_EVERYTHING, "run.py": script}
    repository.start({**tools, **{f"{name}.py": module.before for name, module in zip(names, drawn, strict=True)}})
    repository.commit({f"{name}.py": module.after for name, module in zip(names, drawn, strict=True)})
    repository.measure()
    diff = diff_coverage(repository.path, repository)
    expected = {
        PurePosixPath(f"{name}.py"): (module.covered, module.missing)
        for name, module in zip(names, drawn, strict=True)
        if module.covered | module.missing
    }
    assert {file.path: (file.statements - file.missing, file.missing) for file in diff.files} == expected
    covered = sum(len(module.covered) for module in drawn)
    assert (diff.tally.lines.covered, diff.tally.lines.missing) == (covered, sum(len(m.missing) for m in drawn))
    assert diff.tally.branches.total == 0


def diff_coverage(path: Path, repository: Repository) -> DiffCoverage:
    environment = repository.environment()
    git = GitCommand(path, environment)
    base, head = git.resolve("main"), git.resolve("HEAD")
    assert base is not None
    lines = find_changed_lines(git, base, head)
    project = find_project(directory=path, root=git.root, python=None, environment=environment)
    wanted = Wanted(changed=tuple(lines.files))
    measurement = analyse_data(project, [path / ".coverage"], config=None, wanted=wanted, local=())
    diff = compute_diff_coverage(lines, measurement)
    assert isinstance(diff, DiffCoverage)
    return diff
