"""One connection to GitHub through PyGithub: how long to wait, what to repeat, and refusals as errors of ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar, cast

from covgate.host.refusal import Refusal, publish_error
from covgate.model import Secret

if TYPE_CHECKING:
    from github import Github
    from github.GithubRetry import GithubRetry
    from github.Repository import Repository
    from urllib3 import BaseHTTPResponse

_Answer = TypeVar("_Answer")


_NOT_GITHUB = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""How PyGithub meets an answer that is not GitHub's: a proxy's page, JSON cut off, a redirect to another host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long to wait for GitHub, in seconds, and how often to try again."""

    timeout: int = 15
    """For each try (GitHub ends a request after 10 s). PyGithub takes whole seconds only."""
    retries: int = 4
    backoff: float = 1.0
    """The tries after the first wait 0, 2, 4, 8 times this."""
    rate_limit_wait: float = 30.0
    """After a secondary rate limit that did not say how long."""
    longest_wait: float = 60.0
    """GitHub asks for more patience than this: give up at once."""
    longest_download: float = 60.0
    """For a whole archive: one that trickles in never runs into `timeout`."""
    between_writes: float = 1.0
    """GitHub asks for a second between requests that write."""


def import_client() -> None:
    """Import PyGithub: a fifth of a second that can pass beside other work. The first request would do it, too."""
    import github  # noqa: F401, PLC0415  # what it is for


@dataclass(kw_only=True)
class GithubSession:
    """Opens connections on first use; use it in a `with`, or call `close`. Subclasses ask through `_ask`."""

    permission: ClassVar = "pull-requests: write"
    """What the token needs for what a subclass asks, for hints."""

    api_url: str
    repository: str
    token: Secret
    pace: RetryPolicy = RetryPolicy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, if any were made."""
        if "_github" in self.__dict__:
            self._github.close()

    @property
    def _place(self) -> str:
        """What is asked about, for messages."""
        return self.repository

    @property
    def _repo(self) -> Repository:
        return self._github.get_repo(self.repository)

    @cached_property
    def _github(self) -> Github:
        # Half a second, and only a run that publishes needs it.
        from github import Auth, Github, set_log_level  # noqa: PLC0415

        # It prints to standard error that a request failed, and when it is tried again.
        set_log_level(logging.CRITICAL)
        return Github(
            auth=Auth.Token(self.token.reveal()),
            base_url=self.api_url.rstrip("/"),
            user_agent="covgate",
            timeout=self.pace.timeout,
            per_page=100,
            # Lazy objects: the repository and the pull request themselves are never fetched.
            lazy=True,
            retry=_retry(self.pace),
            seconds_between_requests=0,
            seconds_between_writes=self.pace.between_writes,
        )

    def _ask(self, step: str, action: Callable[[], _Answer]) -> _Answer:
        """Run `action`; whatever goes wrong on the way to GitHub and back becomes a PublishError."""
        from github import BadAttributeException, GithubException  # noqa: PLC0415  # see _github
        from github.GithubException import IncompletableObject  # noqa: PLC0415  # see _github
        from requests.exceptions import RequestException  # noqa: PLC0415  # see _github

        where = f"{step}, {self._place}"
        if not re.fullmatch(r"[!-~]+", self.token.reveal()):
            problem = f"{where}: it is empty or has characters no token has"
            raise publish_error(Refusal.BAD_CREDENTIALS, problem, self.permission)
        try:
            return action()
        except (RequestException, BadAttributeException, IncompletableObject, *_NOT_GITHUB) as exc:
            # Not its text: that may hold a header. The kind of error tells enough.
            kind, detail = Refusal.UNREACHABLE, type(exc).__name__
        except GithubException as exc:
            said = _reason(exc.status, cast("object", exc.data))
            answer = f"{exc.status} {said.lower()}"
            kind = next((k for pattern, k in _KINDS if re.match(pattern, answer, re.DOTALL)), Refusal.REFUSED)
            detail = f"HTTP {exc.status}: {self._scrub(said)}"
        # Raised out here so that the cause, whose request holds the token, is not chained to it.
        raise publish_error(kind, f"{where}: {detail}", self.permission)

    def fetch_elsewhere(self, url: str, most: int) -> bytes:
        """Return what lies at an address GitHub redirects to, at most `most` bytes and one.

        It is another host, and the address itself is the key: no token and no cookie goes there. Raises
        RequestException, and ValueError for an address that leads nowhere a forge would send us.
        """
        import requests  # noqa: PLC0415  # see _github
        from requests.adapters import HTTPAdapter  # noqa: PLC0415  # see _github
        from urllib3.exceptions import HTTPError  # noqa: PLC0415  # see _github
        from urllib3.util import Retry  # noqa: PLC0415  # see _github

        # On a plain http forge (a test, a network of one's own) the storage may be plain, too.
        schemes = ("https://",) if self.api_url.startswith("https:") else ("https://", "http://")
        if not url.startswith(schemes):
            raise ValueError("a redirect to no place of GitHub's")
        deadline = monotonic() + self.pace.longest_download
        retry = Retry(total=self.pace.retries, backoff_factor=self.pace.backoff, status_forcelist=[500, 502, 503, 504])
        with requests.Session() as session:
            # Not the machine's netrc either.
            session.auth = lambda request: request
            for scheme in schemes:
                session.mount(scheme, HTTPAdapter(max_retries=retry))
            # `identity`: what is counted is what comes over the wire.
            headers = {"Accept-Encoding": "identity", "User-Agent": "covgate"}
            with session.get(
                url, headers=headers, timeout=self.pace.timeout, stream=True, allow_redirects=False
            ) as answer:
                answer.raise_for_status()
                if answer.status_code != HTTPStatus.OK:
                    raise ValueError("a redirect of a redirect")
                found = bytearray()
                try:
                    while len(found) <= most and (part := answer.raw.read1(65_536, decode_content=False)):
                        found += part
                        if monotonic() > deadline:
                            raise requests.Timeout
                except HTTPError:
                    raise requests.ConnectionError from None  # what requests makes of it elsewhere
        return bytes(found[: most + 1])

    def _scrub(self, text: str) -> str:
        """One short line without the token, for an answer that echoes what it was sent."""
        return " ".join(text.replace(self.token.reveal(), "***").split())[:200]


def unless(ask: Callable[[], _Answer], *known: tuple[int, str]) -> _Answer | None:
    """Run `ask`; None when GitHub answers with a `known` status and what it says holds the words beside it."""
    from github import GithubException  # noqa: PLC0415  # see GithubSession._github

    try:
        return ask()
    except GithubException as exc:
        said = _reason(exc.status, cast("object", exc.data)).lower()
        if not any(exc.status == status and words in said for status, words in known):
            raise
    return None


def _reason(status: int, data: object) -> str:
    """What GitHub said in the body of an error."""
    if status == HTTPStatus.FORBIDDEN and data is None:
        # GithubRetry read the body to tell a rate limit from a refusal, and gave up waiting; only then is it gone.
        return "rate limit"
    if not isinstance(data, dict):
        return "no reason given"
    errors = data.get("errors")
    details = [
        str(error.get(key, "")) if isinstance(error, dict) else str(error)
        for error in (errors if isinstance(errors, list) else [])
        for key in ("type", "message")
    ]
    return " ".join(part for part in [str(data.get("message") or ""), *details] if part) or "no reason given"


# Matched in order against "<status> <what GitHub said, in lower case>".
_KINDS = (
    (r"401 ", Refusal.BAD_CREDENTIALS),
    (r"404 ", Refusal.NOT_FOUND),
    (r"429 |4\d\d .*rate[ _]limit|403 .*(please wait|retry your request)", Refusal.RATE_LIMITED),
    (r"403 resource not accessible by", Refusal.READ_ONLY),
    (r"403 github actions is not permitted to create", Refusal.NOT_PERMITTED),
    (r"422 .*too long", Refusal.TOO_LONG),
    (r"5\d\d ", Refusal.UNREACHABLE),
)


def _retry(pace: RetryPolicy) -> GithubRetry:
    """Retries of what may be repeated: everything but POST, and POST where GitHub says that it did nothing."""
    from github.GithubRetry import GithubRetry  # noqa: PLC0415  # see GithubSession._github
    from urllib3.exceptions import MaxRetryError, ResponseError  # noqa: PLC0415  # see GithubSession._github

    class Retry(GithubRetry):
        def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002  # urllib3's signature
            # GitHub did not carry out what it rate-limits, so repeating a POST is safe here (and only here; of the 403
            # answers, GithubRetry repeats the rate limits alone).
            return status_code in {403, 429} or super().is_retry(method, status_code, has_retry_after)

        def increment(  # type: ignore[override]  # GithubRetry's own signature differs from urllib3's
            self,
            method: str | None = None,
            url: str | None = None,
            response: BaseHTTPResponse | None = None,
            *args: object,
            **kwargs: object,
        ) -> GithubRetry:
            # urllib3 would sleep for hours when told to, or wake up early and be refused again.
            if response is not None and (self.get_retry_after(response) or 0) > pace.longest_wait:
                raise MaxRetryError(kwargs.get("_pool"), url, ResponseError("asked to wait too long"))  # type: ignore[arg-type]  # unread
            return cast("GithubRetry", super().increment(method, url, response, *args, **kwargs))  # type: ignore[arg-type]  # passed through

    return Retry(
        total=pace.retries,
        # A failed TLS handshake is not mended by repeating, and urllib3 would repeat it for a POST too.
        other=0,
        backoff_factor=pace.backoff,
        secondary_rate_wait=pace.rate_limit_wait,
        max_rate_limit_wait=pace.longest_wait,
        allowed_methods=frozenset({"GET", "PATCH", "DELETE"}),
        status_forcelist=[500, 502, 503, 504],
        # The last answer comes back as it is, so that its status can be told.
        raise_on_status=False,
    )
