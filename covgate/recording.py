"""Records a run of the default branch, and lets the ratchet look at what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

from covgate.archive import Archive
from covgate.completeness import CONFIGURATION, find_narrower, find_partial
from covgate.context import EventKind, RunContext
from covgate.diff.lines import PYTHON_SUFFIXES
from covgate.errors import CovgateError
from covgate.history.flaps import make_line_record
from covgate.history.lines import MOST_LINES
from covgate.history.ratchet import propose_floors, slack_alarms
from covgate.history.source import Build, HistoryStore, RunToRecord
from covgate.history.trend import aim_of
from covgate.look_back import Past, look_back
from covgate.model import Coverage, SuiteStatus, Tally, Unavailable
from covgate.ports import Checkout, Edges, warn
from covgate.recorded import History, Record
from covgate.report.facts import Facts, total_of
from covgate.settings import Settings


def record_run(
    settings: Settings,
    context: RunContext,
    edges: Edges,
    archive: Archive,
    change: Checkout,
    facts: Facts,
    past: Past,
) -> Facts:
    """Record the run when it is one to record, and return the facts with what there is to say about it.

    Raises nothing: what goes wrong is shown, and is no part of the verdict.
    """
    wanted = context.on_default_branch if settings.record is None else settings.record
    notes = (*_slack(settings, context, facts), *(_outside(facts) if wanted or facts.comparison else ()))
    if not wanted:
        return _with_notes(facts, *notes, _other_branch(settings, context))
    known = () if isinstance(past.history, Unavailable) else past.history.records
    if change.base is not None and change.base.sha != change.head and known:
        # A record follows on that of its own ancestors, a change is compared with those of its base.
        past = look_back(archive, edges, replace(change, base=None))
    obstacle = find_obstacle(settings, context, edges.environment, change, facts, past)
    if obstacle:
        return _with_notes(facts, *notes, f"Not recorded: {obstacle}.")
    try:
        with edges.screen.step(f"Recording in {archive.store.where}"):
            history = _append(settings, context, edges, archive.store, _entry(settings, change, facts, past))
    except CovgateError as error:
        edges.screen.error(error)
        # Where nobody asked for a history and none was begun, a token that can not write is no trouble.
        if settings.record or not past.begins or error.slug != "history-read-only":
            warn(edges, f"Not recorded: {error.message}. To mend it: {error.hint}.")
        return _with_notes(facts, *notes, f"Not recorded: {error.message}.")
    ratchet = _ratchet(settings, context, edges, archive, change, history)
    return _with_notes(facts, *notes, f"Recorded in {archive.store.where}.", ratchet)


def _with_notes(facts: Facts, *notes: str) -> Facts:
    return replace(facts, notes=(*facts.notes, *filter(None, notes)))


def _outside(facts: Facts) -> tuple[str, ...]:
    """Say which measured files no record holds, and so no comparison."""
    outside = () if isinstance(facts.total, Unavailable) else facts.total.outside
    if not outside:
        return ()
    others = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
    return (f"Measured outside the checkout, and so neither recorded nor compared: {outside[0]}{others}.",)


def _append(settings: Settings, context: RunContext, edges: Edges, store: HistoryStore, entry: RunToRecord) -> History:
    """Append the entry; return the history as it is with it."""
    kept: list[History] = []
    build = make_build(settings, context, edges.now.date())

    def build_and_keep(history: History) -> Mapping[str, str]:
        kept[:] = [history]
        return build(history)

    store.append(entry, build_and_keep)
    # Nothing was built when the very same record was there already.
    return kept[-1] if kept else store.read()


def _slack(settings: Settings, context: RunContext, facts: Facts) -> tuple[str, ...]:
    """Say which floors lie far below what is measured: on a branch's own run, where nobody's change is to blame."""
    total = total_of(facts)
    if context.kind is not EventKind.BRANCH or total is None:
        return ()
    components = {part.name: part.total for part in facts.components if isinstance(part.total, Tally)}
    return slack_alarms(total, components, floors_of(settings))


def _ratchet(
    settings: Settings, context: RunContext, edges: Edges, archive: Archive, change: Checkout, history: History
) -> str:
    """Open or update the pull request that raises the floors; what cannot be raised holds back runs of other names."""
    if not settings.ratchet or not context.on_default_branch or archive.data is None or not settings.github_token:
        return ""
    floors = floors_of(settings)
    if not floors:
        return ""
    # Only a run of the default branch that has floors needs them.
    from covgate.history.ratchet_names import Proposal  # noqa: PLC0415
    from covgate.history.ratchet_pull import publish_ratchet  # noqa: PLC0415

    raises = propose_floors(history, floors)
    held = floors.keys() - {found.component for found in raises}
    with edges.screen.step("Looking at the floors"), edges.open_pulls(context, settings.github_token) as pulls:
        outcome = publish_ratchet(
            archive.data,
            pulls,
            default_branch=context.default_branch,
            config_path=change.prefix / "pyproject.toml",
            name=settings.name or "",
            proposal=Proposal(
                raises=raises, held=tuple(name for name in floors if name in held), seen=edges.now.date()
            ),
        )
    if outcome.problem:
        edges.screen.error(outcome.problem)
        warn(edges, outcome.note)
    return outcome.note


def find_obstacle(  # noqa: PLR0911  # one return for each obstacle
    settings: Settings, context: RunContext, environment: Mapping[str, str], change: Checkout, facts: Facts, past: Past
) -> str | None:
    """Say why a run must not become a record, or None: a baseline that is wrong is worse than none.

    `past` is what was recorded of the commit and its ancestors.
    """
    suite = facts.verdict.suite
    if context.kind not in {EventKind.BRANCH, EventKind.LOCAL}:
        return "only a branch's own runs are recorded, not those of a change to it"
    # A drop or a ramp that cannot be judged for want of a record is no reason to have none the next time either.
    no_tests = suite is not None and suite.status is SuiteStatus.NO_TESTS
    if no_tests or isinstance(facts.total, Unavailable) or isinstance(facts.diff, Unavailable):
        return "the run cannot be judged"
    if suite is not None and suite.status is not SuiteStatus.PASSED:
        return "the tests did not pass"
    if facts.lost:
        who = "a process" if facts.lost == 1 else f"{facts.lost} processes"
        return f"{who} of the run ended before writing coverage data"
    if partial := find_partial(settings, environment, change):
        return f"{partial} runs a part of the tests only"
    if context.commit is not None and facts.head != context.commit:
        return f"the commit that is checked out is not the run's ({context.commit[:12]})"
    if sum(max(file.statements, default=0) for file in facts.total.files.values()) > MOST_LINES:
        return f"the measured files have more than {MOST_LINES:,} lines"
    return _edited(context, change, facts.total) or find_narrower(change, past.lines, past.shifts, facts.total)


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


def _other_branch(settings: Settings, context: RunContext) -> str:
    """Say so when a branch's run is not recorded because it is not the default branch's: it may have been renamed."""
    if settings.record is not None or context.kind is not EventKind.BRANCH or not context.default_branch:
        return ""
    of = context.branch or "this"
    return f"Not recorded: {of} is not the default branch ({context.default_branch})."


def _entry(settings: Settings, change: Checkout, facts: Facts, past: Past) -> RunToRecord:
    if isinstance(facts.total, Unavailable):
        msg = "a run without a total is never recorded"
        raise TypeError(msg)
    coverage, suite = facts.total.inside, facts.verdict.suite
    git, head = change.git, change.head
    digests = git.blob_ids(head)
    record = Record(
        sha=head,
        parent=next(iter(git.parents(head)), None),
        date=git.commit_date(head),
        title=git.title(head),
        total=coverage.total,
        has_branches=coverage.has_branches,
        components={part.name: part.total for part in facts.components if isinstance(part.total, Tally)},
        seconds=round(suite.seconds, 1) if suite else None,
        aim=aim_of(settings.target) if settings.target else None,
    )
    previous = None if isinstance(past.lines, Unavailable) else past.lines
    return RunToRecord(record=record, lines=make_line_record(previous, head, coverage, digests, past.shifts))


def make_build(settings: Settings, context: RunContext, today: date) -> Build:
    """Return what draws the files beside the history: the trend, the badge, the page."""

    def build(history: History) -> Mapping[str, str]:
        # jinja2 and the charts: only a run that records needs them.
        from covgate.report.trend_files import render_trend_files  # noqa: PLC0415

        place = f"{context.server_url}/{context.repository}" if context.repository else None
        return render_trend_files(
            history,
            settings.target,
            settings.components,
            green=settings.green,
            orange=settings.orange,
            repository_url=place,
            title=settings.name or context.repository.partition("/")[2] or "coverage",
            today=today,
        )

    return build


def floors_of(settings: Settings) -> dict[str | None, Decimal]:
    """Return the floors that are set: of the project (None) and of components, in percent. 0 is one, too."""
    floors = {None: settings.min_total} | {part.name: part.min_total for part in settings.components}
    return {name: floor for name, floor in floors.items() if floor is not None}
