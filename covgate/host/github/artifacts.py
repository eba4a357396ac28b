"""The artifacts of a workflow run, through PyGithub: which there are, and the bytes of one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from typing import cast

from covgate.host.finished_run import Artifact
from covgate.host.github.session import GithubSession, unless

_PAGE = 100
_MOST_PAGES = 10
"""A list that does not end by itself ends here: a run leaves 500 artifacts at most."""


class GithubArtifacts(GithubSession):
    """`Artifacts` of GitHub: a page of 100 artifacts is a request, and an archive is two."""

    permission = "actions: read"

    def find(self, run: int, name: str) -> Artifact | None:
        # GitHub filters by the name from 2023 on; an Enterprise server may be older.
        found = [artifact for artifact in self._list(run, name) if artifact.name == name]
        return max(found, key=lambda artifact: artifact.id, default=None)

    def download(self, artifact: Artifact, most: int) -> bytes | None:
        def ask() -> str | None:
            url = f"{self._repo.url}/actions/artifacts/{artifact.id}/zip"
            gone = (HTTPStatus.GONE, "")
            answer = unless(lambda: self._github.requester.requestJsonAndCheck("GET", url), gone)
            if answer is None:
                return None
            return cast("dict[str, str]", answer[0])["location"]

        step = "download an artifact"
        location = self._ask(step, ask)
        return None if location is None else self._ask(step, lambda: self.fetch_elsewhere(location, most))

    def _list(self, run: int, name: str) -> Iterator[Artifact]:
        for page in range(1, _MOST_PAGES + 1):
            found = self._ask("list the artifacts", partial(self._page, run, name, page))
            yield from found
            if len(found) < _PAGE:
                return

    def _page(self, run: int, name: str, page: int) -> list[Artifact]:
        url = f"{self._repo.url}/actions/runs/{run}/artifacts"
        parameters = {"name": name, "per_page": _PAGE, "page": page}
        answer = self._github.requester.requestJsonAndCheck("GET", url, parameters=parameters)[1]
        return [_taken(entry) for entry in cast("dict[str, list[dict[str, object]]]", answer)["artifacts"]]


def _taken(entry: dict[str, object]) -> Artifact:
    """Take over one entry; TypeError when it is no artifact."""
    number, name, size = entry["id"], entry["name"], entry["size_in_bytes"]
    if not isinstance(number, int) or not isinstance(name, str) or not isinstance(size, int):
        raise TypeError("not an artifact")
    return Artifact(id=number, name=name, size=size, expired=entry["expired"] is True)
