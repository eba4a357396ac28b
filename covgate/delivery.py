"""Delivering a report: its files, the terminal, the step summary, the comment, the step's outputs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.context import EventKind, RunContext
from covgate.diff.lines import read_texts
from covgate.diff.texts import digest_of
from covgate.edges.actions import Runner
from covgate.edges.files import ReportFolder, make_report_folder
from covgate.errors import CovgateError, ExitCode, InputError, PublishError
from covgate.model import DiffCoverage, Measurement, Unavailable, VerdictKind
from covgate.outputs import OUTPUT_NAMES
from covgate.ports import Change, Edges, shown_path, warn
from covgate.publish import BODY_LIMIT, Marker, Published, Report, publish_comment
from covgate.report.facts import Facts
from covgate.report.view import ReportView
from covgate.rules import exit_code
from covgate.settings import CommentPolicy, PublishPolicy, ReportKind, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How delivering went, and the run's exit code: the verdict's, unless a report that had to be posted was not."""

    published: Published
    exit_code: ExitCode


def deliver(
    settings: Settings,
    context: RunContext,
    edges: Edges,
    facts: Facts,
    view: ReportView,
    folder: ReportFolder,
) -> Delivery:
    """Write the report's files, show it, and put it on the pull request. A red gate still comments."""
    from covgate.report.markdown import (  # noqa: PLC0415  # see _import_ahead
        render_comment,
        render_failure,
        render_summary,
    )
    from covgate.report.result import build_result, render_result  # noqa: PLC0415  # see _import_ahead

    code = exit_code(facts.verdict)
    body = render_comment(view, BODY_LIMIT)
    summary = render_summary(view)
    folder.write("result.json", render_result(build_result(facts, headline=view.headline, exit_code=code)))
    folder.write("comment.md", body)
    folder.write("summary.md", summary)
    edges.screen.report(view, f"Report: {shown_path(folder.path, edges.directory)}")
    required = settings.publish is PublishPolicy.REQUIRED
    if not required:
        _summarise(edges, summary, body)
    published = _publish(settings, context, edges, facts, view, body)
    for note in published.notes:
        edges.screen.say(note)
    if published.failed:
        warn(edges, " ".join(published.notes))
    if required and published.problem is not None:
        edges.screen.error(published.problem)
        if code is ExitCode.PASSED:
            code = ExitCode.PUBLISH_FAILED
        result = build_result(facts, headline=view.headline, exit_code=code, error=published.problem)
        folder.write("result.json", render_result(result))
        # A summary that begins with a green headline would tell another story than the exit code.
        head = render_failure(f"The report could not be posted: {published.problem.message}", published.problem.hint)
        summary, body = f"{head}\n{summary}", f"{head}\n{body}"
        folder.write("summary.md", summary)
    if required:
        _summarise(edges, summary, body)
    return Delivery(published=published, exit_code=code)


DIFF_COVER_FILES = {
    ReportKind.DIFF_COVER_JSON: "diff-cover.json",
    ReportKind.DIFF_COVER_HTML: "diff-cover.html",
    ReportKind.DIFF_COVER_MARKDOWN: "diff-cover.md",
}


def write_diff_cover(
    settings: Settings, edges: Edges, change: Change, measurement: Measurement, facts: Facts, folder: ReportFolder
) -> None:
    """Leave diff-cover's own reports of the lines that were judged, where they are asked for and there is a change."""
    kinds = [kind for kind in settings.reports or () if kind in DIFF_COVER_FILES]
    if not kinds:
        return
    names = ", ".join(DIFF_COVER_FILES[kind] for kind in kinds)
    if facts.diff is None or facts.base is None:
        edges.screen.say(f"Not made: {names}. This run has no change to judge.")
        return
    if isinstance(facts.diff, Unavailable):
        warn(edges, f"Not made: {names}. Diff coverage is not available: {facts.diff.reason}")
        return
    from covgate.diff.diff_cover_reporters import render_diff_cover  # noqa: PLC0415  # see _import_ahead

    diff_name = f"{facts.base.sha}...{facts.head}{', and uncommitted edits' if facts.uncommitted else ''}"
    texts = read_judged_texts(change, measurement, [file.path for file in facts.diff.files if file.missing])
    for kind, text in render_diff_cover(kinds, facts.diff, diff_name, texts).items():
        folder.write(DIFF_COVER_FILES[kind], text)


def read_judged_texts(
    change: Change, measurement: Measurement, paths: Sequence[PurePosixPath]
) -> dict[PurePosixPath, bytes]:
    """Return the files as they were measured; one that was edited since, or became a link, is left out."""
    texts = read_texts(change.git, change.tree, paths)
    return {path: text for path, text in texts.items() if digest_of(text) == measurement.digests.get(path)}


def _summarise(edges: Edges, summary: str, shorter: str) -> None:
    """Write the step summary, or the shorter text where it has no room."""
    fitting = summary if len(summary.encode("utf-8", "replace")) <= edges.runner.summary_room() else shorter
    warn(edges, edges.runner.write_summary(fitting))


def _publish(
    settings: Settings, context: RunContext, edges: Edges, facts: Facts, view: ReportView, body: str
) -> Published:
    if context.kind is not EventKind.PULL_REQUEST or settings.comment is CommentPolicy.NEVER:
        return Published()
    if context.pull_request is None or settings.github_token is None:
        note = "No github-token was given: the report is in the step summary only."
        return Published(notes=(note,), problem=_NO_TOKEN if settings.publish is PublishPolicy.REQUIRED else None)
    report = Report(
        body=body,
        marker=Marker(
            name=settings.name or "", run_id=context.run_id, run_attempt=context.run_attempt, head=facts.head
        ),
        policy=settings.comment,
        quiet=view.quiet,
        failing=exit_code(facts.verdict) is not ExitCode.PASSED,
        fork=context.fork,
    )
    with edges.open_comments(context, context.pull_request, settings.github_token) as comments:
        return publish_comment(comments, report)


_NO_TOKEN = PublishError(
    "no github-token was given, so the report could not be posted",
    hint="pass `github-token` (the action's default is the workflow's own), or set `publish: best-effort`",
    slug="no-github-token",
)


def write_outputs(edges: Edges, facts: Facts, delivery: Delivery, folder: str) -> None:
    """Set the step's outputs; `folder` is the report folder as other steps name it."""
    from covgate.report.result import percent_json, points_json  # noqa: PLC0415  # see _import_ahead

    total = None if isinstance(facts.total, Unavailable) else facts.total.total
    diff = facts.diff.tally if isinstance(facts.diff, DiffCoverage) else None
    note = edges.runner.write_outputs(
        {
            "verdict": facts.verdict.kind.value,
            "passed": "true" if delivery.exit_code is ExitCode.PASSED else "false",
            "total-percent": percent_json(total) or "",
            "diff-percent": percent_json(diff) or "",
            "delta": points_json(facts.comparison.delta) if facts.comparison else "",
            "comment-url": delivery.published.url or "",
            "result-path": f"{folder}/result.json",
        }
    )
    warn(edges, note)


def deliver_failure(error: CovgateError, runner: Runner, folder: Path, checkout: Path) -> tuple[str, ...]:
    """Put what ended a run in the place of its report, so that no earlier one is taken for it, and set every output.

    A `folder` that cannot be written to is left alone: the run has an error to end with already. Returns notes for
    people.
    """
    path, notes = "", []
    try:
        # What renders a report may be what is broken; the outputs are set all the same.
        from covgate.report.markdown import render_failure  # noqa: PLC0415
        from covgate.report.result import build_failure, render_result  # noqa: PLC0415

        headline = f"Cannot judge: {' '.join(error.message.split())}"
        text = render_failure(headline, error.hint)
        notes.append(runner.write_summary(text))
        with contextlib.suppress(InputError, ValueError):  # ValueError: a NUL in the folder's name
            report = make_report_folder(folder, "report-dir")
            report.clear()
            report.write("result.json", render_result(build_failure(error, headline)))
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
