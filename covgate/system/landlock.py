"""Landlock, the kernel's way to give up rights: what is started behind it writes only below some folders."""

from __future__ import annotations

import ctypes
import functools
import os
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The numbers of the system calls, the same on every machine since 2021."""

_WRITES = sum(1 << right for right in (1, *range(4, 15)))
"""From linux/landlock.h: write to a file, remove and make entries of any kind, move them elsewhere, truncate."""

_OUTSIDE = 0b11
"""Signals and abstract sockets: none to processes outside."""

_OLDEST, _WITH_SCOPES = 3, 6
"""Before version 3 (Linux 6.2) nothing could be truncated or moved between folders, or always."""

_VERSION, _PATH_BENEATH, _SET_NO_NEW_PRIVS = 1, 1, 38


@functools.cache
def has_landlock() -> bool:
    """Whether this kernel, and what stands between it and this process, has it."""
    return _version() >= _OLDEST


def start_behind(writable: Iterable[Path], start: Callable[[], T]) -> T:
    """Call `start`, which starts a process that may write below the folders `writable` only, if the kernel can do that.

    Raises OSError when it can and did not.
    """
    if not has_landlock():
        return start()

    def restricted() -> T:
        _restrict(writable)
        return start()

    # What is given up is a thread's, and what it starts inherits it: a thread of its own, or it were covgate's.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(restricted).result()


def _restrict(writable: Iterable[Path]) -> None:
    scopes = _OUTSIDE if _version() >= _WITH_SCOPES else 0
    # Older versions know a shorter structure.
    attributes = struct.pack("=QQQ", _WRITES, 0, scopes) if scopes else struct.pack("=Q", _WRITES)
    rules = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in writable:
            try:
                folder = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
            except OSError:
                # The user has put something else in its place.
                continue
            try:
                rule = struct.pack("=Qi", _WRITES, folder)
                _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
            finally:
                os.close(folder)
        _libc().prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


@functools.cache
def _version() -> int:
    """Return the version of the interface; 0 where there is none."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except (OSError, AttributeError):
        return 0


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    found = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return found
