"""What the tests of the ratchet share: proposals, and runs that publish them to the fake GitHub."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.pull_request import BRANCH, RatchetOutcome
from covgate.history.ratchet.words import render_message
from tests.support.github.pulls import FakePulls, Pull
from tests.support.github.server import FakeGithub

CONFIG = "pyproject.toml"
TODAY = date(2026, 11, 24)
TEXT = """\
# The project
[tool.covgate]  # the gate
min-total = {total}  # raised by hand so far
min-diff = 90

[tool.covgate.components.api]
paths = ["api/**"]
min-total = "{api} %"
"""


def text(total: str | int = 80, api: str | int = 70) -> str:
    return TEXT.format(total=total, api=api)


def up(new: str, component: str | None = None, old: str = "80") -> Raise:
    return Raise(
        component=component,
        old=Decimal(old),
        new=Decimal(new),
        lowest=Fraction(Decimal(new)) + Fraction(1, 3),
        noise=Fraction(1, 7),
    )


Run = Callable[..., RatchetOutcome]


def tip(github: FakeGithub, branch: str) -> str:
    return github.git_data.text("rev-parse", "--verify", f"refs/heads/{branch}")


def proposed(github: FakeGithub) -> str:
    return github.git_data.files(BRANCH)[CONFIG].decode()


def only(pulls: FakePulls) -> Pull:
    (pull,) = pulls.open
    return pull


def writes(github: FakeGithub) -> list[str]:
    return [method for method, _ in github.requests if method != "GET"]


def other_run(github: FakeGithub, total: str) -> None:
    """Put a proposal on the branch as a run of the same name would that was a moment faster."""
    message = render_message([up(total)], {"": Proposal(raises=(up(total),), seen=TODAY)})
    git = github.git_data
    parent = git.resolve(f"refs/heads/{BRANCH}") or tip(github, "main")
    tree = git.text("rev-parse", f"{git.seed({CONFIG: text(total), 'api/a.py': '1' + chr(10)}, 'scratch')}^{{tree}}")
    git.git("update-ref", "-d", "refs/heads/scratch")
    person = {f"GIT_{role}_{key}": "bot" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    made = git.git("commit-tree", tree, "-p", parent, stdin=message.encode(), environment=person).decode().strip()
    git.git("update-ref", f"refs/heads/{BRANCH}", made)
