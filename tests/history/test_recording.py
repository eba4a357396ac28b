"""What is recorded of a run, and what is said of one that is not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import PurePosixPath
from random import Random
from typing import NoReturn, cast

import pytest

from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import HistoryError
from covgate.history.look_back import look_back
from covgate.history.open import Archive
from covgate.history.record import Recorder
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.places import Seen
from covgate.history.storage.store import HistoryStore
from covgate.host.context import EventKind, RunContext
from covgate.host.github.log import Level, Runner
from covgate.host.pull_requests import PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import RepositoryData
from covgate.model.commit import Base, BaseHow
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Aim, History, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.secret import Secret
from covgate.model.test_results import TestResults
from covgate.model.unknown import Unavailable
from covgate.model.verdict import ComponentFigures
from covgate.report.facts import Facts
from covgate.report.render import make_build
from covgate.system.screen import Screen
from tests.history.conftest import BRANCH, change_in, figures_of
from tests.support.git import Repository
from tests.support.recorded import record
from tests.support.situations import PASSED, facts
from tests.support.situations_compared import compared

TEXT = "m.py\n    1-8\n    9 missing\n"

# --- recording -------------------------------------------------------------------------------------------------------


def nobody(*_: object) -> NoReturn:
    raise AssertionError("GitHub is not asked")


@dataclass(frozen=True)
class Forge:
    """A host of which only the pull requests may be opened."""

    context: RunContext
    log: Runner
    token: Secret | None
    open_pulls: Callable[[], AbstractContextManager[PullRequests]]
    comments = repository = artifacts = load_ahead = staticmethod(nobody)

    def pull_requests(self) -> AbstractContextManager[PullRequests]:
        return self.open_pulls()


@dataclass
class Place:
    """A repository, a folder beside it in which runs are recorded, and what was printed."""

    repository: Repository
    log: StringIO = field(default_factory=StringIO)
    """What a person reads, and the workflow commands."""
    data: RepositoryData | None = None
    open_pulls: Callable[..., AbstractContextManager[PullRequests]] = nobody

    @property
    def store(self) -> HistoryStore:
        folder = FolderPlace(self.repository.path.parent / "history", "history")
        return HistoryStore(folder, limit=30, wait=nobody, random=Random(1))

    @property
    def records(self) -> tuple[Record, ...]:
        return self.store.read().records

    def run(
        self,
        made: Facts,
        context: RunContext = BRANCH,
        settings: Settings | None = None,
        base: Base | None = None,
        *,
        seen: bool = True,
    ) -> tuple[str, ...]:
        """Record a run of what is checked out; return the notes."""
        settings, today = settings or resolve(), date(2026, 11, 1)
        runner = Runner(stream=self.log)
        host = Forge(context=context, log=runner, token=settings.github_token, open_pulls=self.open_pulls)
        screen = Screen(self.log, self.log, lambda text: runner.annotate(Level.WARNING, text, title="covgate"))
        checkout = replace(change_in(self.repository), base=base)
        archive = Archive(source=self.store if seen else None, store=self.store, data=self.data)
        recorder = Recorder(
            settings=settings,
            host=host,
            screen=screen,
            environment={},
            today=today,
            build=make_build(settings, context, today),
            archive=archive,
            checkout=checkout,
        )
        return recorder.record(figures_of(replace(made, head=checkout.head)), look_back(archive, checkout))


@pytest.fixture
def place(repository: Repository) -> Place:
    return Place(repository)


def given(**options: str) -> Settings:
    return resolve(command_line={name.replace("_", "-"): text for name, text in options.items()})


ELSEWHERE = replace(BRANCH, branch="work")
OTHER_BRANCH = "Not recorded: work is not the default branch (main)."


@pytest.mark.parametrize(
    ("context", "record", "notes"),
    [
        pytest.param(BRANCH, "", ("Recorded in the folder history.",), id="the-default-branch"),
        pytest.param(BRANCH, "false", (), id="the-default-branch-not-wanted"),
        pytest.param(ELSEWHERE, "", (OTHER_BRANCH,), id="another-branch"),
        pytest.param(ELSEWHERE, "true", ("Recorded in the folder history.",), id="another-branch-wanted"),
        pytest.param(ELSEWHERE, "false", (), id="another-branch-not-wanted"),
        pytest.param(replace(ELSEWHERE, default_branch=""), "", (), id="an-unknown-default-branch"),
        pytest.param(
            replace(ELSEWHERE, branch=""), "", (OTHER_BRANCH.replace("work", "this"),), id="a-branch-without-a-name"
        ),
        pytest.param(replace(ELSEWHERE, kind=EventKind.PULL_REQUEST), "", (), id="a-pull-request"),
        pytest.param(
            replace(BRANCH, kind=EventKind.PULL_REQUEST), "true",
            ("Not recorded: only a branch's own runs are recorded, not those of a change to it.",),
            id="a-pull-request-wanted",
        ),
        pytest.param(RunContext(kind=EventKind.LOCAL), "", (), id="a-laptop"),
        pytest.param(
            RunContext(kind=EventKind.LOCAL), "true", ("Recorded in the folder history.",), id="a-laptop-wanted"
        ),
    ],
)  # fmt: skip
def test_which_runs_are_recorded_and_what_is_said_of_the_others(
    place: Place, context: RunContext, record: str, notes: tuple[str, ...]
) -> None:
    assert place.run(facts(TEXT, diff=None), context, given(record=record)) == notes
    assert len(place.records) == ("Recorded in the folder history." in notes)


def test_what_a_record_holds_of_a_run(place: Place) -> None:
    first, repository = change_in(place.repository).head, place.repository
    place.run(facts(TEXT, diff=None, suite=None))
    second = repository.commit("two\n\nand more", m="a = 2\n")
    suite = replace(PASSED, seconds=12.3456, tests=TestResults(passed=3, skipped=1))
    half = Tally(lines=Counts(covered=1, total=2))
    parts = (
        ComponentFigures(name="known", total=half, diff=None, delta=None),
        ComponentFigures(name="unknown", total=Unavailable(reason="not measured"), diff=None, delta=None),
    )
    toml = TomlFile(name="pyproject.toml", text="[tool.covgate.target]\ntotal = 95\nby = 2027-03-01\n")
    place.run(
        facts(TEXT + "n.py\n    1 partial\n", diff=None, suite=suite, components=parts), settings=resolve(toml=toml)
    )
    one, two = place.records
    assert (one.sha, one.parent, one.title, one.seconds, one.aim, one.components) == (
        first,
        None,
        "one",
        None,
        None,
        {},
    )
    assert (one.total, one.has_branches) == (Tally(lines=Counts(covered=8, total=9)), False)
    assert two == Record(
        sha=second,
        parent=first,
        date=datetime(2026, 1, 1, tzinfo=UTC),
        title="two",
        total=Tally(lines=Counts(covered=9, total=10), branches=Counts(covered=1, total=2)),
        has_branches=True,
        components={"known": half},
        tests=3,
        seconds=12.3,
        aim=Aim(total=Decimal(95), by=date(2027, 3, 1)),
    )


def test_the_tests_that_ran_are_kept_with_the_lines(place: Place) -> None:
    names = frozenset({"tests/test_a.py::test_x[1]", "tests/test_a.py::test_x[2]", "tests/test_b.py::test_y"})
    suite = replace(PASSED, tests=TestResults(passed=3, names=names, left_out=frozenset({"tests/test_b.py::test_z"})))
    for made, tests in ((suite, {"tests/test_a.py::test_x": 2, "tests/test_b.py::test_y": 1}), (None, {})):
        place.run(facts(TEXT, diff=None, suite=made))
        lines = place.store.read_lines(change_in(place.repository).head)
        assert lines is not None
        assert lines.tests == tests
        assert lines.files[PurePosixPath("m.py")].digest


def test_lines_that_flip_from_record_to_record_are_flaps(place: Place) -> None:
    for text in ("m.py\n    1-3\n", "m.py\n    1-2\n    3 missing\n"):
        # A commit that edits nothing of what is measured.
        place.repository.write("README.md", text)
        sha = place.repository.commit("next")
        place.run(facts(text, diff=None))
    lines = place.store.read_lines(sha)
    assert lines is not None
    assert [(str(flap.path), flap.line, flap.lost) for flap in lines.flaps] == [("m.py", 3, True)]


def test_a_record_of_a_pushed_change_follows_on_its_own_ancestors_not_on_those_of_the_base(place: Place) -> None:
    """A push to main is judged against what was there before it; three runs of one commit are one line to watch."""
    before = change_in(place.repository).head
    place.run(facts("m.py\n    1-3\n", diff=None))
    place.repository.write("README.md", "more")
    sha = place.repository.commit("pushed")
    base = Base(sha=before, how=BaseHow.EVENT, ref="main")
    for text in ("m.py\n    1-2\n    3 missing\n", "m.py\n    1-3\n"):
        place.run(facts(text, diff=None), base=base)
    lines = place.store.read_lines(sha)
    assert lines is not None
    assert [(flap.line, flap.flips, flap.lost) for flap in lines.flaps] == [(3, 2, False)]


def test_an_obstacle_is_noted_and_nothing_is_recorded(place: Place) -> None:
    assert place.run(facts(TEXT, diff=None, lost=1)) == (
        "Not recorded: a process of the run ended before writing coverage data.",
    )
    assert not place.records


@pytest.mark.parametrize("begun", [True, False], ids=["a-history", "no-history-yet"])
def test_a_place_that_cannot_be_written_is_shown_and_is_no_verdict(place: Place, *, begun: bool) -> None:
    folder = place.repository.path.parent / "history"
    if begun:
        place.run(facts(TEXT, diff=None))
        place.repository.commit("next")
        (folder / "history.jsonl").write_text("damaged\n")
    else:
        folder.mkdir()
        (folder / "somebody-elses.txt").write_text("mine\n")
    (note,) = place.run(facts(TEXT, diff=None))
    assert note.startswith("Not recorded: ")
    assert "the folder history" in note
    said = place.log.getvalue()
    assert f"covgate: {note.removesuffix('.')}. To mend it: " in said
    assert f"::warning title=covgate::{note.removesuffix('.')}. To mend it: " in said


READ_ONLY = HistoryError("the token can only read", hint="give it more", slug="history-read-only")


class ReadOnly:
    """A branch that a token without `contents: write` cannot write to."""

    where = "the branch covgate-data"

    def look(self) -> Seen:
        return Seen(paths=(), read=lambda _: None)

    def changing(self, _: PurePosixPath) -> NoReturn:
        raise READ_ONLY

    def commit(self, *_: object) -> NoReturn:
        raise READ_ONLY


@dataclass
class ReadOnlyPlace(Place):
    """A repository whose history is a branch that cannot be written to."""

    @property
    def store(self) -> HistoryStore:
        return HistoryStore(ReadOnly(), limit=30, wait=nobody, random=Random(1))


@pytest.mark.parametrize(
    ("record", "first", "alarmed"),
    [
        pytest.param("", True, False, id="nobody-asked-and-none-was-begun"),
        pytest.param("true", True, True, id="asked-for"),
        pytest.param("", False, True, id="there-is-a-history"),
    ],
)
def test_a_token_that_cannot_write_is_an_alarm_where_a_history_is_wanted(
    repository: Repository, record: str, *, first: bool, alarmed: bool
) -> None:
    place = ReadOnlyPlace(repository)
    # Without a source, what there is of a history cannot be seen, and so it is not known to be the first run.
    notes = place.run(facts(TEXT, diff=None), settings=given(record=record), seen=first)
    assert notes == ("Not recorded: the token can only read.",)
    warning = "::warning title=covgate::Not recorded: the token can only read. To mend it: give it more.\n"
    assert (warning in place.log.getvalue()) is alarmed
    assert "covgate: the token can only read\n" in place.log.getvalue()


@pytest.mark.parametrize(
    ("name", "repository", "title"),
    [("api", "org/app", "api"), ("", "org/app", "app"), ("", "", "coverage")],
    ids=["name", "repository", "neither"],
)
def test_the_page_of_the_trend_is_called_as_the_report_or_the_repository(
    name: str, repository: str, title: str
) -> None:
    context = replace(BRANCH, repository=repository, server_url="https://forge.example")
    page = make_build(given(name=name), context, date(2026, 11, 1))(History(records=(record(1), record(2))))[
        "index.html"
    ]
    assert f"<title>Coverage of {title}</title>" in page
    assert ("https://forge.example/org/app" in page) is bool(repository)


OUTSIDE = "Measured outside the checkout, and so neither recorded nor compared: /opt/a.py"


@pytest.mark.parametrize(
    ("names", "note"),
    [
        ((), None),
        (("/opt/a.py",), f"{OUTSIDE}."),
        (("/opt/a.py", "/opt/b.py"), f"{OUTSIDE} and 1 more."),
        (("/opt/a.py", "/opt/b.py", "/opt/c.py"), f"{OUTSIDE} and 2 more."),
    ],
)
def test_what_lies_outside_the_checkout_is_not_recorded_and_said(
    place: Place, names: tuple[str, ...], note: str | None
) -> None:
    made = facts(TEXT, diff=None)
    assert isinstance(made.total, Coverage)
    others = {
        path: FileCoverage(path=path, statements=frozenset({1}), missing=frozenset())
        for path in map(PurePosixPath, names)
    }
    made = replace(made, total=Coverage(files={**made.total.files, **others}, has_branches=False))
    assert place.run(made) == (*filter(None, [note]), "Recorded in the folder history.")
    assert place.records[0].total.lines == Counts(covered=8, total=9)
    assert place.run(made, context=ELSEWHERE, settings=given(record="false")) == ()
    # A pull request is held against a record that has none of it.
    held = replace(made, comparison=compared().comparison)
    assert place.run(held, context=ELSEWHERE, settings=given(record="false")) == tuple(filter(None, [note]))


@pytest.mark.parametrize(
    ("context", "floor", "said"),
    [
        pytest.param(BRANCH, "80", True, id="far-below"),
        pytest.param(BRANCH, "85", False, id="near"),
        pytest.param(ELSEWHERE, "80", True, id="another-branch"),
        pytest.param(replace(BRANCH, kind=EventKind.PULL_REQUEST), "80", False, id="a-pull-request"),
    ],
)
def test_a_floor_far_below_is_said_on_a_branchs_own_run(
    place: Place, context: RunContext, floor: str, *, said: bool
) -> None:
    notes = place.run(facts(TEXT, diff=None), context, given(min_total=floor, record="false"))
    assert [note for note in notes if "min-total" in note] == list(notes)
    assert bool(notes) is said


def test_a_components_floor_is_held_against_its_own_total(place: Place) -> None:
    toml = "[tool.covgate]\nrecord = false\n"
    toml += "".join(f"[tool.covgate.components.{c}]\npaths = ['{c}/**']\nmin-total = 50\n" for c in "abc")
    totals: tuple[Tally | Unavailable, ...] = (
        Tally(lines=Counts(covered=9, total=10)),
        Tally(lines=Counts(covered=5, total=10)),
        Unavailable(reason="not measured"),
    )
    parts = tuple(
        ComponentFigures(name=name, total=total, diff=None, delta=None)
        for name, total in zip("abc", totals, strict=True)
    )
    (note,) = place.run(
        facts(TEXT, diff=None, components=parts), settings=resolve(toml=TomlFile(name="pyproject.toml", text=toml))
    )
    assert "components.a.min-total" in note


# --- the ratchet -----------------------------------------------------------------------------------------------------


class AskedError(Exception):
    """Pull requests were looked at."""


def ask(*_: object) -> NoReturn:
    raise AskedError


@dataclass
class Unreachable:
    """A repository on GitHub that does not answer."""

    def tip(self, _: str) -> NoReturn:
        raise publish_error(Refusal.UNREACHABLE, "HTTP 502")


RATCHET = {"INPUT_RATCHET": "true", "INPUT_MIN-TOTAL": "50", "INPUT_GITHUB-TOKEN": "t", "INPUT_RECORD": "true"}


@pytest.mark.parametrize(
    ("inputs", "context", "data", "asked"),
    [
        pytest.param({}, BRANCH, Unreachable(), True, id="all-is-there"),
        pytest.param({"INPUT_RATCHET": "false"}, BRANCH, Unreachable(), False, id="not-wanted"),
        pytest.param({}, ELSEWHERE, Unreachable(), False, id="another-branch"),
        pytest.param({}, BRANCH, None, False, id="no-repository"),
        pytest.param({"INPUT_GITHUB-TOKEN": ""}, BRANCH, Unreachable(), False, id="no-token"),
        pytest.param({"INPUT_MIN-TOTAL": ""}, BRANCH, Unreachable(), False, id="no-floor"),
    ],
)
def test_when_the_ratchet_looks_at_the_floors(
    place: Place, inputs: dict[str, str], context: RunContext, data: Unreachable | None, *, asked: bool
) -> None:
    place = replace(place, data=cast("RepositoryData | None", data), open_pulls=ask)
    settings = resolve(inputs=RATCHET | inputs)
    if asked:
        with pytest.raises(AskedError):
            place.run(facts(TEXT, diff=None), context, settings)
    else:
        assert place.run(facts(TEXT, diff=None), context, settings)[-1] == "Recorded in the folder history."
    assert len(place.records) == 1


def test_a_ratchet_without_an_answer_is_shown_and_is_no_verdict(place: Place) -> None:
    data, pulls = cast("RepositoryData", Unreachable()), cast("PullRequests", object())
    place = replace(place, data=data, open_pulls=lambda *_: nullcontext(pulls))
    settings = resolve(inputs=RATCHET)
    for number in range(5):
        place.repository.write("README.md", str(number))
        place.repository.commit("next")
        notes = place.run(facts(TEXT, diff=None), settings=settings)
    assert notes[-2] == "Recorded in the folder history."
    assert notes[-1].startswith("The ratchet could not raise the floors: ")
    assert "HTTP 502" in notes[-1]
    assert f"::warning title=covgate::{notes[-1]}" in place.log.getvalue()
    assert "docs/troubleshooting.md#github-unreachable" in place.log.getvalue()
