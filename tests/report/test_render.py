"""The room's face for what takes heavy libraries: the same reports, and what they are made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from covgate.config.report_files import ReportKind
from covgate.config.settings import resolve
from covgate.host.context import EventKind, RunContext
from covgate.report.bands import Bands
from covgate.report.facts import Facts
from covgate.report.page.render import render_page
from covgate.report.render import make_build, make_trend, read_result, render_reports, restore_facts
from covgate.report.trend.files import render_trend_files
from covgate.report.view import build_view
from tests.report.test_from_result import ORIGIN, stored
from tests.support.situations import CORE, facts
from tests.support.trend_samples import TODAY, sample_history

CONTEXT = RunContext(kind=EventKind.BRANCH, repository="acme/bookshop", server_url="https://forge.example")


@pytest.mark.parametrize(
    ("settings", "context", "url", "title"),
    [
        ({}, CONTEXT, "https://forge.example/acme/bookshop", "bookshop"),
        ({"name": "api"}, CONTEXT, "https://forge.example/acme/bookshop", "api"),
        ({}, replace(CONTEXT, repository=""), None, "coverage"),
    ],
    ids=["repository", "name", "laptop"],
)
def test_the_files_of_the_history_are_titled_and_linked_as_the_project_is(
    settings: dict[str, str], context: RunContext, url: str | None, title: str
) -> None:
    made, history = resolve(command_line=settings | {"green": "90", "orange": "70"}), sample_history(3)
    built = make_build(made, context, TODAY)(history)
    trend = make_trend(made, history, TODAY)
    assert (trend.bands, trend.today) == (Bands(green=Decimal(90), orange=Decimal(70)), TODAY)
    assert built == render_trend_files(trend, repository_url=url, title=title)


def test_the_page_is_made_where_it_is_asked_for_with_the_sources_of_files_that_miss_something() -> None:
    made = facts(CORE + "full.py\n    + 1-9\npart.py\n    + 1-8\n    + 9 partial\n", min_diff="80")
    view, asked = build_view(made), list[list[str]]()

    def read(paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, bytes]:
        asked.append([str(path) for path in paths])
        return {}

    assert list(render_reports((), made, view, read)) == []
    assert list(render_reports((ReportKind.XML,), made, view, read)) == []
    assert asked == []
    assert list(render_reports((ReportKind.HTML,), made, view, read)) == [("index.html", render_page(made, view, {}))]
    assert [sorted(paths) for paths in asked] == [["part.py", "src/app/api.py", "src/app/core.py"]]


def test_a_stored_result_is_read_by_the_room_s_face() -> None:
    made = facts(CORE, min_diff="80")
    result = read_result(stored(made))
    assert (result.verdict, result.head) == ("fail", made.head)
    found = restore_facts(result, ORIGIN)
    assert isinstance(found, Facts)
    assert found.diff_tally == made.diff_tally
