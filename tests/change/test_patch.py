"""Git's patch, read: names as git quotes them, hunks by the counts they state."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

import pytest

from covgate.change.patch import Hunk, parse_patch
from covgate.errors import GitError

HUNK = "@@ -3,2 +3 @@ def f():\n-a\n-b\n+c\n"
READ = (Hunk(old=3, removed=2, new=3, added=1),)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        pytest.param("+++ b/m.py", "m.py", id="plain"),
        pytest.param("+++ b/a b/c.py\t", "a b/c.py", id="spaces-and-the-tab-after-them"),
        pytest.param("+++ b/x b/y b/z.py\t", "x b/y b/z.py", id="like-two-names"),
        pytest.param("+++ b/end .py \t", "end .py ", id="a-space-at-the-end"),
        pytest.param(r'+++ "b/tab\there\nand\\.py"', "tab\there\nand\\.py", id="escapes-of-c"),
        pytest.param(r'+++ "b/\a\b\t\n\v\f\r.py"', "\a\b\t\n\v\f\r.py", id="all-that-have-a-letter"),
        pytest.param(r'+++ "b/quo\"te.py"', 'quo"te.py', id="a-quote"),
        pytest.param(r'+++ "b/gr\303\274n.py"', "grün.py", id="octal-bytes"),
        pytest.param(r'+++ "b/\377.py"', os.fsdecode(b"\xff.py"), id="not-utf-8"),
        pytest.param("+++ b/b/m.py", "b/m.py", id="only-one-prefix-goes"),
    ],
)
def test_the_name_of_a_file(header: str, name: str) -> None:
    patch = f"diff --git a/other.py b/other.py\nindex 1..2 100644\n--- a/other.py\n{header}\n{HUNK}"
    assert parse_patch(patch) == {PurePosixPath(name): READ}


@pytest.mark.parametrize(
    ("hunk", "expected"),
    [
        pytest.param("@@ -1 +1 @@\n-a\n+b\n", (1, 1, 1, 1), id="counts-of-one-are-left-out"),
        pytest.param("@@ -4,0 +5,2 @@\n+a\n+b\n", (4, 0, 5, 2), id="added"),
        pytest.param("@@ -5,2 +4,0 @@\n-a\n-b\n", (5, 2, 4, 0), id="removed"),
        pytest.param(
            "@@ -2 +2 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            (2, 1, 2, 1),
            id="without-a-last-line-end",
        ),
        pytest.param(
            "@@ -1,2 +1,2 @@\n--- a/x.py\n-@@ -1 +1 @@\n+++ b/x.py\n+diff --git a/x b/x\n",
            (1, 2, 1, 2),
            id="lines-that-look-like-headers",
        ),
    ],
)
def test_a_hunk(hunk: str, expected: tuple[int, int, int, int]) -> None:
    ((read,),) = parse_patch(f"--- a/m.py\n+++ b/m.py\n{hunk}").values()
    assert (read.old, read.removed, read.new, read.added) == expected


def test_files_one_after_the_other() -> None:
    gone = f"diff --git a/gone.py b/gone.py\ndeleted file mode 100644\n--- a/gone.py\n+++ /dev/null\n{HUNK}"
    mode = "diff --git a/mode.py b/mode.py\nold mode 100644\nnew mode 100755\n"
    one, other = (f"diff --git a/{n}.py b/{n}.py\n--- a/{n}.py\n+++ b/{n}.py\n{HUNK}" for n in "mn")
    assert parse_patch(one + gone + mode + other) == {PurePosixPath("m.py"): READ, PurePosixPath("n.py"): READ}


def test_a_link_that_became_a_file_has_two_sections_of_one_name() -> None:
    old = "--- a/m.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-other.py\n\\ No newline at end of file\n"
    new = "--- /dev/null\n+++ b/m.py\n@@ -0,0 +1 @@\n+a\n"
    assert parse_patch(old + new) == {PurePosixPath("m.py"): (Hunk(old=0, removed=0, new=1, added=1),)}


def test_the_lines_of_the_new_side() -> None:
    assert list(Hunk(old=1, removed=0, new=7, added=3).new_lines) == [7, 8, 9]
    assert list(Hunk(old=7, removed=3, new=6, added=0).new_lines) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param("-a\n-b\n c\n", "' c'", id="context"),
        pytest.param("-a\n-b\n-c\n", "'-c'", id="more-removed-than-stated"),
        pytest.param("-a\n+b\n+c\n", "'+c'", id="more-added-than-stated"),
        pytest.param("-a\n-b\n", "''", id="cut-off-at-a-line"),
        pytest.param("-a\n-b", "inside a hunk", id="cut-off-in-a-line"),
    ],
)
def test_a_patch_git_would_not_write(body: str, problem: str) -> None:
    with pytest.raises(GitError, match="the diff could not be read") as raised:
        parse_patch(f"--- a/m.py\n+++ b/m.py\n@@ -1,2 +1 @@\n{body}")
    assert problem in raised.value.message
