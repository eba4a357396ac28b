"""Delivering a report: its files, the terminal, the step summary, the comment, the step's outputs."""

from __future__ import annotations

from covgate.context import EventKind, RunContext
from covgate.edges.files import ReportFolder
from covgate.errors import ExitCode
from covgate.model import DiffCoverage, Unavailable
from covgate.ports import Edges, shown_path, warn
from covgate.publish import BODY_LIMIT, Marker, Published, Report, publish_comment
from covgate.report.facts import Facts
from covgate.report.view import ReportView
from covgate.rules import exit_code
from covgate.settings import CommentPolicy, Settings


def deliver(
    settings: Settings,
    context: RunContext,
    edges: Edges,
    facts: Facts,
    view: ReportView,
    folder: ReportFolder,
    code: ExitCode,
) -> Published:
    """Write the report's files, show it, and put it on the pull request. A red gate still comments."""
    from covgate.report.markdown import render_comment, render_summary  # noqa: PLC0415  # see _import_ahead
    from covgate.report.result import build_result, render_result  # noqa: PLC0415  # see _import_ahead

    body = render_comment(view, BODY_LIMIT)
    summary = render_summary(view)
    folder.write("result.json", render_result(build_result(facts, headline=view.headline, exit_code=code)))
    folder.write("comment.md", body)
    folder.write("summary.md", summary)
    edges.screen.report(view, f"Report: {shown_path(folder.path, edges.directory)}")
    fitting = summary if len(summary.encode("utf-8", "replace")) <= edges.runner.summary_room() else body
    warn(edges, edges.runner.write_summary(fitting))
    published = _publish(settings, context, edges, facts, view, body)
    for note in published.notes:
        edges.screen.say(note)
    if published.failed:
        warn(edges, " ".join(published.notes))
    return published


def _publish(
    settings: Settings, context: RunContext, edges: Edges, facts: Facts, view: ReportView, body: str
) -> Published:
    if context.kind is not EventKind.PULL_REQUEST or settings.comment is CommentPolicy.NEVER:
        return Published()
    if context.pull_request is None or settings.github_token is None:
        return Published(notes=("No github-token was given: the report is in the step summary only.",))
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


def write_outputs(edges: Edges, facts: Facts, published: Published, code: ExitCode, folder: str) -> None:
    """Set the step's outputs; `folder` is the report folder as other steps name it."""
    from covgate.report.result import percent_json, points_json  # noqa: PLC0415  # see _import_ahead

    total = None if isinstance(facts.total, Unavailable) else facts.total.total
    diff = facts.diff.tally if isinstance(facts.diff, DiffCoverage) else None
    note = edges.runner.write_outputs(
        {
            "verdict": facts.verdict.kind.value,
            "passed": "true" if code is ExitCode.PASSED else "false",
            "total-percent": percent_json(total) or "",
            "diff-percent": percent_json(diff) or "",
            "delta": points_json(facts.comparison.delta) if facts.comparison else "",
            "comment-url": published.url or "",
            "result-path": f"{folder}/result.json",
        }
    )
    warn(edges, note)
