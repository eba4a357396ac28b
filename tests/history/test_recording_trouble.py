"""What a run proposes to the ratchet, and which trouble in recording is an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from random import Random
from typing import NoReturn, cast

import pytest

from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import HistoryError
from covgate.history.ratchet import pull_request
from covgate.history.ratchet.words import parse_proposals
from covgate.history.storage.places import Seen
from covgate.history.storage.store import HistoryStore
from covgate.host.pull_requests import PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import RepositoryData, Tree
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.test_results import TestResults
from covgate.model.unknown import Unavailable
from covgate.model.verdict import SuiteRun, SuiteStatus
from tests.history.test_recording import TEXT, Place, given, nobody
from tests.support.git import Repository
from tests.support.recorded import build, entry
from tests.support.situations import facts

CONFIG = """\
[tool.covgate]
ratchet = true
min-total = 50
[tool.covgate.components.web]
paths = ["web/**"]
min-total = 90
[tool.covgate.components.core]
paths = ["core/**"]
min-total = 99
"""


@dataclass
class Noting:
    """A repository on GitHub that takes one commit and says nothing of what became of it."""

    message: str = ""
    files: Mapping[PurePosixPath, str] = field(default_factory=dict)

    def tip(self, branch: str) -> Sha | None:
        return None if branch == pull_request.BRANCH else Sha("d" * 40)

    def tree(self, _: str) -> Tree:
        return Tree(blobs={PurePosixPath("pyproject.toml"): "blob"})

    def blob(self, _: str) -> bytes:
        return CONFIG.encode()

    def commit(
        self,
        _branch: str,
        _parents: object,
        files: Mapping[PurePosixPath, str],
        _blobs: object,
        message: str,
        **_: bool,
    ) -> NoReturn:
        self.message, self.files = message, files
        raise publish_error(Refusal.UNREACHABLE, "HTTP 502")


class NoPulls:
    """Pull requests of a repository that has none."""

    def find_open(self, *_: str) -> None: ...

    def find_closed(self, *_: str) -> None: ...


@pytest.mark.parametrize("name", ["py310", ""])
def test_a_run_proposes_what_can_rise_and_holds_what_cannot_under_its_name(repository: Repository, name: str) -> None:
    data, pulls = Noting(), cast("PullRequests", NoPulls())
    place = Place(repository, data=cast("RepositoryData", data), open_pulls=lambda *_: nullcontext(pulls))
    for number in range(1, 6):
        place.store.append(entry(number), build)
    settings = resolve(
        toml=TomlFile(name="pyproject.toml", text=CONFIG), inputs={"INPUT_GITHUB-TOKEN": "t", "INPUT_NAME": name}
    )
    notes = place.run(facts("m.py\n    1-8\n    9 missing\n    10 covered 2/2\n", diff=None), settings=settings)
    assert notes[-1].startswith("The ratchet could not raise the floors: ")
    ((proposed, proposal),) = parse_proposals(data.message).items()
    assert (proposed, proposal.seen, proposal.held) == (name, date(2026, 11, 1), ("web", "core"))
    assert [(found.component, found.old, found.new) for found in proposal.raises] == [(None, Decimal(50), Decimal(79))]
    assert list(data.files) == [PurePosixPath("pyproject.toml")]


def test_a_total_that_is_not_known_is_far_above_no_floor(repository: Repository) -> None:
    made = facts(TEXT, diff=None, problem="there is no data")
    assert Place(repository).run(made, settings=given(min_total="10", record="false")) == ()
    assert isinstance(made.total, Unavailable)
    assert Place(repository).run(made) == ("Not recorded: the run cannot be judged.",)


def test_how_long_the_tests_took_is_not_known_of_those_an_earlier_job_ran(repository: Repository) -> None:
    place = Place(repository)
    for command, seconds in (("pytest", 3.1), ("", None)):
        suite = SuiteRun(
            command=command,
            status=SuiteStatus.PASSED,
            exit_code=0,
            seconds=3.14,
            tests=TestResults(passed=1, failed=0, skipped=7),
        )
        place.run(facts(TEXT, diff=None, suite=suite))
        assert [(one.seconds, one.tests) for one in place.records] == [(seconds, 1)]


def test_lines_of_an_ancestor_that_cannot_be_read_are_said_and_the_run_is_recorded(repository: Repository) -> None:
    """The base's own lines are whole: the run is compared, and what the next record follows on is not known."""
    place, made = Place(repository), facts(TEXT, diff=None)
    first, second = repository.sha("HEAD"), None
    for number in (1, 2):
        place.run(made)
        second = repository.sha("HEAD")
        repository.write("README.md", str(number))
        repository.commit("next")
    (repository.path.parent / "history/lines" / str(second)).write_bytes(b"damaged")
    notes = place.run(made, base=Base(sha=first, how=BaseHow.EVENT, ref="main"))
    assert notes == ("Recorded in the folder history.",)
    assert f"covgate: lines/{second} in the folder history is no line record: " in place.log.getvalue()
    assert len(place.records) == 3


class Refusing:
    """An empty place that refuses what is written, with one error or another."""

    where = "the branch covgate-data"

    def __init__(self, slug: str) -> None:
        self.error = HistoryError("it cannot be written", hint="do this", slug=slug)

    def look(self) -> Seen:
        return Seen(paths=(), read=lambda _: None)

    def changing(self, _: PurePosixPath) -> NoReturn:
        raise self.error

    commit = nobody


@dataclass
class RefusedPlace(Place):
    """A repository whose history is such a place."""

    slug: str = ""

    @property
    def store(self) -> HistoryStore:
        return HistoryStore(Refusing(self.slug), limit=30, wait=nobody, random=Random(1))


@pytest.mark.parametrize(("slug", "alarmed"), [("history-read-only", False), ("history-unreachable", True)])
def test_that_nobody_asked_for_a_history_excuses_a_token_that_cannot_write_and_nothing_else(
    repository: Repository, slug: str, *, alarmed: bool
) -> None:
    place = RefusedPlace(repository, slug=slug)
    assert place.run(facts(TEXT, diff=None)) == ("Not recorded: it cannot be written.",)
    said = place.log.getvalue()
    assert ("::warning title=covgate::Not recorded: it cannot be written. To mend it: do this." in said) is alarmed
    assert "covgate: it cannot be written\n" in said
    assert "Recording in the branch covgate-data\n" in said
