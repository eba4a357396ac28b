"""The pipeline: settings, a context and the edges in, an outcome out. Measure, compare, judge, report, publish."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from covgate import __version__
from covgate.base import find_base
from covgate.context import EventKind, RunContext, Secret
from covgate.diff.compute import compute_diff_coverage, find_moved_sources
from covgate.diff.lines import PYTHON_SUFFIXES, find_changed_lines
from covgate.edges.actions import Level, Runner
from covgate.edges.files import ReportFolder, make_report_folder
from covgate.edges.git import GitCommand
from covgate.edges.git_remote import GitRemote, access_of
from covgate.edges.github import PullRequestComments
from covgate.edges.process import close_own_memory
from covgate.errors import CovgateError, ExitCode, InputError, MeasureError
from covgate.measure.analysis import Wanted, analyse_data, find_data
from covgate.measure.environment import make_environment
from covgate.measure.project import Probe, Project, find_project
from covgate.measure.report_files import analyse_reports
from covgate.measure.reports import DataKind
from covgate.measure.suite import no_data_error, prepare_suite, run_suite
from covgate.model import (
    Base,
    ChangedLines,
    Check,
    DiffCoverage,
    Measurement,
    Sha,
    SuiteRun,
    Tally,
    Unavailable,
    Verdict,
)
from covgate.publish import BODY_LIMIT, Marker, Published, Report, publish_comment
from covgate.report.view import Facts, Links, ReportView, build_view
from covgate.rules import MIN_DIFF, MIN_TOTAL, Rule, evaluate, exit_code, judge
from covgate.settings import CommentPolicy, PublishPolicy, ReportKind, Settings


class Screen(Protocol):
    """What the pipeline shows to a person."""

    def step(self, what: str) -> AbstractContextManager[None]: ...
    def say(self, text: str) -> None: ...
    def error(self, error: CovgateError) -> None: ...
    def report(self, view: ReportView, places: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The outside world, handed in."""

    directory: Path
    """Where covgate was started; `working-directory` is taken from here."""
    environment: Mapping[str, str]
    screen: Screen
    runner: Runner
    open_comments: Callable[[RunContext, int, Secret], AbstractContextManager[PullRequestComments]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    exit_code: ExitCode
    view: ReportView
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The checkout, and the change in it."""

    git: GitCommand
    head: Sha
    base: Base | None
    lines: ChangedLines | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What the measurement gave, and the run it came from (None: made before)."""

    measurement: Measurement
    suite: SuiteRun | None


def run(settings: Settings, context: RunContext, edges: Edges) -> Outcome:
    """Run covgate. Raises CovgateError for what makes a report impossible; everything else ends in a report."""
    if settings.github_token:
        edges.runner.mask(settings.github_token)
        close_own_memory()
    directory = _project_directory(settings, edges)
    folder = make_report_folder(directory / settings.report_dir, settings.where("report-dir"))
    git = GitCommand(directory, edges.environment)
    project = find_project(directory=directory, root=git.root, python=settings.python, environment=edges.environment)
    with _probe_ahead(settings, project) as probe:
        change = _find_change(settings, context, git)
        _import_ahead()
        measured = _measure(settings, edges, change, project, folder, probe)
    facts = _judge(settings, context, change, measured)
    view = build_view(facts)
    code = exit_code(facts.verdict)
    published = _deliver(settings, context, edges, facts, view, folder, code)
    if published.problem and settings.publish is PublishPolicy.REQUIRED and code is ExitCode.PASSED:
        code = ExitCode.PUBLISH_FAILED
    _write_outputs(edges, facts, published, code, _shown(folder.path, change.git.root))
    return Outcome(exit_code=code, view=view, folder=folder.path)


def _probe_ahead(settings: Settings, project: Project) -> AbstractContextManager[Probe | None]:
    """Start the analysis of data that is there already: it imports coverage while the change is looked for."""
    return contextlib.closing(Probe(project)) if settings.coverage_data else contextlib.nullcontext()


def _import_ahead() -> None:
    """Import what renders the report in a thread, while this one waits for the tests and the analysis.

    jinja2 and pydantic take a quarter of a second, as long as the analysis of a small project.
    """

    def load() -> None:
        # A problem shows where the module is used, which imports it again.
        with contextlib.suppress(ImportError):
            for name in ("covgate.report.result", "covgate.report.markdown"):
                importlib.import_module(name)

    # No daemon: Python waits for it at the end, and would abort where it found one in the middle of an import.
    threading.Thread(target=load, name="imports").start()


def _project_directory(settings: Settings, edges: Edges) -> Path:
    directory = (edges.directory / settings.working_directory).resolve()
    if not directory.is_dir():
        raise InputError(
            f"working-directory = {settings.working_directory} "
            f"(from {settings.where('working-directory')}) is no folder",
            hint="give the project's folder, relative to the checkout",
            slug="bad-option-value",
        )
    return directory


# --- the change ----------------------------------------------------------------------------------------------------


def _find_change(settings: Settings, context: RunContext, git: GitCommand) -> _Change:
    """Find the base and the changed lines, before the tests run and can touch the clone."""
    head = git.head()
    remote = GitRemote(git, access_of(context, settings.github_token))
    base = find_base(git, context, settings.base, settings.where("base"), remote)
    lines = None if base is None else find_changed_lines(git, base.sha, None if context.local else head)
    return _Change(git=git, head=head, base=base, lines=lines)


def _with_templates(context: RunContext, change: _Change, measurement: Measurement) -> ChangedLines | None:
    """Return the changed lines, with those of files that only a coverage plugin measures (templates, say)."""
    if change.lines is None or change.base is None or isinstance(measurement.coverage, Unavailable):
        return change.lines
    suffixes = frozenset(path.suffix for path in measurement.coverage.files) | PYTHON_SUFFIXES
    if suffixes == PYTHON_SUFFIXES:
        return change.lines
    head = None if context.local else change.head
    return find_changed_lines(change.git, change.base.sha, head, suffixes=suffixes)


# --- the measurement -----------------------------------------------------------------------------------------------


def _measure(
    settings: Settings, edges: Edges, change: _Change, project: Project, folder: ReportFolder, probe: Probe | None
) -> _Measured:
    kinds = settings.reports or ()
    wanted = Wanted(
        changed=tuple(change.lines.files) if change.lines else (),
        html=folder.path / "html" if ReportKind.HTML in kinds else None,
        xml=folder.path / "coverage.xml" if ReportKind.XML in kinds else None,
    )
    if settings.coverage_data:
        return _Measured(measurement=_read(settings, edges, change, project, wanted, probe), suite=None)
    return _run_tests(settings, edges, change, project, wanted)


def _read(
    settings: Settings, edges: Edges, change: _Change, project: Project, wanted: Wanted, probe: Probe | None
) -> Measurement:
    source = settings.where("coverage-data")
    try:
        paths, kind = find_data(project.directory, settings.coverage_data or (), source)
        if kind is not DataKind.DATA_FILE and (wanted.html or wanted.xml):
            raise InputError(
                f"reports = {', '.join(settings.reports or ())} (from {settings.where('reports')}) needs coverage data "
                f"files, and {paths[0].name} is {kind.value}",
                hint="pass the `.coverage` files, or leave `reports` out",
                slug="bad-option-value",
            )
        with edges.screen.step(f"Reading {_listed(paths)}"):
            if kind is DataKind.DATA_FILE:
                local = _LocalFiles(change.git)
                return analyse_data(project, paths, config=None, wanted=wanted, local=local, probe=probe)
            return analyse_reports(project, paths, kind, wanted=wanted, local=_LocalFiles(change.git))
    except MeasureError as exc:
        return _unusable(edges, exc)


def _run_tests(settings: Settings, edges: Edges, change: _Change, project: Project, wanted: Wanted) -> _Measured:
    # Data and environment live outside the checkout: a suite that cleans up after itself must not take them along.
    with tempfile.TemporaryDirectory(prefix="covgate-", ignore_cleanup_errors=True) as name:
        private = Path(name)
        if settings.install_command:
            with edges.screen.step("Preparing the environment"):
                project = make_environment(
                    project, settings.install_command, private, around=edges.runner.stopped_commands
                )
        data = private / "data"
        data.mkdir()
        with edges.screen.step("Preparing the measurement"):
            plan = prepare_suite(project, settings.test_command, data)
        edges.screen.say(f"Running {plan.shown}")
        for note in plan.notes:
            edges.screen.say(note)
        minutes = settings.timeout_minutes
        suite = run_suite(
            project,
            plan,
            data,
            timeout_seconds=float(minutes) * 60 if minutes is not None else None,
            around=edges.runner.stopped_commands,
        )
        try:
            if not suite.data:
                raise no_data_error(suite.run)
            with edges.screen.step("Measuring"):
                measurement = analyse_data(
                    project, suite.data, config=suite.config, wanted=wanted, local=_LocalFiles(change.git)
                )
        except MeasureError as exc:
            measurement = _unusable(edges, exc)
    return _Measured(measurement=measurement, suite=suite.run)


def _unusable(edges: Edges, error: MeasureError) -> Measurement:
    """Show what is wrong with the data now; the report, which is still made, holds it in one sentence."""
    edges.screen.error(error)
    return Measurement(coverage=Unavailable(reason=error.message))


class _LocalFiles:
    """The files of the checkout, asked of git only when data from another machine needs them."""

    def __init__(self, git: GitCommand) -> None:
        self._git = git

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter((*self._git.tracked(), *self._git.untracked()))


def _listed(paths: tuple[Path, ...]) -> str:
    return paths[0].name if len(paths) == 1 else f"{len(paths)} files"


# --- the verdict ---------------------------------------------------------------------------------------------------


def _judge(settings: Settings, context: RunContext, change: _Change, measured: _Measured) -> Facts:
    measurement = measured.measurement
    lines = _with_templates(context, change, measurement)
    diff = None if lines is None else _diff(context, change, lines, measurement)
    total: Tally | Unavailable = (
        measurement.coverage if isinstance(measurement.coverage, Unavailable) else measurement.coverage.total
    )
    problem = total if isinstance(total, Unavailable) else None
    verdict: Verdict = judge(_checks(settings, total, diff), measured.suite, problem)
    return Facts(
        verdict=verdict,
        total=measurement.coverage,
        diff=diff,
        base=change.base,
        head=context.head_sha or change.head,
        uncommitted=lines.uncommitted if lines else 0,
        links=_links(context, change, diff),
        green=settings.green,
        orange=settings.orange,
        name=settings.name or "",
        run_url=context.run_url,
        notes=measurement.notes,
        version=__version__,
    )


def _checks(settings: Settings, total: Tally | Unavailable, diff: DiffCoverage | Unavailable | None) -> list[Check]:
    checks = []
    if settings.min_total is not None:
        rule = Rule(name=MIN_TOTAL, target=settings.min_total)
        checks.append(evaluate(rule, total, subject="total coverage", nothing="there is no statement to cover"))
    if settings.min_diff is not None:
        nothing = "the run has no change to judge" if diff is None else "the change touches no measured statement"
        actual = diff.tally if isinstance(diff, DiffCoverage) else (diff or Tally())
        rule = Rule(name=MIN_DIFF, target=settings.min_diff)
        checks.append(evaluate(rule, actual, subject="diff coverage", nothing=nothing))
    return checks


def _diff(
    context: RunContext, change: _Change, lines: ChangedLines, measurement: Measurement
) -> DiffCoverage | Unavailable:
    if not context.local:
        committed = change.git.blobs(change.head, sorted(set(lines.files) & set(measurement.digests)))
        moved = find_moved_sources(lines, measurement, committed)
        if moved:
            return Unavailable(
                reason=f"{moved[0]} was measured in another state than it has in the commit under test: a step before "
                "the tests, or a test, rewrites it"
            )
    return compute_diff_coverage(lines, measurement)


def _links(context: RunContext, change: _Change, diff: DiffCoverage | Unavailable | None) -> Links:
    if context.local or not context.repository or not isinstance(diff, DiffCoverage):
        return Links()
    blob = f"{context.server_url}/{context.repository}/blob"
    head = context.head_sha or change.head
    if head == change.head or not change.git.has_commit(head):
        return Links(blob=blob, head=change.head, measured=change.head)
    paths = [file.path for file in diff.files]
    there, here = change.git.blobs(head, paths), change.git.blobs(change.head, paths)
    moved = frozenset(path for path in paths if there.get(path) != here.get(path))
    return Links(blob=blob, head=head, measured=change.head, moved=moved)


# --- delivery ------------------------------------------------------------------------------------------------------


def _deliver(
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
    edges.screen.report(view, f"Report: {_shown(folder.path, edges.directory)}")
    fitting = summary if len(summary.encode("utf-8", "replace")) <= edges.runner.summary_room() else body
    _warn(edges, edges.runner.write_summary(fitting))
    published = _publish(settings, context, edges, facts, view, body)
    for note in published.notes:
        edges.screen.say(note)
    if published.failed:
        _warn(edges, " ".join(published.notes))
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


def _write_outputs(edges: Edges, facts: Facts, published: Published, code: ExitCode, folder: str) -> None:
    from covgate.report.result import percent_json  # noqa: PLC0415  # see _import_ahead

    total = None if isinstance(facts.total, Unavailable) else facts.total.total
    diff = facts.diff.tally if isinstance(facts.diff, DiffCoverage) else None
    note = edges.runner.write_outputs(
        {
            "verdict": facts.verdict.kind.value,
            "passed": "true" if code is ExitCode.PASSED else "false",
            "total-percent": percent_json(total) or "",
            "diff-percent": percent_json(diff) or "",
            "comment-url": published.url or "",
            "result-path": f"{folder}/result.json",
        }
    )
    _warn(edges, note)


def _warn(edges: Edges, text: str | None) -> None:
    if text:
        edges.screen.say(text)
        edges.runner.annotate(Level.WARNING, text, title="covgate")


def _shown(path: Path, start: Path) -> str:
    """Return `path` relative to `start` where it lies inside, for people and for other steps."""
    return str(path.relative_to(start.resolve())) if path.is_relative_to(start.resolve()) else str(path)
