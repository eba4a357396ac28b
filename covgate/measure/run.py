"""The room's one verb: run the tests or read data, and return the measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from covgate.config import Settings
from covgate.errors import InputError, MeasureError
from covgate.measure.agreement import with_committed, with_times
from covgate.measure.data_files import Wanted, analyse_data, find_data
from covgate.measure.environment import Workshop
from covgate.measure.foreign.kinds import DataKind
from covgate.measure.foreign.places import analyse_reports
from covgate.measure.junit.files import JunitFiles, name_junit, read_junit
from covgate.measure.junit.names import TestNames
from covgate.measure.junit.results import masking
from covgate.measure.matching import find_wish, matching_python
from covgate.measure.nothing import explain_nothing
from covgate.measure.prepare import prepare_environment
from covgate.measure.probe_call import Probe
from covgate.measure.project import NoCoverageError, Project, with_own_python
from covgate.measure.reader import name_reader
from covgate.measure.suite import no_data_error, prepare_suite, run_suite
from covgate.measure.twins import is_installed
from covgate.model import Measurement, SuiteRun, SuiteStatus, TestResults, Unavailable
from covgate.system import Files, GitCommand, Screen, copy_files, scratch_folder, shown_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What is to be measured. `while_running` is entered while the project's code may write to the log."""

    settings: Settings
    project: Project
    git: GitCommand
    files: Files
    wanted: Wanted
    committed: bool
    """Whether a commit is measured, as in a workflow; else the working tree."""
    changed: frozenset[PurePosixPath]
    """All files that the change touches, data files among them."""
    from_ci: bool
    """Whether files have the time at which they were unpacked, as on any CI."""
    screen: Screen
    while_running: Callable[[], AbstractContextManager[None]]
    group: Callable[[str], AbstractContextManager[None]]
    """Folds what is logged inside, under a title."""
    start: Path
    """Where covgate was started: paths are shown from there."""
    makes_environment: bool = False
    """Whether the tests get an environment of their own without an `install-command`, as in the image."""
    cache: Path | None = None
    """Where what is downloaded for it may be kept."""


def measure(job: Measuring, probe: Probe | None) -> Measurement:
    """Read the data that the settings name, or run the tests. `probe` is started already, where data is read.

    Data that cannot be used is shown as an error now, and is Unavailable from there on.
    """
    with _own_reports(job) as own:
        if not job.settings.coverage_data:
            return _run_tests(own)
        measurement = _read(own, probe)
        suite, notes = _earlier_tests(own)
        return replace(measurement, suite=suite, notes=(*measurement.notes, *notes))


@contextmanager
def _own_reports(job: Measuring) -> Iterator[Measuring]:
    """Let coverage write its own reports where the tests' user may, and fetch them, where the report folder is not its.

    That is one outside of the workspace.
    """
    user, wanted = job.project.user, job.wanted
    places = tuple(wanted.exports.values())
    if user is None or not places or user.may_write(places[0].parent):
        yield job
        return
    with scratch_folder() as folder:
        user.own(folder)
        exports = {kind: folder / place.name for kind, place in wanted.exports.items()}
        yield replace(job, wanted=replace(wanted, exports=exports))
        for place in places:
            copy_files(folder / place.name, place)


def _read(job: Measuring, probe: Probe | None) -> Measurement:
    settings, project, wanted = job.settings, job.project, job.wanted
    try:
        paths, kind = find_data(project.directory, settings.coverage_data or (), settings.where("coverage-data"))
        if kind is not DataKind.DATA_FILE and wanted.exports:
            asked = ", ".join(wanted.exports)
            raise InputError(
                f"reports = {asked} (from {settings.where('reports')}) needs coverage data files, and {paths[0].name} "
                f"is {kind.value}",
                hint=f"pass the `.coverage` files, or leave {asked} out of `reports`",
                slug="bad-option-value",
            )
        with job.screen.step(f"Reading {paths[0].name if len(paths) == 1 else f'{len(paths)} files'}"):
            try:
                measurement = _analyse(job, project, paths, kind, probe)
            except NoCoverageError:
                # As in the image, whose interpreter for the tests has only what is installed for them.
                measurement = _analyse_elsewhere(job, paths, kind)
            _remove_pipes(job)
            if job.committed:
                return with_committed(measurement, wanted.changed, _committed_before(job, paths))
            if job.from_ci:
                return measurement
            return with_times(project.root, measurement, wanted.changed, paths)
    except MeasureError as exc:
        return _unusable(job, exc)


def _analyse_elsewhere(job: Measuring, paths: tuple[Path, ...], kind: DataKind) -> Measurement:
    """Analyse with the Python that the project asks for, where covgate can have it; else with covgate's own."""
    project, settings = job.project, job.settings
    wish = (
        find_wish(project, settings.python_version, settings.where("python-version")) if job.makes_environment else None
    )
    if wish:
        with matching_python(project, wish, job.cache, job.screen.say) as matching:
            if matching:
                return _analyse(job, matching, paths, kind, None)
    own = with_own_python(project)
    return name_reader(project, lambda: _analyse(job, own, paths, kind, None))


def _analyse(
    job: Measuring, project: Project, paths: tuple[Path, ...], kind: DataKind, probe: Probe | None
) -> Measurement:
    local = _local(job.files)
    if kind is DataKind.DATA_FILE:
        return analyse_data(project, paths, config=None, wanted=job.wanted, local=local, probe=probe)
    return analyse_reports(project, paths, kind, wanted=job.wanted, local=local)


def _committed_before(job: Measuring, data: Sequence[Path]) -> tuple[Path, ...]:
    """Return the data files that are the base's own: tracked, not among what changed, and not made again.

    Not for a laptop: there `git diff` has taken the time of a file that came out just as it was into the index.
    """
    root = job.git.root.resolve()
    inside = {
        PurePosixPath(path.resolve().relative_to(root)): path for path in data if path.resolve().is_relative_to(root)
    }
    old = job.git.as_checked_out([path for path in inside if path not in job.changed])
    return tuple(path for name, path in inside.items() if name in old)


def _run_tests(job: Measuring) -> Measurement:
    settings, project, screen = job.settings, job.project, job.screen
    # Data and environment live outside the checkout: a suite that cleans up after itself must not take them along.
    with scratch_folder() as private:
        if project.user:
            # It passes through, and can put nothing in the place of what it is given below.
            private.chmod(0o711)
        minutes = settings.timeout_minutes
        seconds = float(minutes) * 60 if minutes is not None else None
        command = settings.test_command
        if settings.install_command or job.makes_environment:
            with job.group("Environment"), screen.stream("Preparing the environment"):
                shown = shown_path(project.directory, job.start)
                workshop = _workshop(job, private, seconds)
                environment, command = prepare_environment(project, settings, workshop, shown)
            project = environment.project
            _remove_pipes(job)
            # It may have made some.
            job = replace(job, files=job.git.files())
        data = _own_folder(project, private / "data")
        with screen.step("Preparing the measurement"):
            local = _local(job.files)
            plan = prepare_suite(project, command, data, local, job.wanted.tracked, settings.junit)
        if project.is_found:
            version = f" ({project.version})" if project.version else ""
            screen.say(f"Tests run with {shown_path(project.python, job.start)}{version}")
        for note in plan.notes:
            screen.say(note)
        with screen.stream(f"Running {plan.shown}"), job.group("Tests"):
            suite = run_suite(project, plan, timeout_seconds=seconds, while_running=job.while_running)
        tests, test_notes = _tests(job, plan.junit, suite.run)
        try:
            if not suite.data:
                raise no_data_error()
            with screen.step("Measuring"):
                measurement = analyse_data(project, suite.data, config=plan.config, wanted=job.wanted, local=local)
        except MeasureError as exc:
            measurement = _unusable(job, explain_nothing(project, plan, suite.run, exc))
    return replace(
        measurement,
        suite=replace(suite.run, tests=tests),
        lost=measurement.lost + suite.cut_off,
        notes=(*measurement.notes, *suite.notes, *test_notes),
    )


def _workshop(job: Measuring, private: Path, seconds: float | None) -> Workshop:
    """Return what environments are made with; `private` is a folder that the project's code cannot write to."""
    return Workshop(
        tools=private / "tools",
        folder=_own_folder(job.project, private / "project"),
        cache=job.cache,
        timeout_seconds=seconds,
        while_running=job.while_running,
        say=job.screen.say,
    )


def _tests(job: Measuring, files: JunitFiles, run: SuiteRun) -> tuple[TestResults | None, tuple[str, ...]]:
    """Read what the tests say of themselves, and note where that does not go with how the command ended."""
    if run.status in {SuiteStatus.KILLED, SuiteStatus.TIMED_OUT}:
        # pytest writes at its end: what is there is a part, or some other process's.
        return None, ()
    tests, notes = _read_junit(job, files)
    if tests is not None and tests.broken and run.status is SuiteStatus.PASSED:
        notes += (f"{tests.broken} of the tests failed by their report, and the test command ended as if none had.",)
    return tests, notes


def _earlier_tests(job: Measuring) -> tuple[SuiteRun | None, tuple[str, ...]]:
    """Return how the tests of an earlier job ended by the JUnit files that are named: nothing is known without."""
    if job.settings.junit is None:
        return None, ()
    tests, notes = _read_junit(job, name_junit(job.project.directory, job.settings.junit))
    if tests is None:
        return None, notes
    status = SuiteStatus.FAILED if tests.broken else SuiteStatus.PASSED
    exit_code = int(status is SuiteStatus.FAILED)
    return SuiteRun(command="", status=status, exit_code=exit_code, seconds=tests.seconds, tests=tests), notes


def _read_junit(job: Measuring, files: JunitFiles) -> tuple[TestResults | None, tuple[str, ...]]:
    paths = files.fresh()
    if not paths:
        source = job.settings.where("junit")
        missing = f"`junit` (from {source}) names no file that this run has: no tests are counted."
        return None, (missing,) if files.asked else ()
    names = TestNames(job.wanted.tracked, job.project.prefix)
    return read_junit(paths, names, masking(job.project.environment))


def _own_folder(project: Project, folder: Path) -> Path:
    """Make a folder that the project's code may write to."""
    folder.mkdir()
    if project.user:
        project.user.own(folder)
    return folder


def _remove_pipes(job: Measuring) -> None:
    """Remove the pipes that the project's code left: git would wait for ever to read `.gitignore`."""
    if job.project.user:
        job.project.user.remove_pipes(job.git.root)


def _unusable(job: Measuring, error: MeasureError) -> Measurement:
    """Show what is wrong with the data now; the report, which is still made, holds it in one sentence."""
    job.screen.error(error)
    return Measurement(coverage=Unavailable(reason=error.message, hint=error.hint, slug=error.slug))


def _local(files: Files) -> list[PurePosixPath]:
    """Return the files of the project, sorted: an environment nobody ignores is no part of it."""
    return sorted((*files.tracked, *(path for path in files.untracked if not is_installed(path))))
