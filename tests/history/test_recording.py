"""What keeps a run from being recorded, and what of its command makes it partial."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path, PurePosixPath
from random import Random
from typing import Any, NoReturn, cast

import pytest

from covgate.change.checkout import Checkout
from covgate.change.line_mapping import find_shifts
from covgate.commands.conclude import figures
from covgate.config.options import Settings
from covgate.config.settings import floors_of, resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import HistoryError
from covgate.history.completeness import find_collection, find_partial
from covgate.history.look_back import Past, look_back
from covgate.history.open import Archive
from covgate.history.record import Recorder, RunFigures, find_obstacle
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.places import Seen
from covgate.history.storage.store import HistoryStore
from covgate.host.context import EventKind, RunContext
from covgate.host.github.log import Level, Runner
from covgate.host.pull_requests import PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import RepositoryData
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Aim, FileLines, History, LineRecord, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.secret import Secret
from covgate.model.unknown import Unavailable
from covgate.model.verdict import ComponentFigures, SuiteStatus
from covgate.report.facts import Facts, KnownTotal
from covgate.report.render import make_build
from covgate.system.git_remote import GitRemote
from covgate.system.screen import Screen
from tests.support.git import Repository, make_repository
from tests.support.recorded import record
from tests.support.situations import PASSED, ended, facts

TEXT = "m.py\n    1-8\n    9 missing\n"


# --- pytest's arguments ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("configured", "command", "addopts", "partial"),
    [
        ("pytest -q", (), "", None),
        ("pytest -q -k 'not slow'", (), "", None),
        ("pytest -q -m 'not slow'", (), "", None),
        ("pytest --deselect tests/a.py", (), "", None),
        ("pytest tests/test_one.py", (), "", None),
        ("pytest --lf", (), "", "--lf"),
        ("pytest --last-failed --lfnf=all", (), "", "--last-failed"),
        ("pytest --stepwise", (), "", "--stepwise"),
        ("pytest --co -q", (), "", "--co"),
        ("pytest --ff", (), "", None),
        ("pytest -x", (), "", None),
        ("pytest -qx --ff", (), "", "--ff with -x"),
        ("pytest --failed-first --maxfail=1", (), "", "--failed-first with --maxfail"),
        ("pytest --splits 3 --group 1", (), "", "--splits"),
        ("make test", (), "", None),
        ("make -k", (), "", None),
        ("make -k --lf && pytest", (), "", None),
        ("pytest -q; make --lf", (), "", None),
        ("cd a && python -m pytest --sw | tee log", (), "", "--sw"),
        ("pytest -q\npytest --lf tests", (), "", "--lf"),
        ("pytest 'unbalanced", (), "", None),
        ("pytest", ("make", "-k"), "", None),
        ("pytest", ("pytest", "-k", "cart"), "", "-k"),
        ("pytest", ("pytest", "-kcart"), "", "-k"),
        ("pytest", ("pytest", "-qxk", "cart"), "", "-k"),
        ("pytest", ("pytest", "-rk", "-n2", "-W", "-k"), "", None),
        ("pytest", ("python", "-m", "pytest", "-q"), "", None),
        ("pytest", ("python", "-m", "pytest", "-m", "fast"), "", "-m"),
        ("pytest", ("pytest", "--deselect=tests/a.py"), "", "--deselect"),
        ("pytest", ("pytest", "--ignore", "tests/more"), "", "--ignore"),
        ("pytest", ("pytest", "."), "", None),
        ("pytest", ("pytest", "tests"), "", None),
        ("pytest", ("pytest", "--cov", "shop", "tests"), "", None),
        ("pytest", ("pytest", "--junitxml", "tests/more", "-q"), "", None),
        ("pytest", ("pytest", "--strict-markers", "tests/more"), "", "tests/more"),
        ("pytest", ("pytest", "tests/more"), "", "tests/more"),
        ("pytest", ("pytest", "--unknown", "tests/test_one.py"), "", "tests/test_one.py"),
        ("pytest", ("coverage", "run", "-m", "pytest", "tests/test_one.py"), "", "tests/test_one.py"),
        ("pytest", ("pytest", "tests/test_one.py::test_a"), "", "tests/test_one.py::test_a"),
        ("pytest", ("pytest", "tests/test_one.py", "tests/more"), "", None),
        ("pytest", ("pytest", "tests/not_there"), "", None),
        ("pytest", ("unittest", "tests/test_one.py"), "", None),
        ("pytest --lf", ("pytest", "-q"), "", None),
        ("pytest", (), "-k cart", "-k"),
        ("make test", (), "-k cart", "-k"),
        ("pytest", (), "-q --sw", "--sw"),
        ("pytest", (), "tests/more", "tests/more"),
    ],
)
def test_a_choice_of_tests_makes_a_run_partial(
    repository: Repository, configured: str, command: tuple[str, ...], addopts: str, partial: str | None
) -> None:
    repository.write("setup.cfg", "[tool:pytest]\ntestpaths = tests\n")
    for name in ("tests/test_one.py", "tests/more/test_two.py", "tests/more/data.py", "docs/test_example.py"):
        repository.write(name, "")
    repository.commit("tests")
    toml = TomlFile(name="pyproject.toml", text=f"[tool.covgate]\ntest-command = {json.dumps(configured)}\n")
    settings = resolve(toml=toml, command=command)
    assert find_partial(settings, {"PYTEST_ADDOPTS": addopts}, change_in(repository)) == partial


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-q --lf"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-q", "--lf"]\n'),
        ("pytest.ini", "[pytest]\naddopts = --lf\n"),
        ("tox.ini", "[pytest]\naddopts =\n    -q\n    --lf\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = --lf\n"),
    ],
    ids=["toml", "toml-list", "pytest.ini", "tox.ini", "setup.cfg"],
)
@pytest.mark.parametrize("command", ["pytest", "make test"])
def test_what_the_configuration_adds_makes_a_run_partial(
    repository: Repository, name: str, text: str, command: str
) -> None:
    repository.write(name, text)
    settings = resolve(command_line={"test-command": command})
    assert find_partial(settings, {}, change_in(repository)) == "--lf"
    overridden = resolve(command_line={"test-command": "pytest -o addopts="})
    assert find_partial(overridden, {}, change_in(repository)) is None


@pytest.mark.parametrize(
    ("command", "addopts", "option"),
    [
        ("pytest -q", "", None),
        ("pytest --co", "", "--co"),
        ("pytest --collect-only -q | head", "", "--collect-only"),
        ("pytest --co -q && pytest", "", None),
        ("pytest -q", "--setup-plan", "--setup-plan"),
        ("make test", "--co", "--co"),
    ],
)
def test_a_collection_executes_no_test(repository: Repository, command: str, addopts: str, option: str | None) -> None:
    settings = resolve(command_line={"test-command": command})
    assert find_collection(settings, {"PYTEST_ADDOPTS": addopts}, change_in(repository)) == option


def test_of_a_run_that_read_data_the_command_says_nothing(repository: Repository) -> None:
    settings = resolve(command_line={"coverage-data": ".coverage"})
    assert find_partial(settings, {"PYTEST_ADDOPTS": "--lf"}, change_in(repository)) is None
    assert find_collection(settings, {"PYTEST_ADDOPTS": "--co"}, change_in(repository)) is None


# --- obstacles -------------------------------------------------------------------------------------------------------


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


BRANCH = RunContext(kind=EventKind.BRANCH, branch="main", default_branch="main")
OTHER = Sha("b" * 40)


NOTHING = Unavailable(reason="nothing has been recorded yet")
BEGINS = Past(history=History(), baseline=NOTHING, lines=NOTHING, shifts=NOTHING)


def figures_of(made: Facts) -> RunFigures:
    assert not isinstance(made.total, KnownTotal)
    return figures(made, made.total)


def obstacle(repository: Repository, made: Facts, context: RunContext = BRANCH, past: Past = BEGINS) -> str | None:
    change = change_in(repository)
    return find_obstacle(resolve(), context, {}, change, figures_of(replace(made, head=change.head)), past)


def test_a_run_of_a_branch_has_no_obstacle(repository: Repository) -> None:
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.parametrize(
    ("others", "context", "words"),
    [
        ({}, replace(BRANCH, kind=EventKind.PULL_REQUEST), "only a branch's own runs"),
        ({}, replace(BRANCH, kind=EventKind.MERGE_GROUP), "only a branch's own runs"),
        ({}, replace(BRANCH, commit=OTHER), "is not the run's (bbbbbbbbbbbb)"),
        ({"lost": 1}, BRANCH, "a process of the run ended before writing coverage data"),
        ({"lost": 3}, BRANCH, "3 processes of the run ended before"),
        ({"problem": "there is no data"}, BRANCH, "cannot be judged"),
        ({"suite": ended(SuiteStatus.NO_TESTS, 5)}, BRANCH, "cannot be judged"),
        ({"suite": ended(SuiteStatus.FAILED, 1)}, BRANCH, "the tests did not pass"),
        ({"suite": ended(SuiteStatus.KILLED, 137)}, BRANCH, "the tests did not pass"),
        ({"suite": ended(SuiteStatus.TIMED_OUT, 130)}, BRANCH, "the tests did not pass"),
    ],
)
def test_a_run_that_would_be_a_wrong_baseline_is_kept_out(
    repository: Repository, others: dict[str, Any], context: RunContext, words: str
) -> None:
    why = obstacle(repository, facts(TEXT, diff=None, **others), context)
    assert why is not None
    assert words in why


def test_a_run_whose_change_is_unknown_is_kept_out(repository: Repository) -> None:
    made = facts(TEXT, diff=Unavailable(reason="the base is unknown"))
    assert obstacle(repository, made) == "the run cannot be judged"


def test_a_measured_file_that_differs_from_its_commit_is_an_obstacle(repository: Repository) -> None:
    repository.write("m.py", "a = 2\n")
    assert obstacle(repository, facts(TEXT, diff=None)) == "m.py has changes that are not committed"


def test_an_edit_of_something_else_is_none(repository: Repository) -> None:
    repository.write("README.md", "more")
    repository.git("add", "README.md")
    assert obstacle(repository, facts(TEXT, diff=None)) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "prefix", "kept_out"),
    [
        ("tests/test_m.py", "", True),
        ("pyproject.toml", "", True),
        (".coveragerc", "", True),
        ("conftest.py", "", True),
        ("other.pyw", "", True),
        ("data.json", "", False),
        ("docs/tox.ini", "", False),
        ("other/tests/test_m.py", "backend", False),
        ("backend/tests/test_m.py", "backend", True),
        ("backend/setup.cfg", "backend", True),
        ("setup.cfg", "backend", False),
    ],
)
@pytest.mark.parametrize("how", ["edited", "deleted", "new"])
def test_what_decides_about_the_measurement_must_be_committed(
    repository: Repository, name: str, prefix: str, how: str, *, kept_out: bool
) -> None:
    if how != "new":
        repository.write(name, "a = 1\n")
        repository.commit("before")
    path = repository.write(name, "a = 2\n")
    if how == "deleted":
        path.unlink()
    change = replace(change_in(repository), prefix=PurePosixPath(prefix))
    made = replace(facts(TEXT, diff=None), head=change.head)
    why = find_obstacle(resolve(), RunContext(kind=EventKind.LOCAL), {}, change, figures_of(made), BEGINS)
    words = "is not committed" if how == "new" else "has changes that are not committed"
    assert why == (f"{name} {words}" if kept_out else None)


def test_an_environment_in_the_checkout_is_none_of_the_projects_sources(repository: Repository) -> None:
    repository.write("venv/pyvenv.cfg", "home = /usr/bin\n")
    repository.write("venv/lib/python3.12/site-packages/six.py", "")
    assert obstacle(repository, facts(TEXT, diff=None), RunContext(kind=EventKind.LOCAL)) is None
    repository.write("venv2/six.py", "")
    assert (
        obstacle(repository, facts(TEXT, diff=None), RunContext(kind=EventKind.LOCAL))
        == "venv2/six.py is not committed"
    )


def test_more_lines_than_a_record_holds_are_an_obstacle(repository: Repository) -> None:
    """Found before the state of each line takes a byte."""
    text = "".join(f"m{number}.py\n    1\n    1000000 missing\n" for number in range(21))
    assert obstacle(repository, facts(text, diff=None)) == "the measured files have more than 20,000,000 lines"


def recorded(repository: Repository, *names: str) -> Past:
    """What a record of the newest commit holds, and how its lines moved since; two commits are made here."""
    for name in names:
        repository.write(name, "a = 1\n")
    sha = repository.commit("recorded")
    files = {PurePosixPath(name): FileLines(digest="", states="!") for name in sorted(names)}
    lines = LineRecord(sha=sha, files=files)
    return Past(history=History(), baseline=NOTHING, lines=lines, shifts=NOTHING)


def moved(repository: Repository, past: Past) -> Past:
    assert isinstance(past.lines, LineRecord)
    return replace(past, shifts=find_shifts(repository.command, past.lines.sha, repository.command.head()))


RECORDED = ("m.py", "lib/gone.py", "lib/same.py")


def test_a_run_that_measures_what_was_recorded_and_more_is_not_narrower(repository: Repository) -> None:
    past = recorded(repository, *RECORDED)
    made = facts(TEXT + "lib/gone.py\n    1\nlib/same.py\n    1\nlib/new.py\n    1\n", diff=None)
    assert obstacle(repository, made, past=moved(repository, past)) is None


@pytest.mark.parametrize("known", [True, False], ids=["known-shifts", "unknown-shifts"])
def test_a_run_that_misses_recorded_files_is_narrower(repository: Repository, *, known: bool) -> None:
    past = recorded(repository, *RECORDED)
    repository.commit("another", other="b = 1\n")
    why = obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past) if known else past)
    assert why is not None
    assert isinstance(past.lines, LineRecord)
    assert why.startswith(f"lib/gone.py and 1 more were measured for {past.lines.sha[:12]} and are not now")


def test_files_that_are_deleted_renamed_or_made_by_the_tests_are_not_missed(repository: Repository) -> None:
    past = recorded(repository, *RECORDED)
    assert isinstance(past.lines, LineRecord)
    made = {PurePosixPath("lib/_version.py"): FileLines(digest="", states="!")}
    past = replace(past, lines=replace(past.lines, files={**past.lines.files, **made}))
    repository.write("lib/_version.py", "a = 1\n")
    repository.write(".gitignore", "_version.py\n")
    repository.git("rm", "-q", "lib/gone.py")
    repository.git("mv", "lib/same.py", "lib/renamed.py")
    repository.commit("moved")
    renamed = facts(TEXT + "lib/renamed.py\n    1\n", diff=None)
    assert obstacle(repository, renamed, past=moved(repository, past)) is None
    why = obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past))
    assert why is not None
    assert why.startswith("lib/renamed.py was measured for")


@pytest.mark.parametrize(
    ("name", "text", "narrower"),
    [
        (".coveragerc", "[run]\nomit = lib/*\n", False),
        ("pyproject.toml", '[tool.coverage.run]\nomit = ["lib/*"]\n', False),
        ("setup.cfg", "[coverage:run]\nomit = lib/*\n", False),
        ("tox.ini", "[pytest]\naddopts = --cov=m\n", False),
        ("pyproject.toml", '[project]\nname = "m"\n', True),
        ("setup.cfg", "[metadata]\nname = m\n", True),
        ("sub/.coveragerc", "[run]\nomit = lib/*\n", True),
    ],
)
def test_what_another_configuration_leaves_out_is_not_missed(
    repository: Repository, name: str, text: str, *, narrower: bool
) -> None:
    past = recorded(repository, *RECORDED)
    repository.write(name, text)
    repository.commit("configured")
    assert (obstacle(repository, facts(TEXT, diff=None), past=moved(repository, past)) is not None) is narrower


@pytest.mark.parametrize(("kind", "kept_out"), [(EventKind.LOCAL, True), (EventKind.BRANCH, False)])
def test_a_new_file_is_an_obstacle_on_a_laptop(repository: Repository, kind: EventKind, *, kept_out: bool) -> None:
    """In a workflow a file that git does not know is one that the job made."""
    repository.write("new.py", "a = 2\n")
    why = obstacle(repository, facts(TEXT + "new.py\n    1\n", diff=None), RunContext(kind=kind))
    assert (why is not None) is kept_out


def test_floors_are_those_of_the_project_and_of_components() -> None:
    text = "[tool.covgate]\nmin-total = 80\n[tool.covgate.components.a]\npaths = ['a/**']\nmin-total = 90.5\n"
    text += "[tool.covgate.components.b]\npaths = ['b/**']\n"
    text += "[tool.covgate.components.c]\npaths = ['c/**']\nmin-total = 0\n"
    floors = floors_of(resolve(toml=TomlFile(name="pyproject.toml", text=text)))
    assert {name: str(floor) for name, floor in floors.items()} == {None: "80", "a": "90.5", "c": "0"}


def test_a_floor_of_nothing_is_a_floor_that_can_rise() -> None:
    settings = resolve(toml=TomlFile(name="pyproject.toml", text="[tool.covgate]\nmin-total = 0\n"))
    assert floors_of(settings) == {None: 0}
    assert floors_of(resolve()) == {}


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
    suite = replace(PASSED, seconds=12.3456)
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
        seconds=12.3,
        aim=Aim(total=Decimal(95), by=date(2027, 3, 1)),
    )


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
