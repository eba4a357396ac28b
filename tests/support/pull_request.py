"""A pull request checked out as GitHub's checkout does it, and runs of the action on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.publish.marker import parse_marker
from tests.support.git import UNATTENDED
from tests.support.github.server import FakeGithub
from tests.support.projects import run_warm
from tests.support.workflow import BARE_TESTS, ROOT, read_outputs, runner_environment

BASE = {
    "pyproject.toml": '[tool.coverage.run]\nbranch = true\nsource = ["shop"]\n\n[tool.covgate]\nmin-diff = 80\n',
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
}
CHANGE = {
    "shop/cart.py": BASE["shop/cart.py"]
    + "\n\ndef cheapest(prices):\n    if not prices:\n        return None\n    return min(prices)\n"
}
COVERED = {
    "tests/test_cart.py": BASE["tests/test_cart.py"]
    + "\n\ndef test_cheapest():\n    from shop.cart import cheapest\n    assert cheapest([2, 1]) == 1\n"
    + "    assert cheapest([]) is None\n"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of the action."""

    exit_code: int
    log: str
    errors: str
    """What came out of standard error."""
    outputs: dict[str, str]
    summary: str


class PullRequest:
    """A clone as GitHub's checkout makes it: the merge of a pull request into its base, and the run around it."""

    def __init__(self, folder: Path, github: FakeGithub) -> None:
        self.folder = folder / "checkout"
        self.folder.mkdir()
        self._temp = folder
        self._github = github
        self._runs = 100
        self.git("init", "-qb", "main")
        self.commit(BASE, "A shop")
        self.git("checkout", "-qb", "cheapest")
        self.commit(CHANGE, "Find the cheapest")
        self.merge()

    def git(self, *args: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TEMPLATE_DIR": "",
        }
        identity = [*UNATTENDED, "-c", "user.name=n", "-c", "user.email=n@example.invalid"]
        return subprocess.run(
            ["git", *identity, *args], cwd=self.folder, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, files: dict[str, str], message: str) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def merge(self) -> None:
        self.head = self.git("rev-parse", "cheapest")
        self.base = self.git("rev-parse", "main")
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "Merge", "cheapest")

    def push(self, files: dict[str, str], message: str) -> None:
        self.git("checkout", "-q", "cheapest")
        self.commit(files, message)
        self.merge()

    def run(
        self,
        *,
        run_id: int | None = None,
        token: str = "ghs_workflow",  # noqa: S107  # no one's password
        fork: bool = False,
        extra: Mapping[str, str] | None = None,
        command: Sequence[str] = (),
        **inputs: str,
    ) -> Ran:
        self._runs += 1
        names = {name: self._temp / f"{name}-{self._runs}" for name in ("event", "output", "summary")}
        event = names["event"]
        repository = {"full_name": self._github.repository}
        event.write_text(
            json.dumps(
                {
                    "pull_request": {
                        "number": self._github.pull_request,
                        "head": {"sha": self.head, "repo": {"full_name": "stranger/shop"} if fork else repository},
                        "base": {"sha": self.base, "ref": "main", "repo": repository},
                    }
                }
            )
        )
        passed = {"github-token": token, "test-command": BARE_TESTS, **inputs}
        environment = runner_environment(self._github, names, passed) | {"GITHUB_RUN_ID": str(run_id or self._runs)}
        environment |= extra or {}
        if command:
            # A step `run: covgate ...`, which has no inputs.
            environment = {name: text for name, text in environment.items() if not name.startswith("INPUT_")}
            environment["GITHUB_TOKEN"] = token
        argv = ["-m", "covgate", *command] if command else [ROOT / "entrypoint.py"]
        done = run_warm(argv, cwd=self.folder, env=environment)
        return Ran(
            exit_code=done.code,
            log=done.out + done.err,
            errors=done.err,
            outputs=read_outputs(names["output"].read_text() if names["output"].exists() else ""),
            summary=names["summary"].read_text().replace("\u00a0", " ") if names["summary"].exists() else "",
        )


def only_comment(github: FakeGithub) -> str:
    """The text of the one comment with a marker."""
    bodies = [comment.body for comment in github.comments.values() if parse_marker(comment.body)]
    assert len(bodies) == 1
    return bodies[0].replace("\u00a0", " ")
