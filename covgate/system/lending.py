"""The workspace in the hands of the tests' user: lent for a time, without its git, and given back as it was."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from covgate.errors import InputError
from covgate.system.git_config import find_configs, hide_credentials, put_back
from covgate.system.isolation import Isolation
from covgate.system.process import run_quiet

_WRITE_BITS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What a file or folder was."""

    inode: int
    owner: tuple[int, int]
    mode: int | None
    """None for what was lent: what the user did to its own is its own."""


@dataclass(slots=True, kw_only=True)
class _Lent:
    """What was changed, to be changed back."""

    user: Isolation
    owners: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Each lent folder with its owner and group, which new files get."""
    others: dict[str, _Before] = field(default_factory=dict)
    """What belonged to others than its lent folder."""
    guarded: dict[str, _Before] = field(default_factory=dict)
    """Folders that the user may write to but not move, and what is kept from it."""
    configs: list[Path] = field(default_factory=list)
    closed: dict[str, int] = field(default_factory=dict)
    """Files only their owner may read meanwhile, and their modes."""


@contextlib.contextmanager
def lent(
    number: int, folders: Iterable[Path], kept: Iterable[Path], environment: Mapping[str, str]
) -> Iterator[Isolation]:
    """Let the user `number` write to `folders` in the block; yield it with a home of its own.

    None of the folders can be moved away. Whatever is named `.git` there, and what lies in `kept`, stays as it is and
    where it is: git runs as root afterwards, and believes its configuration. Credentials in it are hidden meanwhile. In
    the end everything of the user is ended, and the folders belong to whom they belonged. Raises InputError when they
    cannot be lent.
    """
    with tempfile.TemporaryDirectory(prefix="covgate-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        (home / "tmp").mkdir()
        user = Isolation(user=number, home=home)
        state = _Lent(user=user)
        try:
            try:
                _lend(state, [os.path.realpath(path) for path in folders], {os.path.realpath(path) for path in kept})
                _close_credentials(state, environment)
                user.own(home / "tmp")
                user.own(home)
            except OSError as exc:
                raise _cannot(exc) from None
            yield user
        finally:
            with undisturbed():
                try:
                    user.end_all()
                finally:
                    _give_back(state)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no signal end the block in its middle: it is raised again afterwards.

    Blocking signals is not enough: Python's handlers run in the main thread, whichever thread the signal reached.
    """
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda n, _frame: caught.append(n)) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if caught:
            signal.raise_signal(caught[0])


_ENDING = (signal.SIGINT, signal.SIGTERM)


def _lend(state: _Lent, folders: list[str], kept: set[str]) -> None:
    # The outer ones first: they hold the others.
    for folder in sorted(folders, key=len):
        above = next((top for top in state.owners if folder.startswith(f"{top}/")), None)
        if above is not None:
            _guard(state, folder, above)
        elif folder not in state.owners:
            about = os.lstat(folder)
            state.owners[folder] = (about.st_uid, about.st_gid)
            _lend_tree(state, folder, kept)


def _lend_tree(state: _Lent, top: str, kept: set[str]) -> None:
    """Give a tree to the user, but for what is kept; guard the folders that lead to that.

    Without recursion: a tree may be deeper than Python's stack.
    """
    owner, user, number = state.owners[top], state.user, state.user.user
    waiting, guards = [top], []
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                is_folder = stat.S_ISDIR(about.st_mode)
                if entry.name == ".git" or entry.path in kept:
                    guards.append(folder)
                    _keep(state, entry.path, is_folder=is_folder)
                    continue
                if (about.st_uid, about.st_gid) != owner:
                    state.others[entry.path] = _Before(
                        inode=about.st_ino, owner=(about.st_uid, about.st_gid), mode=None
                    )
                os.chown(entry.path, number, number, follow_symlinks=False)
                if is_folder:
                    waiting.append(entry.path)
    user.own(Path(top))
    for guard in guards:
        _guard(state, guard, top)


def _guard(state: _Lent, folder: str, top: str) -> None:
    """Keep a folder, and those on the way to it, in its place: what is not the user's there it cannot move or remove.

    That is what the sticky bit says, as for /tmp. The user writes there as the folder's group.
    """
    while folder not in state.guarded:
        about = os.lstat(folder)
        # By now it is the user's.
        owner = state.others[folder].owner if folder in state.others else state.owners[top]
        state.guarded[folder] = replace(_before(about), owner=owner)
        os.chown(folder, 0, state.user.user)
        Path(folder).chmod(stat.S_IMODE(about.st_mode) & ~stat.S_ISGID | stat.S_ISVTX | stat.S_IRWXG)
        if folder == top:
            return
        folder = str(Path(folder).parent)


def _keep(state: _Lent, path: str, *, is_folder: bool) -> None:
    """See that nobody but its owner writes to a file or tree; find the configurations of git in it."""
    for about, entry in _tree(path) if is_folder else [(os.lstat(path), path)]:
        if about.st_mode & _WRITE_BITS and not stat.S_ISLNK(about.st_mode):
            state.guarded[entry] = _before(about)
            Path(entry).chmod(stat.S_IMODE(about.st_mode) & ~_WRITE_BITS)
    if is_folder:
        state.configs += find_configs(Path(path))


def _tree(top: str) -> Iterator[tuple[os.stat_result, str]]:
    waiting = [top]
    while waiting:
        path = waiting.pop()
        about = os.lstat(path)
        yield about, path
        if stat.S_ISDIR(about.st_mode):
            waiting += [entry.path for entry in os.scandir(path)]


def _close_credentials(state: _Lent, environment: Mapping[str, str]) -> None:
    named: list[Path] = []
    for config in state.configs:
        named += hide_credentials(config)
    # actions/checkout 6 leaves the token in such a file, which the clone's configuration includes.
    if folder := environment.get("RUNNER_TEMP"):
        named += Path(folder).glob("git-credentials-*")
    for path in named:
        about = os.lstat(path)
        if stat.S_ISREG(about.st_mode) and str(path) not in state.closed:
            state.closed[str(path)] = stat.S_IMODE(about.st_mode)
            path.chmod(0o600)
            if any(path.is_relative_to(folder) for folder in state.owners):
                # It was lent with the rest.
                os.chown(path, 0, 0)


def _give_back(state: _Lent) -> None:
    """Undo everything; nothing of the user runs any more. The first problem is raised after all was tried."""
    problems: list[OSError] = []

    def attempt(action: Iterable[object]) -> None:
        try:
            for _ in action:
                pass
        except OSError as exc:
            problems.append(exc)

    attempt(_return_trees(state))
    for path, before in {**state.others, **state.guarded}.items():
        attempt(_restore(path, before))
    for name, mode in state.closed.items():
        attempt(map(os.chmod, [name], [mode]))
    attempt(map(put_back, state.configs))
    if problems:
        raise _cannot(problems[0])


def _return_trees(state: _Lent) -> Iterator[None]:
    number = str(state.user.user)
    for folder, (owner, group) in state.owners.items():
        # Programs, since a tree may be deeper than a path may be long. Who opens a pipe to read it waits for ever.
        clean = ["find", folder, "-xdev", "-uid", number, "(", "-type", "p", "-o", "-type", "s", ")", "-delete"]
        unset = ["-uid", number, "-type", "f", "-perm", "/6000", "-exec", "chmod", "ug-s", "{}", "+"]
        chown = ["chown", "-hR", f"--from={number}", f"{owner}:{group}", folder]
        for argv in (clean, ["find", folder, "-xdev", *unset], chown):
            done = run_quiet(argv, cwd=Path("/"), env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
            if done.exit_code:
                raise OSError(None, done.error_text)
        yield


def _restore(path: str, before: _Before) -> Iterator[None]:
    """Restore what is still there; something else in its place is the user's doing, and left."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        about = os.lstat(path)
        if about.st_ino == before.inode:
            os.chown(path, *before.owner, follow_symlinks=False)
            if before.mode is not None:
                Path(path).chmod(before.mode)
    yield


def _before(about: os.stat_result) -> _Before:
    return _Before(inode=about.st_ino, owner=(about.st_uid, about.st_gid), mode=stat.S_IMODE(about.st_mode))


def _cannot(exc: OSError) -> InputError:
    return InputError(
        f"the workspace cannot be lent to the tests' user and taken back: {exc.strerror or exc}",
        hint="mount the workspace so that root in the container may write to it and change owners",
        slug="workspace-cannot-be-lent",
    )
