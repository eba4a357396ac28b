"""The workspace in the hands of the tests' user: lent for a time, without its git, and given back as it was."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from covgate.errors import InputError
from covgate.system.folders import scratch_folder
from covgate.system.git_config import find_configs, hide_credentials, put_back
from covgate.system.isolation import Ender, Isolation, run_program

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


@contextlib.contextmanager
def lent(
    number: int,
    folders: Iterable[Path],
    kept: Iterable[Path],
    environment: Mapping[str, str],
    caches: Iterable[Path] = (),
) -> Iterator[Isolation]:
    """Let the user `number` write to `folders` in the block; yield it with a home of its own.

    None of the folders can be moved away. Whatever is named `.git` there, and what `kept` names, there or elsewhere,
    stays as it is and where it is: git runs as root afterwards, and believes its configuration. Credentials in it are
    hidden meanwhile. `caches` are lent whole, with what is named `.git` there (uv's cache has files of that name): no
    git is run in them. In the end everything of the user is ended, and the folders belong to whom they belonged.
    Raises InputError when they cannot be lent.
    """
    with _user(number) as user:
        state = _Lent(user=user)
        try:
            try:
                _lend(state, [os.path.realpath(path) for path in folders], {os.path.realpath(path) for path in kept})
                for cache in map(os.path.realpath, caches):
                    # What lies in a lent folder is lent.
                    if not any(f"{cache}/".startswith(f"{top}/") for top in state.owners):
                        _lend_folder(state, cache, None)
                _close_credentials(state, environment)
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
def _user(number: int) -> Iterator[Isolation]:
    with scratch_folder() as home, contextlib.closing(Ender(number)) as ender:
        user = Isolation(user=number, home=home, ender=ender)
        (home / "tmp").mkdir()
        user.own(home / "tmp")
        user.own(home)
        yield user


def take_back(number: int, folders: Iterable[Path], caches: Iterable[Path] = ()) -> bool:
    """Give back what a run that was killed had lent; tell whether there was such a run.

    Nobody noted whose it was: the owner of the clone's `.git` gets it, with that folder's rights for the group, and of
    a cache the owner of the folder it lies in. Raises InputError when that cannot be done.
    """
    tops = set(map(os.path.realpath, caches))
    left = [top for top in dict.fromkeys([*map(os.path.realpath, folders), *tops]) if os.lstat(top).st_gid == number]
    if not left:
        return False
    with _user(number) as user:
        user.end_all()
        state = _Lent(user=user)
        try:
            for top in left:
                if top in tops:
                    about = Path(top).parent.stat()
                    state.owners[top] = (about.st_uid, about.st_gid)
                else:
                    _find_lent(state, top)
        except OSError as exc:
            raise _cannot(exc) from None
        with undisturbed():
            _give_back(state)
    return True


def _find_lent(state: _Lent, top: str) -> None:
    number, entries = state.user.user, list(_tree(top))
    gits = [(about, path) for about, path in entries if Path(path).name == ".git" and about.st_uid != number]
    model = gits[0][0] if gits else os.lstat("/")
    owner = state.owners[top] = (model.st_uid, model.st_gid)
    for about, path in entries:
        if stat.S_ISDIR(about.st_mode) and (about.st_uid, about.st_gid) == (0, number):
            mode = about.st_mode & ~stat.S_ISVTX & ~stat.S_IRWXG | model.st_mode & stat.S_IRWXG
            state.guarded[path] = _Before(inode=about.st_ino, owner=owner, mode=stat.S_IMODE(mode))
    for _, path in gits:
        state.configs += find_configs(Path(path))


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
            _lend_folder(state, folder, kept)
    for path in sorted(kept):
        # A git folder that is no `.git` of the workspace; what lies in one is kept with it.
        _keep(state, path, is_folder=True)


def _lend_folder(state: _Lent, folder: str, kept: set[str] | None) -> None:
    about = os.lstat(folder)
    state.owners[folder] = (about.st_uid, about.st_gid)
    state.user.places.append(Path(folder))
    _lend_tree(state, folder, kept)


def _lend_tree(state: _Lent, top: str, kept: set[str] | None) -> None:
    """Give a tree to the user, but for what is kept (None: nothing); guard the folders that lead to that.

    Without recursion: a tree may be deeper than Python's stack.
    """
    owner, number = state.owners[top], state.user.user
    waiting, guards = [top], []
    # First: who looks after a run that was killed finds it by that.
    os.chown(top, number, number)
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                is_folder = stat.S_ISDIR(about.st_mode)
                if kept is not None and (entry.name == ".git" or entry.path in kept):
                    guards.append(folder)
                    kept.discard(entry.path)
                    _keep(state, entry.path, is_folder=is_folder)
                    continue
                if (about.st_uid, about.st_gid) != owner:
                    state.others[entry.path] = _Before(
                        inode=about.st_ino, owner=(about.st_uid, about.st_gid), mode=None
                    )
                os.chown(entry.path, number, number, follow_symlinks=False)
                if is_folder:
                    waiting.append(entry.path)
    for guard in guards:
        _guard(state, guard, top)


def _guard(state: _Lent, folder: str, top: str) -> None:
    """Keep a folder, and those on the way to it, in its place: what is not the user's there it cannot move or remove.

    That is what the sticky bit says, as for /tmp. The user writes there as the folder's group.
    """
    while folder not in state.guarded:
        about = os.lstat(folder)
        # By now it is the user's.
        state.guarded[folder] = replace(_before(about), owner=_owner_before(state, folder, top))
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
        if not stat.S_ISREG(about.st_mode) or str(path) in state.guarded:
            continue
        before = _before(about)
        if about.st_uid == state.user.user:
            # It was lent with the rest.
            top = next(top for top in state.owners if path.is_relative_to(top))
            before = replace(before, owner=_owner_before(state, str(path), top))
            os.chown(path, 0, 0)
        state.guarded[str(path)] = before
        path.chmod(0o600)


def _owner_before(state: _Lent, path: str, top: str) -> tuple[int, int]:
    return state.others[path].owner if path in state.others else state.owners[top]


def _give_back(state: _Lent) -> None:
    """Undo everything; nothing of the user runs any more. The first problem is raised after all was tried."""
    problems: list[OSError] = []

    def attempt(action: Iterable[object]) -> None:
        try:
            for _ in action:
                pass
        except OSError as exc:
            problems.append(exc)

    attempt(map(put_back, state.configs))
    attempt(_return_trees(state))
    for path, before in {**state.others, **state.guarded}.items():
        attempt(_restore(path, before))
    if problems:
        raise _cannot(problems[0])


def _return_trees(state: _Lent) -> Iterator[None]:
    number = str(state.user.user)
    for folder, (owner, group) in state.owners.items():
        state.user.remove_pipes(Path(folder))
        # A program, since a tree may be deeper than a path may be long. Setuid bits go with the owner.
        run_program("chown", "-hR", f"--from={number}", f"{owner}:{group}", folder)
        yield


def _restore(path: str, before: _Before) -> Iterator[None]:
    """Restore what is still there; something else in its place is the user's doing, and left."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        about = os.lstat(path)
        # The number of what was removed is soon given to something new, to a link, say.
        if about.st_ino == before.inode and not (stat.S_ISLNK(about.st_mode) and before.mode is not None):
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
