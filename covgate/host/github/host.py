"""GitHub as a `Host`. PyGithub is imported where something is opened: most runs on a laptop never do."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from covgate.host.context import RunContext
from covgate.host.finished_run import FinishedRun
from covgate.host.github.event import parse_context, parse_place, parse_pull_request
from covgate.host.github.log import Runner
from covgate.host.github.workflow_run import parse_finished_run
from covgate.model import Secret

if TYPE_CHECKING:
    from covgate.host.github.artifacts import GithubArtifacts
    from covgate.host.github.comments import GithubComments
    from covgate.host.github.pulls import GithubPulls
    from covgate.host.github.repository import GithubData


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubHost:
    """The repository of a run, on github.com or an Enterprise server."""

    context: RunContext
    log: Runner
    token: Secret | None

    def comments(self, pull_request: int) -> AbstractContextManager[GithubComments]:
        from covgate.host.github.comments import GithubComments  # noqa: PLC0415  # see above

        url, name, token = self._place()
        return GithubComments(api_url=url, repository=name, token=token, pull_request=pull_request)

    def repository(self) -> AbstractContextManager[GithubData]:
        from covgate.host.github.repository import GithubData  # noqa: PLC0415  # see above
        from covgate.host.github.session import RetryPolicy  # noqa: PLC0415  # see above

        url, name, token = self._place()
        # Nobody is notified of a commit on the history's branch, and a pause widens the gap another run can slip into.
        return GithubData(api_url=url, repository=name, token=token, pace=RetryPolicy(between_writes=0.2))

    def pull_requests(self) -> AbstractContextManager[GithubPulls]:
        from covgate.host.github.pulls import GithubPulls  # noqa: PLC0415  # see above

        url, name, token = self._place()
        return GithubPulls(api_url=url, repository=name, token=token)

    def artifacts(self) -> AbstractContextManager[GithubArtifacts]:
        from covgate.host.github.artifacts import GithubArtifacts  # noqa: PLC0415  # see above

        url, name, token = self._place()
        return GithubArtifacts(api_url=url, repository=name, token=token)

    def load_ahead(self) -> None:
        from covgate.host.github.session import import_client  # noqa: PLC0415  # see above

        import_client()

    def _place(self) -> tuple[str, str, Secret]:
        return self.context.api_url, self.context.repository, self.token or Secret(value="")


def open_host(
    environment: Mapping[str, str], token: Secret | None, stream: TextIO, *, judges: bool = True
) -> GithubHost:
    """Return the host of this run: GitHub, where a laptop is a run without a repository.

    `judges`: whether the run judges a change; one that does not is no run of any event, so none is refused. Raises
    InputError for an event that cannot be judged.
    """
    context = parse_context(environment, _read_text) if judges else parse_place(environment)
    return GithubHost(context=context, log=Runner.from_environment(environment, stream), token=token)


def find_pull_request(environment: Mapping[str, str]) -> RunContext | None:
    """Return the context of a pull request's run, one that is refused too. Raises InputError for a broken event."""
    return parse_pull_request(environment, _read_text)


def load_finished_run(environment: Mapping[str, str]) -> FinishedRun:
    """Return the run whose end started this one. Raises InputError for a run that nothing of the kind started."""
    return parse_finished_run(environment, _read_text)


def _read_text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
