"""What people see of real runs of the action on one sample project: `--update-golden` writes it anew.

`comment.md` is what stands on the pull request in the end (no file: nothing does), `summary.md` the step summary,
`terminal.txt` the log from the report on. tests/report/test_golden.py reads the files as a browser does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.outcomes import OUTCOMES
from tests.support.outcomes.runs import run_outcome

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"


@pytest.mark.parametrize("name", OUTCOMES)
def test_golden_run(name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen = run_outcome(OUTCOMES[name], tmp_path)
    texts = {"comment.md": seen.comment, "summary.md": seen.summary, "terminal.txt": seen.terminal}
    folder = GOLDEN / name
    if request.config.getoption("--update-golden"):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (folder / file).unlink(missing_ok=True)
            if text is not None:
                (folder / file).write_text(text, encoding="utf-8")
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*")}
    assert {file: text for file, text in texts.items() if text is not None} == there
