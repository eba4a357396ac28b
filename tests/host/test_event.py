"""Which event leads to which kind of run, and what a broken event file is told to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast

import pytest

from covgate.errors import ExitCode, InputError
from covgate.host.context import EventKind, RunContext
from covgate.host.github.event import JUDGED_EVENTS, parse_context, parse_place, parse_pull_request
from covgate.model.commit import parse_sha
from covgate.model.secret import Secret

HEAD, BASE = "a" * 40, "b" * 40
ENVIRONMENT = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_PATH": "event.json",
    "GITHUB_REPOSITORY": "org/app",
    "GITHUB_SERVER_URL": "https://github.example/",
    "GITHUB_API_URL": "https://github.example/api/v3/",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
}
COMMON = {
    "repository": "org/app",
    "server_url": "https://github.example",
    "api_url": "https://github.example/api/v3",
    "run_id": 77,
    "run_attempt": 2,
}


def pull_request(head_repo: object = "org/app") -> dict[str, object]:
    repo = {"full_name": head_repo} if isinstance(head_repo, str) else head_repo
    return {
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "ref": "topic", "repo": repo},
            "base": {"sha": BASE, "ref": "main", "repo": {"full_name": "org/app"}},
        }
    }


def merge_group(ref: str = f"refs/heads/gh-readonly-queue/main/pr-7-{BASE}") -> dict[str, object]:
    return {"merge_group": {"head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main", "head_ref": ref}}


def parse(event: str, payload: object, **environment: str) -> RunContext:
    files = {"event.json": json.dumps(payload)}
    return parse_context(ENVIRONMENT | {"GITHUB_EVENT_NAME": event} | environment, lambda path: files[path])


def refused(event: str, payload: object) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(event, payload)
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    return caught.value


PULL = {"kind": EventKind.PULL_REQUEST, "head_sha": HEAD, "base_sha": BASE, "base_ref": "main", "pull_request": 7}


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        pytest.param("pull_request", pull_request(), PULL | {"fork": False}, id="pull-request"),
        pytest.param("pull_request", pull_request("stranger/app"), PULL | {"fork": True}, id="fork"),
        pytest.param("pull_request", pull_request(None), PULL | {"fork": True}, id="deleted-fork"),
        pytest.param(
            "merge_group",
            merge_group(),
            PULL | {"kind": EventKind.MERGE_GROUP},
            id="merge-group",
        ),
        pytest.param("push", {"ref": "refs/heads/main", "after": HEAD}, {"kind": EventKind.BRANCH}, id="push"),
        pytest.param("schedule", {"schedule": "0 4 * * *"}, {"kind": EventKind.BRANCH}, id="schedule"),
        pytest.param("workflow_dispatch", {"inputs": None}, {"kind": EventKind.BRANCH}, id="workflow-dispatch"),
    ],
)
def test_an_event_is_a_kind_of_run(event: str, payload: object, expected: dict[str, object]) -> None:
    assert parse(event, payload) == RunContext(event=event, **COMMON, **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        (f"refs/heads/gh-readonly-queue/main/pr-7-{BASE}", 7),
        (f"refs/heads/gh-readonly-queue/release/1.0/pr-1234-{BASE}", 1234),
        (f"refs/heads/gh-readonly-queue/pr-3-x/pr-4-{BASE}", 4),
        (f"refs/heads/gh-readonly-queue/main/pr-x-{BASE}", None),
        (f"refs/heads/pr-7-{BASE}", None),
        ("refs/heads/queue", None),
        ("", None),
    ],
)
def test_the_number_of_a_queued_pull_request_stands_in_the_branch(ref: str, number: int | None) -> None:
    assert parse("merge_group", merge_group(ref)).pull_request == number


def test_every_judged_event_is_in_the_table_above() -> None:
    assert set(JUDGED_EVENTS) == {"pull_request", "merge_group", "push", "schedule", "workflow_dispatch"}


def test_without_github_it_is_a_laptop() -> None:
    context = parse_context({"CI": "true"}, unreadable)
    assert context == RunContext(kind=EventKind.LOCAL)
    assert context.local
    assert context.run_url is None


def test_a_run_has_a_page() -> None:
    assert parse("push", {}).run_url == "https://github.example/org/app/actions/runs/77"


@pytest.mark.parametrize("number", ["", "x", "-1", "²"])
def test_a_run_number_that_is_none_is_0(number: str) -> None:
    context = parse("push", {}, GITHUB_RUN_ID=number)
    assert context.run_id == 0
    assert context.run_url is None


@pytest.mark.parametrize(
    ("event", "part", "hint"),
    [
        pytest.param("pull_request_target", "a token that can write", "on: pull_request", id="pull-request-target"),
        pytest.param("issues", "cannot judge the event 'issues'", "pull_request, merge_group", id="unknown"),
        pytest.param("workflow_run", "whose end started it", "mode: publish", id="workflow-run"),
        pytest.param("", "GITHUB_EVENT_NAME is empty", "pull_request, merge_group", id="empty"),
    ],
)
def test_an_event_that_cannot_be_judged_is_an_error(event: str, part: str, hint: str) -> None:
    error = refused(event, pull_request())
    assert part in error.message
    assert hint in error.hint
    assert error.slug == "event-not-judged"


def broken(path: str, value: object) -> dict[str, object]:
    payload = pull_request()
    *parents, last = path.split(".")
    place = payload
    for key in parents:
        place = cast("dict[str, object]", place[key])
    place[last] = value
    return payload


@pytest.mark.parametrize(
    ("payload", "part"),
    [
        pytest.param({}, "no usable pull_request.head.sha: expected a commit id, found None", id="empty"),
        pytest.param({"pull_request": []}, "pull_request.head.sha", id="a-list-for-an-object"),
        pytest.param(broken("pull_request.head.sha", "--output=x"), "found '--output=x'", id="an-option-for-a-sha"),
        pytest.param(broken("pull_request.base.sha", "abc"), "pull_request.base.sha", id="a-short-sha"),
        pytest.param(broken("pull_request.number", "7"), "expected a positive whole number, found '7'", id="text"),
        pytest.param(broken("pull_request.number", 0), "pull_request.number", id="zero"),
        pytest.param(broken("pull_request.number", True), "pull_request.number", id="true"),  # noqa: FBT003
        pytest.param([], "holds no JSON object", id="no-object"),
        pytest.param(None, "holds no JSON object", id="null"),
    ],
)
def test_an_event_file_without_what_is_needed_is_an_error(payload: object, part: str) -> None:
    error = refused("pull_request", payload)
    assert part in error.message
    assert error.slug == "event-payload"


def unreadable(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", path)


@pytest.mark.parametrize(
    ("path", "read", "part"),
    [
        pytest.param("", unreadable, "GITHUB_EVENT_PATH is not set", id="unset"),
        pytest.param("/gone.json", unreadable, "/gone.json cannot be read: No such file or directory", id="missing"),
        pytest.param("e.json", lambda _: "{", "e.json is not JSON: Expecting property name", id="not-json"),
        pytest.param("e.json", lambda _: b"\xff".decode(), "e.json is not JSON", id="not-utf-8"),
        pytest.param("e.json", lambda _: "[" * 100_000, "e.json is not JSON", id="too-deep"),
    ],
)
def test_an_event_file_that_is_none(path: str, read: Callable[[str], str], part: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_context(ENVIRONMENT | {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": path}, read)
    assert part in caught.value.message
    assert "mount" in caught.value.hint


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(value="ghs_very")
    assert secret.reveal() == "ghs_very"
    assert "ghs_very" not in f"{secret} {secret!r} {[secret]}"


REF = {"GITHUB_REF": "refs/heads/main", "GITHUB_SHA": HEAD}


@pytest.mark.parametrize(
    ("event", "payload", "environment", "on_it"),
    [
        ("push", {"repository": {"default_branch": "main"}}, REF, True),
        ("workflow_dispatch", {"repository": {"default_branch": "main"}}, REF, True),
        # A scheduled run is of the default branch, whether its event names it or not.
        ("schedule", {"schedule": "0 4 * * *"}, REF, True),
        ("schedule", {"repository": {"default_branch": "trunk"}}, REF, False),
        # The branch was renamed, and the workflow still runs on the old name.
        ("push", {"repository": {"default_branch": "trunk"}}, REF, False),
        ("push", {"repository": {"default_branch": "main"}}, REF | {"GITHUB_REF": "refs/tags/main"}, False),
        ("push", {"repository": {"default_branch": "main"}}, {}, False),
        ("push", {}, REF, False),
        ("push", {"repository": {"default_branch": 7}}, REF | {"GITHUB_REF": "refs/heads/8"}, False),
        ("pull_request", pull_request() | {"repository": {"default_branch": "main"}}, REF, False),
        ("merge_group", merge_group() | {"repository": {"default_branch": "main"}}, REF, False),
    ],
)
def test_only_a_run_of_the_default_branch_is_one(
    event: str, payload: object, environment: dict[str, str], *, on_it: bool
) -> None:
    assert parse(event, payload, **environment).on_default_branch is on_it


def test_the_commit_of_the_run_is_known_when_github_names_one() -> None:
    assert parse("push", {}, **REF).commit == HEAD
    assert parse("push", {}, GITHUB_SHA="main").commit is None


@pytest.mark.parametrize(
    ("event", "ref", "payload", "expected"),
    [
        ("push", "refs/heads/a/b", {"repository": {"default_branch": "main"}}, ("a/b", "main")),
        ("push", "refs/tags/v1", {"repository": {"default_branch": "main"}}, ("", "main")),
        ("push", "main", {}, ("", "")),
        ("push", "refs/heads/main", {}, ("main", "")),
        ("schedule", "refs/heads/main", {}, ("main", "main")),
        ("workflow_dispatch", "refs/heads/main", {}, ("main", "")),
    ],
)
def test_the_branch_of_a_run_and_the_default_branch_are_read(
    event: str, ref: str, payload: object, expected: tuple[str, str]
) -> None:
    context = parse(event, payload, GITHUB_REF=ref)
    assert (context.branch, context.default_branch) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("pull_request", PULL | {"fork": True}),
        ("pull_request_target", PULL | {"fork": True}),
        ("push", None),
        ("merge_group", None),
        ("", None),
    ],
)
def test_which_pull_request_a_run_is_of_is_known_where_it_is_refused_too(
    event: str, expected: dict[str, object] | None
) -> None:
    text = json.dumps(pull_request("stranger/app"))
    found = parse_pull_request(ENVIRONMENT | {"GITHUB_EVENT_NAME": event}, lambda _: text)
    assert found == (expected and RunContext(event=event, **COMMON, **expected))  # type: ignore[arg-type]


def test_the_first_pull_request_has_the_number_1() -> None:
    assert parse("pull_request", broken("pull_request.number", 1)).pull_request == 1


def test_where_a_run_is_is_read_of_any_event_and_github_com_is_the_default() -> None:
    assert parse_place({"GITHUB_ACTIONS": "true"}) == RunContext(kind=EventKind.BRANCH)
    # An event alone will do: a container may be given no more.
    assert parse_place({"GITHUB_EVENT_NAME": "issues"}) == RunContext(kind=EventKind.BRANCH, event="issues")
    assert parse_place({"GITHUB_ACTIONS": "false"}) == RunContext(kind=EventKind.LOCAL)
    assert parse_place(ENVIRONMENT | {"GITHUB_EVENT_NAME": "issues", "GITHUB_SHA": HEAD}) == RunContext(
        kind=EventKind.BRANCH,
        event="issues",
        commit=parse_sha(HEAD),
        **COMMON,  # type: ignore[arg-type]
    )


def test_a_long_value_is_quoted_in_part() -> None:
    error = refused("pull_request", broken("pull_request.head.sha", "x" * 100))
    assert error.message == (
        f"the pull_request event has no usable pull_request.head.sha: expected a commit id, found '{'x' * 79}"
    )
    assert error.hint == "GITHUB_EVENT_PATH must name the event file GitHub wrote for this run"


def test_a_pull_request_of_which_little_is_known_is_a_forks() -> None:
    about = {"number": 7, "head": {"sha": HEAD, "repo": None}, "base": {"sha": BASE, "ref": None}}
    found = parse("pull_request", {"pull_request": about})
    assert (found.base_ref, found.fork) == ("", True)
    group = parse("merge_group", {"merge_group": {"head_sha": HEAD, "base_sha": BASE}})
    assert (group.base_ref, group.pull_request) == ("", None)
