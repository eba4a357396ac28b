"""What of a report goes when room is short, in which order, and what is told to be gone."""

from __future__ import annotations

from dataclasses import replace

from covgate.publish.comment import BODY_LIMIT
from covgate.report.markdown import render_comment, render_summary
from covgate.report.prose import say
from covgate.report.view import ReportView, build_view
from tests.support.situations import SITUATIONS
from tests.support.situations_compared import COMPARED


def what_is_there(view: ReportView) -> dict[str, int]:
    parts = {"folds": view.folds, "components": view.components, "advice": view.advice, "remarks": view.remarks}
    return {name: len(part) for name, part in parts.items() if part} | ({"steps": 1} if view.steps else {})


def test_folds_go_first_then_the_places_the_components_and_at_last_the_advice() -> None:
    view: ReportView | None = replace(build_view(COMPARED["components"]()), remarks=(say("A remark."),))
    found = []
    while view is not None:
        found.append((what_is_there(view), [str(title) for title in view.left_out]))
        view = view.shorter()
    told = ["the components", "the places to cover", "Lines and branches"]
    assert found == [
        ({"folds": 1, "components": 4, "advice": 1, "remarks": 1, "steps": 1}, []),
        ({"components": 4, "advice": 1, "remarks": 1, "steps": 1}, told[2:]),
        ({"components": 4, "advice": 1, "remarks": 1}, told[1:]),
        ({"advice": 1, "remarks": 1}, told),
        ({}, told),
    ]


def test_remarks_go_where_there_is_no_advice() -> None:
    view = replace(build_view(COMPARED["drop"]()), folds=(), steps=None, advice=(), remarks=(say("A remark."),))
    shorter = view.shorter()
    assert shorter is not None
    assert what_is_there(shorter) == {}
    assert shorter.shorter() is None


def test_without_a_figure_there_is_no_table() -> None:
    view = build_view(SITUATIONS["total-unavailable"]())
    assert (view.open_tables, view.tables, view.step_rows) == (True, None, ())
    assert "|" not in render_comment(view, BODY_LIMIT) + render_summary(view)
