"""The comment of an earlier run, where a later one has no verdict: it must not stand for that one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.commands.failure import mark_failure
from covgate.commands.start import RunRequest
from covgate.errors import InputError
from tests.commands.test_start import merged
from tests.support.github.comments import report
from tests.support.github.server import FakeGithub

ERROR = InputError("min-diff = a-secret is no number", hint="write one", slug="bad-value")
BOT = "github-actions[bot]"


def failing(folder: Path, github: FakeGithub, **given: Mapping[str, str]) -> RunRequest:
    """A pull request that changes the name of its report, and whose earlier runs have commented under both names."""
    before, now = (f'[tool.covgate]\nname = "{name}"\n' for name in ("base", "own"))
    request = merged(folder, "a", before=before, now=now)
    for name in ("base", "own", "other"):
        github.add_comment(BOT, report(5, name=name).comment)
    environment = {
        **request.environment,
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_RUN_ID": "9",
        "GITHUB_TOKEN": "ghs_workflow",
    }
    return replace(
        request, environment=environment | dict(given.get("environment", {})), inputs=given.get("inputs", {})
    )


def marked(github: FakeGithub) -> list[str]:
    """The names whose comments say that the run has no verdict."""
    comments = zip(("base", "own", "other"), github.comments.values(), strict=True)
    return [name for name, comment in comments if "/actions/runs/9" in comment.body]


def test_the_comment_is_told_by_the_name_that_the_base_has(
    tmp_path: Path, github: FakeGithub, capsys: pytest.CaptureFixture[str]
) -> None:
    mark_failure(ERROR, failing(tmp_path, github))
    assert marked(github) == ["base"]
    (body,) = (comment.body for comment in github.comments.values() if "/actions/runs/9" in comment.body)
    assert "bad input or configuration" in body
    assert "a-secret" not in body
    assert "::add-mask::ghs_workflow\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        pytest.param({"INPUT_NAME": "other"}, ["other"], id="by-the-workflow"),
        pytest.param({"INPUT_BASE": "nowhere"}, ["own"], id="by-its-own-file-where-there-is-no-base"),
        pytest.param({"INPUT_NAME": "new"}, [], id="where-there-was-none-none-is-begun"),
        pytest.param({"INPUT_NAME": "<!-- x -->"}, [], id="no-report-is-called-so"),
        pytest.param({"INPUT_COMMENT": "never"}, [], id="never"),
        pytest.param({"INPUT_COMMENT": "nevr"}, ["base"], id="a-misspelt-word"),
        pytest.param({"INPUT_GITHUB-TOKEN": "ghs_fork"}, [], id="its-own-token"),
    ],
)
def test_which_comment_is_marked(tmp_path: Path, github: FakeGithub, inputs: dict[str, str], names: list[str]) -> None:
    mark_failure(ERROR, failing(tmp_path, github, inputs=inputs))
    assert marked(github) == names


@pytest.mark.parametrize("missing", ["GITHUB_TOKEN", "GITHUB_EVENT_NAME"])
def test_without_a_token_or_an_event_nothing_is_asked(tmp_path: Path, github: FakeGithub, missing: str) -> None:
    mark_failure(ERROR, failing(tmp_path, github, environment={missing: ""}))
    assert github.requests == []


def test_a_push_has_no_comment(tmp_path: Path, github: FakeGithub) -> None:
    mark_failure(ERROR, failing(tmp_path, github, environment={"GITHUB_EVENT_NAME": "push"}))
    assert github.requests == []
