"""Which of diff-cover's reports lie in the report folder, of which lines, and what is said where there are none."""

from __future__ import annotations

import io
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.checkout import Checkout
from covgate.change.diff_coverage import compute_diff_coverage
from covgate.change.texts import digest_of
from covgate.config.report_files import ReportKind
from covgate.model.coverage import Measurement
from covgate.model.unknown import Unavailable
from covgate.publish.diff_cover import write_diff_cover
from covgate.report.facts import Facts
from covgate.system.folders import make_report_folder
from covgate.system.git_remote import GitRemote
from covgate.system.screen import Screen
from tests.support.coverage_text import read_files
from tests.support.git import make_repository
from tests.support.situations import BASE, HEAD, facts

M, FULL = PurePosixPath("m.py"), PurePosixPath("full.py")
TEXT = "m.py\n    + 1\n    + 2 missing\nfull.py\n    + 1\n"
SOURCE = "covered = 1\nmissed = 2\n"
NAMES = {
    ReportKind.DIFF_COVER_JSON: "diff-cover.json",
    ReportKind.DIFF_COVER_HTML: "diff-cover.html",
    ReportKind.DIFF_COVER_MARKDOWN: "diff-cover.md",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    files: dict[str, str]
    said: str
    annotated: list[str]


def write(
    folder: Path, asked: Collection[ReportKind], made: Facts | None = None, *, measured_as: str = SOURCE
) -> Written:
    repository = make_repository(folder / "repository")
    repository.write("m.py", SOURCE)
    repository.write("full.py", "a = 1\n")
    checkout = Checkout(
        git=repository.command,
        remote=GitRemote(repository.command),
        prefix=PurePosixPath(),
        head=repository.commit("all"),
        tree=None,
        base=None,
        lines=None,
    )
    measurement = Measurement(
        coverage=Unavailable(reason="not asked"), digests={M: digest_of(measured_as.encode()), FULL: "another"}
    )
    said, annotated = io.StringIO(), list[str]()
    reports = make_report_folder(folder / "reports", "report-dir")
    write_diff_cover(asked, Screen(said, said, annotated.append), checkout, measurement, made or facts(TEXT), reports)
    names = {path.name for path in reports.path.iterdir()} - {".gitignore"}
    files = {name: (reports.path / name).read_text(encoding="utf-8") for name in sorted(names)}
    return Written(files=files, said=said.getvalue(), annotated=annotated)


@pytest.mark.parametrize(
    "asked",
    [[], [ReportKind.HTML, ReportKind.XML], [ReportKind.DIFF_COVER_JSON, ReportKind.XML], list(NAMES)],
    ids=["nothing", "coverages-own", "one", "all"],
)
def test_the_reports_that_are_asked_for_are_made(tmp_path: Path, asked: list[ReportKind]) -> None:
    found = write(tmp_path, asked)
    assert list(found.files) == sorted(NAMES[kind] for kind in asked if kind in NAMES)
    assert (found.said, found.annotated) == ("", [])


def test_a_report_is_of_the_lines_that_were_judged(tmp_path: Path) -> None:
    found = write(tmp_path, [ReportKind.DIFF_COVER_JSON, ReportKind.DIFF_COVER_MARKDOWN])
    report = json.loads(found.files["diff-cover.json"])
    assert (report["total_num_lines"], report["total_num_violations"]) == (3, 1)
    assert report["diff_name"] == f"{BASE}...{HEAD}"
    assert "! 2 missed = 2" in found.files["diff-cover.md"]


def test_uncommitted_edits_are_in_the_name_of_the_diff(tmp_path: Path) -> None:
    found = write(tmp_path, [ReportKind.DIFF_COVER_JSON], facts(TEXT, uncommitted=1))
    assert json.loads(found.files["diff-cover.json"])["diff_name"] == f"{BASE}...{HEAD}, and uncommitted edits"


def test_the_text_of_a_file_that_was_edited_since_is_not_shown(tmp_path: Path) -> None:
    found = write(tmp_path, [ReportKind.DIFF_COVER_MARKDOWN], measured_as="another = 1\n")
    assert "missed = 2" not in found.files["diff-cover.md"]
    assert "Missing lines 2" in found.files["diff-cover.md"]


NO_CHANGE = "covgate: Not made: diff-cover.json, diff-cover.md. This run has no change to judge.\n"
LOST = Unavailable(reason="the base is gone")


@pytest.mark.parametrize(
    ("made", "said", "annotated"),
    [
        pytest.param(facts(TEXT, diff=None), NO_CHANGE, 0, id="no-diff"),
        pytest.param(facts(TEXT, base=None), NO_CHANGE, 0, id="no-base"),
        pytest.param(
            facts(TEXT, diff=LOST),
            "covgate: Not made: diff-cover.json, diff-cover.md. Diff coverage is not available: the base is gone\n",
            1,
            id="unknown",
        ),
    ],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, made: Facts, said: str, annotated: int) -> None:
    found = write(tmp_path, [ReportKind.DIFF_COVER_JSON, ReportKind.HTML, ReportKind.DIFF_COVER_MARKDOWN], made)
    assert (found.files, found.said, len(found.annotated)) == ({}, said, annotated)


def test_a_change_without_a_statement_has_reports_too(tmp_path: Path) -> None:
    diff = compute_diff_coverage(*read_files("m.py\n    + 1 text\n    2\n"))
    found = write(tmp_path, [ReportKind.DIFF_COVER_JSON], replace(facts(TEXT), diff=diff))
    assert json.loads(found.files["diff-cover.json"])["total_num_lines"] == 0
