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
        self._gaps = sorted({*self.missing, *self.untaken})

    def missing_in(self, span: range) -> list[int]:
        """Return the missing lines in a range."""
        return self.missing[bisect_left(self.missing, span.start) : bisect_left(self.missing, span.stop)]

    def has_gap(self, span: range) -> bool:
        """Whether a line in a range is missing, or has an exit that was never taken."""
        at = bisect_left(self._gaps, span.start)
        return at < len(self._gaps) and self._gaps[at] < span.stop

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
        passed: Any = None
        for number, node in enumerate(body):
            line, span = self._start(node), self._span(node)
            if self._ran.ran_in(span):
                for one in unreached:
                    self.found.pop(one, None)
                unreached = []
                # What is missing itself, and ran inside, was begun before the measurement.
                passed, cause = None if line in self._ran.is_missing else node, None
                if passed and self._ran.has_gap(span):
                    self._explain(node, line, body[number + 1 : number + 2])
            elif missing := self._ran.missing_in(span):
                if passed:
                    passed, cause = None, self._cause(passed, node)
                self._mark(missing, cause)
                unreached += missing
            elif line in self._ran.is_untold:
                passed, cause = None, None
            # Else there is nothing to run: a docstring, `global`, or it is excluded and did not run.
        return self._cause(passed, None) if passed else cause

    def _mark(self, missing: Iterable[int], cause: Cause) -> None:
        if cause is not None:
            self.found.update(dict.fromkeys(missing, cause))

    def _cause(self, node: Any, after: ast.stmt | None) -> Cause:
        """Return why what comes `after` a statement that ran is not reached."""
        line = self._start(node)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return None
        if isinstance(node, ast.If) and not node.orelse and self._has_outcome(node, line, [after] if after else []):
            return f"{self._word(node)}-never-false", line
        is_loop = isinstance(node, LOOPS) and not isinstance(getattr(node, "test", None), ast.Constant)
        if is_loop and not node.orelse and self._ran.ran_in(self._body(node)):
            return "loop-never-ends", line
        return "never-passed", line

    def _explain(self, node: Any, line: int, after: Sequence[ast.stmt]) -> None:
        """Explain what lies in a statement that ran; `after` holds the one behind it."""
        if isinstance(node, FUNCTIONS):
            # Looking for a `yield` takes time, and matters where nothing of the body ran.
            never = not self._ran.ran_in(self._body(node)) and self._is_suspended(node)
            self.block(node.body, ("never-run" if never else "never-called", node.lineno))
        elif isinstance(node, ast.ClassDef):
            self.block(node.body, None)
        elif isinstance(node, ast.If):
            self._if(node, line, after)
        elif isinstance(node, LOOPS):
            runs, ends = ("loop-never-runs", line), ("loop-never-ends", line)
            self._exit(line, node.body, (runs, ends))
            self.block(node.body, runs)
            self.block(node.orelse, ends)
        elif isinstance(node, TRIES):
            end = self.block(node.body, None)
            for handler in node.handlers:
                self._clause(handler, self._first(handler.lineno), "except")
            self.block(node.orelse, end)
            self.block(node.finalbody, None)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                self._clause(case, self._first(case.pattern.lineno), "case")
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self.block(node.body, ("never-passed", line))

    def _word(self, node: ast.If) -> str:
        return "elif" if self._texts[node.lineno - 1].lstrip().startswith("elif") else "if"

    def _body(self, node: Any) -> range:
        return range(self._start(node.body[0]), self._span(node.body[-1]).stop)

    def _is_suspended(self, node: Any) -> bool:
        """Whether calling a function does not run it: a generator, a coroutine."""
        if isinstance(node, ast.AsyncFunctionDef):
            return True
        waiting: list[ast.AST] = list(node.body)
        if not any("yield" in text for text in self._texts[node.lineno - 1 : node.end_lineno]):
            return False
        while waiting:
            part = waiting.pop()
            if isinstance(part, (ast.Yield, ast.YieldFrom)):
                return True
            if not isinstance(part, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
                waiting += ast.iter_child_nodes(part)
        return False

    def _if(self, node: ast.If, line: int, after: Sequence[ast.stmt]) -> None:
        word = self._word(node)
        true, false = (f"{word}-never-true", line), (f"{word}-never-false", line)
        self._exit(line, node.body, (true, false))
        if not isinstance(node.body[-1], ast.Raise):
            # The way to the body of `if x: return` is no line of its own; the other one is known by where it leads.
            # Where a `raise` leads, coverage does not always know (out of a `with`).
            self._exit(line, node.orelse or after, (false, true))
        if not self._has_outcome(node, line, after):
            true = false = ("never-passed", line)
        self.block(node.body, true)
        self.block(node.orelse, false)

    def _has_outcome(self, node: ast.If, line: int, after: Sequence[ast.stmt]) -> bool:
        """Whether the condition was ever true or false: it may raise each time. True where that is not known."""
        if line in self._ran.untaken:
            return bool(self._ran.taken.get(line))
        return not after or any(self._ran.ran_in(self._span(way)) for way in (*node.body, *node.orelse, *after))

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


def find_functions(tree: ast.Module) -> list[tuple[str, int, int, int]]:
    """Return (name, first line, last line, first line of the body) of each function, decorators included.

    Names are those of coverage's own regions: dotted, of the functions and classes around it.
    """
    found: list[tuple[str, int, int, int]] = []
    waiting: list[tuple[Any, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            full = f"{prefix}{node.name}"
            prefix = f"{full}."
            if not isinstance(node, ast.ClassDef):
                first, body = _first_line(node), _first_line(node.body[0])
                found.append((full, first, node.end_lineno or first, body))
        fields = vars(node)
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += [(child, prefix) for child in fields.get(name, ())]
    return sorted(found, key=lambda function: function[1:3])


def _first_line(node: Any) -> int:
    decorators = getattr(node, "decorator_list", None)
    return int(min(decorators[0].lineno, node.lineno) if decorators else node.lineno)
