"""Whether what lies in the working tree is the blob that git names, in either kind of repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from covgate.change.texts import digest_of, is_blob
from tests.support.git import ENVIRONMENT


def name_by_git(folder: Path, text: bytes, kind: str) -> str:
    subprocess.run(["git", "init", "-q", f"--object-format={kind}", folder], env=ENVIRONMENT, check=True)
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], cwd=folder, env=ENVIRONMENT, input=text, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    ("stored", "here", "same"),
    [
        pytest.param(b"a = 1\n", b"a = 1\n", True, id="as-it-is"),
        pytest.param(b"", b"", True, id="empty"),
        pytest.param(b"a = 1\n", b"a = 1\r\n", True, id="line-ends-of-windows"),
        pytest.param(b"a = 1\r\n", b"a = 1\r\n", True, id="stored-with-them"),
        pytest.param(b"# $Id$\n", b"# $Id: 12ab $\n", True, id="a-keyword"),
        pytest.param(b"# $Id: 12ab $\n", b"# $Id: 12ab $\n", True, id="stored-with-it"),
        pytest.param(b"# $Id$\n", b"# $Id: 12ab $\r\n", True, id="both"),
        pytest.param(b"a = 1\n", b"a = 2\n", False, id="another"),
        pytest.param(b"a = 1\r\n", b"a = 1\n", False, id="line-ends-that-went"),
    ],
)
@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_a_text_is_a_blob_whatever_git_writes_into_it(
    tmp_path: Path, stored: bytes, here: bytes, kind: str, *, same: bool
) -> None:
    assert is_blob(here, name_by_git(tmp_path, stored, kind)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"a\nb\n", b"a\r\nb\r\n", True),
        (b"$Id$", b"$Id: x $", True),
        (b"a\nb\n", b"a\rb\n", False),
        (b"a\n", b"a", False),
    ],
)
def test_what_moves_no_line_is_no_difference(one: bytes, other: bytes, *, same: bool) -> None:
    assert (digest_of(one) == digest_of(other)) is same
