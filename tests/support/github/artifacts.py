"""What workflow runs left, as the fake GitHub answers for it; and the storage on another host it sends clients to."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.support.github.answers import READ_ONLY, REPOSITORY_ID, Answer, Call, Route, error
from tests.support.github.git_data import Json
from tests.support.github.server import FakeGithub

NOW = "2026-11-22T10:00:00Z"


@dataclass(slots=True, kw_only=True)
class Stored:
    """An artifact: `size` is what the list says, the archive's own unless a test lies."""

    id: int
    run: int
    name: str
    archive: bytes
    size: int | None = None
    expired: bool = False
    gone: bool = False
    """It expired after it was listed."""


class Storage:
    """A host that is not GitHub's: it serves archives by their number and keeps what it was asked with."""

    def __init__(self) -> None:
        self.archives: dict[str, bytes] = {}
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        """Statuses of the next answers; afterwards 200."""
        self.endless = False
        self.lost = 0
        """How many bytes that are announced never come."""
        self.ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def address(self, artifact: int) -> str:
        # By another name than the API's: a client that compares hosts sees two.
        return f"http://localhost:{self._server.server_address[1]}/blob/{artifact}?sig=key"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that have enough and close the connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed through


def _handler(storage: Storage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # http.server's name
            storage.headers.append(dict(self.headers))
            status = storage.answers.pop(0) if storage.answers else 200
            body = storage.archives.get(self.path.partition("?")[0].rpartition("/")[2], b"") if status == 200 else b""
            self.send_response(status)
            if status == 302:
                self.send_header("Location", storage.address(1))
            if not storage.endless:
                self.send_header("Content-Length", str(len(body) + storage.lost))
            self.end_headers()
            self.wfile.write(body)
            while storage.endless and not storage.ended.wait(0.01):
                self.wfile.write(bytes(65_536))
            self.close_connection = bool(storage.lost)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
            """Keep quiet."""

    return Handler


@dataclass(slots=True, kw_only=True)
class FakeArtifacts:
    """The artifacts of a fake GitHub; they are added to its routes. `filters`: it knows the parameter `name`."""

    github: FakeGithub
    storage: Storage
    stored: list[Stored] = field(default_factory=list)
    filters: bool = True

    def __post_init__(self) -> None:
        self.github.routes += self.routes()

    def add(self, archive: bytes, *, run: int = 77, name: str = "covgate", **more: object) -> Stored:
        made = Stored(id=500 + len(self.stored), run=run, name=name, archive=archive, **more)  # type: ignore[arg-type]  # its fields
        self.stored.append(made)
        self.storage.archives[str(made.id)] = archive
        return made

    def routes(self) -> list[Route]:
        return [
            ("GET", r"/actions/runs/(?P<run>\d+)/artifacts", self._list),
            ("GET", r"/actions/artifacts/(?P<id>\d+)/zip", self._download),
        ]

    def _list(self, call: Call) -> Answer:
        if not call.account.sees_actions:
            return error(403, READ_ONLY)
        found: Iterable[Stored] = [one for one in self.stored if one.run == int(call.match["run"])]
        if self.filters and "name" in call.query:
            found = [one for one in found if one.name == call.query["name"]]
        listed = sorted(found, key=lambda one: -one.id)
        size, page = min(int(call.query.get("per_page", 30)), 100), int(call.query.get("page", 1))
        shown = [_render(call, one) for one in listed[(page - 1) * size : page * size]]
        return Answer(status=200, body={"total_count": len(listed), "artifacts": shown})

    def _download(self, call: Call) -> Answer:
        if not call.account.sees_actions:
            return error(403, READ_ONLY)
        one = next((one for one in self.stored if one.id == int(call.match["id"])), None)
        if one is None:
            return error(404, "Not Found")
        if one.expired or one.gone:
            return error(410, "Artifact has expired")
        return Answer(status=302, headers={"Location": self.storage.address(one.id)})


def _render(call: Call, one: Stored) -> Json:
    url = f"{call.root}/repositories/{REPOSITORY_ID}/actions/artifacts/{one.id}"
    return {
        "id": one.id,
        "node_id": f"A_{one.id}",
        "name": one.name,
        "size_in_bytes": len(one.archive) if one.size is None else one.size,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": one.expired,
        "created_at": NOW,
        "expires_at": NOW,
        "updated_at": NOW,
        "digest": None,
    }
