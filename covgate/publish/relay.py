"""Puts the report of another run on its pull request: rendered again, under that run's number."""

from __future__ import annotations

from covgate.config import OUTPUT_NAMES, PublishPolicy, Settings
from covgate.errors import ExitCode
from covgate.gate import exit_code
from covgate.host import BranchPull, FinishedRun, Host
from covgate.model import VerdictKind
from covgate.publish.comment import BODY_LIMIT, publish_comment
from covgate.publish.deliver import figure_outputs, summarise
from covgate.publish.marker import Marker
from covgate.publish.plan import CommentDraft
from covgate.report import (
    Facts,
    build_view,
    print_report,
    push_figures,
    render_comment,
    render_result,
    render_summary,
    with_push,
)
from covgate.system import ReportFolder, Screen


def relay(
    settings: Settings,
    host: Host,
    screen: Screen,
    facts: Facts,
    folder: ReportFolder,
    run: FinishedRun,
    pull: BranchPull | None,
) -> ExitCode:
    """Render the report again, post it on `pull` (None: nowhere), and set the outputs: the verdict is that run's.

    Posting is what this is for, so the exit code is PUBLISH_FAILED when it fails, unless `publish` was set to
    best-effort; the verdict does not enter it.
    """
    code, view = exit_code(facts.verdict), build_view(facts)
    body, summary = render_comment(view, BODY_LIMIT), render_summary(view)
    folder.write("result.json", render_result(facts, view.headline, code))
    folder.write("comment.md", body)
    folder.write("summary.md", summary)
    print_report(view, f"The report of run {run.id}", screen.out)
    summarise(host.log, screen, summary, body)
    draft = CommentDraft(
        body=body,
        marker=Marker(
            name=settings.name or "", run_id=run.id, run_attempt=run.attempt, head=facts.head, now=push_figures(facts)
        ),
        body_since=lambda before: render_comment(with_push(view, facts, before), BODY_LIMIT),
        policy=settings.comment,
        quiet=view.quiet,
        failing=code is not ExitCode.PASSED,
        relayed=True,
    )
    url, failed = "", False
    best_effort = settings.publish is PublishPolicy.BEST_EFFORT and settings.where("publish") != "the default"
    if pull is not None:
        with host.comments(pull.number) as comments:
            published = publish_comment(comments, draft)
        url, failed = published.url or "", published.problem is not None
        for note in published.notes:
            screen.say(note)
        if failed and best_effort:
            screen.warn(" ".join(published.notes))
        elif published.problem is not None:
            screen.error(published.problem)
    outputs = figure_outputs(facts, code) | {
        "comment-url": url,
        "result-path": f"{settings.report_dir}/result.json",
    }
    screen.warn(host.log.write_outputs(outputs))
    return ExitCode.PUBLISH_FAILED if failed and not best_effort else ExitCode.PASSED


def relay_nothing(host: Host, screen: Screen, why: str) -> ExitCode:
    """Say why there is no report to post, and set the outputs: nothing is known of a verdict."""
    screen.say(why)
    screen.warn(host.log.write_summary(f"{why}\n"))
    nothing = dict.fromkeys(OUTPUT_NAMES, "") | {"verdict": VerdictKind.CANNOT_JUDGE.value, "passed": "false"}
    screen.warn(host.log.write_outputs(nothing))
    return ExitCode.PASSED
