"""Whole reports, read like text: `pytest --update-golden` writes them anew, and the difference is reviewed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from covgate.gate.rules import exit_code
from covgate.publish.comment import BODY_LIMIT
from covgate.report.facts import Facts
from covgate.report.markdown import render_comment, render_summary
from covgate.report.result_json import build_result, render_result
from covgate.report.terminal import print_report
from covgate.report.view import build_view
from tests.support.situations import SITUATIONS as PRESENT
from tests.support.situations_compared import COMPARED
from tests.support.situations_guarded import GUARDED
from tests.support.situations_tests import TESTED

SITUATIONS = PRESENT | COMPARED | GUARDED | TESTED

GOLDEN = Path(__file__).parents[1] / "golden" / "report"


def render_terminal(facts: Facts) -> str:
    out = io.StringIO()
    print_report(build_view(facts), ".covgate", out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def render_json(facts: Facts) -> str:
    view = build_view(facts)
    return render_result(build_result(facts, headline=view.headline, exit_code=exit_code(facts.verdict)))


RENDERINGS = {
    "comment.md": lambda facts: render_comment(build_view(facts), BODY_LIMIT),
    "summary.md": lambda facts: render_summary(build_view(facts)),
    "terminal.txt": render_terminal,
    "result.json": render_json,
}
WHOLE = {
    "guard-everything",
    "indirect",
    "components",
    "pass",
    "fail-both",
    "hostile-names",
    "total-unavailable",
    "push",
    "tests-named",
    "tests-hostile",
}
"""Situations of which every rendering is kept; of the others the comment and what the terminal shows."""
CASES = [
    (situation, rendering)
    for situation in SITUATIONS
    for rendering in RENDERINGS
    if situation in WHOLE or rendering in {"comment.md", "terminal.txt"}
]


@pytest.mark.parametrize(("situation", "rendering"), CASES, ids=lambda value: value)
def test_golden(situation: str, rendering: str, request: pytest.FixtureRequest) -> None:
    text = RENDERINGS[rendering](SITUATIONS[situation]())
    path = GOLDEN / situation / rendering
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "a new situation: run pytest --update-golden and read what it wrote"
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over(request: pytest.FixtureRequest) -> None:
    there = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}
    left_over = there - {f"{situation}/{rendering}" for situation, rendering in CASES}
    if request.config.getoption("--update-golden"):
        for name in left_over:
            (GOLDEN / name).unlink()
        return
    assert not left_over


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_comment_fits_and_is_whole(situation: str) -> None:
    """Folds go from the bottom, and what is left has no table, list or fold cut in the middle."""
    view = build_view(SITUATIONS[situation]())
    whole = render_comment(view, 10**9)
    sizes = sorted({len(whole.encode()), BODY_LIMIT, 20_000, 5_000, 2_000, 1_000, 600}, reverse=True)
    for size in sizes:
        text = render_comment(view, size)
        assert len(text.encode()) <= size
        assert text.count("<details") == text.count("</details>")
        assert text.startswith(f"{view.mark} **")
        if text != whole and "<sub>" in text:
            assert "Left out to fit GitHub's limit: " in text or "<details" not in whole


@pytest.mark.parametrize("situation", SITUATIONS)
def test_reports_keep_the_house_rules(situation: str) -> None:
    facts = SITUATIONS[situation]()
    for text in (render_comment(build_view(facts), BODY_LIMIT), render_summary(build_view(facts))):
        assert "-0" not in re.sub(r"\(https:[^)]*\)|`[^`]*`", "", text)
        assert "None" not in text
        assert "\n\n\n" not in text, "one empty line parts two sections"
        assert not re.search(r"</summary>\n\n</details>", text), "a fold without content"
        assert not re.search(r" $", text, re.MULTILINE)
        assert "!" + "[" not in re.sub(r"`[^`]*`", "", text), "no images"
        assert text.count("<sub>") == 1
        assert "<br>" not in text
        assert not set("🟢🟠🔴⚪") & set(text), "no dots: colour is never alone"
