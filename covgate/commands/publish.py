"""`covgate publish`: the second half of a fork's report, in a workflow that its first half's end has started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covgate.commands.edges import Edges
from covgate.config import ALL_EXPORTS, OPTIONS, CommentPolicy, Settings
from covgate.errors import ExitCode, InputError, PublishError
from covgate.host import BranchPull, FinishedRun, Host, Refusal
from covgate.model import Unavailable, plain
from covgate.publish import (
    MOST_ARCHIVE,
    Marker,
    Unjudged,
    mark_unjudged,
    relay,
    relay_nothing,
    unpack_result,
)
from covgate.report import MOST_RESULT, Origin, read_result, restore_facts
from covgate.system import make_report_folder

PUBLISHED_EVENT = "pull_request"
"""What started the runs whose reports are posted."""


def run_publish(settings: Settings, edges: Edges, run: FinishedRun) -> ExitCode:
    """Fetch what the run left, find its pull request, and post the report anew. Raises CovgateError."""
    host, screen = edges.host, edges.screen
    _refuse_rules(settings)
    if run.event != PUBLISHED_EVENT:
        raise InputError(
            f"the run {run.id} was started by {plain(run.event)!r}: it has no pull request to post to",
            hint="write `if: github.event.workflow_run.event == 'pull_request'` in the job that publishes",
            slug="run-without-pull-request",
        )
    if not settings.github_token:
        raise InputError(
            "no github-token was given, and nothing can be fetched or posted without one",
            hint="pass `github-token` (the action's default is the workflow's own), or set GITHUB_TOKEN",
            slug="no-github-token",
        )
    host.log.mask(settings.github_token)
    folder = make_report_folder(edges.directory / settings.report_dir, settings.where("report-dir"))
    folder.clear(ALL_EXPORTS)
    archive = _fetch(settings, edges, run)
    if archive is None:
        ended = plain(run.conclusion)
        said = f"Nothing to post: the run {run.id} was {ended} before covgate had a result."
        return _nothing(settings, edges, run, said, f"the run was {ended} before it had a result")
    try:
        result = read_result(unpack_result(archive, MOST_RESULT))
        choice = _find_pull(edges, run, result.base.ref if result.base else "")
        facts = restore_facts(result, _origin(settings, edges, run, choice.pull))
    except ValueError as exc:
        raise _refused(settings, run, str(exc)) from None
    if isinstance(facts, Unavailable):
        said = f"Nothing to post: {facts.reason}. The log of run {run.id} says why."
        return _nothing(settings, edges, run, said, "the run ended without a verdict")
    if choice.pull is None:
        screen.say(f"Not posted: {choice.why}.")
    return relay(settings, host, screen, facts, folder, run, choice.pull)


def _nothing(settings: Settings, edges: Edges, run: FinishedRun, said: str, why: str) -> ExitCode:
    """Say that there is no report to post; a comment of an earlier run must not stand for this one."""
    for note in mark_finished(edges.host, run, settings.name or "", settings.comment, why):
        edges.screen.say(note)
    return relay_nothing(edges.host, edges.screen, said)


_MEANT = {"mode", "artifact", "name", "comment", "publish", "report-dir", "github-token", "working-directory"}


def _refuse_rules(settings: Settings) -> None:
    """A rule that is set where nothing is judged looks as if it were judged by."""
    for option in OPTIONS:
        # The runner hands on the defaults of action.yml as if the workflow had set them.
        default = option.parse(option.default) if option.default else None
        if option.name not in _MEANT and getattr(settings, option.field) != default:
            raise InputError(
                f"{option.name} (from {settings.where(option.name)}) means nothing to the mode `publish`",
                hint="set it in the workflow that runs the tests: what that one found is posted as it is",
                slug="bad-option-value",
            )


# --- the artifact -----------------------------------------------------------------------------------------------------

_NEVER_RAN = {"cancelled", "skipped", "action_required", "neutral", "stale", "startup_failure"}
"""How a run ends that may have left nothing without anything being wrong."""


def _fetch(settings: Settings, edges: Edges, run: FinishedRun) -> bytes | None:
    """Return the artifact's archive; None when the run was cut off and has none."""
    name = settings.artifact
    try:
        with edges.host.artifacts() as artifacts:
            found = artifacts.find(run.id, name)
            if found is None:
                if run.conclusion in _NEVER_RAN:
                    return None
                raise _absent(name, run)
            if found.size > MOST_ARCHIVE:
                raise _refused(settings, run, f"it has {found.size:,} bytes, more than {MOST_ARCHIVE:,}")
            archive = None if found.expired else artifacts.download(found, MOST_ARCHIVE)
    except PublishError as exc:
        if exc.slug not in {Refusal.READ_ONLY, Refusal.NOT_FOUND}:
            raise
        raise PublishError(
            f"the token may not read what the run {run.id} left: {exc.message}",
            hint="give the job `permissions: actions: read`",
            slug="artifact-not-readable",
        ) from None
    if archive is None:
        raise InputError(
            f"the artifact {name} of run {run.id} has expired",
            hint="run the workflow that makes it again; `retention-days` of actions/upload-artifact says how long it "
            "is kept",
            slug="artifact-expired",
        )
    return archive


def _absent(name: str, run: FinishedRun) -> InputError:
    return InputError(
        f"the run {run.id} of the workflow {plain(run.workflow)[:80]!r} left no artifact {name}",
        hint="let `workflows:` name the workflow that runs covgate, and let that one upload `.covgate/result.json` "
        "with `if: always()` and `include-hidden-files: true`, under the name that `artifact` says here",
        slug="artifact-not-found",
    )


def _refused(settings: Settings, run: FinishedRun, why: str) -> InputError:
    return InputError(
        f"the artifact {settings.artifact} of run {run.id} is refused: {why}",
        hint="upload `.covgate/result.json` alone, as the same version of covgate wrote it",
        slug="artifact-refused",
    )


# --- the pull request -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """Where to post, or why nowhere."""

    pull: BranchPull | None = None
    why: str = ""


def _find_pull(edges: Edges, run: FinishedRun, base: str) -> _Choice:
    """Find the pull request by what GitHub says of the run: its repository, its branch, its head.

    `base` is the branch the result names. It decides nothing but between two pull requests of one commit, which are
    both by whoever wrote it. Raises InputError when there is no pull request of that branch at all.
    """
    found = _pulls_of_branch(edges.host, run)
    here = _at_its_head(found, run)
    exact = here if len(here) == 1 else [pull for pull in here if pull.base == base]
    if len(exact) == 1:
        return _Choice(pull=exact[0])
    if here:
        raise InputError(
            f"{len(here)} open pull requests are of the commit {run.head[:12]}, and the result does not tell which",
            hint="leave one of them open, or post by hand",
            slug="pull-request-not-found",
        )
    if any(pull.is_open for pull in found):
        return _Choice(why=f"the pull request has a newer commit than {run.head[:12]}, with a run of its own")
    if found:
        return _Choice(why="the pull request was closed")
    raise InputError(
        f"no pull request comes from the branch of run {run.id} with the commit {run.head[:12]}",
        hint="see whether the fork or its branch was deleted; a report without a pull request is in the summary of the "
        "run that made it",
        slug="pull-request-not-found",
    )


def mark_finished(host: Host, run: FinishedRun, name: str, policy: CommentPolicy, why: str) -> tuple[str, ...]:
    """Have the comment on the run's pull request, where one is, say that it has no verdict; return notes for people."""
    place = f"{host.context.server_url}/{host.context.repository}"
    marker = Marker(name=name, run_id=run.id, run_attempt=run.attempt, head=run.head)
    told = Unjudged(marker=marker, policy=policy, why=why, run_url=f"{place}/actions/runs/{run.id}", relayed=True)
    pulls = _at_its_head(_pulls_of_branch(host, run), run)
    return tuple(note for pull in pulls for note in mark_unjudged(host, pull.number, told))


def _pulls_of_branch(host: Host, run: FinishedRun) -> tuple[BranchPull, ...]:
    if not (run.head_repository and run.head_branch):
        return ()
    with host.pull_requests() as pulls:
        return pulls.of_branch(run.head_repository, run.head_branch)


def _at_its_head(pulls: Iterable[BranchPull], run: FinishedRun) -> list[BranchPull]:
    return [pull for pull in pulls if pull.is_open and pull.head == run.head]


def _origin(settings: Settings, edges: Edges, run: FinishedRun, pull: BranchPull | None) -> Origin:
    context = edges.host.context
    place = f"{context.server_url}/{context.repository}"
    return Origin(
        head=run.head,
        run_url=f"{place}/actions/runs/{run.id}",
        blob=f"{place}/blob",
        base_ref=pull.base if pull else "",
        merge=pull.merge if pull else None,
        name=settings.name or "",
    )
