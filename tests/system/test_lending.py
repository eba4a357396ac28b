"""A workspace lent to another user and given back, and git's credentials hidden meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate.errors import InputError
from covgate.system import isolation
from covgate.system.git_config import find_configs, hide_credentials, put_back
from covgate.system.isolation import Isolation, find_user
from covgate.system.lending import lent, take_back, undisturbed
from covgate.system.process import run_live
from covgate.system.quiet import run_quiet
from tests.support.repositories import Repository

pytestmark = pytest.mark.slow

OWNER = 1001
TESTS = 61000 + 2 * (os.getpid() % 2000)
"""Of this process's own: other tests of this machine end all that runs as the image's user, or as theirs."""
SECRET = "c2VjcmV0"  # noqa: S105  # nobody's

CONFIG = f"""
[core]
\trepositoryformatversion = 0
\tfsmonitor = /bin/true
[remote "origin"]
\turl = https://me:{SECRET}@example.com/o/r
\tfetch = +refs/heads/*:refs/remotes/origin/*
[http "https://example.com/"]
\textraheader = AUTHORIZATION: basic {SECRET}
[url "https://x:{SECRET}@example.com/"]
\tinsteadOf = https://example.com/
[branch "a \\"quoted\\" one"]
\tmerge = refs/heads/x
[user]
\tname = "A; #B \\\\ C"
[credential]
\thelper = "!echo {SECRET}"
[includeIf "gitdir:/x"]
\tpath = other.config
[extensions]
\tworktreeConfig
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    git = Repository(tmp_path / "repo").path / ".git"
    (git / "other.config").write_text(f"[a]\n\tb = {SECRET}\n")
    (git / "config").write_text(CONFIG)
    (git / "config").chmod(0o640)
    return git / "config"


def listed(config: Path) -> dict[str, str]:
    done = subprocess.run(
        ["git", "config", "--file", config, "--null", "--list"], capture_output=True, text=True, check=True
    )
    return dict(entry.partition("\n")[::2] for entry in done.stdout.split("\0")[:-1])


def test_a_copy_without_credentials_stands_in_the_place_of_a_configuration(config: Path) -> None:
    assert hide_credentials(config) == [config.parent / "other.config"]
    assert listed(config) == {
        "core.repositoryformatversion": "0",
        "remote.origin.url": "https://example.com/o/r",
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
        'branch.a "quoted" one.merge': "refs/heads/x",
        "user.name": "A; #B \\ C",
        "extensions.worktreeconfig": "",
    }
    readable = [path for path in config.parent.iterdir() if path.is_file() and path.stat().st_mode & 0o044]
    assert not any(SECRET in path.read_text(errors="replace") for path in readable if path.name != "other.config")


@pytest.mark.parametrize("killed", [False, True], ids=["once", "after-a-run-that-was-killed"])
def test_the_configuration_is_put_back_as_it_was(config: Path, *, killed: bool) -> None:
    before = config.stat()
    for _ in range(2 if killed else 1):
        hide_credentials(config)
    put_back(config)
    after = config.stat()
    assert config.read_text() == CONFIG
    assert (after.st_mode, after.st_ino, after.st_mtime_ns) == (before.st_mode, before.st_ino, before.st_mtime_ns)
    assert [path.name for path in config.parent.glob("config*")] == ["config"]


def test_submodules_and_worktrees_have_configurations_of_their_own(config: Path) -> None:
    git = config.parent
    for name in ("modules/a/b", "worktrees/w"):
        (git / name).mkdir(parents=True)
        (git / name / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "modules/a/b/config").write_text(CONFIG)
    (git / "worktrees/w/config.worktree").write_text(CONFIG)
    (git / "modules/a/b/refs/heads").mkdir(parents=True)
    for branch in ("HEAD", "config"):
        (git / "modules/a/b/refs/heads" / branch).write_text("0" * 40)
    found = [str(path.relative_to(git)) for path in find_configs(git)]
    assert found == ["config", "modules/a/b/config", "worktrees/w/config.worktree"]


def test_an_include_that_names_no_file_includes_nothing(config: Path) -> None:
    # For git this is in the user's home.
    (config.parent / "~").mkdir()
    (config.parent / "~" / "x").write_text("[a]\n\tb = 1\n")
    with config.open("a") as file:
        file.write('[includeIf "gitdir:/y"]\n\tpath\n[includeIf "gitdir:/z"]\n\tpath =\n')
        file.write('[includeIf "gitdir:/w"]\n\tpath = ~/x\n')
    assert hide_credentials(config) == [config.parent / "other.config"]


USERS = {"not-the-image": ({}, None), "nonsense": ({"COVGATE_TESTS_USER": "me"}, None)}


@pytest.mark.parametrize(("environment", "user"), USERS.values(), ids=USERS)
def test_outside_of_the_image_there_is_no_user_of_the_tests(environment: dict[str, str], user: int | None) -> None:
    assert find_user(environment) == user


def test_only_root_can_become_another_user() -> None:
    assert find_user({"COVGATE_TESTS_USER": "60606"}) == (None if os.geteuid() else 60606)


# --- as root, as in the container ------------------------------------------------------------------------------------

as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/setpriv").exists(), reason="needs root and setpriv, as in the image"
)


@pytest.fixture
def workspace() -> Iterator[Path]:
    """A checkout of the runner's, where another user can reach it: pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="covgate-lent-"))
    folder.chmod(0o755)
    repository = Repository(folder / "workspace")
    repository.commit({"calc.py": "a = 1\n", "inner/deep/test_calc.py": "", "records/history.jsonl": "{}\n"})
    nested = Repository(folder / "workspace" / "inner" / "other")
    nested.commit({"a.py": "b = 1\n"})
    (repository.path / "link").symlink_to("/etc/passwd")
    (repository.path / ".git" / "config").write_text(CONFIG)
    (repository.path / ".git" / "hooks").mkdir(exist_ok=True)
    (repository.path / ".git" / "hooks").chmod(0o777)
    for path in (repository.path, *repository.path.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    os.chown(repository.path / "inner" / "deep", 0, 5)
    try:
        yield repository.path
    finally:
        shutil.rmtree(folder)


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    found = {}
    for path in (folder, *folder.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_uid, about.st_gid, content)
    return found


def shell(user: Isolation, folder: Path, script: str) -> str:
    done = run_quiet(["/bin/sh", "-c", script], cwd=folder, env={"PATH": os.defpath}, user=user)
    return (done.stdout + done.stderr).decode(errors="replace")


@as_root
def test_a_workspace_is_given_back_as_it_was(workspace: Path) -> None:
    before = snapshot(workspace)
    with lent(TESTS, [workspace], [workspace / "records"], {}) as user:
        assert shell(user, workspace, "id -u; id -G; echo $HOME").split() == [str(TESTS), str(TESTS), str(user.home)]
        script = (
            "echo x > new; mkdir m; cp /bin/true m/t; chmod 4755 m/t; mkfifo p; chmod 0 m; rm -r calc.py; mv link l"
        )
        assert shell(user, workspace, script) == ""
        assert "status" in shell(user, workspace, "git -c safe.directory='*' status 2>&1 && echo status")
    after = snapshot(workspace)
    assert {name: about for name, about in after.items() if before.get(name) != about} == {
        "new": (stat.S_IFREG | 0o644, OWNER, OWNER, b"x\n"),
        "m": (stat.S_IFDIR, OWNER, OWNER, b""),
        "m/t": (stat.S_IFREG | 0o755, OWNER, OWNER, Path("/bin/true").read_bytes()),
        "l": before["link"],
    }
    assert before.keys() - after.keys() == {"calc.py", "link"}


REFUSED = {
    "git-moved": "mv .git x",
    "git-removed": "rm -rf .git",
    "a-clone-inside": "mv inner/other/.git inner/x",
    "its-folder": "mv inner/other inner/x",
    "the-folder-above": "mv inner x",
    "a-folder-that-is-lent-inside": "mv inner/deep inner/x",
    "a-hook": "echo > .git/hooks/post-checkout",
    "configuration": "git config core.fsmonitor x",
    "index": "rm -f .git/index",
    "record": "echo >> records/history.jsonl",
    "records": "mv records x",
    "a-new-record": "echo > records/trending.json",
}


@as_root
@pytest.mark.parametrize("script", REFUSED.values(), ids=REFUSED)
def test_what_git_believes_and_what_is_recorded_stays(workspace: Path, script: str) -> None:
    before = snapshot(workspace)
    with lent(TESTS, [workspace, workspace / "inner" / "deep"], [workspace / "records"], {}) as user:
        assert shell(user, workspace, f"({script}) > /dev/null 2>&1 && echo done") == ""
    assert snapshot(workspace) == before


@as_root
def test_what_a_link_among_the_records_leads_to_is_left_as_it_is(workspace: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    elsewhere.chmod(0o666)
    (workspace / "records" / "link").symlink_to(elsewhere)
    with lent(TESTS, [workspace], [workspace / "records"], {}):
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o666


@as_root
def test_credentials_cannot_be_read_meanwhile(workspace: Path, tmp_path: Path) -> None:
    named = tmp_path / "git-credentials-1.config"
    named.write_text(SECRET)
    named.chmod(0o644)
    with lent(TESTS, [workspace], [], {"RUNNER_TEMP": str(tmp_path)}) as user:
        assert stat.S_IMODE(named.stat().st_mode) == 0o600
        assert SECRET not in shell(user, workspace, "cat .git/* 2>&1; git -c safe.directory='*' config --list")
    assert stat.S_IMODE(named.stat().st_mode) == 0o644


@as_root
def test_a_file_with_credentials_that_is_named_twice_is_open_again_and_what_a_link_leads_to_stays(
    workspace: Path, tmp_path: Path
) -> None:
    named, other = tmp_path / "git-credentials-1.config", tmp_path / "other"
    for path in (named, other):
        path.write_text(SECRET)
        path.chmod(0o644)
    (tmp_path / "git-credentials-2.config").symlink_to(other)
    with (workspace / ".git" / "config").open("a") as file:
        file.write(f"[include]\n\tpath = {named}\n")
    with lent(TESTS, [workspace], [], {"RUNNER_TEMP": str(tmp_path)}):
        assert [stat.S_IMODE(path.stat().st_mode) for path in (named, other)] == [0o600, 0o644]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (named, other)] == [0o644, 0o644]


@as_root
def test_the_user_has_no_rights_of_roots_and_gains_none(workspace: Path) -> None:
    with lent(TESTS, [workspace], [], {}) as user:
        said = shell(user, workspace, "cat /proc/self/status; grep 'Max processes' /proc/self/limits")
    found = dict(line.partition(":")[::2] for line in said.splitlines() if ":" in line)
    capabilities = {name: value.strip("\t0") for name, value in found.items() if name.startswith("Cap")}
    assert capabilities == dict.fromkeys(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], "")
    assert [found[name].split() for name in ("Uid", "Gid")] == [[str(TESTS)] * 4] * 2
    assert (found["Groups"].split(), found["NoNewPrivs"].strip()) == ([], "1")
    # A suite cannot use up the processes of the machine, with which covgate ends it.
    assert said.splitlines()[-1].split() == ["Max", "processes", "8192", "8192", "processes"]


@as_root
def test_the_user_writes_to_its_home_wherever_that_lies(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_EVERYBODYS", ("/dev",))
    with lent(TESTS, [workspace], [], {}) as user:
        assert shell(user, workspace, "echo > $HOME/a && echo > $TMPDIR/b && echo > c && rm c") == ""


@as_root
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError], ids=["interrupted", "a-bug"])
def test_it_is_given_back_on_every_way_out(workspace: Path, error: type[BaseException]) -> None:
    before = snapshot(workspace)

    def fail() -> None:
        with lent(TESTS, [workspace], [], {}):
            raise error

    with pytest.raises(error):
        fail()
    assert snapshot(workspace) == before


def test_a_signal_waits_until_all_is_given_back() -> None:
    done = []

    def work() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("given back")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["given back"]


DAEMON = """
import os, signal, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(100)
    os._exit(0)
os.wait()
"""


@as_root
@pytest.mark.parametrize("live", [True, False], ids=["live", "quiet"])
def test_a_daemon_ends_with_its_command(workspace: Path, *, live: bool) -> None:
    argv, env = [sys.executable, "-c", DAEMON], {"PATH": os.defpath}
    if not os.access(sys.executable, os.X_OK) or Path(sys.executable).resolve().is_relative_to("/root"):
        argv[0] = "/usr/bin/python3"
    with lent(TESTS, [workspace], [], {}) as user:
        if live:
            done = run_live(argv, cwd=workspace, env=env, timeout=60, user=user)
            assert (done.exit_code, len(done.ended)) == (0, 1)
        else:
            assert run_quiet(argv, cwd=workspace, env=env, timeout=60, user=user).exit_code == 0
        assert user.find_running() == ()


@as_root
def test_a_workspace_that_cannot_be_lent_is_an_error(workspace: Path) -> None:
    with pytest.raises(InputError, match="cannot be lent"), lent(TESTS, [workspace / "gone"], [], {}):
        pass


KILLED = """
import os, pathlib, sys
from covgate.system import lent, run_quiet
manager = lent(int(sys.argv[1]), [pathlib.Path(sys.argv[2])], [], {})
user = manager.__enter__()
run_quiet(["/bin/sh", "-c", "echo > made; mkfifo pipe"], cwd=sys.argv[2], env={"PATH": os.defpath}, user=user)
os._exit(9)
"""


@as_root
def test_what_a_killed_run_had_lent_is_taken_back(workspace: Path) -> None:
    os.chown(workspace / "inner" / "deep", OWNER, OWNER)
    before = snapshot(workspace)
    subprocess.run([sys.executable, "-c", KILLED, str(TESTS), str(workspace)], check=False)
    assert snapshot(workspace).keys() - before.keys() == {"made", "pipe", ".git/config.covgate-hidden"} | {
        "inner/other/.git/config.covgate-hidden"
    }
    assert take_back(TESTS, [workspace])
    after = snapshot(workspace)
    # Nobody remembers who else might write there.
    hooks = before.pop(".git/hooks")
    assert after.pop(".git/hooks")[1:] == hooks[1:]
    assert after == {**before, "made": (stat.S_IFREG | 0o644, OWNER, OWNER, b"\n")}
    assert not take_back(TESTS, [workspace])


@pytest.fixture
def cache(workspace: Path) -> Path:
    """A cache as uv's is, beside the workspace: it has files and folders called `.git`."""
    cache = workspace.parent / "home" / ".cache" / "covgate"
    (cache / "sdists" / ".git").mkdir(parents=True)
    (cache / ".git").write_text("")
    (cache / "sdists" / ".git" / "config").write_text(CONFIG)
    for path in (cache, *cache.rglob("*"), cache.parent, cache.parent.parent):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    return cache


@as_root
def test_a_cache_is_lent_whole_and_cannot_be_moved(workspace: Path, cache: Path) -> None:
    before = snapshot(cache.parent)
    with lent(TESTS, [workspace], [], {}, [cache]) as user:
        script = "set -e; echo x > .git; rm -r sdists; mkdir -p a/.git; echo y > a/.git/config; mkfifo p; ln -s /etc l"
        assert shell(user, cache, script) == ""
        for refused in ("mv ../covgate ../x", "echo x > ../x", "rmdir ../covgate", "ln -s /etc ../x"):
            assert shell(user, cache, f"({refused}) > /dev/null 2>&1 && echo done") == ""
        assert user.places.count(cache) == 1
    after = snapshot(cache.parent)
    assert {about[1:3] for about in after.values()} == {(OWNER, OWNER)}
    assert after["covgate/a/.git/config"][3] == b"y\n"
    assert "covgate/p" not in after
    assert after["."] == before["."]


@as_root
def test_a_cache_inside_of_the_workspace_is_given_back_with_it(workspace: Path) -> None:
    inner = workspace / "inner"
    with lent(TESTS, [workspace], [], {}, [inner]) as user:
        assert shell(user, inner, "echo x > new") == ""
    assert inner.lstat().st_uid == (inner / "new").lstat().st_uid == OWNER


@as_root
def test_a_cache_that_a_killed_run_had_lent_is_taken_back(workspace: Path, cache: Path) -> None:
    killed = KILLED.replace("[], {})", f"[], {{}}, [pathlib.Path({str(cache)!r})])")
    subprocess.run([sys.executable, "-c", killed, str(TESTS), str(workspace)], check=False)
    assert cache.lstat().st_uid == TESTS
    assert take_back(TESTS, [workspace], [cache])
    assert {about[1:3] for about in snapshot(cache.parent).values()} == {(OWNER, OWNER)}


@as_root
def test_a_git_folder_elsewhere_is_kept_and_closed_too(workspace: Path) -> None:
    elsewhere = workspace.parent / "repository"
    (workspace / ".git").rename(elsewhere)
    (workspace / ".git").write_text(f"gitdir: {elsewhere}\n")
    before = snapshot(elsewhere)
    with lent(TESTS, [workspace], [elsewhere], {}) as user:
        said = shell(
            user, workspace, f"cat {elsewhere}/config* .git 2>&1; echo > {elsewhere}/hooks/x 2>&1 && echo done"
        )
        assert "repositoryformatversion" in said
        assert SECRET not in said
        assert "done" not in said
    assert snapshot(elsewhere) == before


@as_root
@pytest.mark.parametrize("replaced", [False, True], ids=["as-it-was", "a-link-in-its-place"])
def test_an_included_file_of_the_workspace_is_given_back_too(workspace: Path, *, replaced: bool) -> None:
    included = workspace / "docs" / "git.config"
    included.parent.mkdir()
    included.write_text(SECRET)
    included.chmod(0o664)
    os.chown(included.parent, OWNER, OWNER)
    os.chown(included, OWNER, 5)
    other = workspace.parent / "other"
    other.touch(0o600)
    with (workspace / ".git" / "config").open("a") as file:
        file.write("[include]\n\tpath = ../docs/git.config\n")
    before = snapshot(workspace)
    with lent(TESTS, [workspace], [], {}) as user:
        assert SECRET not in shell(user, workspace, "cat docs/git.config 2>&1")
        if replaced:
            assert shell(user, workspace, f"rm -f docs/git.config; ln -s {other} docs/git.config") == ""
    if replaced:
        assert (other.stat().st_uid, stat.S_IMODE(other.stat().st_mode)) == (0, 0o600)
    else:
        assert snapshot(workspace) == before
