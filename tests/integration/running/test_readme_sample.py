"""The comment the README shows is the one `covgate demo` makes, and its result is what the schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema

from tests.support.git import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "covgate" / "report" / "result.schema.json"


def shown_in_the_readme() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## What the comment looks like\n")[1]
    return [line.removeprefix(">").removeprefix(" ") for line in text.splitlines() if line.startswith(">")]


def test_the_sample_in_the_readme_is_the_demo_s(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "covgate", "demo", "sample"],
        cwd=tmp_path,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    comment = (tmp_path / "sample" / ".covgate" / "comment.md").read_text(encoding="utf-8")
    result = json.loads((tmp_path / "sample" / ".covgate" / "result.json").read_text(encoding="utf-8"))
    jsonschema.validate(result, json.loads(SCHEMA.read_text(encoding="utf-8")))
    body = comment[: comment.index("\n<sub>")].rstrip()
    assert shown_in_the_readme() == body.splitlines()
