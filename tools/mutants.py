"""Change the code a little and see whether a test notices: `make mutants` (`python -m tools.mutants --help`).

The work is done on copies of the working tree. One run of the quick tests says which of them execute which line; a
mutant is then given to the tests of its line, the fastest first, until one fails or the time is over (killed): in a
fork of one process where it is within a function (tools.forked_mutants), else in a process of its own. What they let
live can be given to the integration tests that run the line in a process of covgate (`--slow 20`).
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest
from coverage import CoverageData

from tools import forked_mutants

ROOT = Path(__file__).resolve().parent.parent
SLOW = ("integration", "docker", "browser", "real")
"""Folders of tests/ that are no quick ones: a hole that only they close is one for everybody who runs `make quick`."""

ALONE = ("tests/system/test_lending.py",)
"""Tests of which two processes must not run one at the same time: they end whatever a user runs."""

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:randomly")
MOST_NAMES = 60
"""More tests than so many are given to pytest as whole files."""

# --- what is changed ---------------------------------------------------------------------------------------------

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "startswith": "endswith", "endswith": "startswith"}
CUT = ("sorted", "reversed", "set", "frozenset", "list")
CUT_METHODS = ("strip", "lstrip", "rstrip", "lower", "casefold", "resolve", "removeprefix", "removesuffix")
"""Calls of which only what they are given is left."""

Node = ast.expr | ast.stmt


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """The text `old` of a file, from `start` to `end` (offsets in bytes), and what stands there instead."""

    path: str
    lines: range
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.path}:{self.lines.start}: {old}  ->  {new}"


def find_mutants(path: str, source: bytes) -> Iterator[Mutant]:
    """Yield each change of one file. Annotations, decorators, docstrings and f-strings stay as they are."""
    offsets = [0]
    for text in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(text))
    for node in _nodes(ast.parse(source)):
        for place, changed in _changes(node):
            last = place.end_lineno or place.lineno
            start = offsets[place.lineno - 1] + place.col_offset
            end = offsets[last - 1] + (place.end_col_offset or 0)
            new = ast.unparse(ast.fix_missing_locations(changed))
            yield Mutant(
                path=path,
                lines=range(place.lineno, last + 1),
                start=start,
                end=end,
                old=source[start:end].decode(),
                new=f"({new})" if isinstance(place, ast.expr) else new,
            )


def _nodes(node: ast.AST) -> Iterator[Node]:
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            # Inside an f-string Python 3.11 gives no positions.
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                if isinstance(child, (ast.expr, ast.stmt)):
                    yield child
                yield from _nodes(child)


def _changes(node: Node) -> Iterator[tuple[Node, ast.AST]]:
    """Yield each part of a node to replace, and what comes in its place."""
    yield from ((node, changed) for changed in _wholes(node))
    tests = [node.test] if isinstance(node, (ast.If, ast.While, ast.IfExp)) else []
    if isinstance(node, (ast.SetComp, ast.ListComp, ast.GeneratorExp, ast.DictComp)):
        tests = [test for generator in node.generators for test in generator.ifs]
        yield from ((test, ast.Constant(value=True)) for test in tests)
    for test in tests:
        if isinstance(test, (ast.Name, ast.Attribute, ast.Call)) and ast.unparse(test) != "TYPE_CHECKING":
            yield test, ast.UnaryOp(op=ast.Not(), operand=test)
    for text in _texts(node):
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
            yield text, ast.Constant(value=text.value + "?")


def _texts(node: Node) -> Sequence[ast.expr]:
    """Return where a text is compared or looked up; what is only printed, the golden files hold."""
    match node:
        case ast.Compare():
            return node.comparators
        case ast.Set():
            return node.elts
        case ast.Subscript():
            return [node.slice]
        case ast.Call(func=ast.Attribute(attr="get" | "startswith" | "endswith" | "partition" | "split" | "join")):
            return node.args[:1]
        case _:
            return ()


def _wholes(node: Node) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - a table: one case for each kind of node
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in OPERATORS.get(type(operator), ()):
                    yield _with(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])
        case ast.BoolOp():
            yield _with(node, op=OPERATORS[type(node.op)][0]())
            for index in range(len(node.values)):
                rest = [*node.values[:index], *node.values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.BinOp() | ast.AugAssign():
            for other in OPERATORS.get(type(node.op), ()):
                yield _with(node, op=other())
        case ast.UnaryOp():
            yield node.operand
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Constant(value=bool()):
            yield ast.Constant(value=not node.value)
        case ast.Constant(value=int() as number):
            yield from (ast.Constant(value=number + step) for step in (1, -1))
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)) if lower or upper:
            yield _with(node, slice=ast.Slice())
        case ast.Call():
            yield from _calls(node)
        case ast.Continue() | ast.Break() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield ast.Return(value=ast.Constant(value=None))
        case _:
            pass


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id=name) if name in CALLS:
            yield _with(node, func=ast.Name(id=CALLS[name]))
        case ast.Attribute(attr=name) if name in CALLS:
            yield _with(node, func=_with(node.func, attr=CALLS[name]))
        case ast.Name(id=name) if (
            name in CUT and len(node.args) == 1 and not isinstance(node.args[0], ast.GeneratorExp)
        ):
            yield node.args[0]
        case ast.Attribute(attr=name) if name in CUT_METHODS:
            yield node.func.value
        case _:
            pass
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in {"key", "reverse", "default"}:
            yield _with(node, keywords=[*node.keywords[:index], *node.keywords[index + 1 :]])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


# --- which tests there are ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What the quick tests execute: `lines` maps a path and a line to tests, `seconds` a test or a file to its time.

    A line that runs when a module is imported belongs to every test that executes anything else of the module.
    """

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]
    early: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """The lines that run before any test: when it is imported, and for the parameters of tests."""
    folders: Sequence[str] = ()
    most: int | None = None
    """How many are given a mutant; no limit: None."""

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a mutant, the fastest (or those of the fastest files) first."""
        lines = self.lines.get(mutant.path, {})
        found = frozenset[str]().union(*(lines.get(line, frozenset()) for line in mutant.lines))
        found = found or frozenset[str]().union(*lines.values())
        return sorted(found, key=lambda name: (self._seconds(name), name))[: self.most]

    def _seconds(self, name: str) -> float:
        return self.seconds.get(name, self.seconds.get(name.partition("::")[0], 0.0))

    def time(self, tests: Sequence[str]) -> float:
        """Return how long the files of some tests take, in seconds."""
        if self.most:
            return sum(map(self._seconds, tests))
        return sum(self.seconds.get(file, 0.0) for file in {name.partition("::")[0] for name in tests})


def run_all(tree: Path, folders: Sequence[str]) -> Suite:
    """Run the quick tests of these folders once, under coverage. Exits when one fails: it would kill every mutant."""
    # Not pyproject's own: it leaves out the probe, which the project's interpreter runs, and tests ask in theirs.
    (tree / "mutants.coveragerc").write_text("[run]\nsource = covgate\n", encoding="utf-8")
    traced = ["--cov=covgate", "--cov-config=mutants.coveragerc", "--cov-context=test", "--cov-report="]
    command = [*PYTEST, "-n", "2", *traced, "--junitxml=all.xml"]
    ended = _run(tree, [*command, *(f"--ignore=tests/{folder}" for folder in SLOW), *folders], 3600)
    if ended.returncode:
        sys.exit(f"the tests fail without a mutant:\n{ended.stdout[-3000:]}")
    seconds: dict[str, float] = defaultdict(float)
    together: dict[str, set[str]] = defaultdict(set)
    for case in ET.parse(tree / "all.xml").iter("testcase"):  # noqa: S314 - written a moment ago by pytest
        file = case.get("classname", "").replace(".", "/") + ".py"
        together[file].add(f"{file}::{case.get('name')}")
        for name in (file, f"{file}::{case.get('name')}"):
            seconds[name] += float(case.get("time", "0"))

    def tests_of(context: str) -> set[str]:
        """Return the tests of a context such as "tests/model/test_model.py::test_counts[half]|run".

        A fixture of a module runs in the first test that needs it, and the others see what it made.
        """
        test, _, phase = context.rpartition("|")
        return {test} if phase != "setup" else {test, *together[test.partition("::")[0]]}

    data = CoverageData(str(tree / ".coverage"))
    data.read()
    lines: dict[str, dict[int, frozenset[str]]] = {}
    early: dict[str, frozenset[int]] = {}
    for file in data.measured_files():
        contexts = data.contexts_by_lineno(file)
        path = Path(file).relative_to(tree.resolve()).as_posix()
        lines[path] = {
            line: frozenset[str]().union(*(tests_of(one) for one in found if one)) for line, found in contexts.items()
        }
        early[path] = frozenset(line for line, found in contexts.items() if "" in found)
    return Suite(lines=lines, seconds=seconds, early=early, folders=folders)


def run_slow(tree: Path, most: int) -> Suite:
    """Run the integration tests once, each process of covgate that starts warm under coverage (tests.support.warm)."""
    command = [*PYTEST, "-n", "3", "--junitxml=slow.xml", "-m", "not docker and not real and not browser"]
    ended = _run(tree, [*command, "tests/integration"], 3600, TRACED_RUNS=str(tree / "traced"))
    print("\n".join(ended.stdout.splitlines()[-10:]), flush=True)
    lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file in tree.glob("traced.*"):
        data = CoverageData(str(file))
        data.read()
        (test,) = data.measured_contexts() or {""}
        for name in data.measured_files():
            for line in data.lines(name) or ():
                lines[Path(name).relative_to(tree.resolve()).as_posix()][line].add(test)
        data.close()
        file.unlink()
    seconds: dict[str, float] = {}
    failed: set[str] = set()
    for case in ET.parse(tree / "slow.xml").iter("testcase"):  # noqa: S314 - written a moment ago by pytest
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        seconds[name] = float(case.get("time", "0"))
        failed |= {name} if case.find("failure") is not None or case.find("error") is not None else set()
    known = {
        path: {line: frozenset(tests & seconds.keys() - failed) for line, tests in found.items()}
        for path, found in lines.items()
    }
    return Suite(lines=known, seconds=seconds, most=most)


# --- the work ----------------------------------------------------------------------------------------------------


def _run(tree: Path, command: Sequence[str], seconds: float, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run tests on a copy, in a process group that is ended with all it started. Return code -9: it took too long."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if (tree / "all.xml").exists():  # a compiled mutant would outlive it
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return subprocess.CompletedProcess(command, -signal.SIGKILL, "", "")
    return subprocess.CompletedProcess(command, process.returncode, output, "")


def try_mutant(tree: Path, suites: Mapping[str, Suite], mutant: Mutant) -> str:
    """Return the name of the suite that kills it, `timed out`, `survived` or `no test`; leave the copy as it was."""
    found = "no test"
    for killed, tests in suites.items():
        names = tests.of(mutant)
        if names and (found := _try(tree, tests, names, mutant)) not in {"survived", "no test"}:
            return killed if found == "killed" else found
    return found


def try_forked(tree: Path, tests: Suite, mutants: Sequence[Mutant], at_once: int) -> dict[Mutant, str]:
    """Return what became of those mutants that are within a function that a test runs."""
    known = {mutant: [name for name in tests.of(mutant) if not name.startswith(ALONE)] for mutant in mutants}
    tried = [mutant for mutant, names in known.items() if names]
    asked = [
        {"path": one.path, "start": one.start, "end": one.end, "new": one.new, "tests": known[one]} for one in tried
    ]
    file = tree / "mutants.json"
    file.write_text(json.dumps({"mutants": asked, "at_once": at_once, "seconds": 120}), encoding="utf-8")
    ignored = [f"--ignore=tests/{folder}" for folder in SLOW]
    command = [*PYTEST, "-p", "tools.forked_mutants", *ignored, *tests.folders]
    ended = _run(tree, command, 3600, **{forked_mutants.JOBS: str(file)})
    answers = file.with_suffix(".answers")
    if not answers.exists():
        sys.exit(f"the tests cannot be collected:\n{ended.stdout[-3000:]}")

    def is_certain(mutant: Mutant, result: str) -> bool:
        if result != forked_mutants.SURVIVED:
            return result == forked_mutants.KILLED
        _, body = forked_mutants.function_at((tree / mutant.path).read_bytes(), mutant.start, mutant.end)
        late = tests.early.get(mutant.path, frozenset()).isdisjoint(body)
        return late and len(known[mutant]) == len(tests.of(mutant))

    found = zip(tried, json.loads(answers.read_text(encoding="utf-8")), strict=True)
    return {mutant: result for mutant, result in found if is_certain(mutant, result)}


def _try(tree: Path, tests: Suite, names: Sequence[str], mutant: Mutant) -> str:
    names = list(dict.fromkeys(name.partition("[")[0] for name in names))
    if len(names) > MOST_NAMES:
        names = list(dict.fromkeys(name.partition("::")[0] for name in names))
    file = tree / mutant.path
    source, times = file.read_bytes(), file.stat()
    file.write_bytes(source[: mutant.start] + mutant.new.encode() + source[mutant.end :])
    try:
        ended = _run(tree, [*PYTEST, "-x", "-p", "no:cacheprovider", *names], 30 + 5 * tests.time(names))
    finally:
        file.write_bytes(source)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # the compiled file of the first run holds again
    known = {0: "survived", -signal.SIGKILL: "timed out", pytest.ExitCode.NO_TESTS_COLLECTED: "no test"}
    return known.get(ended.returncode, "killed")


def copy_tree(to: Path) -> Path:
    """Copy the working tree, without what git ignores, and make a repository of it: some tests ask git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=to, check=True)
    return to


def try_all(
    trees: Sequence[Path], suites: Mapping[str, Suite], mutants: Sequence[Mutant], minutes: float
) -> dict[Mutant, str]:
    """Try mutants, one at a time on each copy, until all are tried, the time is over or Ctrl-C is pressed."""
    until = time.monotonic() + 60 * minutes
    forked = try_forked(trees[0], suites["killed"], mutants, len(trees))
    print(f"{len(forked)} of {len(mutants)} tried in forks", flush=True)
    free: Queue[Path] = Queue()
    for tree in trees:
        free.put(tree)

    def work(mutant: Mutant) -> str | None:
        tree = free.get()
        try:
            if mutant not in forked:
                return try_mutant(tree, suites, mutant) if time.monotonic() < until else None
            if forked[mutant] == "killed" or "slow" not in suites:
                return forked[mutant]
            return try_mutant(tree, {"slow": suites["slow"]}, mutant) if time.monotonic() < until else None
        finally:
            free.put(tree)

    results: dict[Mutant, str] = {}
    with ThreadPoolExecutor(len(trees)) as pool:
        try:
            for mutant, result in zip(mutants, pool.map(work, mutants), strict=True):
                if result is None:
                    continue
                results[mutant] = result
                if result not in suites:
                    print(f"{result}: {mutant}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    return results


def table(results: Mapping[Mutant, str]) -> str:
    """Return a line per module: what became of its mutants, and how many percent no longer pass the tests."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, result in results.items():
        counts[mutant.path][result] += 1
        counts["all"][result] += 1
    columns = ("killed", "slow", "timed out", "survived", "no test")
    lines = ["".join(["module".ljust(44), *(name.rjust(11) for name in (*columns, "percent"))])]
    for path in sorted(counts, key=lambda path: (path == "all", path)):
        one = counts[path]
        percent = 100 * (one["killed"] + one["slow"] + one["timed out"]) / one.total()
        lines.append("".join([path.ljust(44), *(str(one[name]).rjust(11) for name in columns), f"{percent:10.1f}%"]))
    return "\n".join(lines)


def main() -> int:
    """Print what survives as it is found, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=["covgate/**/*.py"], help="files, folders, globs (default: all)")
    parser.add_argument("--sample", type=int, default=400, help="how many mutants to try (default: 400)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default: 0)")
    parser.add_argument("--minutes", type=float, default=30, help="stop after so long; 0 lists them (default: 30)")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried at once (default: 2)")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="files or folders of quick tests (default: all)")
    parser.add_argument("--slow", type=int, default=0, help="how many integration tests a survivor gets (default: 0)")
    arguments = parser.parse_args()
    found = {path for glob in arguments.modules for path in ROOT.glob(glob)}
    paths = sorted({file for path in found for file in (path.rglob("*.py") if path.is_dir() else [path])})
    every = [one for path in paths for one in find_mutants(path.relative_to(ROOT).as_posix(), path.read_bytes())]
    mutants = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))  # noqa: S311 - no secret
    if not arguments.minutes:
        print("\n".join(map(str, mutants)))
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = copy_tree(Path(folder, "0"))
        print(f"{len(every)} mutants in {len(paths)} modules; one run of the quick tests ...", flush=True)
        suites = {"killed": run_all(first, arguments.tests)}
        if arguments.slow:
            print("... and one of the integration tests", flush=True)
            suites["slow"] = run_slow(first, arguments.slow)
        others = [shutil.copytree(first, Path(folder, str(n)), symlinks=True) for n in range(1, arguments.jobs)]
        results = try_all([first, *others], suites, mutants, arguments.minutes)
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
