"""The folder for what is downloaded, in the runner's home, where a workflow can keep it between runs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

_BELOW_HOME = (".cache", "covgate")


def find_cache(environment: Mapping[str, str]) -> Path | None:
    """Return `.cache/covgate` of HOME, where that is a folder; None without one, and where a link leads to it."""
    home = environment.get("HOME", "")
    if not home.startswith("/"):
        return None
    path = Path(home).joinpath(*_BELOW_HOME)
    return path if _is_folder(path) and path.resolve() == Path(home).resolve().joinpath(*_BELOW_HOME) else None


def make_cache(environment: Mapping[str, str]) -> Path | None:
    """Make that folder, as the owner's of the home; None where it cannot be made or another user cannot come to it.

    What is kept there may have been written by a stranger's code: nothing is read of it here.
    """
    home = Path(environment.get("HOME", ""))
    if not home.is_absolute():
        return None
    try:
        about = home.stat()
        for depth in range(1, len(_BELOW_HOME) + 1):
            folder = home.joinpath(*_BELOW_HOME[:depth])
            if not os.path.lexists(folder):
                folder.mkdir()
                if os.geteuid() == 0:
                    os.chown(folder, about.st_uid, about.st_gid)
        found = find_cache(environment)
        return found if found and all(_is_open(parent) for parent in found.resolve().parents) else None
    except OSError:
        return None


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _is_open(folder: Path) -> bool:
    """Whether everybody may pass through."""
    return bool(folder.stat().st_mode & stat.S_IXOTH)
