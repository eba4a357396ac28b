"""What covgate is told and cannot use: one message that can be acted on, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest

from covgate.errors import TROUBLESHOOTING, explained_at
from tests.support.git import ENVIRONMENT, Repository, make_repository
from tests.support.measured import MEASURED
from tests.support.projects import run_warm

ROOT = Path(__file__).resolve().parents[3]
REPORT = ("result.json", "comment.md", "summary.md")
SCHEMA = json.loads((ROOT / "covgate/report/result.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is wrong, and what the message says: what happened, with what value, from where, and what to change."""

    args: tuple[str, ...] = ()
    toml: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    event: str = ""
    payload: str | None = None
    code: int = 2
    message: str
    hint: str
    slug: str


CASES = {
    "misspelt-option": Case(
        args=("--min-dif", "80"),
        message="unknown option '--min-dif' on the command line (did you mean '--min-diff'?)",
        hint="`covgate check --help` lists what there is",
        slug="unknown-option",
    ),
    "option-like-none": Case(
        args=("--frobnicate",),
        message="unknown option '--frobnicate' on the command line",
        hint="`covgate check --help`",
        slug="unknown-option",
    ),
    "command-without-dashes": Case(
        args=("pytest",),
        message="got unexpected extra argument (pytest)",
        hint="the test command stands after `--`",
        slug="unknown-option",
    ),
    "option-without-its-value": Case(
        args=("--min-diff",),
        message="option '--min-diff' requires an argument",
        hint="`covgate check --help`",
        slug="unknown-option",
    ),
    "misspelt-key": Case(
        toml="min_diff = 80",
        message="unknown option 'min_diff' in pyproject.toml, line 2 (did you mean 'min-diff'?)",
        hint="the options are: ",
        slug="unknown-option",
    ),
    "misspelt-input": Case(
        inputs={"INPUT_MIN-DIF": "80"},
        message="unknown option 'min-dif' in the workflow's `with:` (did you mean 'min-diff'?)",
        hint="the options are: ",
        slug="unknown-option",
    ),
    "percent-too-large": Case(
        args=("--min-diff", "120"),
        message="min-diff = 120 (from --min-diff): a percent lies between 0 and 100",
        hint="min-diff: Fail when diff coverage",
        slug="bad-option-value",
    ),
    "percent-as-a-share": Case(
        args=("--min-diff", "0.8"),
        message="min-diff = 0.8 (from --min-diff): a percent, not a share: did you mean 80? "
        "(if it is meant, write `0.8%`)",
        hint="min-diff: ",
        slug="bad-option-value",
    ),
    "percent-as-a-share-in-toml": Case(
        toml="min-total = 0.999",
        message="min-total = 0.999 (from pyproject.toml, line 2): a percent, not a share: did you mean 99.9?",
        hint="min-total: ",
        slug="bad-option-value",
    ),
    "percent-below-0": Case(
        args=("--min-total=-1",),
        message="min-total = -1 (from --min-total): a percent lies between 0 and 100",
        hint="min-total: ",
        slug="bad-option-value",
    ),
    "percent-no-number": Case(
        args=("--min-total", "most"),
        message="min-total = most (from --min-total): expected a number from 0 to 100",
        hint="min-total: ",
        slug="bad-option-value",
    ),
    "percent-in-toml": Case(
        toml="# the bar\nmin-diff = 100.5",
        message="min-diff = 100.5 (from pyproject.toml, line 3): a percent lies between 0 and 100",
        hint="min-diff: ",
        slug="bad-option-value",
    ),
    "percent-in-an-input": Case(
        inputs={"INPUT_MIN-DIFF": "80 percent"},
        message="min-diff = 80 percent (from the input min-diff): expected a number from 0 to 100",
        hint="min-diff: ",
        slug="bad-option-value",
    ),
    "contradiction": Case(
        args=("--green", "50"),
        message="orange = 60 (from the default) is above green = 50 (from --green)",
        hint="green must be at least orange",
        slug="bad-option-value",
    ),
    "no-such-folder": Case(
        args=("--directory", "nowhere"),
        message="working-directory = nowhere (from --directory) is no folder",
        hint="relative to the checkout",
        slug="bad-option-value",
    ),
    "no-toml": Case(
        toml="min-diff = = 80",
        message="pyproject.toml is not valid TOML: Invalid value (at line 2, column 12)",
        hint="mend the file",
        slug="bad-toml",
    ),
    "no-such-data": Case(
        args=("--data", "gone/*.cov"),
        message="no file matches 'gone/*.cov' (from --data)",
        hint="include-hidden-files",
        slug="data-not-found",
    ),
    "no-such-base": Case(
        args=("--base", "mian"),
        message="the base 'mian' (from --base) does not exist in this clone",
        hint="git branch --all",
        slug="base-not-found",
    ),
    "no-such-interpreter": Case(
        args=("--python", "/no/python"),
        message="the interpreter /no/python does not exist or cannot be run",
        hint="set `--python`",
        slug="interpreter-not-usable",
    ),
    "no-such-command": Case(
        args=("--", "no-such-command"),
        message="the test command `no-such-command` could not be started: No such file or directory",
        hint="check its spelling",
        slug="test-command-not-found",
    ),
    "event-file-missing": Case(
        event="push",
        message="the event file event.json cannot be read: No such file or directory",
        hint="GITHUB_EVENT_PATH",
        slug="event-payload",
    ),
    "event-file-no-json": Case(
        event="push",
        payload="{",
        message="the event file event.json is not JSON: ",
        hint="GITHUB_EVENT_PATH",
        slug="event-payload",
    ),
    "event-file-without-what-is-needed": Case(
        event="pull_request",
        payload='{"pull_request": {}}',
        message="the pull_request event has no usable pull_request.head.sha: expected a commit id, found None",
        hint="GITHUB_EVENT_PATH",
        slug="event-payload",
    ),
    "event-not-judged": Case(
        event="issue_comment",
        payload="{}",
        message="covgate cannot judge the event 'issue_comment'",
        hint="run covgate on one of: pull_request, merge_group",
        slug="event-not-judged",
    ),
    "event-refused": Case(
        event="pull_request_target",
        payload="{}",
        message="covgate does not run on pull_request_target: ",
        hint="use `on: pull_request`",
        slug="event-not-judged",
    ),
}


@dataclass(frozen=True)
class Ran:
    """One run of covgate."""

    exit_code: int
    out: str
    err: str


def run(folder: Path, *args: str, action: bool = False, **variables: str) -> Ran:
    program = [str(ROOT / "entrypoint.py")] if action else ["-m", "covgate", *args]
    variables = ENVIRONMENT | MEASURED | {"PYTHONPATH": str(ROOT), "HOME": str(folder)} | variables
    done = run_warm(program, cwd=folder, env=variables)
    return Ran(done.code, done.out, done.err)


def only_error(ran: Ran) -> tuple[str, str, str]:
    """The message, the hint and the slug of the one error on stderr, which the action sends to stdout."""
    assert "Traceback" not in ran.out + ran.err
    # Steps may have been shown before: they are progress, no second message. So is what is not isolated.
    progress = ("covgate: Running ", "covgate: Preparing ", "covgate: Not isolated: ", "covgate: Judging ")
    lines = [line for line in (ran.err or ran.out).splitlines() if not line.startswith((*progress, "::"))]
    assert len(lines) == 3, ran
    assert lines[0].startswith("covgate: ")
    assert lines[1].startswith("  ")
    assert lines[2].startswith(f"  {TROUBLESHOOTING}#")
    return lines[0].removeprefix("covgate: "), lines[1].strip(), lines[2].partition("#")[2]


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = make_repository(tmp_path_factory.mktemp("bad-input") / "project")
    repository.commit("one", m="x = 1\n")
    return repository.path


@pytest.fixture
def project(pattern: Path, tmp_path: Path) -> Repository:
    """A repository with a report of an earlier run in it."""
    repository = Repository(tmp_path / "project")
    Repository(pattern).clone(repository.path)
    for name in REPORT:
        repository.write(f".covgate/{name}", "of an earlier run")
    return repository


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_once_and_takes_the_place_of_the_report(project: Repository, name: str) -> None:
    case = CASES[name]
    if case.toml:
        project.write("pyproject.toml", f"[tool.covgate]\n{case.toml}\n")
    variables = dict(case.inputs)
    if case.event:
        variables |= {"GITHUB_EVENT_NAME": case.event, "GITHUB_EVENT_PATH": "event.json"}
    if case.payload is not None:
        project.write("event.json", case.payload)
    ran = run(project.path, "check", *case.args, action=bool(case.inputs), **variables)
    message, hint, slug = only_error(ran)
    assert ran.exit_code == case.code
    assert message.startswith(case.message)
    assert case.hint in hint
    assert slug == case.slug
    result = json.loads((project.path / ".covgate" / "result.json").read_text(encoding="utf-8"))
    assert (result["verdict"], result["exit_code"]) == ("cannot-judge", case.code)
    assert (result["error"]["message"], result["error"]["slug"]) == (message, slug)
    assert result["error"]["hint"] == hint
    VALIDATOR.validate(result)
    for report in REPORT:
        assert "of an earlier run" not in (project.path / ".covgate" / report).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["chekc"], "no such command 'chekc'", "`covgate --help`"),
        (["--chekc"], "unknown option '--chekc' on the command line", "`covgate --help`"),
    ],
)
def test_a_command_that_does_not_exist(tmp_path: Path, args: list[str], message: str, hint: str) -> None:
    ran = run(tmp_path, *args)
    told, what_to_change, slug = only_error(ran)
    assert ran.exit_code == 2
    assert told.startswith(message)
    assert what_to_change.startswith(hint)
    assert slug == "unknown-option"


def test_covgate_alone_shows_what_there_is(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.exit_code == 2
    assert "Commands:\n  check" in ran.err


def test_in_a_workflow_the_message_is_an_annotation_too(project: Repository) -> None:
    ran = run(project.path, action=True, GITHUB_ACTIONS="true", GITHUB_EVENT_NAME="issues")
    message, hint, slug = only_error(ran)
    told = "%0A".join((message, hint, explained_at(slug)))
    assert ran.out.splitlines()[-1] == f"::error title=covgate::{told}"
    assert (ran.out.count("::error"), ran.err) == (1, "")


def test_the_help_lists_apart_what_only_a_workflow_needs(tmp_path: Path) -> None:
    everybody, _, workflow = run(tmp_path, "check", "--help").out.partition("\nOptions for workflows:\n")
    assert re.findall(r"(?m)^  (--[a-z-]+) ", workflow) == ["--comment", "--annotations", "--publish", "--name"]
    assert {"--data", "--base", "--min-diff", "--help"} <= set(re.findall(r"--[a-z-]+", everybody))


# --- git -----------------------------------------------------------------------------------------------------------


def test_no_git_repository(tmp_path: Path) -> None:
    ran = run(tmp_path, "check")
    message, hint, slug = only_error(ran)
    assert ran.exit_code == 5
    assert f"{tmp_path} is not in a git repository" in message
    assert "actions/checkout" in hint
    assert slug == "not-a-git-repository"


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    make_repository(tmp_path / "new")
    ran = run(tmp_path / "new", "check")
    message, hint, slug = only_error(ran)
    assert (ran.exit_code, message, hint) == (5, "the repository has no commit yet", "commit first")
    assert slug == "not-a-git-repository"


def test_a_clone_that_is_too_shallow(project: Repository, tmp_path: Path) -> None:
    base = project.sha("HEAD")
    project.branch("topic")
    head = project.commit("two", t="x = 1\n")
    project.checkout("main")
    project.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    clone = project.clone(tmp_path / "clone", "--depth=1")
    clone.git("remote", "set-url", "origin", (tmp_path / "nowhere").as_uri())
    payload = {"pull_request": {"number": 1, "head": {"sha": head}, "base": {"sha": base, "ref": "main"}}}
    clone.write("event.json", json.dumps(payload))
    ran = run(clone.path, "check", GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH="event.json")
    message, hint, slug = only_error(ran)
    assert ran.exit_code == 5
    assert message.startswith(
        f"the base commit {base[:12]} is not in this clone, which is shallow, and it could not be"
    )
    assert hint == "set `fetch-depth: 2` on actions/checkout"
    assert slug == "shallow-clone"


def test_histories_without_a_common_ancestor(project: Repository) -> None:
    project.git("checkout", "--quiet", "--orphan", "other")
    project.commit("an end of its own")
    ran = run(project.path, "check", "--base", "main")
    message, hint, slug = only_error(ran)
    assert ran.exit_code == 5
    assert "have no common ancestor" in message
    assert "--base" in hint
    assert slug == "no-merge-base"


# --- the report folder ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["report", "report/inner"])
def test_a_report_folder_that_is_a_file(project: Repository, place: str) -> None:
    project.write("report", "kept")
    ran = run(project.path, "check", "--report-dir", place)
    message, hint, slug = only_error(ran)
    assert ran.exit_code == 2
    assert f"the report cannot be written to {project.path / place} (from --report-dir): " in message
    assert "report-dir" in hint
    assert slug == "report-folder-not-writable"
    assert (project.path / "report").read_text(encoding="utf-8") == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_report_folder_of_somebody_else(project: Repository) -> None:
    project.write("theirs/x", "").parent.chmod(0o555)
    ran = run(project.path, "check", "--report-dir", "theirs/report")
    assert (ran.exit_code, only_error(ran)[2]) == (2, "report-folder-not-writable")
