"""Diff coverage where several things speak against a number, and diff-cover's reports through the room's face."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.change import render_diff_cover
from covgate.change.diff_coverage import compute_diff_coverage
from covgate.config.report_files import ReportKind
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Doubt
from covgate.model.unknown import Unavailable
from tests.support.coverage_text import read_files

M = PurePosixPath("m.py")
WHOLE = Doubt(reason="all of it is doubted")
FIRST, SECOND = (Doubt(reason=f"line {line} is doubted", lines=frozenset({line})) for line in (1, 2))
OTHER_STATE = "m.py was measured in another state than it was compared in"


@pytest.mark.parametrize(
    ("doubts", "same", "reason"),
    [
        pytest.param((), True, None, id="none"),
        pytest.param((SECOND,), True, None, id="of-a-line-that-is-not-changed"),
        pytest.param((FIRST,), True, FIRST.reason, id="of-a-changed-line"),
        pytest.param((SECOND, FIRST), True, FIRST.reason, id="of-both"),
        pytest.param((WHOLE,), True, WHOLE.reason, id="of-the-whole"),
        pytest.param((), False, OTHER_STATE, id="another-text"),
        pytest.param((FIRST,), False, OTHER_STATE, id="another-text-and-a-line"),
        pytest.param((SECOND, WHOLE), False, WHOLE.reason, id="another-text-and-the-whole"),
        pytest.param((FIRST, WHOLE), False, FIRST.reason, id="a-line-and-the-whole"),
    ],
)
def test_what_speaks_against_a_file_is_the_reason(doubts: tuple[Doubt, ...], *, same: bool, reason: str | None) -> None:
    changed, measured = read_files("m.py\n    + 1\n    2\n")
    digests = measured.digests if same else {M: "another"}
    diff = compute_diff_coverage(changed, replace(measured, doubts={M: doubts}, digests=digests))
    if reason is None:
        assert isinstance(diff, DiffCoverage)
    else:
        assert isinstance(diff, Unavailable)
        assert diff.reason.startswith(reason)


def test_the_face_renders_what_diff_cover_does() -> None:
    diff = compute_diff_coverage(*read_files("m.py\n    + 1\n    + 2 missing\n"))
    assert isinstance(diff, DiffCoverage)
    made = render_diff_cover([ReportKind.DIFF_COVER_MARKDOWN], diff, "base...head", {M: b"a = 1\nb = 2\n"})
    assert set(made) == {ReportKind.DIFF_COVER_MARKDOWN}
    assert "<code>m&#46;py</code>" in made[ReportKind.DIFF_COVER_MARKDOWN]
    assert "(50.0%)" in made[ReportKind.DIFF_COVER_MARKDOWN]
