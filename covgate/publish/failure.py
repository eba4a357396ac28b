"""What is left behind by a run that ended without a verdict: in its files, on its page, on its pull request."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from covgate.config import ALL_EXPORTS, OUTPUT_NAMES, CommentPolicy
from covgate.errors import CovgateError, InputError
from covgate.host import Host, Runner
from covgate.model import VerdictKind
from covgate.publish.comment import publish_comment
from covgate.publish.marker import Marker
from covgate.publish.plan import CommentDraft
from covgate.report import render_failed_result, render_failure, render_unjudged
from covgate.system import make_report_folder, shown_path


def deliver_failure(
    error: CovgateError, runner: Runner, folder: Path, checkout: Path, anchor: Path | None = None
) -> tuple[str, ...]:
    """Put what ended a run in the place of its report, so that no earlier one is taken for it, and set every output.

    A `folder` that cannot be written to is left alone: the run has an error to end with already. From `anchor` no link
    is followed to it. Returns notes for people.
    """
    path, notes = "", []
    try:
        # What renders a report may be what is broken; the outputs are set all the same.
        headline = f"Cannot judge: {' '.join(error.message.split())}"
        text = render_failure(headline, error.hint)
        notes.append(runner.write_summary(text))
        with contextlib.suppress(InputError, ValueError):  # ValueError: a NUL in the folder's name
            report = make_report_folder(folder, "report-dir", anchor)
            report.clear(ALL_EXPORTS)
            report.write("result.json", render_failed_result(error, headline))
            for name in ("comment.md", "summary.md"):
                report.write(name, text)
            path = f"{shown_path(folder, checkout)}/result.json"
    finally:
        notes.append(runner.write_outputs(_FAILURE | {"result-path": path}))
    return tuple(filter(None, notes))


_FAILURE = dict.fromkeys(OUTPUT_NAMES, "") | {
    "verdict": VerdictKind.CANNOT_JUDGE.value,
    "passed": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A run without a verdict. `why` ends the sentence "Cannot judge: …", in words of covgate's own.

    Not those of an error: what a workflow sets stands in them, a secret in a command, say, and nothing masks it there.
    """

    marker: Marker
    policy: CommentPolicy
    why: str
    run_url: str | None
    fork: bool = False
    relayed: bool = False
    """It is told by another run, after it: what the run has said itself stands."""


def mark_unjudged(host: Host, pull_request: int, run: Unjudged) -> tuple[str, ...]:
    """Have the comment of an earlier run say that this one has no verdict; where there is none, none is begun.

    Returns notes for people. Needs the host's token.
    """
    draft = CommentDraft(
        body=render_unjudged(run.why, run.marker.head, name=run.marker.name, run_url=run.run_url),
        marker=run.marker,
        policy=run.policy,
        quiet=True,
        failing=True,
        fork=run.fork,
        relayed=run.relayed,
        begins=False,
    )
    with host.comments(pull_request) as comments:
        return publish_comment(comments, draft).notes
