"""A GitHub on the loopback: the comments of one pull request and git data, behaving as the real one does.

Every answer it makes up is held against GitHub's own schema (githubkit's models), and every request it does not know is
recorded; `check` then fails the test. Stand-alone: `python -m tests.support.github.server --port 0 --state FILE`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.github.answers import (
    READ_ONLY,
    REPOSITORY_ID,
    Account,
    Answer,
    Call,
    Comment,
    Route,
    error,
    refuse_body,
    render_comment,
    validate,
)
from tests.support.github.git_data import GitData


@dataclass(slots=True, kw_only=True)
class Fault:
    """A scripted trouble for the next `times` requests whose method is `method` and whose path holds `path`.

    `carried_out`: the request has its effect all the same. `hang`: no answer for so many seconds, then a closed
    connection.
    """

    method: str
    answer: Answer = field(default_factory=lambda: Answer(status=502, body="<html>Bad Gateway</html>"))
    path: str = ""
    times: int = 1
    carried_out: bool = False
    hang: float = 0


class FakeGithub:
    """The server: `with FakeGithub() as github: ... github.url`. Leaving the block fails on anything unexpected."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        repository: str = "octo/project",
        pull_request: int = 7,
        accounts: Mapping[str, Account] | None = None,
        git: Path | None = None,
        on_change: Callable[[FakeGithub], None] = lambda _: None,
    ) -> None:
        self.repository = repository
        self.pull_request = pull_request
        self.accounts = dict(accounts or {})
        self.comments: dict[int, Comment] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.release = threading.Event()
        self.routes: list[Route] = []
        """Beside those of the comments, with paths below the repository's; more can be added."""
        # Without a repository of the test's own: one that holds a file, so that it is not empty.
        self._folder = tempfile.TemporaryDirectory(prefix="github-", ignore_cleanup_errors=True)
        self.git_data = GitData(git or Path(self._folder.name) / "git", self.problems)
        if git is None:
            self.git_data.seed({"README.md": ""})
        self.routes += self.git_data.routes()
        self._on_change = on_change
        self._ids = itertools.count(1_000_001, 7)
        self._lock = threading.RLock()
        self._server = _Server((host, port), _Handler)
        self._server.github = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self.git_data.close()
        self._folder.cleanup()
        self.check()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}"

    def check(self) -> None:
        """Fail when a request was unknown or an answer would not have been GitHub's."""
        if self.problems:
            raise AssertionError("\n".join(self.problems))

    def add_comment(self, author: str, body: str) -> Comment:
        comment = Comment(id=next(self._ids), author=author, body=body)
        with self._lock:
            self.comments[comment.id] = comment
        return comment

    def state(self) -> dict[str, object]:
        with self._lock:
            comments = [asdict(comment) for comment in self.comments.values()]
            return {"url": self.url, "comments": comments, "requests": self.requests, "problems": self.problems}

    def respond(self, method: str, target: str, headers: Mapping[str, str], raw: bytes) -> tuple[Answer, float]:
        """Return the answer and how long to hang instead of giving it."""
        with self._lock:
            self.requests.append((method, target))
            fault = next((f for f in self.faults if f.times and f.method == method and f.path in target), None)
            answer = self._route(method, target, headers, raw) if fault is None or fault.carried_out else fault.answer
            if fault is not None:
                fault.times -= 1
                answer = fault.answer
            try:
                validate(target, answer)
            except ValueError as exc:
                self.problems.append(f"not an answer of GitHub's to {method} {target}: {exc}")
            self._on_change(self)
            return answer, fault.hang if fault else 0

    def _route(self, method: str, target: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        # GitHub Enterprise serves REST under /api/v3 and GraphQL under /api/graphql.
        root, path = cast("re.Match[str]", re.match(r"(/api/v3|/api(?=/graphql)|)(.*)", urlsplit(target).path)).groups()
        token = re.sub(r"\A(?:token|bearer) ", "", headers.get("Authorization", ""), flags=re.IGNORECASE)
        account = self.accounts.get(token)
        if account is None:
            return error(401, "Bad credentials")
        query = {key: values[-1] for key, values in parse_qs(urlsplit(target).query).items()}
        for route_method, pattern, handle in self._routes():
            if route_method == method and (match := re.fullmatch(pattern, path)):
                data = cast("dict[str, object]", json.loads(raw)) if raw else {}
                base = f"http://{headers['Host']}{root}"
                call = Call(method=method, root=base, path=path, query=query, account=account, data=data, match=match)
                if method in {"POST", "PATCH", "DELETE"} and not account.can_write and "graphql" not in path:
                    return error(403, READ_ONLY)
                return handle(call)
        self.problems.append(f"unknown request: {method} {target}")
        return error(501, "The fake does not know this request")

    def _routes(self) -> tuple[Route, ...]:
        # GitHub's own links name the repository by its number.
        here = rf"/(?:repos/{re.escape(self.repository)}|repositories/{REPOSITORY_ID})"
        place = f"{here}/issues"
        every, one = rf"{place}/(?P<issue>\d+)/comments", rf"{place}/comments/(?P<id>\d+)"
        elsewhere = rf"/(?:repos/(?!{re.escape(self.repository)}/)[^/]+/[^/]+)"
        missing = rf"{elsewhere}/(?:issues/(?:\d+/comments|comments/\d+)|git/.+|compare/.+)"
        return (
            ("GET", every, self._list),
            ("POST", every, self._create),
            ("PATCH", one, self._edit),
            ("DELETE", one, self._delete),
            ("POST", "/graphql", self._graphql),
            *((method, f"{here}{pattern}", handle) for method, pattern, handle in self.routes),
            *((method, missing, lambda _: error(404, "Not Found")) for method in ("GET", "POST", "PATCH", "DELETE")),
        )

    def _list(self, call: Call) -> Answer:
        if int(call.match["issue"]) != self.pull_request:
            return error(404, "Not Found")
        size, page = min(int(call.query.get("per_page", 30)), 100), int(call.query.get("page", 1))
        comments = sorted(self.comments.values(), key=lambda comment: comment.id)
        last = max(1, -(-len(comments) // size))
        wanted = {"next": page + 1, "last": last} if page < last else {}
        wanted |= {"prev": page - 1, "first": 1} if page > 1 else {}
        place = f"{call.root}/repositories/{REPOSITORY_ID}/issues/{self.pull_request}/comments"
        links = [
            f'<{place}?{urlencode({**call.query, "page": number})}>; rel="{rel}"' for rel, number in wanted.items()
        ]
        body = [self._render(call, comment) for comment in comments[(page - 1) * size : page * size]]
        return Answer(status=200, body=body, headers={"Link": ", ".join(links)} if links else {})

    def _create(self, call: Call) -> Answer:
        if int(call.match["issue"]) != self.pull_request:
            return error(404, "Not Found")
        if refusal := refuse_body(call.data.get("body")):
            return refusal
        comment = self.add_comment(call.account.login, str(call.data["body"]))
        return Answer(status=201, body=self._render(call, comment))

    def _edit(self, call: Call) -> Answer:
        comment = self.comments.get(int(call.match["id"]))
        if comment is None:
            return error(404, "Not Found")
        if refusal := refuse_body(call.data.get("body")):
            return refusal
        comment.body = str(call.data["body"])
        return Answer(status=200, body=self._render(call, comment))

    def _delete(self, call: Call) -> Answer:
        gone = self.comments.pop(int(call.match["id"]), None)
        return Answer(status=204) if gone else error(404, "Not Found")

    def _graphql(self, call: Call) -> Answer:
        if re.sub(r"\s", "", str(call.data.get("query"))) not in {"{viewer{login}}", "query{viewer{login}}"}:
            self.problems.append(f"unknown GraphQL query: {call.data}")
        return Answer(status=200, body={"data": {"viewer": {"login": call.account.login}}})

    def _render(self, call: Call, comment: Comment) -> dict[str, object]:
        return render_comment(comment, root=call.root, repository=self.repository, pull_request=self.pull_request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Fifty processes may come at once."""
    github: FakeGithub

    def handle_error(self, request: object, client_address: object) -> None:
        problem = sys.exc_info()[1]
        if not isinstance(problem, ConnectionError):  # a client that went away is no fault of ours
            self.github.problems.append(f"the fake broke: {problem!r} ({client_address}, {request})")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def _serve(self) -> None:
        github = self.server.github
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer, hang = github.respond(self.command, self.path, dict(self.headers), raw)
        if hang:
            github.release.wait(hang)
            self.close_connection = True
            return
        text = isinstance(answer.body, str)
        body = b"" if answer.body is None else (str(answer.body) if text else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if text else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
        """Keep quiet: the requests are in the state."""


def _account(text: str) -> tuple[str, Account]:
    token, _, rest = text.partition("=")
    login, _, access = rest.partition(":")
    return token, Account(login=login or "github-actions[bot]", can_write=access != "read")


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; the state file is whole and up to date before each answer is sent."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, required=True, help="JSON: url, comments, requests, problems")
    parser.add_argument("--repository", default="octo/project")
    parser.add_argument("--pull-request", type=int, default=7)
    parser.add_argument("--comments", type=int, default=0, help="how many comments of other people there are")
    parser.add_argument("--git", type=Path, help="a bare repository: answers for its git data too")
    parser.add_argument("--token", action="append", metavar="TOKEN[=LOGIN[:read]]", help="repeatable")
    options = parser.parse_args()

    def dump(github: FakeGithub) -> None:
        fresh = options.state.with_suffix(".new")
        fresh.write_text(json.dumps(github.state(), indent=1), encoding="utf-8")
        fresh.replace(options.state)

    ended = threading.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: ended.set())
    with FakeGithub(
        host=options.host,
        port=options.port,
        repository=options.repository,
        pull_request=options.pull_request,
        git=options.git,
        accounts=dict(map(_account, options.token or ["test-token"])),
        on_change=dump,
    ) as github:
        for number in range(options.comments):
            github.add_comment("someone", f"comment {number}")
        dump(github)
        sys.stdout.write(f"{github.url}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
