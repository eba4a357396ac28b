"""What stays readable of git's configuration while strangers' code runs, and what is put back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgate.system.git_config import find_configs, hide_credentials, put_back

SECRET = "c2VjcmV0"  # noqa: S105  # nobody's

KEPT: Mapping[str, Mapping[str, str | None]] = {
    "core": {
        "repositoryformatversion": "0",
        "filemode": "true",
        "bare": None,
        "logallrefupdates": "true",
        "ignorecase": "false",
        "precomposeunicode": "false",
        "symlinks": "true",
        "worktree": "/w",
        "autocrlf": "input",
        "eol": "lf",
        "safecrlf": "warn",
        "sparsecheckout": "true",
        "sparsecheckoutcone": "true",
        "quotepath": "false",
        "abbrev": "9",
    },
    "extensions": {"objectformat": "sha1"},
    'remote "a.b"': {"fetch": "+x:y", "tagopt": "--no-tags", "promisor": "true", "partialclonefilter": "blob:none"},
    'branch "x.y"': {"remote": "origin", "merge": "refs/heads/x", "rebase": "true"},
    'submodule "lib/\\"a\\\\b\\""': {"active": "true", "url": "../lib", "branch": "main"},
    "submodule": {"active": "."},
    "user": {"name": 'A "B" \\ C; #D', "email": "a@example.org"},
    "init": {"defaultbranch": "trunk"},
    "gc": {"auto": "0"},
}
"""Sections and what is read of them as it is; a value that is None is that of a key alone."""

GONE: Mapping[str, Mapping[str, str | None]] = {
    "core": {"sshcommand": "ssh -i /key", "hookspath": "/h", "gitproxy": "p", "askpass": "/a", "x-filemode": "1"},
    'http "https://example.org/"': {"extraheader": f"AUTHORIZATION: basic {SECRET}", "cookiefile": "/c"},
    "http": {"proxy": f"http://me:{SECRET}@proxy"},
    "credential": {"helper": f"!echo {SECRET}", "username": "me"},
    f'url "https://me:{SECRET}@example.org/"': {"insteadof": "https://example.org/"},
    'remote "a.b"': {"pushurl": f"https://me:{SECRET}@h/x", "proxy": f"http://me:{SECRET}@p", "uploadpack": "up"},
    "remote": {"pushdefault": "x"},
    "include": {"path": "/no/such/file"},
    'includeIf "gitdir:/x"': {"path": "/no/such/file"},
    "user": {"signingkey": SECRET},
    "init": {"templatedir": "/t"},
    "gc": {"pruneexpire": "now"},
    "alias": {"x": f"!curl {SECRET}"},
    'submodule "lib"': {"update": "!rm"},
}


def written(sections: Mapping[str, Mapping[str, str | None]]) -> str:
    lines: list[str] = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            quoted = (value or "").replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f"\t{name}" if value is None else f'\t{name} = "{quoted}"')
    return "".join(f"{line}\n" for line in lines)


def listed(config: Path) -> bytes:
    argv: list[str | Path] = ["git", "config", "--file", config, "--no-includes", "--null", "--list"]
    return subprocess.run(argv, capture_output=True, check=True).stdout


def test_what_is_harmless_stays_as_it_is_and_all_else_is_gone(tmp_path: Path) -> None:
    config, alone = tmp_path / "config", tmp_path / "alone"
    config.write_text(written(GONE) + written(KEPT) + written(GONE))
    alone.write_text(written(KEPT))
    assert hide_credentials(config) == []
    assert listed(config) == listed(alone)
    assert SECRET not in config.read_text()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"https://me:{SECRET}@example.org/o/r", "https://example.org/o/r"),
        (f"https://{SECRET}@example.org/o@2/r", "https://example.org/o@2/r"),
        (f"https://me:a@{SECRET}@example.org/o/r", "https://example.org/o/r"),
        (f"git+ssh://{SECRET}@example.org/o/r", "git+ssh://example.org/o/r"),
        ("https://example.org/o/r", "https://example.org/o/r"),
        ("git@example.org:o/r", "git@example.org:o/r"),
        ("/local/a@b", "/local/a@b"),
        ("a\nb", "a\nb"),
        ("", ""),
    ],
)
def test_an_address_stays_without_its_user(tmp_path: Path, url: str, kept: str) -> None:
    config = tmp_path / "config"
    config.touch()
    for key in ("remote.origin.url", "submodule.x.url", "branch.main.remote"):
        subprocess.run(["git", "config", "--file", config, key, url], check=True)
    hide_credentials(config)
    keys = (b"remote.origin.url", b"submodule.x.url", b"branch.main.remote")
    assert listed(config) == b"".join(b"%s\n%s\0" % (key, kept.encode()) for key in keys)


def test_bytes_that_are_no_utf_8_stay_and_a_broken_configuration_leaves_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_bytes(b'[user]\n\tname = "J\xf6rg"\n')
    hide_credentials(config)
    assert listed(config) == b"user.name\nJ\xf6rg\0"
    broken = tmp_path / "broken"
    broken.write_text(f"[user]\n\tname = x\n[{SECRET}\n")
    hide_credentials(broken)
    assert broken.read_text() == ""
    put_back(broken)
    assert SECRET in broken.read_text()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o600, 0o664, 0o444, 0o604])
def test_nobody_but_the_owner_reads_what_is_hidden_and_its_rights_come_back(tmp_path: Path, mode: int) -> None:
    config = tmp_path / "config"
    config.write_text(f"[x]\n\ty = {SECRET}\n")
    config.chmod(mode)
    hide_credentials(config)
    hidden = tmp_path / "config.covgate-hidden"
    assert sorted(tmp_path.iterdir()) == [config, hidden]
    assert hidden.stat().st_mode & 0o066 == 0
    assert config.stat().st_mode & 0o777 == 0o644
    put_back(config)
    # What a group or others could write is theirs no more.
    assert config.stat().st_mode & 0o777 == mode & ~0o022
    assert list(tmp_path.iterdir()) == [config]
    # Nothing is hidden any more: nothing changes.
    put_back(config)
    assert config.read_text() == f"[x]\n\ty = {SECRET}\n"


def test_what_a_killed_run_left_is_no_obstacle(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(written(KEPT))
    (tmp_path / "config.covgate-copy").symlink_to(tmp_path / "elsewhere")
    hide_credentials(config)
    assert not (tmp_path / "elsewhere").exists()
    # Killed before the copy was in its place.
    config.unlink()
    hide_credentials(config)
    assert listed(config)
    put_back(config)
    assert config.read_text() == written(KEPT)


def test_the_files_that_are_included_are_named_when_they_are_files(tmp_path: Path) -> None:
    folder = tmp_path / "git"
    folder.mkdir()
    # For git `~/x` is in the user's home.
    (folder / "~").mkdir()
    for name in ("git/near", "far", "git/~/x"):
        (tmp_path / name).touch()
    (folder / "link").symlink_to(tmp_path / "far")
    named = ["near", "../far", os.fspath(tmp_path / "far"), "link", "gone", ".", "~/x", ""]
    config = folder / "config"
    config.write_text("".join(f'[include]\n\tpath = "{name}"\n' for name in named) + "[include]\n\tpath\n")
    assert hide_credentials(config) == [folder / "near", tmp_path / "far", tmp_path / "far"]


def test_the_configurations_of_a_clone_are_those_of_its_git_folders(tmp_path: Path) -> None:
    made = [
        *("HEAD", "config", "config.worktree"),
        # A submodule within a submodule, whose configuration a killed run has hidden.
        *("modules/a/HEAD", "modules/a/config", "modules/a/modules/b/HEAD"),
        "modules/a/modules/b/config.covgate-hidden",
        *("worktrees/w/HEAD", "worktrees/w/config.worktree"),
        # Names like those of git's folders, below references and logs or without a HEAD.
        *("modules/a/refs/heads/HEAD", "modules/a/refs/heads/config"),
        *("modules/a/logs/HEAD", "modules/a/logs/config", "modules/none/config"),
        *("other/HEAD", "other/config"),
    ]
    for name in made:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_configs(tmp_path)]
    assert found == [
        "config",
        "config.worktree",
        "modules/a/config",
        "modules/a/modules/b/config",
        "worktrees/w/config.worktree",
    ]
    (tmp_path / "HEAD").unlink()
    assert find_configs(tmp_path)[0] == tmp_path / "modules/a/config"


@pytest.mark.parametrize("name", ["modules/logs", "modules/lib/refs", "modules/refs/logs/x", "worktrees/logs"])
def test_a_submodule_or_worktree_may_be_called_like_a_folder_of_gits(tmp_path: Path, name: str) -> None:
    config = "config" if name.startswith("modules") else "config.worktree"
    for file in ("HEAD", "config", f"{name}/HEAD", f"{name}/{config}", f"{name}/logs/HEAD", f"{name}/logs/config"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert find_configs(tmp_path) == [tmp_path / "config", tmp_path / name / config]
