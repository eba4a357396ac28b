"""The projects whose successive releases covgate is held against, and why each of them is in the list."""

from __future__ import annotations

from dataclasses import dataclass

COVERAGE = "coverage==7.17.3"
PYTEST = "pytest==9.2.0"

CHILDREN = "covgate measures the processes the tests start as well: the same statements, more of them executed"
DEFAULTS = "without a coverage configuration covgate chooses one: branches, and no tests among the measured files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Two releases of a project on PyPI, what its tests need, and how they are run."""

    name: str
    old: str
    new: str
    requirements: tuple[str, ...] = (PYTEST,)
    """Pinned, so that a red test is a change of covgate's and not of a neighbour's. The project itself is added."""
    suite: tuple[str, ...] = ("pytest", "-q")
    """A module and its arguments, for `python -m` and for `coverage run -m`."""
    pytest_cov: bool = False
    """Its own pytest options measure with pytest-cov: `python -m pytest` alone makes the data to compare with."""
    why: str
    """What is special in how it is laid out or measured."""
    not_loaded: tuple[str, ...] = ()
    """Changed files that no test loads and no configuration leaves out: covgate counts them, diff-cover can not."""
    run_differs: str = ""
    """Why a run under covgate counts other lines than the project's own way of measuring; empty when it must not."""


PROJECTS = (
    Project(
        name="itsdangerous",
        old="2.1.2",
        new="2.2.0",
        requirements=(PYTEST, "freezegun==1.5.5"),
        why="src layout; branches; two sources, `itsdangerous` by its name and `tests` by its folder",
    ),
    Project(
        name="python-dotenv",
        old="1.2.2",
        new="1.2.4",
        requirements=(PYTEST, "sh==2.2.2", "click==8.3.1"),
        why="src layout; relative file names; lines only; `[paths]`; `[report] omit`; tests that start its command",
        run_differs=CHILDREN,
    ),
    Project(
        name="structlog",
        old="25.5.0",
        new="26.1.0",
        requirements=(
            PYTEST,
            "pytest-asyncio==1.3.0",
            "simplejson==3.20.2",
            "time-machine==3.1.0",
            "rich==14.2.0",
        ),
        why="src layout; branches; parallel data; `[report] omit`",
    ),
    Project(
        name="pyflakes",
        old="3.3.2",
        new="3.4.0",
        requirements=(),
        suite=("unittest", "discover", "-q", "pyflakes"),
        why="flat layout; unittest; the tests inside the package; no coverage configuration at all",
        run_differs=DEFAULTS,
    ),
    Project(
        name="boltons",
        old="24.1.0",
        new="25.0.0",
        # Its conftest.py takes an argument that pytest 9 dropped.
        requirements=("pytest==8.4.2",),
        suite=("pytest", "-q", "--doctest-modules", "boltons", "tests"),
        not_loaded=("misc/bench_omd.py", "misc/linkify_changelog.py", "misc/table_html_app.py"),
        why="flat layout; doctests; no coverage configuration at all",
        run_differs=DEFAULTS,
    ),
    Project(
        name="async-timeout",
        old="4.0.3",
        new="5.0.1",
        requirements=(PYTEST, "pytest-cov==7.1.0", "pytest-asyncio==1.3.0"),
        pytest_cov=True,
        why="flat layout; pytest-cov in `addopts` of setup.cfg, which names source and branches",
    ),
    Project(
        name="toolz",
        old="1.1.0",
        new="1.2.0",
        why="flat layout; lines only; the tests inside the package, left out with `omit`",
    ),
    Project(
        name="pluggy",
        old="1.6.0",
        new="1.7.0",
        requirements=(PYTEST, "pytest-benchmark==5.2.3"),
        why="src layout; `.coveragerc` with `include` patterns and no source; parallel data",
        not_loaded=("testing/benchmark.py",),
    ),
)
