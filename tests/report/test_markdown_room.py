"""Markdown to the byte: what still fits, what goes when it does not, and what stands where nothing else does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from covgate import __version__
from covgate.model.test_results import TestResults as Results  # pytest takes Test... for a class of tests
from covgate.report.markdown import code, render_comment, render_summary, render_unjudged
from covgate.report.view import build_view
from tests.support.situations import HEAD, facts, many_files
from tests.support.situations_compared import COMPARED
from tests.support.situations_tests import SHIPPING, TESTED, failed

PASSING = build_view(COMPARED["indirect"]())
LEFT_OUT = "Left out to fit GitHub's limit: "


def size(text: str) -> int:
    return len(text.encode())


def test_a_comment_that_has_just_room_is_whole_and_loses_a_fold_by_the_next_byte() -> None:
    whole = render_comment(PASSING, 10**6)
    assert LEFT_OUT not in whole
    assert render_comment(PASSING, size(whole)) == whole
    shorter = render_comment(PASSING, size(whole) - 1)
    assert f"{LEFT_OUT}2 flapping lines are left out of the drop (0.31 with them). The [summary of the run](" in shorter
    assert shorter.count("<details>") == whole.count("<details>") - 1


def test_a_summary_lists_as_many_rows_as_there_is_room_for() -> None:
    view = build_view(facts(many_files(60, "src"), min_diff="80"))
    rows = {}
    limit = size(render_summary(view))
    for _ in range(4):
        text = render_summary(view, limit)
        assert size(text) <= limit
        rows[len(re.findall(r"(?m)^\| \[`src/", text))] = LEFT_OUT in text
        limit = size(text) - 1
    assert rows == {60: False, 50: False, 10: False, 0: True}


def test_where_nothing_else_has_room_the_first_line_says_where_the_report_is() -> None:
    view = build_view(COMPARED["components"]())
    told = "\n\nThe report is in the step summary.\n"
    assert render_comment(view, 300) == f"❌ **Total coverage…**{told}"
    assert render_comment(view, 220) == f"❌ **Total cove…**{told}"
    assert render_summary(view, 300) == render_comment(view, 300)


@pytest.mark.parametrize(
    ("name", "run_url", "whose", "run"),
    [
        ("", None, "", "The run"),
        ("api", "https://x.example/(1)", " · api", "[The run](https://x.example/%281%29)"),
        ("a_*b*", None, " · a\\_\\*b\\*", "The run"),
    ],
)
def test_a_run_without_a_verdict_says_where_it_is_told(name: str, run_url: str | None, whose: str, run: str) -> None:
    assert render_unjudged("it is *broken*", HEAD, name=name, run_url=run_url) == (
        f"⚠️ **Cannot judge: it is \\*broken\\***{whose}\n\n"
        f"No verdict of an earlier run holds for this commit. {run} says what happened and what to change.\n\n"
        f"<sub>Head 1f2e3d4 · covgate {__version__}</sub>\n"
    )


def test_names_in_the_title_of_a_fold_are_code_there_too() -> None:
    comment = render_comment(build_view(TESTED["tests-gone"]()), 10**6)
    title = "14 tests that ran on main did not run here, all in <code>tests/test_invoice.py</code>"
    assert f"<details><summary>{title}</summary>" in comment


def test_the_output_of_a_test_stands_in_a_fence_that_it_cannot_end() -> None:
    output = "\tassert x\nab\tc\n`````\nE   x"
    results = Results(failed=1, failures=(replace(SHIPPING, output=output),))
    comment = render_comment(build_view(failed(results)), 10**6)
    assert "\n``````text\n    assert x\nab  c\n`````\nE   x\n``````\n" in comment
    plain = Results(failed=1, failures=(replace(SHIPPING, output="E   x"),))
    assert "\n```text\nE   x\n```\n" in render_comment(build_view(failed(plain)), 10**6)


def test_what_would_end_code_is_written_in_numbers() -> None:
    assert code("a?/ b|c") == "<code>a&#63;/ b&#124;c</code>"
    assert [code(text) for text in ("a b", " a", "a ", "a\\b", "`a`")] == [
        "`a b`",
        "<code> a</code>",
        "<code>a </code>",
        "<code>a&#92;b</code>",
        "<code>&#96;a&#96;</code>",
    ]
