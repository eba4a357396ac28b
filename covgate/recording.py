"""Records a run of the default branch, and lets the ratchet look at what was recorded."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from covgate.archive import Archive
from covgate.context import EventKind, RunContext
from covgate.errors import CovgateError
from covgate.history.flaps import record_run as record_lines_of_run
from covgate.history.ratchet import propose_floors, slack_alarms
from covgate.history.source import Build, Entry, HistoryStore
from covgate.history.trend import aim_of
from covgate.look_back import Past
from covgate.model import Coverage, SuiteStatus, Tally, Unavailable, VerdictKind
from covgate.ports import Change, Edges, warn
from covgate.recorded import History, Record
from covgate.report.facts import Facts, total_of
from covgate.settings import Settings


def record_run(
    settings: Settings,
    context: RunContext,
    edges: Edges,
    archive: Archive,
    change: Change,
    facts: Facts,
    past: Past,
) -> Facts:
    """Record the run when it is one to record, and return the facts with what there is to say about it.

    Raises nothing: what goes wrong is shown, and is no part of the verdict.
    """
    notes = _slack(settings, context, facts)
    wanted = context.on_default_branch if settings.record is None else settings.record
    if not wanted:
        return _with_notes(facts, *notes, _other_branch(settings, context))
    obstacle = find_obstacle(settings, context, edges.environment, change, facts)
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


def _append(settings: Settings, context: RunContext, edges: Edges, store: HistoryStore, entry: Entry) -> History:
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
    settings: Settings, context: RunContext, edges: Edges, archive: Archive, change: Change, history: History
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


def find_obstacle(  # one return for each obstacle
    settings: Settings, context: RunContext, environment: Mapping[str, str], change: Change, facts: Facts
) -> str | None:
    """Say why a run must not become a record, or None: a baseline that is wrong is worse than none."""
    suite = facts.verdict.suite
    if context.kind not in {EventKind.BRANCH, EventKind.LOCAL}:
        return "only a branch's own runs are recorded, not those of a change to it"
    if isinstance(facts.total, Unavailable) or facts.verdict.kind is VerdictKind.CANNOT_JUDGE:
        return "the run cannot be judged"
    if suite is not None and suite.status is not SuiteStatus.PASSED:
        return "the tests did not pass"
    if partial := find_partial(settings, environment):
        return f"{partial} runs a part of the tests only"
    if context.commit is not None and facts.head != context.commit:
        return f"the commit that is checked out is not the run's ({context.commit[:12]})"
    return _edited(context, change, facts.total)


def _edited(context: RunContext, change: Change, coverage: Coverage) -> str | None:
    """Say which measured file is not as it was committed: the record is the commit's."""
    edited = {entry.path for entry in change.git.changes(change.head, None)}
    if context.local:
        edited |= set(change.git.untracked())
    found = sorted(edited & set(coverage.files))
    return f"{found[0]} has changes that are not committed" if found else None


_ALWAYS_PARTIAL = ("--lf", "--last-failed", "--sw", "--stepwise", "--sw-skip", "--stepwise-skip")
_CHOOSING = ("-k", "--deselect")


def find_partial(settings: Settings, environment: Mapping[str, str]) -> str | None:
    """Return the option of pytest that makes this run a part of the suite, or None.

    What the configuration chooses with `-k` is the project's suite; on the command line it is a choice for once.
    """
    if settings.coverage_data:
        return None
    command = settings.test_command
    words: list[str] = list(command) if isinstance(command, tuple) else _split(command)
    once: list[str] = [*(words if isinstance(command, tuple) else ()), *_split(environment.get("PYTEST_ADDOPTS", ""))]
    for word in [*words, *once]:
        if word.partition("=")[0] in _ALWAYS_PARTIAL:
            return word
    return next((word for word in once if word.startswith(_CHOOSING)), None)


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _other_branch(settings: Settings, context: RunContext) -> str:
    """Say so when a branch's run is not recorded because it is not the default branch's: it may have been renamed."""
    if settings.record is not None or context.kind is not EventKind.BRANCH or not context.default_branch:
        return ""
    of = context.branch or "this"
    return f"Not recorded: {of} is not the default branch ({context.default_branch})."


def _entry(settings: Settings, change: Change, facts: Facts, past: Past) -> Entry:
    coverage, suite = facts.total, facts.verdict.suite
    if isinstance(coverage, Unavailable):
        msg = "a run without a total is never recorded"
        raise TypeError(msg)
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
    return Entry(record=record, lines=record_lines_of_run(previous, head, coverage, digests, past.shifts))


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
