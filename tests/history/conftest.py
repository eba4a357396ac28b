"""A repository with one commit, and what a run of its default branch is."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from covgate.change.checkout import Checkout
from covgate.commands.conclude import figures
from covgate.history.record import RunFigures
from covgate.host.context import EventKind, RunContext
from covgate.report.facts import Facts, KnownTotal
from covgate.system.git_remote import GitRemote
from tests.support.git import Repository, make_repository

BRANCH = RunContext(kind=EventKind.BRANCH, branch="main", default_branch="main")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.commit("one", m="a = 1\n")
    return made


def change_in(repository: Repository) -> Checkout:
    git = repository.command
    return Checkout(
        git=git, remote=GitRemote(git), prefix=PurePosixPath(), head=git.head(), tree=None, base=None, lines=None
    )


def figures_of(made: Facts) -> RunFigures:
    assert not isinstance(made.total, KnownTotal)
    return figures(made, made.total)
