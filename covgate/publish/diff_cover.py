"""diff-cover's own reports of the lines that were judged, left in the report folder where they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from covgate.change import Checkout, digest_of, read_texts, render_diff_cover
from covgate.config import DIFF_COVER_FILES, ReportKind
from covgate.model import Measurement, Unavailable
from covgate.report import Facts
from covgate.system import ReportFolder, Screen


def write_diff_cover(
    asked: Collection[ReportKind],
    screen: Screen,
    checkout: Checkout,
    measurement: Measurement,
    facts: Facts,
    folder: ReportFolder,
) -> None:
    """Leave the reports that are asked for, where there is a change."""
    kinds = [kind for kind in asked if kind in DIFF_COVER_FILES]
    if not kinds:
        return
    names = ", ".join(DIFF_COVER_FILES[kind] for kind in kinds)
    if facts.diff is None or facts.base is None:
        screen.say(f"Not made: {names}. This run has no change to judge.")
        return
    if isinstance(facts.diff, Unavailable):
        screen.warn(f"Not made: {names}. Diff coverage is not available: {facts.diff.reason}")
        return
    diff_name = f"{facts.base.sha}...{facts.head}{', and uncommitted edits' if facts.uncommitted else ''}"
    texts = read_judged(checkout, measurement, [file.path for file in facts.diff.files if file.missing])
    for kind, text in render_diff_cover(kinds, facts.diff, diff_name, texts).items():
        folder.write(DIFF_COVER_FILES[kind], text)


def read_judged(
    checkout: Checkout, measurement: Measurement, paths: Sequence[PurePosixPath]
) -> dict[PurePosixPath, bytes]:
    """Return the files as they were measured; one that was edited since, or became a link, is left out."""
    texts = read_texts(checkout.git, checkout.tree, paths)
    return {path: text for path, text in texts.items() if digest_of(text) == measurement.digests.get(path)}
