"""Why lines are missing: what coverage measured of real programs, and no claim that a run of them does not bear out."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from covgate.measure.probe.covgate_probe.analyst import Analyst
from covgate.measure.probe.covgate_probe.reasons import Ran, find_functions, find_reasons
from covgate.measure.probe.covgate_probe.record import record
from covgate.model.coverage import ReasonKind
from tests.support.projects import clean_environment
from tests.support.random_programs import ORACLE, Writer
from tests.support.warm import run_python

Reasons = dict[int, tuple[str, int]]

# Behind `#` stands why the line is missing, or partial: a reason with the line that decides. `-` is not known.
PROGRAMS = {
    "functions": """
        def never(a, b=lambda: 3):
            \"\"\"Say nothing.\"\"\"
            def inner():  # never-called 2
                return 1  # never-called 2
            return inner  # never-called 2

        class A:
            def m(self):
                return 2  # never-called 9

            @property
            def p(self):
                return 3  # never-called 13

            async def q(self):
                return 4  # never-run 16

            def gen(self):
                yield 1  # never-run 19

            def outer(self):
                def inner():
                    return 1  # never-called 23
                return lambda: inner()

        coroutine = A().q()
        coroutine.close()
        A().gen()
        A().outer()
        """,
    "if": """
        def f(x):
            if x:  # if-never-true 3
                pass  # if-never-true 3
            if not x:  # if-never-false 5
                y = 1
            else:
                y = 2  # if-never-false 5
            if x:  # if-never-true 9
                "constant"  # if-never-true 9
                y = 3  # if-never-true 9
            elif x == 3:  # elif-never-true 12
                y = 4  # elif-never-true 12
            elif y:  # elif-never-false 14
                y = 5
            if (  # if-never-true 16
                x
                and x > 1
            ):
                y = 6  # if-never-true 16
            if y:  # if-never-false 21
                return y
            return 0  # if-never-false 21
        f(0)
        def g(x):
            if x == 1: return 1  # if-never-true 26
            if x == 2: return 2  # if-never-false 27
            return 3  # if-never-false 27
        g(2)
        def h(x):
            if x: return 1  # if-never-true 31
            else: return 2
        h(0)
        def last(x):
            if x: y = 1  # -
        last(1)
        try:
            if unknown:  # -
                x = 1  # never-passed 38
            x = 2  # never-passed 38
        except NameError:
            pass
        """,
    "loops": """
        def f(xs):
            for x in xs:  # loop-never-ends 3
                if x > 5:  # if-never-false 4
                    break
            else:
                x = 0  # loop-never-ends 3
            for y in []:  # loop-never-runs 8
                x = y  # loop-never-runs 8
            while x < 3:  # loop-never-runs 10
                x += 1  # loop-never-runs 10
            for _ in xs:  # loop-never-ends 12
                return x
            return 0  # loop-never-ends 12
        f([9])
        def g(x):
            while True:
                x += 1
                if x > 3:
                    return x
        g(0)
        def h(xs):
            for x in xs:
                if x: continue  # if-never-false 24
                x = 3  # if-never-false 24
        h([1])
        def raising():
            for x in unknown:  # -
                x = 1  # loop-never-runs 28
            x = 2  # never-passed 28
        try:
            raising()
        except NameError:
            pass
        """,
    "leaving": """
        import contextlib
        import sys
        @contextlib.contextmanager
        def held():
            yield
        def f():
            with held():
                return 1
            print("never")  # never-passed 8
        f()
        def g():
            with held() as a, \\
                 held() as b:
                raise ValueError
            print("never")  # never-passed 13
        def k():
            try:
                g()
                print("never")  # never-passed 19
            except KeyError:
                print("never")  # except-never-matches 21
            except ValueError:
                x = 1
            except (TypeError,  # except-never-reached 25
                    OSError):
                print("never")  # except-never-reached 25
            else:
                print("never")  # never-passed 19
            finally:
                x = 2
            return x
        k()
        def end():
            sys.exit()
            print("never")  # never-passed 35
        try:
            end()
        except SystemExit:
            pass
        def fine():
            try:
                x = 1
            except ValueError:  # except-never-reached 44
                x = 2  # except-never-reached 44
            return x
        fine()
        """,
    "match": """
        def m(x):
            match x:
                case 1:  # case-always-matches 4
                    y = 1
                case [a, b] if a:  # case-never-reached 6
                    y = 2  # case-never-reached 6
                case _:  # case-never-reached 8
                    y = 3  # case-never-reached 8
            return y
        m(1)
        def n(x):
            match x:
                case 1:  # case-never-matches 14
                    y = 1  # case-never-matches 14
                case str() if x > "b":  # case-never-matches 16
                    y = 2  # case-never-matches 16
            return 1
        n("a")
        """,
    "excluded": """
        def f(x):
            if x:  # pragma: no cover
                y = 1
            if not x:
                return 1
            z = 1  # pragma: no cover
            return z  # if-never-false 5
        f(0)
        def g(x):
            if x:
                raise_it()  # pragma: no cover
                y = 2  # never-passed 12
            y = 3
        def raise_it():
            raise ValueError
        try:
            g(1)
        except ValueError:
            pass
        g(0)
        """,
    "blocks": """
        import contextlib
        def stop():
            raise ValueError
        @contextlib.contextmanager
        def held():
            yield
        @contextlib.contextmanager
        def closed():
            stop()
            yield  # never-passed 10
        def words():
            x = "yield"  # never-called 12
            def inner():  # never-called 12
                yield x  # never-called 12
            return lambda: (yield)  # never-called 12
        def otherwise():
            try:
                stop()
            except ValueError:
                x = 1
            else:
                x = 2  # never-passed 19
            finally:
                if not x:  # if-never-true 25
                    x = 3  # if-never-true 25
            return x
        otherwise()
        def inside(x):
            with held():
                if x:  # if-never-true 31
                    x = 1  # if-never-true 31
                x = 2
            with closed():
                x = 3  # never-passed 34
            x = 4  # never-passed 34
        def either(x):
            if x:  # if-never-false 38
                stop()
            else:
                x = 1  # if-never-false 38
                stop()  # if-never-false 38
            x = 2  # never-passed 38
        def for_ever(x):
            while True:
                stop()
                break  # never-passed 46
            x = 1  # never-passed 45
        def at_its_end(xs):
            for x in xs:
                x = 1
            else:
                stop()
            x = 2  # never-passed 50
        def early(xs):
            for x in xs:  # loop-never-ends 56
                stop()
                x = 1  # never-passed 57
            x = 2  # loop-never-ends 56
        def none_caught(x):
            try:
                x = 1
            except KeyError:  # except-never-reached 63
                x = 2  # except-never-reached 63
                x = 3  # except-never-reached 63
            match x:
                case 1:  # case-always-matches 67
                    pass
                case 2:  # case-never-reached 69
                    x = 4  # case-never-reached 69
                    x = 5  # case-never-reached 69
            stop()
        for run in (inside, either, for_ever, none_caught):
            try:
                run(run is either)
            except ValueError:
                pass
        for run in (at_its_end, early):
            try:
                run([1])
            except ValueError:
                pass
        def tail(x):
            if x:  # if-never-true 84
                x = 1  # if-never-true 84
        tail(0)
        """,
}


def expected(source: str) -> Reasons:
    found: Reasons = {}
    for line, text in enumerate(source.split("\n"), start=1):
        said = text.partition("  # ")[2].split()
        if said and said[0] not in {"-", "pragma:"}:
            found[line] = (said[0], int(said[1]))
    return found


def measure(folder: Path, programs: Mapping[str, str], *, branch: bool) -> dict[str, dict[str, Any]]:
    """Run the programs under coverage, in one process; return the probe's record of each."""
    for name, source in programs.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    names = [f"{name}.py" for name in programs]
    (folder / "drive.py").write_text(f"import runpy\nfor name in {names}:\n    runpy.run_path(name)\n")
    arguments = ["-m", "coverage", "run", *(["--branch"] if branch else []), "--data-file=.data", "drive.py"]
    run_python(arguments, cwd=folder, env=clean_environment(), timeout=120)
    cov = Analyst(data_file=str(folder / ".data"), config_file=False)
    cov.load()
    return {name: record(cov, cov.reporter_of(str(folder / f"{name}.py")), detailed=True) for name in programs}


def reasons_of(measured: Mapping[str, Any]) -> Reasons:
    return {line: (kind, cause) for line, kind, cause in measured["reasons"]}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, dict[str, dict[str, Any]]]:
    programs = {name: dedent(text) for name, text in PROGRAMS.items()}
    return {branch: measure(tmp_path_factory.mktemp("programs"), programs, branch=branch) for branch in (True, False)}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_decides_is_named(records: Mapping[bool, Mapping[str, Any]], name: str) -> None:
    assert reasons_of(records[True][name]) == expected(dedent(PROGRAMS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_lines_alone_tell_the_same_of_missing_lines(records: Mapping[bool, Mapping[str, Any]], name: str) -> None:
    lines = records[False][name]
    told = {line: reason for line, reason in expected(dedent(PROGRAMS[name])).items() if line in lines["m"]}
    assert reasons_of(lines) == told


def test_without_branches_a_condition_that_raised_each_time_was_never_true() -> None:
    source = "if unknown:\n    x = 1\nx = 2\n"
    found = find_reasons(ast.parse(source), source, Ran(missing=(2, 3), executed=(1,)), lambda line: line)
    assert found == dict.fromkeys((2, 3), ("never-passed", 1))


PASSED = ("never-passed", 1)


@pytest.mark.parametrize(
    ("source", "missing", "executed", "reasons"),
    [
        pytest.param("a = 1\nb = 2\n", (2, 1), (), dict.fromkeys((1, 2), ("never-imported", 0)), id="nothing-ran"),
        # The measurement began in the middle: in a fork, say.
        pytest.param("def f():\n    a()\n    b()\n", (2,), (1, 3), {}, id="begun-within-a-function"),
        pytest.param("if a:\n    b()\nc()\n", (3, 1), (2,), {}, id="begun-within-an-if"),
        pytest.param("a()\nif b:\n    c()\n", (3, 2), (1,), dict.fromkeys((2, 3), PASSED), id="at-the-end"),
        pytest.param(
            "try:\n    a()\nexcept* b:\n    c()\nd()\n", (5, 4, 3), (2, 1),
            {3: ("except-never-reached", 3), 4: ("except-never-reached", 3), 5: PASSED},
            id="a-group-of-exceptions",
        ),
    ],
)  # fmt: skip
def test_why_lines_are_missing(
    source: str, missing: tuple[int, ...], executed: tuple[int, ...], reasons: Reasons
) -> None:
    assert find_reasons(ast.parse(source), source, Ran(missing=missing, executed=executed), lambda n: n) == reasons


def test_the_way_into_a_body_leads_to_its_first_statement_that_runs() -> None:
    source = "def f():\n    if a:\n        global b\n        b = 1\nf()\n"
    ran = Ran(missing=(4,), executed=(1, 2, 5), exits=({2: [-1]}, {2: [4]}))
    never = ("if-never-true", 2)
    assert find_reasons(ast.parse(source), source, ran, lambda line: line) == {2: never, 4: never}


# --- programs nobody wrote -----------------------------------------------------------------------------------------

REFUTED_BY = {
    ReasonKind.NEVER_CALLED: "body",
    ReasonKind.NEVER_RUN: "body",
    ReasonKind.IF_NEVER_TRUE: "true",
    ReasonKind.IF_NEVER_FALSE: "false",
    ReasonKind.ELIF_NEVER_TRUE: "true",
    ReasonKind.ELIF_NEVER_FALSE: "false",
    ReasonKind.LOOP_NEVER_RUNS: "goes on",
    ReasonKind.LOOP_NEVER_ENDS: "ends",
    ReasonKind.EXCEPT_NEVER_REACHED: "asked",
    ReasonKind.EXCEPT_NEVER_MATCHES: "body",
    ReasonKind.CASE_NEVER_REACHED: "asked",
    ReasonKind.CASE_NEVER_MATCHES: "true",
    ReasonKind.CASE_ALWAYS_MATCHES: "false",
    ReasonKind.NEVER_PASSED: "done",
}
"""What must not have happened on the line that decides."""


RARE = {ReasonKind.CASE_ALWAYS_MATCHES, ReasonKind.ELIF_NEVER_FALSE}
"""What chance does not always bring about."""


@pytest.mark.slow
@pytest.mark.parametrize("branch", [True, False])
def test_no_reason_is_refuted_by_the_run(tmp_path: Path, *, branch: bool) -> None:
    programs = {f"p{seed}": Writer(seed).text() for seed in range(40)}
    end = "\nimport json\nopen('events.json', 'w').write(json.dumps(events))\n"
    (tmp_path / "oracle.py").write_text(ORACLE)
    driver = {"last": "from oracle import events" + end}
    records = measure(tmp_path, {**programs, **driver}, branch=branch)
    happened = {
        (Path(file).stem, line, what) for file, line, what in json.loads((tmp_path / "events.json").read_text())
    }
    seen, unexplained, missing = set(), [], 0
    for name, text in programs.items():
        reasons, bodies = reasons_of(records[name]), dict(_bodies(text))
        assert set(reasons) <= {*records[name]["m"], *(line for line, n, taken in records[name]["b"] if taken < n)}
        for line, (kind, cause) in reasons.items():
            what = REFUTED_BY[ReasonKind(kind)]
            where = bodies[cause] if what == "body" else cause
            assert (name, where, what) not in happened, f"{name}:{line} {kind} {cause}\n{text}"
            seen.add(kind)
        missing += len(records[name]["m"])
        unexplained += [(name, line) for line in records[name]["m"] if line not in reasons]
    assert seen >= set(REFUTED_BY) - RARE
    assert len(unexplained) * 50 < missing, unexplained


def _bodies(text: str) -> Iterator[tuple[int, int]]:
    """Yield (line of `def` or `except`, line of the first statement of the body)."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ExceptHandler):
            yield node.lineno, node.body[0].lineno


def test_a_thousand_clauses_end_without_a_word() -> None:
    source = "if x == 0:\n    y = 0\n" + "".join(f"elif x == {n}:\n    y = {n}\n" for n in range(1, 2000))
    ran = Ran(missing=range(2, 4000, 2), executed=range(1, 4000, 2))
    assert find_reasons(ast.parse(source), source, ran, lambda line: line) == {}


def test_functions_are_named_as_coverage_names_its_regions() -> None:
    source = "".join(dedent(text) for text in PROGRAMS.values())
    found = find_functions(ast.parse(source))
    assert ("A.p", 12, 14, 14) in found
    assert find_functions(ast.parse("@a\n@b\ndef f():\n    pass\n")) == [("f", 1, 4, 4)]
    from coverage.regions import code_regions  # noqa: PLC0415  # private to coverage

    assert sorted(name for name, *_ in found) == sorted(r.name for r in code_regions(source) if r.kind == "function")
