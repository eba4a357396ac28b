"""The README's pictures show the comments that covgate writes today."""

from __future__ import annotations

from tools.pictured import SUMS, sum_up


def test_the_pictures_are_of_the_golden_comments() -> None:
    assert SUMS.read_text(encoding="utf-8") == sum_up(), "take them anew: make pictures"
