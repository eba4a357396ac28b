"""What started this run: a laptop, a pull request, a merge queue or a branch, read from GitHub's environment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from covgate.errors import InputError
from covgate.host.context import EventKind, RunContext
from covgate.model import Sha, parse_sha


def parse_context(env: Mapping[str, str], read_text: Callable[[str], str]) -> RunContext:
    """Read the run's context from GitHub's variables; `read_text` returns the text of the event file.

    Raises InputError for an event covgate can not judge, and for an event file that is missing or malformed.
    """
    place = parse_place(env)
    if place.local:
        return place
    build = _BUILDERS.get(place.event)
    if build is None:
        raise _cannot_judge(place.event)
    return build(place, Payload(load_payload(env, read_text), place.event), env)


def parse_pull_request(env: Mapping[str, str], read_text: Callable[[str], str]) -> RunContext | None:
    """Read which pull request a run is of, judged or refused; None when it is of none.

    Raises InputError as `parse_context` does for a broken event file.
    """
    place = parse_place(env)
    if place.event not in {"pull_request", REFUSED_EVENT}:
        return None
    return _pull_request(place, Payload(load_payload(env, read_text), place.event), env)


def parse_place(env: Mapping[str, str]) -> RunContext:
    """Read where a command runs that judges nothing, so that any event will do; of the event nothing is known."""
    event = env.get("GITHUB_EVENT_NAME", "")
    if env.get("GITHUB_ACTIONS") != "true" and not event:
        return RunContext(kind=EventKind.LOCAL)
    return RunContext(
        kind=EventKind.BRANCH,
        event=event,
        repository=env.get("GITHUB_REPOSITORY", ""),
        server_url=env.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/"),
        api_url=env.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        run_id=_number(env, "GITHUB_RUN_ID"),
        run_attempt=_number(env, "GITHUB_RUN_ATTEMPT"),
        commit=_commit(env),
    )


class Payload:
    """A read-only view of the event file that names the missing key in its errors."""

    def __init__(self, data: Mapping[str, object], event: str) -> None:
        self._data = data
        self._event = event

    def get(self, dotted: str) -> object:
        """Return the value at `a.b.c`, or None when any part is absent."""
        value: object = self._data
        for key in dotted.split("."):
            value = cast("Mapping[str, object]", value).get(key) if isinstance(value, Mapping) else None
        return value

    def sha(self, dotted: str) -> Sha:
        """Return the commit id at `dotted`; InputError when there is none."""
        try:
            return parse_sha(str(self.get(dotted)))
        except ValueError:
            raise self._bad(dotted, "a commit id") from None

    def number(self, dotted: str) -> int:
        """Return the positive whole number at `dotted`; InputError when there is none."""
        value = self.get(dotted)
        if type(value) is int and value > 0:
            return value
        raise self._bad(dotted, "a positive whole number")

    def text(self, dotted: str) -> str:
        """Return the text at `dotted`, empty when there is none."""
        value = self.get(dotted)
        return value if isinstance(value, str) else ""

    def _bad(self, dotted: str, wanted: str) -> InputError:
        found = repr(self.get(dotted))
        return InputError(
            f"the {self._event} event has no usable {dotted}: expected {wanted}, found {found[:80]}",
            hint="GITHUB_EVENT_PATH must name the event file GitHub wrote for this run",
            slug="event-payload",
        )


def _pull_request(place: RunContext, payload: Payload, _env: Mapping[str, str]) -> RunContext:
    return replace(
        place,
        kind=EventKind.PULL_REQUEST,
        head_sha=payload.sha("pull_request.head.sha"),
        base_sha=payload.sha("pull_request.base.sha"),
        base_ref=str(payload.get("pull_request.base.ref") or ""),
        pull_request=payload.number("pull_request.number"),
        # A deleted fork has no repository any more: treat it as a fork.
        fork=payload.get("pull_request.head.repo.full_name") != payload.get("pull_request.base.repo.full_name")
        or payload.get("pull_request.head.repo") is None,
    )


def _merge_group(place: RunContext, payload: Payload, _env: Mapping[str, str]) -> RunContext:
    return replace(
        place,
        kind=EventKind.MERGE_GROUP,
        head_sha=payload.sha("merge_group.head_sha"),
        base_sha=payload.sha("merge_group.base_sha"),
        base_ref=str(payload.get("merge_group.base_ref") or "").removeprefix("refs/heads/"),
        pull_request=_queued(payload.text("merge_group.head_ref")),
    )


def _queued(ref: str) -> int | None:
    """Return the pull request of a queue's branch: of several the last. GitHub tells its number nowhere else."""
    match = re.fullmatch(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,18})-[0-9a-f]{40,64}", ref)
    return int(match[1]) if match else None


def _branch(place: RunContext, payload: Payload, env: Mapping[str, str]) -> RunContext:
    heads, ref = "refs/heads/", env.get("GITHUB_REF", "")
    branch = ref.removeprefix(heads) if ref.startswith(heads) else ""
    # GitHub: a scheduled run is always of the default branch, and its event may not name it.
    default = str(payload.get("repository.default_branch") or (branch if place.event == "schedule" else ""))
    return replace(place, branch=branch, default_branch=default)


_BUILDERS: Mapping[str, Callable[[RunContext, Payload, Mapping[str, str]], RunContext]] = {
    "pull_request": _pull_request,
    "merge_group": _merge_group,
    "push": _branch,
    "schedule": _branch,
    "workflow_dispatch": _branch,
}

JUDGED_EVENTS = tuple(_BUILDERS)
"""The names of the events covgate can judge."""

REFUSED_EVENT = "pull_request_target"
"""It is of a pull request, and never judged."""


def _cannot_judge(event: str) -> InputError:
    if event == REFUSED_EVENT:
        return InputError(
            "covgate does not run on pull_request_target: it would run the pull request's code beside a token that "
            "can write",
            hint="use `on: pull_request`; a fork's report then goes to the step summary, and a second workflow can "
            "post it (`mode: publish`)",
            slug="event-not-judged",
        )
    if event == "workflow_run":
        return InputError(
            "covgate cannot judge the event 'workflow_run': its run is of the default branch, whatever the run was of "
            "whose end started it",
            hint="set `mode: publish` to post what that run found, or run covgate in the workflow that runs the tests",
            slug="event-not-judged",
        )
    return InputError(
        f"covgate cannot judge the event {event!r}" if event else "GITHUB_EVENT_NAME is empty in a GitHub Actions run",
        hint=f"run covgate on one of: {', '.join(JUDGED_EVENTS)}",
        slug="event-not-judged",
    )


def load_payload(env: Mapping[str, str], read_text: Callable[[str], str]) -> Mapping[str, object]:
    """Read the event file. Raises InputError when it is missing or malformed."""
    path = env.get("GITHUB_EVENT_PATH", "")
    problem = "GITHUB_EVENT_PATH is not set"
    if path:
        try:
            payload = json.loads(read_text(path))
        except OSError as exc:
            problem = f"the event file {path} cannot be read: {exc.strerror or exc}"
        except (ValueError, RecursionError) as exc:
            problem = f"the event file {path} is not JSON: {exc}"
        else:
            if isinstance(payload, dict):
                return cast("Mapping[str, object]", payload)
            problem = f"the event file {path} holds no JSON object"
    raise InputError(
        problem,
        hint="in a container, mount the runner's event file and pass GITHUB_EVENT_PATH; on a laptop, unset "
        "GITHUB_ACTIONS and GITHUB_EVENT_NAME",
        slug="event-payload",
    )


def _commit(env: Mapping[str, str]) -> Sha | None:
    try:
        return parse_sha(env.get("GITHUB_SHA", ""))
    except ValueError:
        return None


def _number(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "")
    return int(text) if text.isdecimal() else 0
