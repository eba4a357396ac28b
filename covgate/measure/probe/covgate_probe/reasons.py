"""Why lines are missing: what the syntax tree and coverage's arcs prove, and nothing else.

A reason is [kind, line]: the line of the statement that decides, or of the function that never ran. It is literally
true of the run. "Line 9 is never true" says that the condition was never true, be it that it was false each time or
that it raised; what a measurement cannot tell apart has no reason.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Reason = tuple[str, int]
Cause = Reason | None
"""Why the next statement of a block is not reached, if it turns out to be missing; None: not known."""

LOOPS = (ast.For, ast.AsyncFor, ast.While)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TRIES: tuple[Any, ...] = (ast.Try, *([ast.TryStar] if hasattr(ast, "TryStar") else []))


class Ran:
    """What was measured of one file, by the first lines of its statements."""

    def __init__(
        self,
        *,
        missing: Iterable[int],
        executed: Iterable[int],
        exits: tuple[Mapping[int, Sequence[int]], Mapping[int, Sequence[int]]] = ({}, {}),
        untold: Iterable[int] = (),
    ) -> None:
        """`executed` are all that were, excluded ones too, but for those that are `untold`.

        `exits` are the branches that were taken, and those that were not, by line; empty where none were measured.
        """
        self.missing, self.executed = sorted(missing), sorted(executed)
        self.is_missing, self.is_executed = frozenset(self.missing), frozenset(self.executed)
        self.is_untold = frozenset(untold)
        self.taken, self.untaken = exits

    def missing_in(self, span: range) -> list[int]:
        """Return the missing lines in a range."""
        return self.missing[bisect_left(self.missing, span.start) : bisect_left(self.missing, span.stop)]

    def ran_in(self, span: range) -> bool:
        """Whether a line in a range was executed."""
        at = bisect_left(self.executed, span.start)
        return at < len(self.executed) and self.executed[at] < span.stop


def find_reasons(tree: ast.Module, source: str, ran: Ran, first: Callable[[int], int]) -> dict[int, Reason]:
    """Return the reason of each missing statement and of each line with an exit never taken, where it is known.

    `first` gives the first line of a line's statement, as coverage has it.
    """
    if not ran.executed:
        return dict.fromkeys(ran.missing, ("never-imported", 0))
    walk = _Walk(ran, source.split("\n"), first)
    try:
        walk.block(tree.body, None)
    except RecursionError:
        # A thousand `elif` lie in each other.
        return {}
    return walk.found


class _Walk:
    def __init__(self, ran: Ran, texts: Sequence[str], first: Callable[[int], int]) -> None:
        self._ran, self._texts, self._first = ran, texts, first
        self.found: dict[int, Reason] = {}

    def _start(self, node: Any) -> int:
        """Return the first line of a statement; of what is decorated, that of the decorators."""
        return self._first(_first_line(node))

    def _span(self, node: Any) -> range:
        return range(self._start(node), (node.end_lineno or node.lineno) + 1)

    def block(self, body: Sequence[ast.stmt], cause: Cause) -> Cause:
        """Explain the statements of one block, whose first is not reached for `cause`; return why its end is not.

        A block runs from the top. Where something ran below what did not, the measurement began in the middle: nothing
        above it is explained.
        """
        unreached: list[int] = []
        for number, node in enumerate(body):
            line, span = self._start(node), self._span(node)
            if self._ran.ran_in(span):
                for one in unreached:
                    self.found.pop(one, None)
                unreached = []
                after = body[number + 1] if number + 1 < len(body) else None
                # What is missing itself, and ran inside, was begun before the measurement.
                cause = None if line in self._ran.is_missing else self._enter(node, line, after)
            elif missing := self._ran.missing_in(span):
                self._mark(missing, cause)
                unreached += missing
            elif line in self._ran.is_untold:
                cause = None
            # Else there is nothing to run: a docstring, `global`, or it is excluded and did not run.
        return cause

    def _mark(self, missing: Iterable[int], cause: Cause) -> None:
        if cause is not None:
            self.found.update(dict.fromkeys(missing, cause))

    def _enter(self, node: ast.stmt, line: int, after: ast.stmt | None) -> Cause:
        """Explain what lies in a statement that ran; return why the one `after` it is not reached."""
        cause: Cause = ("never-passed", line)
        if isinstance(node, FUNCTIONS):
            self.block(node.body, ("never-run" if _is_suspended(node) else "never-called", node.lineno))
            cause = None
        elif isinstance(node, ast.ClassDef):
            self.block(node.body, None)
            cause = None
        elif isinstance(node, ast.If):
            cause = self._if(node, line, after)
        elif isinstance(node, LOOPS):
            cause = self._loop(node, line)
        elif isinstance(node, TRIES):
            self._try(node)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                self._clause(case, self._first(case.pattern.lineno), "case")
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self.block(node.body, cause)
        return cause

    def _if(self, node: ast.If, line: int, after: ast.stmt | None) -> Cause:
        word = "elif" if self._texts[node.lineno - 1].lstrip().startswith("elif") else "if"
        true, false = (f"{word}-never-true", line), (f"{word}-never-false", line)
        self._exit(line, node.body, (true, false))
        if self._start(node.body[0]) == line and not isinstance(node.body[-1], ast.Raise):
            # `if x: return`: the way to its body is no line of its own; the other one is known by where it leads. Where
            # a `raise` leads, coverage does not always know (out of a `with`).
            self._exit(line, node.orelse or ([after] if after else []), (false, true))
        if not self._has_outcome(node, line, after):
            true = false = ("never-passed", line)
        self.block(node.body, true)
        self.block(node.orelse, false)
        return ("never-passed", line) if node.orelse else false

    def _has_outcome(self, node: ast.If, line: int, after: ast.stmt | None) -> bool:
        """Whether the condition was ever true or false: it may raise each time. True where that is not known."""
        if line in self._ran.untaken:
            return bool(self._ran.taken.get(line))
        ways = [*node.body, *node.orelse, *([after] if after else [])]
        return after is None or any(self._ran.ran_in(self._span(way)) for way in ways)

    def _loop(self, node: Any, line: int) -> Cause:
        runs, ends = ("loop-never-runs", line), ("loop-never-ends", line)
        self._exit(line, node.body, (runs, ends))
        self.block(node.body, runs)
        self.block(node.orelse, ends)
        ran = self._ran.ran_in(range(self._start(node.body[0]), self._span(node.body[-1]).stop))
        ends_itself = ran and not node.orelse and not isinstance(getattr(node, "test", None), ast.Constant)
        return ends if ends_itself else ("never-passed", line)

    def _try(self, node: Any) -> None:
        end = self.block(node.body, None)
        for handler in node.handlers:
            self._clause(handler, self._first(handler.lineno), "except")
        self.block(node.orelse, end)
        self.block(node.finalbody, None)

    def _clause(self, clause: Any, line: int, word: str) -> None:
        """Explain an `except` or a `case` with its body."""
        span = range(line, self._span(clause.body[-1]).stop)
        if line in self._ran.is_missing:
            if not self._ran.ran_in(span):
                self._mark(self._ran.missing_in(span), (f"{word}-never-reached", line))
            return
        never = (f"{word}-never-matches", line)
        if word == "case":
            # An `except` is no branch to coverage.
            self._exit(line, clause.body, (never, ("case-always-matches", line)))
        self.block(clause.body, never if line in self._ran.is_executed else None)

    def _exit(self, line: int, body: Sequence[ast.stmt], said: tuple[Reason, Reason]) -> None:
        """Say of a line with exits never taken whether it is the way into `body`, or every other one."""
        taken, untaken = self._ran.taken.get(line, ()), self._ran.untaken.get(line, ())
        exits = {*taken, *untaken}
        into = next((start for start in map(self._start, body) if start in exits), None)
        if line not in self._ran.is_executed or into in {None, line} or not taken or not untaken:
            return
        if into in untaken and into not in taken:
            # Of several other ways one may be untaken, too.
            if len(untaken) == 1:
                self.found[line] = said[0]
        elif exits - {into} == set(untaken):
            self.found[line] = said[1]


def _is_suspended(node: Any) -> bool:
    """Whether calling the function does not run it: a generator, a coroutine."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(part, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(part)
    return False


def find_functions(tree: ast.Module) -> list[tuple[str, int, int, int]]:
    """Return (name, first line, last line, first line of the body) of each function, decorators included.

    Names are those of coverage's own regions: dotted, of the functions and classes around it.
    """
    found: list[tuple[str, int, int, int]] = []
    waiting: list[tuple[Any, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            name = f"{prefix}{node.name}"
            prefix = f"{name}."
            if not isinstance(node, ast.ClassDef):
                first, body = _first_line(node), _first_line(node.body[0])
                found.append((name, first, node.end_lineno or first, body))
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, field, None)
            if isinstance(children, list):
                waiting += [(child, prefix) for child in children]
    return sorted(found, key=lambda function: function[1:3])


def _first_line(node: Any) -> int:
    decorators = getattr(node, "decorator_list", None)
    return int(min(decorators[0].lineno, node.lineno) if decorators else node.lineno)
