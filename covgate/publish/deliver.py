"""Delivering a report: its files, the terminal, the step summary, the comment, the step's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from covgate.config import PAGE, AnnotationPolicy, CommentPolicy, PublishPolicy, ReportKind, Settings
from covgate.errors import CovgateError, ExitCode, PublishError, explained_at
from covgate.gate import exit_code
from covgate.host import EventKind, Host, Level, Runner
from covgate.model import figures, known, plain
from covgate.publish.comment import BODY_LIMIT, Published, publish_comment
from covgate.publish.marker import Marker
from covgate.publish.plan import CommentDraft
from covgate.report import (
    Facts,
    ReportView,
    build_view,
    code_paths,
    make_annotations,
    print_report,
    push_figures,
    render_comment,
    render_failure,
    render_reports,
    render_result,
    render_summary,
    with_code,
    with_push,
    word_alarm,
)
from covgate.system import ReportFolder, Screen, shown_path


def deliver(
    settings: Settings,
    host: Host,
    screen: Screen,
    facts: Facts,
    folder: ReportFolder,
    *,
    read: ReadSources,
    start: Path,
    root: Path,
) -> ExitCode:
    """Write the report's files, show it, put it on the pull request, and set the step's outputs.

    Return the verdict's exit code, unless a report that had to be posted was not. A red gate still comments. `read`
    returns the sources of changed files as they were measured, which the report and the page show. Paths are shown from
    where covgate was started (`start`), to other steps from the checkout's `root`.
    """
    view = build_view(facts)
    view = with_code(view, facts, read(code_paths(view)))
    with host.log.group("Report"):
        for name, text in render_reports(settings.reports or (), facts, view, read):
            folder.write(name, text)
        code, problem = _deliver(settings, host, screen, facts, view, folder, start=start, root=root)
    if problem is not None and code is ExitCode.PUBLISH_FAILED:
        host.log.annotate(Level.ERROR, word_error(problem), title=TITLE)
    elif code is not ExitCode.PASSED:
        host.log.annotate(Level.ERROR, word_alarm(facts, view), title=TITLE)
    elif host.log.folds:
        screen.say(view.headline)
    annotate(settings, host, facts, view)
    return code


ReadSources = Callable[[Sequence[PurePosixPath]], Mapping[PurePosixPath, bytes]]
"""From paths to the texts that were measured; a file that is another now, or a link, is left out."""

TITLE = "covgate"
"""Of whatever covgate attaches to a run."""


def word_error(error: CovgateError) -> str:
    """Return lines of plain text: what happened, what to change, where to read more."""
    lines = (*error.message.splitlines(), error.hint, explained_at(error.slug))
    return "\n".join(map(plain, lines))


def _deliver(
    settings: Settings,
    host: Host,
    screen: Screen,
    facts: Facts,
    view: ReportView,
    folder: ReportFolder,
    *,
    start: Path,
    root: Path,
) -> tuple[ExitCode, PublishError | None]:
    """Do it, and return the exit code with what kept a report from being posted that had to be."""
    code = exit_code(facts.verdict)
    body, summary = render_comment(view, BODY_LIMIT), render_summary(view)
    folder.write("result.json", render_result(facts, view.headline, code))
    folder.write("comment.md", body)
    folder.write("summary.md", summary)
    shown = shown_path(folder.path, start)
    print_report(view, f"{shown}/{PAGE}" if ReportKind.HTML in (settings.reports or ()) else shown, screen.out)
    required = settings.publish is PublishPolicy.REQUIRED
    if not required:
        summarise(host.log, screen, summary, body)
    published = _publish(settings, host, facts, view, body)
    for note in published.notes:
        screen.say(note)
    if published.body not in {"", body}:
        folder.write("comment.md", published.body)
    if published.failed and not required:
        screen.warn(" ".join(published.notes))
    if required and published.problem is not None:
        screen.error(published.problem)
        if code is ExitCode.PASSED:
            code = ExitCode.PUBLISH_FAILED
        folder.write("result.json", render_result(facts, view.headline, code, published.problem))
        # A summary that begins with a green headline would tell another story than the exit code.
        head = render_failure(f"The report could not be posted: {published.problem.message}", published.problem.hint)
        summary, body = f"{head}\n{summary}", f"{head}\n{body}"
        folder.write("summary.md", summary)
    if required:
        summarise(host.log, screen, summary, body)
    outputs = figure_outputs(facts, code) | {
        "comment-url": published.url or "",
        "result-path": f"{shown_path(folder.path, root)}/result.json",
    }
    screen.warn(host.log.write_outputs(outputs))
    return code, published.problem if required else None


def figure_outputs(facts: Facts, code: ExitCode) -> dict[str, str]:
    """Return the step's outputs that say how the run went."""
    return {
        "verdict": facts.verdict.kind.value,
        "passed": "true" if code is ExitCode.PASSED else "false",
        "total-percent": figures.percent_json(known(facts.total_tally)) or "",
        "diff-percent": figures.percent_json(known(facts.diff_tally)) or "",
        "delta": figures.points_json(facts.comparison.delta) if facts.comparison else "",
    }


def summarise(log: Runner, screen: Screen, summary: str, shorter: str) -> None:
    """Write the step summary, or the shorter text where it has no room."""
    fitting = summary if len(summary.encode("utf-8", "replace")) <= log.summary_room() else shorter
    screen.warn(log.write_summary(fitting))


def annotate(settings: Settings, host: Host, facts: Facts, view: ReportView) -> None:
    """Mark the change's uncovered lines, where that is asked for.

    Last of all: of what covgate itself warns of, nothing is to fall to the limit.
    """
    if settings.annotations is not AnnotationPolicy.OFF:
        for one in make_annotations(facts, view):
            host.log.annotate(Level(settings.annotations), one.message, title=one.title, place=one.place)


def _publish(settings: Settings, host: Host, facts: Facts, view: ReportView, body: str) -> Published:
    context = host.context
    if context.kind is not EventKind.PULL_REQUEST or settings.comment is CommentPolicy.NEVER:
        return Published()
    if context.pull_request is None or host.token is None:
        note = "No github-token was given: the report is in the step summary only."
        return Published(notes=(note,), problem=_NO_TOKEN if settings.publish is PublishPolicy.REQUIRED else None)
    draft = CommentDraft(
        body=body,
        marker=Marker(
            name=settings.name or "",
            run_id=context.run_id,
            run_attempt=context.run_attempt,
            head=facts.head,
            now=push_figures(facts),
        ),
        body_since=lambda before: render_comment(with_push(view, facts, before), BODY_LIMIT),
        policy=settings.comment,
        quiet=view.quiet,
        failing=exit_code(facts.verdict) is not ExitCode.PASSED,
        fork=context.fork,
    )
    with host.comments(context.pull_request) as comments:
        return publish_comment(comments, draft)


_NO_TOKEN = PublishError(
    "no github-token was given, so the report could not be posted",
    hint="pass `github-token` (the action's default is the workflow's own), or set `publish: best-effort`",
    slug="no-github-token",
)
