"""What people see of real runs of the action on one sample project: `--update-golden` writes it anew.

`comment.md` is what stands on the pull request in the end (no file: nothing does), `summary.md` the step summary,
`terminal.txt` the log from the report on, or a laptop's screen. tests/report/test_golden.py reads the files as browsers
do.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.outcomes import OUTCOMES
from tests.support.outcomes.runs import Seen, run_outcome

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"
Json = dict[str, Any]


@pytest.mark.parametrize("name", OUTCOMES)
def test_golden_run(name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen = run_outcome(OUTCOMES[name], tmp_path)
    assert_one_story(seen)
    said = {"comment.md": seen.comment, "summary.md": seen.summary, "terminal.txt": seen.terminal}
    texts = {file: text for file, text in said.items() if text}
    folder = GOLDEN / name
    if request.config.getoption("--update-golden"):
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        for file_name, text in texts.items():
            (folder / file_name).write_text(text, encoding="utf-8")
    assert folder.is_dir(), "a new outcome: run pytest --update-golden and read what it wrote"
    assert texts == {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_no_golden_folder_is_left_over() -> None:
    """One of an outcome that is no more is removed by hand."""
    assert {path.name for path in GOLDEN.iterdir()} == OUTCOMES.keys()


def assert_one_story(seen: Seen) -> None:
    """Hold every text against the counts of `result.json`: the verdict's sentence, each figure, each pair of counts."""
    result = seen.result
    assert seen.exit_code == result["exit_code"]
    texts = [plain(text) for text in (seen.comment, seen.summary, seen.terminal) if text]
    if result["error"]:
        assert all(plain(result["error"]["message"]) in text for text in texts)
        return
    for text in texts:
        assert result["headline"] in text
        for what in ("diff", "total"):
            for told in re.findall(rf"(?m)^\|? *{what.capitalize()} \|? *(\d[\d.]*) %", text):
                assert is_rounded(told, result[what])
        for part in result["components"]:
            row = re.search(rf"(?m)^.*\b{part['name']} .*%.*$", text.partition("Component ")[2])
            if row is None:
                continue
            figures = re.findall(r"(?<![<≥] )\b(\d[\d.]*) %", row[0])
            known = [part[what] for what in ("diff", "total") if counts(part[what])[1]]
            assert all(is_rounded(figure, of) for figure, of in zip(figures, known, strict=True))
        for all_ in re.findall(r"of (\d+) changed lines", text):
            assert int(all_) == counts(result["diff"])[1]
    for what, *told in re.findall(
        r"\| (Diff|Total) \| [^|]+ \| (\d+) / (\d+) \| (\d+) / (\d+) \|", plain(seen.summary)
    ):
        lines, branches = result[what.lower()]["lines"], result[what.lower()]["branches"]
        assert told == [str(of[name]) for of in (lines, branches) for name in ("covered", "total")]


def counts(figure: Json) -> tuple[int, int]:
    """Return how much is covered, of how much: lines and branches."""
    covered, total = (figure["lines"][name] + figure["branches"][name] for name in ("covered", "total"))
    return covered, total


def is_rounded(told: str, figure: Json) -> bool:
    """Whether a percentage is that of the counts, to the digits it has."""
    covered, total = counts(figure)
    digits = len(told.partition(".")[2])
    return bool(abs(float(told) - 100 * covered / total) <= 0.5 / 10 ** max(digits, 1) + 1e-9)


def plain(text: str) -> str:
    """Return a text without what sets it as Markdown, or as a command of a log."""
    return re.sub(r"[\\`]", "", text.replace("\u00a0", " ").replace("%25", "%"))
