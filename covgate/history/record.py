"""Records a run of the default branch, and lets the ratchet look at what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath

from covgate.change import Checkout
from covgate.config import Settings, floors_of
from covgate.errors import CovgateError
from covgate.history.comparison.flapping import make_line_record
from covgate.history.comparison.tests import count_cases
from covgate.history.completeness import CONFIGURATION, find_narrower, find_partial
from covgate.history.look_back import Past, look_back
from covgate.history.open import Archive
from covgate.history.ratchet.floors import propose_floors, slack_alarms
from covgate.history.storage.line_record import MOST_LINES
from covgate.history.storage.places import Build, RunToRecord
from covgate.history.trend import aim_of
from covgate.host import EventKind, Host, RunContext
from covgate.model import (
    PYTHON_SUFFIXES,
    ComponentFigures,
    Coverage,
    DiffCoverage,
    History,
    Record,
    Sha,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
)
from covgate.system import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What a run measured, as far as a record is concerned."""

    coverage: Coverage | Unavailable
    diff: DiffCoverage | Unavailable | None
    components: tuple[ComponentFigures, ...] = ()
    suite: SuiteRun | None = None
    lost: int = 0
    """How many processes of the run ended before writing their data."""
    head: Sha
    compared: bool = False
    """Whether the run was held against a record."""

    @property
    def component_totals(self) -> dict[str, Tally]:
        """The totals that are known, by the component's name."""
        return {part.name: part.total for part in self.components if isinstance(part.total, Tally)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Records runs of one checkout. `build` draws the files beside the history."""

    settings: Settings
    host: Host
    screen: Screen
    environment: Mapping[str, str]
    today: date
    build: Build
    archive: Archive
    checkout: Checkout

    def record(self, run: RunFigures, past: Past) -> tuple[str, ...]:
        """Record the run when it is one to record, and return what there is to say about it.

        Raises nothing: what goes wrong is shown, and is no part of the verdict.
        """
        settings, context, checkout = self.settings, self.host.context, self.checkout
        wanted = context.on_default_branch if settings.record is None else settings.record
        notes = (*self._slack(run), *(_outside(run.coverage) if wanted or run.compared else ()))
        if not wanted:
            return (*notes, *_other_branch(settings, context))
        known = () if isinstance(past.history, Unavailable) else past.history.records
        if checkout.base is not None and checkout.base.sha != checkout.head and known:
            # A record follows on that of its own ancestors, a change is compared with those of its base.
            past = look_back(self.archive, replace(checkout, base=None))
            if past.problem:
                self.screen.error(past.problem)
        obstacle = find_obstacle(settings, context, self.environment, checkout, run, past)
        if obstacle:
            return (*notes, f"Not recorded: {obstacle}.")
        where = self.archive.store.where
        try:
            with self.screen.step(f"Recording in {where}"):
                history = self.archive.store.append(self._entry(run, past), self.build)
        except CovgateError as error:
            self.screen.error(error)
            # Where nobody asked for a history and none was begun, a token that can not write is no trouble.
            if settings.record or not past.first_run or error.slug != "history-read-only":
                self.screen.warn(f"Not recorded: {error.message}. To mend it: {error.hint}.")
            return (*notes, f"Not recorded: {error.message}.")
        return (*notes, f"Recorded in {where}.", *filter(None, [self._ratchet(history)]))

    def _slack(self, run: RunFigures) -> tuple[str, ...]:
        """Say which floors lie far below what is measured.

        Only on a branch's own run: a pull request's author did not set the floor.
        """
        if self.host.context.kind is not EventKind.BRANCH or isinstance(run.coverage, Unavailable):
            return ()
        return slack_alarms(run.coverage.total, run.component_totals, floors_of(self.settings))

    def _ratchet(self, history: History) -> str:
        """Open or update the pull request that raises the floors.

        What cannot be raised holds back runs of other names.
        """
        settings, context, data = self.settings, self.host.context, self.archive.data
        if not settings.ratchet or not context.on_default_branch or data is None or not self.host.token:
            return ""
        floors = floors_of(settings)
        if not floors:
            return ""
        # Only a run of the default branch that has floors needs them.
        from covgate.history.ratchet.names import Proposal  # noqa: PLC0415
        from covgate.history.ratchet.pull_request import publish_ratchet  # noqa: PLC0415

        raises = propose_floors(history, floors)
        held = floors.keys() - {found.component for found in raises}
        with self.screen.step("Looking at the floors"), self.host.pull_requests() as pulls:
            outcome = publish_ratchet(
                data,
                pulls,
                default_branch=context.default_branch,
                config_path=self.checkout.prefix / "pyproject.toml",
                name=settings.name or "",
                proposal=Proposal(raises=raises, held=tuple(name for name in floors if name in held), seen=self.today),
            )
        if outcome.problem:
            self.screen.error(outcome.problem)
            self.screen.warn(outcome.note)
        return outcome.note

    def _entry(self, run: RunFigures, past: Past) -> RunToRecord:
        if isinstance(run.coverage, Unavailable):
            raise TypeError("a run without a total is never recorded")
        coverage, git, head, target = run.coverage.inside, self.checkout.git, self.checkout.head, self.settings.target
        record = Record(
            sha=head,
            parent=next(iter(git.parents(head)), None),
            date=git.commit_date(head),
            title=git.title(head),
            total=coverage.total,
            has_branches=coverage.has_branches,
            components=run.component_totals,
            tests=run.suite.tests.ran if run.suite and run.suite.tests else None,
            seconds=round(run.suite.seconds, 1) if run.suite and run.suite.command else None,
            aim=aim_of(target) if target else None,
        )
        previous = None if isinstance(past.lines, Unavailable) else past.lines
        lines = make_line_record(previous, head, coverage, git.blob_ids(head), past.shifts)
        tests = count_cases(run.suite.tests.names) if run.suite and run.suite.tests else {}
        return RunToRecord(record=record, lines=replace(lines, tests=tests))


def _outside(coverage: Coverage | Unavailable) -> tuple[str, ...]:
    """Say which measured files no record holds, and so no comparison."""
    outside = () if isinstance(coverage, Unavailable) else coverage.outside
    if not outside:
        return ()
    others = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
    return (f"Measured outside the checkout, and so neither recorded nor compared: {outside[0]}{others}.",)


def find_obstacle(  # noqa: PLR0911  # one return for each obstacle
    settings: Settings,
    context: RunContext,
    environment: Mapping[str, str],
    checkout: Checkout,
    run: RunFigures,
    past: Past,
) -> str | None:
    """Say why a run must not become a record, or None: a baseline that is wrong is worse than none.

    `past` is what was recorded of the commit and its ancestors.
    """
    suite = run.suite
    if context.kind not in {EventKind.BRANCH, EventKind.LOCAL}:
        return "only a branch's own runs are recorded, not those of a change to it"
    # A drop or a ramp that cannot be judged for want of a record is no reason to have none the next time either.
    no_tests = suite is not None and suite.status is SuiteStatus.NO_TESTS
    if no_tests or isinstance(run.coverage, Unavailable) or isinstance(run.diff, Unavailable):
        return "the run cannot be judged"
    if suite is not None and suite.status is not SuiteStatus.PASSED:
        return "the tests did not pass"
    if run.lost:
        who = "a process" if run.lost == 1 else f"{run.lost} processes"
        return f"{who} of the run ended before writing coverage data"
    if partial := find_partial(settings, environment, checkout):
        return f"{partial} runs a part of the tests only"
    if context.commit is not None and run.head != context.commit:
        return f"the commit that is checked out is not the run's ({context.commit[:12]})"
    if sum(max(file.statements, default=0) for file in run.coverage.files.values()) > MOST_LINES:
        return f"the measured files have more than {MOST_LINES:,} lines"
    return _edited(context, checkout, run.coverage) or find_narrower(checkout, past.lines, past.shifts, run.coverage)


def _edited(context: RunContext, change: Checkout, coverage: Coverage) -> str | None:
    """Say which file of the project is not as it was committed: the record is the commit's.

    In a workflow a file that git does not know is one that the job itself makes, each time.
    """
    edited = {entry.path for entry in change.git.changes(change.head, None)}
    unknown = set(change.git.untracked()) if context.local else set()
    # An environment in the checkout is not the project's.
    environments = {path.parent for path in unknown if path.name == "pyvenv.cfg"}
    unknown -= {path for path in unknown if environments & set(path.parents)}
    found = sorted(path for path in edited | unknown if path in coverage.files or _decides(path, change.prefix))
    if not found:
        return None
    return f"{found[0]} {'has changes that are' if found[0] in edited else 'is'} not committed"


def _decides(path: PurePosixPath, prefix: PurePosixPath) -> bool:
    """Whether a file of the project is a source, a test or configuration: it decides what is measured."""
    inside = path.is_relative_to(prefix)
    return inside and (path.suffix in PYTHON_SUFFIXES or (path.parent == prefix and path.name in CONFIGURATION))


def _other_branch(settings: Settings, context: RunContext) -> tuple[str, ...]:
    """Say so when a branch's run is not recorded because it is not the default branch's: it may have been renamed."""
    if settings.record is not None or context.kind is not EventKind.BRANCH or not context.default_branch:
        return ()
    of = context.branch or "this"
    return (f"Not recorded: {of} is not the default branch ({context.default_branch}).",)
