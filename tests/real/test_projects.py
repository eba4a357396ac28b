"""The suites of well-known projects under covgate: its numbers are coverage.py's, diff-cover's and git's."""

from __future__ import annotations

import pytest

from tests.real.compare import Row, check, compare_diff, counts_of, counts_of_coverage, counts_of_xml
from tests.real.oracles import ask_coverage, ask_diff_cover, measure
from tests.real.projects import CHILDREN, PROJECTS, Project
from tests.real.table import ROWS
from tests.real.workshop import prepare

pytestmark = pytest.mark.real


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_numbers_are_the_oracles_numbers(project: Project) -> None:
    laid = prepare(project)

    data = measure(laid)
    coverage = ask_coverage(laid, data)
    read = check(laid, "read", *(word for path in data for word in ("--data", str(path))))
    read_total = counts_of(read["total"])
    assert read_total == counts_of_coverage(coverage)
    assert read_total.percent == coverage.total
    diff = compare_diff(laid, read, coverage, ask_diff_cover(laid, coverage.xml))

    ran = check(laid, "run", "--report", "xml", "--", "python", "-m", *project.suite)
    ran_total = counts_of(ran["total"])
    assert ran_total == counts_of_xml(laid.scratch / "run" / "coverage.xml")
    assert bool(project.run_differs) == (ran_total != read_total), (ran_total, read_total)
    if not project.run_differs:
        assert ran["diff"] == read["diff"]
    if project.run_differs == CHILDREN:
        assert ran_total.lines[1] == read_total.lines[1]
        assert ran_total.lines[0] > read_total.lines[0]

    Row(
        name=project.name,
        releases=f"{project.old} → {project.new}",
        why=project.why,
        files=len(coverage.files),
        statements=read_total.lines[1],
        branches=read_total.branches[1],
        coverage_total=coverage.total,
        covgate_total=read_total.percent,
        diff=diff,
        run_total=ran_total.percent,
        run_differs=project.run_differs,
    ).save(ROWS)
