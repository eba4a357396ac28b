"""The user of the tests, and the second wall behind which its processes run, where the kernel has one."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from covgate.system import isolation, landlock
from covgate.system.isolation import Ender, Isolation
from covgate.system.process_group import start

with_landlock = pytest.mark.skipif(
    # As the kernel's own documentation asks for the version: no rules, no size, the flag 1.
    sys.platform != "linux" or ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) < 3,
    reason="needs a kernel with Landlock",
)


NOBODYS = 4_000_000
"""A number that nobody has. All processes of a user may be ended here: never that of whoever runs the tests."""


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Isolation]:
    (tmp_path / "home").mkdir()
    with closing(Ender(NOBODYS)) as ender:
        yield Isolation(user=NOBODYS, home=tmp_path / "home", ender=ender, places=[tmp_path / "home"])


def test_no_variable_leads_the_user_to_folders_or_names_of_the_runners(user: Isolation) -> None:
    runners = dict.fromkeys(["HOME", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME"], "/runner")
    found = user.environment({**runners, "PATH": "/bin"})
    assert found == {"PATH": "/bin", "HOME": str(user.home), "TMPDIR": str(user.home / "tmp")}


def write(*folders: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sh", "-c", 'for f; do (echo > "$f/new") 2> /dev/null; done', "-", *folders])


@with_landlock
def test_a_process_behind_the_second_wall_writes_into_its_own_folders_only(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    landlock.start_behind([inside, Path("/dev")], lambda: write(inside, outside)).wait()
    assert ((inside / "new").exists(), (outside / "new").exists()) == (True, False)
    # Who started it is not behind it.
    write(outside).wait()
    assert (outside / "new").exists()


@with_landlock
def test_what_is_started_as_the_user_is_behind_the_second_wall(
    user: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_EVERYBODYS", ("/dev",))
    assert user.has_second_wall()
    start(lambda: write(user.home, tmp_path), user).wait()
    assert ((user.home / "new").exists(), (tmp_path / "new").exists()) == (True, False)
    start(lambda: write(tmp_path), None).wait()
    assert (tmp_path / "new").exists()


@with_landlock
def test_no_program_behind_the_second_wall_gains_rights(tmp_path: Path) -> None:
    read = landlock.start_behind(
        [tmp_path], lambda: subprocess.Popen(["grep", "NoNewPrivs", "/proc/self/status"], stdout=subprocess.PIPE)
    )
    assert read.communicate()[0].split() == [b"NoNewPrivs:", b"1"]
