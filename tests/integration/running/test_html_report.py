"""The HTML report of real runs: the gaps of the result with the text that was measured, and never another file."""

from __future__ import annotations

import json
import os
import re
from html import unescape
from pathlib import Path

import pytest

from tests.integration.running.test_diff_cover_reports import AFTER, BEFORE, NAMES, PROJECT, SECRET
from tests.support.repositories import Repository

KIND = "--report=html"


def page(repository: Repository) -> str:
    return (repository.path / ".covgate" / "index.html").read_text(encoding="utf-8")


def signed(text: str) -> list[str]:
    """The lines with a sign, `! 6 code`."""
    found = re.findall(r"<code(?: class=\"\w\")?><i>([!~-]) +(\d+)</i>(.*?)\n</code>", text)
    return [f"{sign} {number} {unescape(re.sub(r'</?b[^>]*>', '', code))}" for sign, number, code in found]


@pytest.fixture
def changed(repository: Repository) -> Repository:
    repository.start(PROJECT)
    repository.commit({"shop.py": AFTER, "idle.py": "x = 1\ny = 2\n"})
    return repository


@pytest.mark.parametrize("ci", [False, True], ids=["laptop", "ci"])
def test_the_gaps_are_those_of_the_result_with_their_code(changed: Repository, *, ci: bool) -> None:
    changed.measure("--branch")
    gate = changed.check(KIND, ci=ci)
    assert gate.exit_code == 1, gate.texts
    missing = {(str(f["path"]), n) for f in gate.files for a, b in f["missing"] for n in range(a, b + 1)}  # type: ignore[attr-defined]
    assert missing == {("shop.py", 6), ("idle.py", 1), ("idle.py", 2)}
    assert sorted(signed(page(changed))) == [
        "! 1 x = 1",
        "! 2 y = 2",
        "! 6         return 'A'",
        "~ 5     if points > most:",
    ]
    assert {entry.name for entry in (changed.path / ".covgate").iterdir()} >= {"index.html", "comment.md"}


@pytest.mark.parametrize("ci", [False, True], ids=["laptop", "ci"])
def test_a_link_is_never_followed(changed: Repository, *, ci: bool) -> None:
    secret = changed.path.parent / "secret.py"
    secret.write_text(f"{BEFORE}# {SECRET}\n", encoding="utf-8")
    (changed.path / "leak.py").symlink_to(secret)
    (changed.path / "idle.py").unlink()
    (changed.path / "idle.py").symlink_to(secret)
    changed.commit()
    changed.measure()
    assert changed.check(KIND, ci=ci).exit_code == 1
    assert SECRET not in page(changed)
    assert signed(page(changed)) == ["! 6         return 'A'"]


def test_a_file_that_became_a_link_meanwhile_is_not_shown(changed: Repository) -> None:
    secret = changed.path.parent / "secret.py"
    secret.write_text(f"{BEFORE}# {SECRET}\n", encoding="utf-8")
    swap = f"import os\nos.unlink('shop.py')\nos.symlink({str(secret)!r}, 'shop.py')\n"
    changed.commit({"run.py": PROJECT["run.py"] + swap})
    gate = changed.check(KIND, "--", "python", "run.py", data="")
    assert SECRET not in gate.texts + page(changed)


def test_names_of_strangers_are_text(repository: Repository) -> None:
    repository.start(PROJECT)
    repository.commit({"shop.py": AFTER})
    repository.measure()
    broken = os.fsdecode(b"\xff.py")
    repository.commit(dict.fromkeys([*NAMES, broken], "x = 1  # <script>alert(2)</script>\n"))
    assert repository.check(KIND).exit_code == 1
    left = page(repository)
    assert left.count("<script") == 1
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in left
    assert "new\\nline.py" in left
    assert "\\udcff.py" in left


def test_the_page_of_an_earlier_run_is_not_taken_for_this_ones(changed: Repository) -> None:
    changed.measure()
    changed.check(KIND)
    assert "return" in page(changed)
    (changed.path / ".coverage").write_bytes(b"no data")
    assert changed.check(KIND).exit_code == 4
    assert "AUTHOR" not in page(changed)
    assert signed(page(changed)) == []
    gone = changed.check(KIND, data="nowhere")
    assert gone.exit_code == 2
    assert not (changed.path / ".covgate" / "index.html").exists()


@pytest.mark.parametrize("then", [(), ("--report=xml",), ("--min-diff=x",)], ids=["nothing", "another", "no-run"])
def test_what_an_earlier_run_exported_goes_whatever_is_asked(changed: Repository, then: tuple[str, ...]) -> None:
    changed.measure()
    changed.check("--report=html,xml,json,coverage-html,diff-cover-json")
    folder = changed.path / ".covgate"
    exported = {"index.html", "coverage.xml", "coverage.json", "coverage-html", "diff-cover.json"}
    assert {path.name for path in folder.iterdir()} >= exported
    changed.check(*then)
    left = {path.name for path in folder.iterdir()} & exported
    assert left == ({"coverage.xml"} if then == ("--report=xml",) else set())


def test_an_earlier_export_may_be_judged(changed: Repository) -> None:
    changed.measure()
    changed.check("--report=xml,html")
    assert changed.check(data=".covgate/coverage.xml").exit_code in {0, 1}
    assert not (changed.path / ".covgate" / "index.html").exists()


def test_a_run_without_a_change_has_a_page_too(changed: Repository, tmp_path: Path) -> None:
    changed.measure()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/feature", "after": changed.head()}), encoding="utf-8")
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": changed.head(),
        "GITHUB_REF": "refs/heads/feature",
        "GITHUB_REPOSITORY": "o/r",
    }
    changed.check(KIND, base="", environment=environment)
    assert "<h1>" in page(changed)
    assert signed(page(changed)) == []
