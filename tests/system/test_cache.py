"""The folder for downloads in the runner's home: made where it can be used, and never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgate.system.cache import find_cache, make_cache

RUNNER = 1001


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):  # noqa: S108  # pytest's own are closed
            folder.chmod(0o755)
    (tmp_path / "home").mkdir(mode=0o755)
    return tmp_path / "home"


def test_it_is_made_as_the_owners_of_the_home(home: Path) -> None:
    if os.geteuid() == 0:
        os.chown(home, RUNNER, RUNNER)
    assert find_cache({"HOME": str(home)}) is None
    made = make_cache({"HOME": str(home)})
    assert made == home / ".cache" / "covgate"
    assert made == find_cache({"HOME": str(home)}) == make_cache({"HOME": str(home)})
    assert {path.stat().st_uid for path in (made, made.parent)} == {home.stat().st_uid}


@pytest.mark.parametrize("name", [".cache", ".cache/covgate"])
def test_a_link_is_not_followed(home: Path, name: str) -> None:
    (home / "elsewhere" / "covgate").mkdir(parents=True)
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).symlink_to(home / "elsewhere")
    assert make_cache({"HOME": str(home)}) is None
    assert find_cache({"HOME": str(home)}) is None
    assert [path.name for path in (home / "elsewhere").iterdir()] == ["covgate"]


def test_a_home_that_others_cannot_pass_has_none(home: Path) -> None:
    home.chmod(0o700)
    assert make_cache({"HOME": str(home)}) is None


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "here"}, {"HOME": "/no/such/home"}])
def test_without_a_home_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert make_cache(environment) is None
    assert not list(tmp_path.iterdir())


def test_a_file_in_its_place_is_left_alone(home: Path) -> None:
    (home / ".cache").write_text("mine")
    assert make_cache({"HOME": str(home)}) is None
    assert (home / ".cache").read_text() == "mine"
