"""However a run of the action ends, it is seen: one error on its page, the summary, and no verdict of before."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from covgate.model.commit import parse_sha
from covgate.publish.marker import Marker, parse_marker, render_marker
from tests.support.github.answers import READ_ONLY, Answer, error
from tests.support.github.server import FakeGithub, Fault
from tests.support.projects import run
from tests.support.pull_request import COVERED, PullRequest, Ran, only_comment
from tests.support.workflow import PYTEST, ROOT

BOT = "github-actions[bot]"
GREEN = "✅ **Coverage passes: diff 100 %, total 100 %**"


@pytest.fixture
def pull_request(tmp_path: Path, github: FakeGithub) -> PullRequest:
    return PullRequest(tmp_path, github)


def earlier(github: FakeGithub, *, author: str = BOT, name: str = "", run: int = 50) -> int:
    """A comment that an earlier run has left: green."""
    marker = Marker(name=name, run_id=run, run_attempt=1, head=parse_sha("a" * 40))
    return github.add_comment(author, f"{render_marker(marker)}\n{GREEN}\n").id


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A way to end: what brings it about, and what is told of it."""

    code: int
    inputs: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Of one more commit of the pull request."""
    broken: str = ""
    """A library that cannot be imported."""
    event: str = "pull_request"
    told: str
    """The first line of the error."""
    change: str
    """What it says is to be changed."""
    comment: str
    """How the comment begins, below its marker."""


BAD_INPUT = "⚠️ **Cannot judge: bad input or configuration**"

ENDS = {
    "misspelt-input": End(
        code=2,
        inputs={"min-dif": "80"},
        told="unknown option 'min-dif' in the workflow's `with:` (did you mean 'min-diff'?)",
        change="the options are: ",
        comment=BAD_INPUT,
    ),
    "no-environment": End(
        code=2,
        inputs={"test_command": "no-such-command"},
        told="the test command `no-such-command` could not be started",
        change="check its spelling",
        comment=BAD_INPUT,
    ),
    "failed-install": End(code=2, inputs={"install_command": "exit 3"}, told="", change="install", comment=BAD_INPUT),
    "no-such-base": End(
        code=2,
        inputs={"base": "mian"},
        told="the base 'mian' (from the input base)",
        change="name an existing branch",
        comment=BAD_INPUT,
    ),
    "no-merge-base": End(
        code=5,
        inputs={"base": "other"},
        told="",
        change="",
        comment="⚠️ **Cannot judge: git could not tell what changed**",
    ),
    "event-that-is-refused": End(
        code=2,
        event="pull_request_target",
        told="covgate does not run on pull_request_target: ",
        change="use `on: pull_request`",
        comment=BAD_INPUT,
    ),
    "bad-pyproject": End(
        code=2,
        files={"pyproject.toml": "[tool.covgate]\nmin-diff = \n"},
        told="pyproject.toml",
        change="",
        comment=BAD_INPUT,
    ),
    "broken-rule": End(
        code=1,
        told="Diff coverage 16.7 % is below 80 %",
        change="Covering this is enough: shop/cart.py:6-8",
        comment="❌ **Diff coverage 16.7 % is below 80 %",
    ),
    "failing-tests": End(
        code=3,
        files={**COVERED, "tests/test_broken.py": "def test_broken():\n    assert False\n"},
        inputs={"test_command": PYTEST},
        told="1 of 3 tests failed: coverage is not judged",
        change="The group `Tests` of the log",
        comment="❌ **1 of 3 tests failed: coverage is not judged",
    ),
    "nothing-measured": End(
        code=4,
        inputs={"test_command": "true"},
        told="Cannot judge: the test command left no coverage data",
        change="Run the tests with the interpreter covgate uses",
        comment="⚠️ **Cannot judge: the test command left no coverage data",
    ),
    "bug": End(
        code=70,
        broken="jinja2",
        told="a bug in covgate (RuntimeError)",
        change="please report it",
        comment="⚠️ **Cannot judge: a bug in covgate**",
    ),
    "terminated": End(
        code=143,
        inputs={"test_command": "kill -TERM $PPID; sleep 60"},
        told="terminated",
        change="run it again",
        comment="⚠️ **Cannot judge: the run was stopped**",
    ),
}


def ended(pull_request: PullRequest, folder: Path, end: End, **more: Any) -> Ran:  # noqa: ANN401  # of PullRequest.run
    if end.files:
        pull_request.push(end.files, "More")
    if end.inputs.get("base") == "other":
        pull_request.git("branch", "other", pull_request.git("commit-tree", "-m", "its own end", "HEAD^{tree}"))
    extra = {"GITHUB_EVENT_NAME": end.event}
    if end.broken:
        (folder / "broken").mkdir()
        (folder / f"broken/{end.broken}.py").write_text("raise RuntimeError('broken')\n")
        extra["PYTHONPATH"] = f"{folder / 'broken'}:{ROOT}"
    return pull_request.run(**{**end.inputs, "extra": extra, **more})


def read_log(log: str) -> tuple[list[str], list[str], list[str]]:
    """Return the titles of the groups, the errors, and all lines that are the workflow's to obey or covgate's own."""
    titles, errors, own, stop, is_open = list[str](), list[str](), list[str](), "", False
    for line in log.splitlines():
        if stop:
            stop = "" if line == f"::{stop}::" else stop
            continue
        own.append(line)
        match = re.match(r"::([a-z-]+)(?: [^:]*)?::(.*)", line)
        name, text = match.groups() if match else ("", "")
        if name == "stop-commands":
            stop = text
        elif name == "group":
            assert not is_open, "a group inside a group"
            is_open = True
            titles.append(text)
        elif name == "endgroup":
            assert is_open
            is_open = False
        elif name == "error":
            assert not is_open, "an error that is folded away"
            errors.append(text.replace("%0A", "\n").replace("%25", "%"))
    assert not stop
    assert not is_open
    return titles, errors, own


@pytest.mark.parametrize("name", ENDS)
def test_every_end_is_seen(pull_request: PullRequest, github: FakeGithub, tmp_path: Path, name: str) -> None:
    end, number = ENDS[name], earlier(github)
    ran = ended(pull_request, tmp_path, end)
    assert ran.exit_code == end.code, ran.log
    titles, (told,), own = read_log(ran.log)
    first, *others = told.splitlines()
    assert first.startswith(end.told)
    assert end.change in "\n".join(others)
    assert others
    assert all(title in {"Environment", "Tests", "Report", "What a report of this bug needs"} for title in titles)
    # A traceback is quoted, and nothing of a library comes in between.
    assert [line for line in own if line.startswith(("Traceback", "  File ", "Exception"))] == []
    assert not ran.errors
    assert ran.outputs["passed"] == "false"
    assert ran.summary.startswith(("⚠️ **", "❌ **"))
    (comment,) = github.comments.values()
    body = only_comment(github)
    marker = parse_marker(body)
    assert marker is not None
    assert (comment.id, marker.run_id, marker.head) == (number, 101, pull_request.head)
    assert body.startswith(end.comment)
    assert GREEN not in body


UNJUDGED = ENDS["misspelt-input"]


def test_a_misspelt_option_of_the_command_marks_the_comment_of_its_name(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    api, other = earlier(github, name="api"), earlier(github)
    ran = pull_request.run(command=["check", "--min-dif", "80", "--name", "api"])
    assert ran.exit_code == 2, ran.log
    assert ran.log.count("::error title=covgate::unknown option '--min-dif'") == 1
    assert "Cannot judge: bad input" in github.comments[api].body
    assert GREEN in github.comments[other].body


def test_a_covgate_that_cannot_be_loaded_is_a_bug_and_no_broken_rule(tmp_path: Path) -> None:
    shutil.copy(ROOT / "entrypoint.py", tmp_path)
    (tmp_path / "covgate").mkdir()
    (tmp_path / "covgate/__init__.py").write_text("raise ImportError('torn')\n")
    done = run([sys.executable, tmp_path / "entrypoint.py"], cwd=tmp_path)
    told = "::error title=covgate::covgate cannot start (ImportError)%0Aplease report it\n"
    assert (done.code, done.out, done.err) == (70, told, "")


def test_a_run_without_a_verdict_begins_no_comment(
    pull_request: PullRequest, github: FakeGithub, tmp_path: Path
) -> None:
    ended(pull_request, tmp_path, UNJUDGED, comment="always")
    assert not github.comments


@pytest.mark.parametrize(
    ("theirs", "inputs"),
    [
        pytest.param({"author": "stranger"}, {}, id="a-stranger-s"),
        pytest.param({"name": "docs"}, {}, id="another-report-s"),
        pytest.param({}, {"name": "docs"}, id="another-report-s-the-other-way-round"),
        pytest.param({"run": 900}, {}, id="a-newer-run-s"),
        pytest.param({}, {"comment": "never"}, id="never"),
        pytest.param({}, {"token": ""}, id="no-token"),
    ],
)
def test_a_comment_that_is_not_its_own_to_change_stands(
    pull_request: PullRequest, github: FakeGithub, tmp_path: Path, theirs: dict[str, Any], inputs: dict[str, str]
) -> None:
    number = earlier(github, **theirs)
    ran = ended(pull_request, tmp_path, UNJUDGED, **inputs)
    assert ran.exit_code == 2
    assert GREEN in github.comments[number].body
    assert len(github.comments) == 1


def test_the_comment_of_a_name_that_the_base_sets_is_found(
    pull_request: PullRequest, github: FakeGithub, tmp_path: Path
) -> None:
    """The change cannot have another one marked, or keep its own green, by a name of its own."""
    pull_request.git("checkout", "-q", "main")
    toml = '[tool.covgate]\nname = "api"\nmin-diff = 80\n'
    pull_request.commit({"pyproject.toml": toml}, "Name it")
    pull_request.git("checkout", "-q", "cheapest")
    pull_request.git("rebase", "-q", "-X", "theirs", "main")
    pull_request.push({"pyproject.toml": toml.replace("api", "docs")}, "Call it by another name")
    api, docs = earlier(github, name="api"), earlier(github, name="docs")
    ended(pull_request, tmp_path, UNJUDGED)
    assert "Cannot judge" in github.comments[api].body
    assert " · api\n" in github.comments[api].body
    assert GREEN in github.comments[docs].body


def test_what_the_workflow_sets_is_not_in_the_comment(pull_request: PullRequest, github: FakeGithub) -> None:
    """A secret may be part of it, which only the log masks."""
    number = earlier(github)
    secret = "hunter2-of-the-index"  # noqa: S105  # no one's password
    ran = pull_request.run(test_command=f"no-such-command --token {secret}")
    assert secret in ran.log
    assert "Cannot judge" in github.comments[number].body
    assert secret not in github.comments[number].body


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(error(403, READ_ONLY), "the token can only read", id="read-only"),
        pytest.param(error(404, "Not Found"), "GitHub does not know this", id="not-found"),
    ],
)
def test_a_comment_that_cannot_be_changed_is_told_in_the_log(
    pull_request: PullRequest,
    github: FakeGithub,
    tmp_path: Path,
    fault: Answer,
    said: str,
) -> None:
    earlier(github)
    github.faults.append(Fault(method="PATCH", times=10, answer=fault))
    ran = ended(pull_request, tmp_path, UNJUDGED)
    _, errors, _ = read_log(ran.log)
    assert ran.exit_code == 2
    assert (len(errors), said in ran.log) == (1, True)


def test_a_forge_that_answers_late_prints_nothing_of_the_library_that_asks(
    pull_request: PullRequest, github: FakeGithub
) -> None:
    github.faults.append(Fault(method="GET", path="/comments", times=2))
    limited = error(403, "You have exceeded a secondary rate limit", headers={"Retry-After": "1"})
    github.faults.append(Fault(method="GET", path="/comments", times=1, answer=limited))
    ran = pull_request.run()
    assert ran.exit_code == 1
    _, _, own = read_log(ran.log)
    assert [line for line in own if re.search(r"(?i)retry|backoff|urllib3|Request GET", line)] == []


def test_a_pass_ends_with_its_verdict_below_what_is_folded(pull_request: PullRequest) -> None:
    pull_request.push(COVERED, "Test the cheapest")
    ran = pull_request.run()
    assert ran.exit_code == 0
    titles, errors, own = read_log(ran.log)
    assert (titles, errors) == (["Tests", "Report"], [])
    assert own[-1] == "covgate: Coverage passes: all 6 changed lines and branches are covered, total 100 %"
