"""A plugin of pytest: tries changes of functions in forks of a process that has collected the tests already.

Started by tools.mutants, which says in a file what to try. A change is put into the live function, so nothing is
imported anew and a test of milliseconds tells in milliseconds. What is no change of a function's body is left to be
tried in a process of its own; so is what survives in a function that had run already when the tests were collected.
"""

from __future__ import annotations

import ast
import functools
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

SURVIVED, KILLED, NOT_TRIED = "survived", "killed", "not tried"
CODES = {0: SURVIVED, 1: KILLED, 2: NOT_TRIED}
JOBS = "MUTANTS"
"""The variable with the file that says what to try; the answers are written beside it."""


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try what is asked for, and run no test as ever."""
    file = Path(os.environ[JOBS])  # noqa: TID251 - no option of covgate
    asked = json.loads(file.read_text(encoding="utf-8"))
    items = {item.nodeid: item for item in session.items}
    # Made once, not by each fork.
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined] # noqa: SLF001 - no other way to it
    gc.collect()
    gc.freeze()
    waiting = list(enumerate(asked["mutants"]))[::-1]
    running: dict[int, tuple[int, float]] = {}
    found: dict[int, str] = {}
    while waiting or running:
        while waiting and len(running) < asked["at_once"]:
            number, mutant = waiting.pop()
            process = os.fork()
            if not process:
                os._exit(_try(items, mutant))
            running[process] = (number, time.monotonic() + asked["seconds"])
        time.sleep(0.005)
        for process, (number, until) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                found[number] = CODES.get(os.waitstatus_to_exitcode(status), KILLED)
            elif time.monotonic() > until:
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
                found[number] = NOT_TRIED
            else:
                continue
            del running[process]
    answers = [found[number] for number in range(len(asked["mutants"]))]
    file.with_suffix(".answers").write_text(json.dumps(answers), encoding="utf-8")
    return True


def _try(items: Mapping[str, pytest.Item], mutant: Mapping[str, Any]) -> int:
    """Put the change in, run its tests until one fails, and return the exit code."""
    os.setsid()
    try:
        if not change_function(mutant["path"], mutant["start"], mutant["end"], mutant["new"]):
            return 2
        tests = [items[name] for name in mutant["tests"] if name in items]
        for test, following in zip(tests, [*tests[1:], None], strict=True):
            if any(report.failed for report in runtestprotocol(test, log=False, nextitem=following)):
                return 1
    except BaseException:  # noqa: BLE001 - whatever a change breaks, it was noticed
        return 1
    return 0


def change_function(path: str, start: int, end: int, new: str) -> bool:
    """Change a place of a file (offsets in bytes) in the function that lives; False where it is in none, or not found.

    A function in a function is changed with the one around it.
    """
    source = Path(path).read_bytes()
    name = function_at(source, start, end)[0]
    found = [one for one in sys.modules.values() if getattr(one, "__file__", None) == str(Path(path).resolve())]
    if name is None or len(found) != 1:
        return False
    function = _live(found[0], name)
    changed = compile(source[:start] + new.encode() + source[end:], str(found[0].__file__), "exec", dont_inherit=True)
    codes = [code for code in _codes(changed) if code.co_qualname == name]
    if function is None or len(codes) != 1 or codes[0].co_freevars != function.__code__.co_freevars:
        return False
    function.__code__ = codes[0]
    return True


def function_at(source: bytes, start: int, end: int) -> tuple[str | None, range]:
    """Return the qualified name of the outermost function whose body holds a place, and the lines of that body."""
    offsets = [0]
    for text in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(text))

    def look(body: list[ast.stmt], name: str) -> tuple[str | None, range]:
        for node in body:
            first, last = offsets[node.lineno - 1], offsets[node.end_lineno or node.lineno]
            if not first <= start < end <= last:
                continue
            if isinstance(node, ast.ClassDef):
                return look(node.body, f"{name}{node.name}.")
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                begin = node.body[0].lineno
                if offsets[begin - 1] + node.body[0].col_offset <= start:
                    return f"{name}{node.name}", range(begin, (node.end_lineno or begin) + 1)
        return None, range(0)

    return look(ast.parse(source).body, "")


def _codes(code: CodeType) -> list[CodeType]:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return inner + [one for part in inner for one in _codes(part)]


def _live(module: ModuleType, name: str) -> FunctionType | None:
    """Return the function of a name, out of whatever its decorators made of it."""
    found: object = module
    for part in name.split("."):
        found = vars(found).get(part)
        if found is None:
            return None
    for _ in range(5):
        match found:
            case FunctionType() if hasattr(found, "__wrapped__"):
                found = found.__wrapped__
            case FunctionType():
                return found
            case staticmethod() | classmethod():
                found = found.__func__
            case property():
                found = found.fget
            case functools.cached_property():
                found = found.func
            case _:
                found = getattr(found, "__wrapped__", None)
    return None
