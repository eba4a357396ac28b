"""What of a user's git configuration holds for covgate's git on a laptop, and where its files lie by default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from covgate.system.git import GitCommand
from covgate.system.git_call import user_settings
from tests.support.git import ENVIRONMENT, make_repository

HOME = {"HOME": "{root}/home"}
IN_HOME = ("core.excludesfile={root}/home/.config/git/ignore", "core.attributesfile={root}/home/.config/git/attributes")
IN_XDG = ("core.excludesfile={root}/xdg/git/ignore", "core.attributesfile={root}/xdg/git/attributes")


@pytest.mark.parametrize(
    ("environment", "configured", "expected"),
    [
        pytest.param({}, {}, (), id="nothing"),
        pytest.param(HOME, {}, IN_HOME, id="home"),
        pytest.param({**HOME, "XDG_CONFIG_HOME": "{root}/xdg"}, {}, IN_XDG, id="xdg"),
        pytest.param({**HOME, "XDG_CONFIG_HOME": ""}, {}, IN_HOME, id="an-empty-xdg"),
        pytest.param({}, {"core.autocrlf": "input"}, ("core.autocrlf=input",), id="line-ends"),
        pytest.param(
            HOME, {"core.excludesFile": "/my/ignore"}, ("core.excludesfile=/my/ignore", IN_HOME[1]), id="a-named-file"
        ),
        pytest.param(
            HOME,
            {"core.excludesFile": "", "core.attributesFile": ""},
            ("core.excludesfile=", "core.attributesfile="),
            id="no-file",
        ),
        pytest.param({"GIT_DIR": "{root}/gone"}, {"core.autocrlf": "input"}, ("core.autocrlf=input",), id="in-a-hook"),
        pytest.param({}, {"core.fsmonitor": "/a/program"}, (), id="nothing-else"),
    ],
)
def test_the_users_settings(
    tmp_path: Path, environment: Mapping[str, str], configured: Mapping[str, str], expected: tuple[str, ...]
) -> None:
    repository = make_repository(tmp_path / "repository")
    (tmp_path / "home").mkdir()
    for name, value in configured.items():
        repository.git("config", name, value)
    given = {"PATH": ENVIRONMENT["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    given |= {name: value.format(root=tmp_path) for name, value in environment.items()}
    found = user_settings(repository.path, given)
    assert found == tuple(text.format(root=tmp_path) for text in expected)


def test_the_last_value_of_a_setting_counts_and_a_key_alone_is_true(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    config = repository.path / ".git/config"
    config.write_text(config.read_text() + "[core]\n\tautocrlf = false\n\tautocrlf\n")
    environment = {"PATH": ENVIRONMENT["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    assert user_settings(repository.path, environment) == ("core.autocrlf=true",)


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    assert user_settings(tmp_path, {"PATH": str(tmp_path)}) == ()


def test_a_user_who_reads_no_default_file_of_ignored_files_sees_what_it_ignores(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("new.py", "")
    ignored = tmp_path / "home/.config/git/ignore"
    ignored.parent.mkdir(parents=True)
    ignored.write_text("*.py\n")
    given = {**ENVIRONMENT, "HOME": str(tmp_path / "home")}

    def untracked() -> tuple[PurePosixPath, ...]:
        return GitCommand(repository.path, given, user_settings(repository.path, given)).untracked()

    assert untracked() == ()
    repository.git("config", "core.excludesFile", "")
    assert untracked() == (PurePosixPath("new.py"),)
