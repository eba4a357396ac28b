"""Golden reports, read as a browser reads them; and whole reports of what no run of the sample project shows.

The reports of real runs are made by tests/integration/test_golden_runs.py. `pytest --update-golden` writes anew what is
made here, and the difference is reviewed.
"""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

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

ROOT = Path(__file__).parents[1] / "golden"
MADE_UP = {
    "components": "a target's pace depends on the day of the run",
    "ramp-unknown": "a history that is broken",
    "guard-component": "a component is removed",
    "guard-everything": "every kind of change to the gate at once",
    "guard-unreadable": "a base whose configuration is no TOML",
    "drop-unknown": "lines of which no record is kept any more",
    "indirect-many": "losses in more files than the sample has",
    "diff-unavailable": "a file that cannot be read although the data are good",
    "diff-unavailable-without-rule": "the same, and nothing asks for the diff",
    "unmeasured-file": "a file of which the data know nothing",
    "undecided-file": "files of which nothing says whether they are to be measured",
    "hostile-names": "names with line ends and bytes that are no text",
    "tests-hostile": "a test's name and output that are Markdown and HTML",
    "tests-many": "more tests fail than are listed",
    "tests-without-a-place": "a failure without file and line",
}
"""The situations whose reports are kept although no run made them: what the sample project would have to have."""
RUNS = sorted(path for path in (ROOT / "runs").rglob("*") if path.is_file())
REPORTS = [path for path in RUNS if path.suffix == ".md"]
COMMENTS = [path for path in REPORTS if path.name == "comment.md"]


def render_terminal(facts: Facts) -> str:
    out = io.StringIO()
    print_report(build_view(facts), ".covgate", out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def render_json(facts: Facts) -> str:
    view = build_view(facts)
    return render_result(build_result(facts, headline=view.headline, exit_code=exit_code(facts.verdict)))


RENDERINGS = {
    "comment.md": lambda facts: render_comment(build_view(facts), BODY_LIMIT),
    "terminal.txt": render_terminal,
    "result.json": render_json,
}
WHOLE = {"components", "guard-everything", "tests-hostile"}
"""Situations of which what programs read is kept, too."""
CASES = [
    (situation, rendering)
    for situation in MADE_UP
    for rendering in RENDERINGS
    if situation in WHOLE or rendering != "result.json"
]


@pytest.mark.parametrize(("situation", "rendering"), CASES, ids=lambda value: value)
def test_golden(situation: str, rendering: str, request: pytest.FixtureRequest) -> None:
    text = RENDERINGS[rendering](SITUATIONS[situation]())
    path = ROOT / "report" / situation / rendering
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "a new situation: run pytest --update-golden and read what it wrote"
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over(request: pytest.FixtureRequest) -> None:
    folder = ROOT / "report"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    left_over = there - {f"{situation}/{rendering}" for situation, rendering in CASES}
    if request.config.getoption("--update-golden"):
        for name in left_over:
            (folder / name).unlink()
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
def test_made_up_reports_keep_the_house_rules(situation: str) -> None:
    view = build_view(SITUATIONS[situation]())
    for text in (render_comment(view, BODY_LIMIT), render_summary(view)):
        assert_house_rules(text)


def without_code(text: str) -> str:
    """Return a report without its listings and what stands in code: that is the repository's."""
    return re.sub(r"`[^`\n]*`", "a name", re.sub(r"(?ms)^(`{3,}).*?^\1$", "a listing", text))


def assert_house_rules(text: str) -> None:
    own = without_code(text)
    assert not re.search(r"-0", re.sub(r"\(https:[^)]*\)|-\d\d-\d\d", "", own))
    assert "None" not in own
    assert "\n\n\n" not in own, "one empty line parts two sections"
    assert not re.search(r"</summary>\n\n</details>", own), "a fold without content"
    assert not re.search(r" $", text, re.MULTILINE)
    assert "!" + "[" not in own, "no images"
    assert own.count("<sub>") == 1
    assert "<br>" not in own
    assert not set("🟢🟠🔴⚪") & set(text), "no dots: colour is never alone"


# --- the reports of real runs ---------------------------------------------------------------------------------------

GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TAGS = frozenset(
    "p strong ul li code a sub pre details summary table thead tbody tr th td".split()  # noqa: SIM905  # as one reads them
)
LONGEST = 120
MOST_LINES_OF_A_PASS = 3


class Page(HTMLParser):
    """What a browser makes of a report: elements, open folds, and the lines outside of folds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.comments: list[str] = []
        self.lines = 0
        """Paragraphs, items and rows outside of folds; not the footer."""
        self.feed(GFM.render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if "details" not in self.open:
            self.lines += {"p": 1, "li": 1, "tr": 1, "sub": -1}.get(tag, 0)
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", REPORTS, ids=named)
def test_a_report_of_a_run_is_sound(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open, "every element is closed"
    assert set(page.tags) <= TAGS, "nothing of the repository is HTML"
    assert len(page.comments) == (path.name == "comment.md"), "the marker, and no other comment"
    assert page.tags.count("table") == len(re.findall(r"(?m)^\| (?::--|--:) \|", text)), "every table is one"
    fences = re.findall(r"(?m)^`{3,}", text)
    assert len(fences) == 2 * page.tags.count("pre"), "every fence is closed"
    own = without_code(text)
    assert page.tags.count("details") == own.count("<details") == own.count("</details>")
    first = text.partition("\n")[0]
    assert len(first) <= LONGEST
    assert first.startswith(("✅ **", "❌ **", "⚠️ **", "ℹ️ **"))
    if "<sub>" in text:
        assert_house_rules(text)


@pytest.mark.parametrize("path", COMMENTS, ids=named)
def test_a_comment_that_passes_is_three_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.startswith(("✅", "ℹ️")):
        assert Page(text).lines <= MOST_LINES_OF_A_PASS


def test_runs_show_many_outcomes() -> None:
    """Issue 14: at least 30 in each medium; texts with nothing to read are none."""
    for name, least in (("comment.md", 30), ("summary.md", 30), ("terminal.txt", 30)):
        assert sum(path.name == name for path in RUNS) >= least
    assert all(path.stat().st_size for path in RUNS)
