"""The event files GitHub writes for a run, filled out to the whole of GitHub's own schema (githubkit's models)."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import AnyUrl, BaseModel, TypeAdapter

Payload = dict[str, Any]


def pull_request(
    repository: str, number: int, head: str, base: str, *, fork: str | None = "", author: str = "someone"
) -> Payload:
    """Return what `on: pull_request` gets after a push; `fork` is the head's repository when another, None: deleted."""
    place = _repository(repository)
    its = place if fork == "" else fork and _repository(fork)
    about = {
        "number": number,
        "user": {"login": author},
        "head": {"ref": "topic", "sha": head, "repo": its},
        "base": {"ref": "main", "sha": base, "repo": place},
    }
    # The schema of a push knows no head without a repository; a fork that is gone has none to push to.
    name = "WebhookPullRequestSynchronize" if its else "WebhookPullRequestReopened"
    given = {"number": number, "repository": place, "pull_request": about}
    return _filled(name, given)


def push(repository: str, ref: str, after: str) -> Payload:
    return _filled("WebhookPush", {"ref": ref, "after": after, "repository": _repository(repository)})


def merge_group(repository: str, head: str, base: str, head_ref: str) -> Payload:
    group = {"head_sha": head, "head_ref": head_ref, "base_sha": base, "base_ref": "refs/heads/main"}
    given = {"merge_group": group, "repository": _repository(repository)}
    return _filled("WebhookMergeGroupChecksRequested", given)


def workflow_dispatch(repository: str, ref: str, inputs: Mapping[str, str] | None = None) -> Payload:
    given = {"ref": ref, "inputs": inputs, "repository": _repository(repository)}
    return _filled("WebhookWorkflowDispatch", given)


def workflow_run(repository: str, about: Payload) -> Payload:
    place = _repository(repository)
    given = {"workflow_run": {"repository": place, **about}, "repository": place}
    return _filled("WebhookWorkflowRunCompleted", given)


def schedule(repository: str = "") -> Payload:
    """Return what a scheduled run gets: no webhook, and not always a repository."""
    return {"schedule": "0 4 * * *"} | ({"repository": _repository(repository)} if repository else {})


def issue_comment(repository: str) -> Payload:
    return _filled("WebhookIssueCommentCreated", {"repository": _repository(repository)})


def release(repository: str) -> Payload:
    return _filled("WebhookReleasePublished", {"repository": _repository(repository)})


def _repository(name: str) -> Payload:
    owner, _, short = name.partition("/")
    return {"full_name": name, "name": short, "owner": {"login": owner}, "default_branch": "main"}


def _filled(name: str, given: Payload) -> Payload:
    """Fill what the schema requires beside `given`, and hold the whole against it."""
    model, adapter = _model(name)
    payload = cast("Payload", _fill(model, given))
    adapter.validate_python(payload)
    return payload


@cache
def _model(name: str) -> tuple[type[BaseModel], TypeAdapter[BaseModel]]:
    from githubkit_schemas.latest import models  # noqa: PLC0415  # a second, which only these tests spend

    model = cast("type[BaseModel]", getattr(models, name))
    return model, TypeAdapter(model)


_NOTHING = object()
_PLAIN: Mapping[object, object] = {
    bool: False,
    int: 1,
    float: 1.0,
    str: "x",
    AnyUrl: "https://example.invalid/x",
    datetime: datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
    Any: "x",
}


def _fill(kind: object, given: object = _NOTHING) -> object:  # noqa: PLR0911  # one line for each kind of type
    """Return a value of a type; of an object, the fields that are required or given."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _fill(arguments[0], given)
    if origin in {Union, types.UnionType}:
        return _fill_union(arguments, given)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and (given is _NOTHING or isinstance(given, dict)):
        return _fill_object(kind, cast("Payload", {} if given is _NOTHING else given))
    if given is not _NOTHING:
        return given
    if origin is Literal:
        return arguments[0]
    if origin is list or kind is list:
        return []
    if origin is dict or kind is dict:
        return {}
    return _PLAIN[kind]


def _fill_union(kinds: tuple[object, ...], given: object) -> object:
    if given is None or (given is _NOTHING and type(None) in kinds):
        return None
    unset = (kind for kind in kinds if "UNSET" not in str(kind) and kind is not type(None))
    return _fill(next(unset), given)


def _fill_object(model: type[BaseModel], given: Payload) -> Payload:
    made: Payload = dict(given)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in given or field.is_required():
            made[key] = _fill(field.annotation, given.get(key, _NOTHING))
    return made
