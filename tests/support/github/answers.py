"""What GitHub's answers look like, and the check of them against GitHub's own schema (githubkit's models)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from githubkit.graphql import GraphQLResponse
from githubkit_schemas.latest.models import (
    BasicError,
    Blob,
    CommitComparison,
    GitCommit,
    GitRef,
    GitTree,
    IssueComment,
    PullRequest,
    PullRequestSimple,
    ReposOwnerRepoActionsRunsRunIdArtifactsGetResponse200,
    ShortBlob,
    ValidationError,
)
from pydantic import BaseModel

DOCS = "https://docs.github.com/rest/issues/comments"
READ_ONLY = "Resource not accessible by integration"
SECONDARY_LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY_LIMIT = "API rate limit exceeded for installation ID 1."
REPOSITORY_ID = 1001


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: JSON, nothing, or (text) a page that is not GitHub's API speaking."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Comment:
    """A stored comment; an empty author is an account that was deleted."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a token belongs to, and whether it may write."""

    login: str
    can_write: bool = True
    sees_actions: bool = True
    """Whether it has `actions: read`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, taken apart."""

    method: str
    root: str
    path: str
    query: Mapping[str, str]
    account: Account
    data: Mapping[str, object]
    match: re.Match[str]


Route = tuple[str, str, Callable[[Call], Answer]]
"""A method, a pattern of the whole path, and what answers."""


def error(status: int, message: str, *, headers: Mapping[str, str] | None = None, **extra: object) -> Answer:
    """Build an error in the shape GitHub gives it."""
    body = {"message": message, "documentation_url": DOCS, "status": str(status), **extra}
    return Answer(status=status, body=body, headers=headers or {})


def refuse_body(body: object) -> Answer | None:
    """Return GitHub's refusal of a comment's body, or None when it takes it."""
    if not isinstance(body, str) or not body.strip():
        missing = {"resource": "IssueComment", "code": "missing_field", "field": "body"}
        return error(422, "Validation Failed", errors=[missing])
    if len(body) > 65_536:
        long = {"resource": "IssueComment", "code": "unprocessable", "field": "data"}
        return error(
            422, "Validation Failed", errors=[{**long, "message": "Body is too long (maximum is 65536 characters)"}]
        )
    return None


def user(root: str, login: str) -> dict[str, object]:
    """The JSON of an account."""
    number, api = zlib.crc32(login.encode()), f"{root}/users/{login}"
    plain = ("followers", "subscriptions", "repos", "received_events", "organizations")
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "avatar_url": f"{root}/avatars/{number}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{root}/{login}",
        **{f"{name}_url": f"{api}/{name}" for name in plain},
        "organizations_url": f"{api}/orgs",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "events_url": f"{api}/events{{/privacy}}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def render_comment(comment: Comment, *, root: str, repository: str, pull_request: int) -> dict[str, object]:
    """The JSON of a comment; `root` is the address of the API."""
    api = f"{root}/repos/{repository}/issues"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "url": f"{api}/comments/{comment.id}",
        "html_url": f"{root}/{repository}/pull/{pull_request}#issuecomment-{comment.id}",
        "issue_url": f"{api}/{pull_request}",
        "body": comment.body,
        "user": user(root, comment.author) if comment.author else None,
        "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:00Z",
        "author_association": "NONE",
        "performed_via_github_app": None,
    }


MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    (r"/git/(refs?|matching-refs)/", GitRef),
    (r"/git/refs\Z", GitRef),
    (r"/git/trees(/|\Z)", GitTree),
    (r"/git/commits(/|\Z)", GitCommit),
    (r"/git/blobs\Z", ShortBlob),
    (r"/git/blobs/", Blob),
    (r"/compare/", CommitComparison),
    (r"/issues/", IssueComment),
    (r"/actions/runs/\d+/artifacts", ReposOwnerRepoActionsRunsRunIdArtifactsGetResponse200),
    (r"/pulls\?", PullRequestSimple),
    (r"/pulls(/|\Z)", PullRequest),
)
"""What an answer is, by what its address holds; the first that matches."""


def validate(target: str, answer: Answer) -> None:
    """ValueError for what GitHub would never send. A text body stands for something between us and GitHub."""
    if isinstance(answer.body, str):
        return
    if answer.status in {204, 302}:
        if answer.body is not None or (answer.status == 302) is not ("Location" in answer.headers):
            msg = "it has no body, and a redirect says where to"
            raise ValueError(msg)
    elif answer.status >= 400:
        (ValidationError if answer.status == 422 else _Error).model_validate(answer.body)
    elif "/graphql" in target:
        GraphQLResponse.model_validate(answer.body)
    else:
        model = next(model for pattern, model in MODELS if re.search(pattern, target))
        for item in answer.body if isinstance(answer.body, list) else [answer.body]:
            model.model_validate(item)


class _Error(BasicError):
    """The schema makes the message optional; GitHub always sends one."""

    message: str
