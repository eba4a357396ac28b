"""The pipeline: settings, a context and the edges in, an outcome out. Measure, compare, judge, report, publish."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from covgate.archive import open_archive
from covgate.assess import assess
from covgate.base import find_base
from covgate.components import require_files, unused_globs
from covgate.context import RunContext
from covgate.delivery import deliver, write_outputs
from covgate.diff.lines import PYTHON_SUFFIXES, find_changed_lines, outside_environments
from covgate.edges.files import ReportFolder, make_report_folder
from covgate.edges.git import GitCommand
from covgate.edges.git_call import user_settings
from covgate.edges.git_remote import GitRemote, access_of
from covgate.edges.github_session import import_client
from covgate.edges.process import close_own_memory
from covgate.errors import ExitCode, InputError, MeasureError
from covgate.look_back import look_back
from covgate.measure.agreement import with_committed, with_times
from covgate.measure.analysis import Wanted, analyse_data, find_data, packages_of
from covgate.measure.environment import make_environment
from covgate.measure.nothing import explain_nothing
from covgate.measure.project import NoCoverageError, Probe, Project, find_project, with_own_python
from covgate.measure.reader import name_reader
from covgate.measure.report_files import analyse_reports
from covgate.measure.reports import DataKind
from covgate.measure.suite import no_data_error, prepare_suite, run_suite
from covgate.measure.twins import is_installed
from covgate.model import (
    Measurement,
    Unavailable,
)
from covgate.ports import Change, Edges, Measured, shown_path
from covgate.recording import record_run
from covgate.report.view import ReportView, build_view
from covgate.settings import ReportKind, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    exit_code: ExitCode
    view: ReportView
    folder: Path


def run(settings: Settings, context: RunContext, edges: Edges) -> Outcome:
    """Run covgate. Raises CovgateError for what makes a report impossible; everything else ends in a report."""
    if settings.github_token:
        edges.runner.mask(settings.github_token)
        close_own_memory()
    directory = _project_directory(settings, edges)
    folder = make_report_folder(directory / settings.report_dir, settings.where("report-dir"))
    folder.clear()
    # What `git diff` shows this user: in a workflow no machine's settings enter.
    mine = user_settings(directory, edges.environment) if context.local else ()
    git = GitCommand(directory, edges.environment, mine)
    project = find_project(directory=directory, root=git.root, python=settings.python, environment=edges.environment)
    with contextlib.ExitStack() as stack:
        probe = stack.enter_context(_probe_ahead(settings, project))
        prefix = PurePosixPath(directory.relative_to(git.root.resolve()))
        if settings.components:
            listing = (*git.tracked(), *git.untracked())
            require_files(settings.components, listing, settings.where, prefix=prefix)
            for note in unused_globs(settings.components, listing, prefix=prefix):
                edges.screen.say(note)
        if settings.github_token and not context.local:
            # Most of the time until history is read git works, not covgate.
            _beside(import_client)
        change = _find_change(settings, context, git, prefix)
        # Before the tests: they must not meet the token in use, nor touch the clone that is looked into.
        archive = stack.enter_context(open_archive(settings, context, edges, git, directory))
        past = look_back(archive, edges, change)
        _import_ahead()
        measured = _measure(settings, edges, change, project, folder, probe)
        facts = assess(settings, context, change, measured, past, today=edges.now.date(), environment=edges.environment)
        facts = record_run(settings, context, edges, archive, change, facts, past)
    view = build_view(facts)
    delivery = deliver(settings, context, edges, facts, view, folder)
    write_outputs(edges, facts, delivery, shown_path(folder.path, change.git.root))
    return Outcome(exit_code=delivery.exit_code, view=view, folder=folder.path)


def _probe_ahead(settings: Settings, project: Project) -> AbstractContextManager[Probe | None]:
    """Start the analysis of data that is there already: it imports coverage while the change is looked for."""
    return contextlib.closing(Probe(project)) if settings.coverage_data else contextlib.nullcontext()


def _import_ahead() -> None:
    """Import what renders the report in a thread, while this one waits for the tests and the analysis.

    jinja2 and pydantic take a quarter of a second, as long as the analysis of a small project.
    """
    _beside(lambda: [importlib.import_module(f"covgate.report.{name}") for name in ("result", "markdown")])


def _beside(load: Callable[[], object]) -> None:
    """Import something in a thread. A problem shows where it is used, which imports it again."""

    def work() -> None:
        with contextlib.suppress(ImportError):
            load()

    # No daemon: Python waits for it at the end, and would abort where it found one in the middle of an import.
    threading.Thread(target=work, name="imports").start()


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


def _find_change(settings: Settings, context: RunContext, git: GitCommand, prefix: PurePosixPath) -> Change:
    """Find the base and the changed lines, before the tests run and can touch the clone."""
    head = git.head()
    tree = None if context.local else head
    remote = GitRemote(git, access_of(context, settings.github_token), of_user=context.local)
    base = find_base(git, context, settings.base, settings.where("base"), remote)
    lines = None if base is None else find_changed_lines(git, base.sha, tree)
    return Change(git=git, remote=remote, prefix=prefix, head=head, tree=tree, base=base, lines=lines)


# --- the measurement -----------------------------------------------------------------------------------------------


def _measure(
    settings: Settings, edges: Edges, change: Change, project: Project, folder: ReportFolder, probe: Probe | None
) -> Measured:
    kinds = settings.reports or ()
    files = _list_files(change.git)
    wanted = Wanted(
        changed=(*change.lines.files, *change.lines.others) if change.lines else (),
        tracked=_python_files(change, files),
        html=folder.path / "html" if ReportKind.HTML in kinds else None,
        xml=folder.path / "coverage.xml" if ReportKind.XML in kinds else None,
    )
    if settings.coverage_data:
        return Measured(measurement=_read(settings, edges, change, project, wanted, files, probe), suite=None)
    return _run_tests(settings, edges, change, project, wanted, files)


def _python_files(change: Change, files: _Files) -> tuple[PurePosixPath, ...]:
    """List the Python files of the project's folder; those git does not track count on a laptop only."""
    new = () if change.tree else outside_environments(change.git.root, filter(_is_python, files.untracked))
    listing = (*filter(_is_python, files.tracked), *new)
    # Asking each of 20,000 files takes as long as git needs to list them.
    return tuple(path for path in listing if path.is_relative_to(change.prefix)) if change.prefix.parts else listing


def _is_python(path: PurePosixPath) -> bool:
    return path.suffix in PYTHON_SUFFIXES


def _read(
    settings: Settings,
    edges: Edges,
    change: Change,
    project: Project,
    wanted: Wanted,
    files: _Files,
    probe: Probe | None,
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
            try:
                measurement = _analyse(project, paths, kind, wanted, files, probe)
            except NoCoverageError:
                # As in the image, whose interpreter for the tests has only what `install-command` installs.
                own = with_own_python(project)
                measurement = name_reader(project, lambda: _analyse(own, paths, kind, wanted, files, None))
            if change.tree is not None:
                return with_committed(measurement, wanted.changed, _committed_before(change, paths))
            # The checkout and the artifacts of any CI have the time at which they were unpacked.
            if edges.environment.get("CI"):
                return measurement
            return with_times(project.root, measurement, wanted.changed, paths)
    except MeasureError as exc:
        return _unusable(edges, exc)


def _analyse(
    project: Project, paths: tuple[Path, ...], kind: DataKind, wanted: Wanted, files: _Files, probe: Probe | None
) -> Measurement:
    if kind is DataKind.DATA_FILE:
        return analyse_data(project, paths, config=None, wanted=wanted, local=files.local, probe=probe)
    return analyse_reports(project, paths, kind, wanted=wanted, local=files.local)


def _committed_before(change: Change, data: Sequence[Path]) -> tuple[Path, ...]:
    """Return the data files that are the base's own: tracked, not among what changed, and not made again.

    Not for a laptop: there `git diff` has taken the time of a file that came out just as it was into the index.
    """
    root = change.git.root.resolve()
    inside = {
        PurePosixPath(path.resolve().relative_to(root)): path for path in data if path.resolve().is_relative_to(root)
    }
    changed = change.lines.others if change.lines else {}
    old = change.git.as_checked_out([path for path in inside if path not in changed])
    return tuple(path for name, path in inside.items() if name in old)


def _run_tests(
    settings: Settings, edges: Edges, change: Change, project: Project, wanted: Wanted, files: _Files
) -> Measured:
    # Data and environment live outside the checkout: a suite that cleans up after itself must not take them along.
    with tempfile.TemporaryDirectory(prefix="covgate-", ignore_cleanup_errors=True) as name:
        private = Path(name)
        if settings.install_command:
            with edges.screen.step("Preparing the environment"):
                project = make_environment(
                    project, settings.install_command, private, around=edges.runner.stopped_commands
                )
            # It may have made some.
            files = _list_files(change.git)
        data = private / "data"
        data.mkdir()
        with edges.screen.step("Preparing the measurement"):
            packages = packages_of(project, files.local)
            plan = prepare_suite(project, settings.test_command, data, packages, wanted.tracked)
        edges.screen.say(f"Running {plan.shown}")
        if project.is_found:
            version = f" ({project.version})" if project.version else ""
            edges.screen.say(f"Tests run with {shown_path(project.python, edges.directory)}{version}")
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
                measurement = analyse_data(project, suite.data, config=suite.config, wanted=wanted, local=files.local)
        except MeasureError as exc:
            measurement = _unusable(edges, explain_nothing(project, plan, suite.run, exc))
    measurement = replace(measurement, lost=measurement.lost + suite.cut_off, notes=(*measurement.notes, *suite.notes))
    return Measured(measurement=measurement, suite=suite.run)


def _unusable(edges: Edges, error: MeasureError) -> Measurement:
    """Show what is wrong with the data now; the report, which is still made, holds it in one sentence."""
    edges.screen.error(error)
    return Measurement(coverage=Unavailable(reason=error.message))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """The files of the checkout: what git tracks, and what it would."""

    tracked: tuple[PurePosixPath, ...]
    untracked: tuple[PurePosixPath, ...]

    @property
    def local(self) -> tuple[PurePosixPath, ...]:
        """Those of the project: an environment nobody ignores is no part of it."""
        return (*self.tracked, *(path for path in self.untracked if not is_installed(path)))


def _list_files(git: GitCommand) -> _Files:
    return _Files(tracked=git.tracked(), untracked=git.untracked())


def _listed(paths: tuple[Path, ...]) -> str:
    return paths[0].name if len(paths) == 1 else f"{len(paths)} files"
