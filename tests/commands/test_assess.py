"""From a measurement to the facts of a report, on a real repository: what counts, what is unknown, and what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from covgate.change.changed_lines import find_changed_lines
from covgate.change.checkout import Checkout
from covgate.change.texts import digest_of
from covgate.commands.assess import assess, find_links
from covgate.config.goals import Component
from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.gate.guard import own_bar
from covgate.history.line_states import record_lines
from covgate.history.look_back import Past
from covgate.host.context import EventKind, RunContext
from covgate.host.links import Links
from covgate.model.change import DiffCoverage, Shifts
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Coverage
from covgate.model.guard import NO_GATE_CHANGES, GateChange, GateChangeKind, GateChanges
from covgate.model.history import NOTHING_RECORDED, Baseline, BaselineHow, Flap, History, LineRecord, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.test_results import TestResults
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import SuiteRun, SuiteStatus
from covgate.report.facts import Facts
from covgate.system.git_remote import GitRemote
from tests.support.coverage_text import read_files
from tests.support.git import Repository, make_repository
from tests.support.situations import ended

LAPTOP = RunContext(kind=EventKind.LOCAL)
PULL = RunContext(kind=EventKind.PULL_REQUEST, repository="org/app")
NEVER = Past(history=History(), baseline=NOTHING_RECORDED, lines=NOTHING_RECORDED, shifts=NOTHING_RECORDED)
LOST = Unavailable(reason="the tests left no data")
M, N = PurePosixPath("m.py"), PurePosixPath("n.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make_repository(tmp_path / "repository")
    made.write("tool", "#!/usr/bin/env python\na = 1\n")
    made.commit("one", m="a = 1\n", n="a = 1\nb = 1\n")
    return made


def change_in(repository: Repository, base: Sha | None = None, *, local: bool = True) -> Checkout:
    git = repository.command
    tree = None if local else git.head()
    return Checkout(
        git=git,
        remote=GitRemote(git),
        prefix=PurePosixPath(),
        head=git.head(),
        tree=tree,
        base=Base(sha=base, how=BaseHow.GIVEN) if base else None,
        lines=find_changed_lines(git, base, tree) if base else None,
    )


def assessed(
    change: Checkout,
    text: str,
    settings: Settings | None = None,
    *,
    context: RunContext = LAPTOP,
    past: Past = NEVER,
    changes: GateChanges | None = None,
    **others: Any,  # noqa: ANN401  # the fields of Measurement
) -> Facts:
    """Judge what `text` describes (see coverage_text), measured of the files as they lie here."""
    settings = settings or resolve()
    _, measurement = read_files(text)
    files = [PurePosixPath(name) for name in ("m.py", "n.py", "tool", "new.py")]
    root = change.git.root
    digests = {path: digest_of((root / path).read_bytes()) for path in files if (root / path).is_file()}
    measurement = replace(measurement, **{"digests": digests, **others})
    bar = own_bar(settings, changes)
    return assess(settings, context, change, measurement, past, bar, today=date(2026, 6, 1), environment={})


def data(*, lost: bool) -> dict[str, Any]:
    """What the tests left where their data is lost: nothing."""
    return {"coverage": LOST} if lost else {}


def tally(covered: int, total: int) -> Tally:
    return Tally(lines=Counts(covered=covered, total=total))


def test_a_run_without_a_change_has_its_total_and_nothing_of_a_diff(repository: Repository) -> None:
    made = assessed(change_in(repository), "m.py\n 1\nn.py\n 1\n 2 missing")
    assert (made.total_tally, made.diff, made.uncommitted, made.comparison) == (tally(2, 3), None, 0, None)
    assert (made.name, made.notes, made.lost, made.trend, made.links) == ("", (), 0, "", Links())
    assert (made.head, made.gate_changes) == (repository.sha("HEAD"), NO_GATE_CHANGES)


def test_what_is_configured_and_noted_is_told(repository: Repository) -> None:
    settings = resolve(command_line={"name": "backend"})
    made = assessed(change_in(repository), "m.py\n 1", settings, notes=("It was slow.",), lost=2)
    assert (made.name, made.notes, made.lost) == ("backend", ("It was slow.",), 2)


def test_the_commit_that_people_see_is_the_head(repository: Repository) -> None:
    head = Sha("f" * 40)
    assert assessed(change_in(repository), "m.py\n 1", context=replace(PULL, head_sha=head)).head == head


# --- which tests ran --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [True, False])
def test_a_collection_has_no_total(repository: Repository, *, lost: bool) -> None:
    settings = resolve(command_line={"test-command": "pytest --co"})
    made = assessed(change_in(repository), "m.py\n 1", settings, **data(lost=lost))
    reason = "--co makes pytest list the tests and run none: nothing was measured"
    assert made.total == (LOST if lost else Unavailable(reason=reason))


@pytest.mark.parametrize("local", [True, False], ids=["laptop", "workflow"])
def test_a_part_of_the_suite_is_noted_on_a_laptop_and_no_total_elsewhere(
    repository: Repository, *, local: bool
) -> None:
    names = [f"tests/test_a.py::test_{n}" for n in range(20)]
    repository.write("tests/test_a.py", "")
    lines = LineRecord(sha=repository.commit("tests"), files={}, tests=dict.fromkeys(names, 1))
    suite = SuiteRun(
        command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=1,
        tests=TestResults(passed=5, names=frozenset(names[:5])),
    )  # fmt: skip
    past = replace(NEVER, lines=lines, shifts=Shifts())
    made = assessed(
        change_in(repository), "m.py\n 1", context=LAPTOP if local else PULL, past=past, suite=suite, notes=("First.",)
    )
    said = "only 5 of the 20 tests of the baseline ran"
    assert made.gone is not None
    assert made.gone.count == 15
    assert made.notes == (("First.", f"Of a part of the suite: {said}.") if local else ("First.",))
    assert made.total_tally == (tally(1, 1) if local else Unavailable(reason=said))
    if isinstance(made.total, Unavailable):
        assert made.total.kind is UnknownKind.PART_OF_SUITE


# --- beside the baseline ----------------------------------------------------------------------------------------------

CORE, WEB = Component(name="core", paths=("m.py",)), Component(name="web", paths=("web/**",))


def recorded(repository: Repository, text: str, *, flaps: tuple[Flap, ...] = (), **components: Tally) -> Past:
    """What was recorded of the newest commit."""
    _, measurement = read_files(text)
    assert isinstance(measurement.coverage, Coverage)
    sha = repository.sha("HEAD")
    record = Record(
        sha=sha,
        parent=None,
        date=datetime(2026, 1, 1, tzinfo=UTC),
        total=measurement.coverage.total,
        has_branches=measurement.coverage.has_branches,
        components=components,
    )
    return Past(
        history=History(records=(record, replace(record, sha=Sha("e" * 40)))),
        baseline=Baseline(record=record, how=BaselineHow.EXACT, behind=0),
        lines=replace(record_lines(sha, measurement.coverage, repository.command.blob_ids(sha)), flaps=flaps),
        shifts=Shifts(),
    )


@pytest.mark.parametrize(
    ("suite", "shown"),
    [
        (None, True),
        (SuiteRun(command="pytest", status=SuiteStatus.PASSED, exit_code=0, seconds=1), True),
        (ended(SuiteStatus.FAILED, 1), False),
        (ended(SuiteStatus.TIMED_OUT, 130), False),
    ],
    ids=["read", "passed", "failed", "timed-out"],
)
def test_of_tests_that_broke_no_single_line_is_told(
    repository: Repository, suite: SuiteRun | None, *, shown: bool
) -> None:
    past = recorded(repository, "m.py\n 1\nn.py\n 1-2", flaps=(Flap(path=N, line=1, flips=3, lost=False),))
    made = assessed(change_in(repository), "m.py\n 1\nn.py\n 1-2 missing", past=past, suite=suite)
    assert made.comparison is not None
    assert made.comparison.delta == Fraction(-200, 3)
    assert ([str(file.path) for file in made.comparison.indirect], len(made.comparison.flaps)) == (
        (["n.py"], 1) if shown else ([], 0)
    )


def test_a_component_is_compared_with_its_own_record(repository: Repository) -> None:
    past = recorded(repository, "m.py\n 1\nn.py\n 1-2", core=tally(1, 1), web=tally(1, 1))
    settings = replace(resolve(), components=(CORE, WEB))
    made = assessed(change_in(repository), "m.py\n 1 missing\nn.py\n 1-2", settings, past=past)
    core, web = made.components
    assert (core.name, core.total, core.delta) == ("core", tally(0, 1), Fraction(-100))
    assert isinstance(web.total, Unavailable)
    assert web.delta is None


def test_the_footer_shows_what_was_recorded(repository: Repository) -> None:
    past = recorded(repository, "m.py\n 1")
    change = change_in(repository)
    assert assessed(change, "m.py\n 1", past=past).trend.startswith("last 2 records: 100 % ")
    assert assessed(change, "m.py\n 1", past=replace(past, history=LOST)).trend == ""


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "untracked"])
@pytest.mark.parametrize(("name", "known"), [("web/a.py", False), ("web/a.pyw", False), ("web/a.txt", True)])
def test_a_python_file_beside_an_empty_one_makes_a_component_unknown(
    repository: Repository, name: str, *, known: bool, committed: bool
) -> None:
    repository.write("web/__init__.py", "")
    repository.commit("web")
    repository.write(name, "a = 1\n")
    if committed:
        repository.commit("more")
    (web,) = assessed(
        change_in(repository), "web/__init__.py\n 1 text", replace(resolve(), components=(WEB,))
    ).components
    assert isinstance(web.total, Unavailable) is not known
    assert known or f"and not {name}" in str(web.total)


# --- the steps --------------------------------------------------------------------------------------------------------


def named(made: Facts) -> list[str]:
    assert made.steps is not None
    return [str(spot.path) for spot in made.steps.chosen]


def test_the_steps_of_a_component_are_places_of_its_own(repository: Repository) -> None:
    settings = replace(resolve(), components=(replace(CORE, min_total=Decimal(100)),))
    assert named(assessed(change_in(repository), "m.py\n 1 missing\nn.py\n 1-2 missing", settings)) == ["m.py"]


def test_a_changed_file_is_named_before_another(repository: Repository) -> None:
    """One statement of either is enough."""
    base = repository.sha("HEAD")
    repository.write("n.py", "a = 1\n# more\nb = 1\n")
    text = "m.py\n 1 missing\nn.py\n 1 missing\n 3"
    settings = resolve(command_line={"min-total": "60"})
    assert named(assessed(change_in(repository, base), text, settings)) == ["n.py"]


def test_what_was_not_measured_of_the_change_is_counted(repository: Repository) -> None:
    """The new file's statements join the total, which has 66 % without them."""
    base = repository.sha("HEAD")
    repository.write("new.py", "a = 1\nb = 1\n")
    text = "m.py\n 1-2\n 3 missing\nnew.py (unmeasured)\n 1-2 missing\nleft.py (omitted)\n 1"
    made = assessed(change_in(repository, base), text, resolve(command_line={"min-diff": "50", "min-total": "60"}))
    assert named(made) == ["new.py"]
    assert made.diff_tally == tally(0, 2)


# --- what the change does to the gate ---------------------------------------------------------------------------------

ROW = GateChange(kind=GateChangeKind.RULE, name="min-diff", before="80", after=None, lowers=True)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("changed", [True, False])
def test_pragmas_of_the_change_stand_beside_its_rules(
    repository: Repository, *, asked: bool, lost: bool, changed: bool
) -> None:
    base = repository.sha("HEAD") if changed else None
    repository.write("m.py", "a = 1\nb = 2  # pragma: no cover\n")
    made = assessed(
        change_in(repository, base),
        "m.py\n 1\n + 2 excluded",
        changes=GateChanges(rows=(ROW,)) if asked else None,
        **data(lost=lost),
    )
    pragmas = ["no cover"] if changed and not lost else []
    assert [row.name for row in made.gate_changes.rows] == (["min-diff", *pragmas] if asked else [])


# --- the diff ---------------------------------------------------------------------------------------------------------

BOTH = "m.py\n 1-2\nn.py\n 1\n 2 missing"


def edited(repository: Repository, *, local: bool = True) -> Checkout:
    """A change of m.py, on a laptop not committed."""
    base = repository.sha("HEAD")
    repository.write("m.py", "a = 1\nb = 2\n")
    if not local:
        repository.commit("two")
    return change_in(repository, base, local=local)


def test_changed_lines_are_joined_with_the_measurement(repository: Repository) -> None:
    made = assessed(edited(repository), BOTH)
    assert (made.diff_tally, made.uncommitted) == (tally(1, 1), 1)


def test_a_measured_file_that_the_tests_change_makes_the_diff_unknown(repository: Repository) -> None:
    change = edited(repository)
    repository.write("n.py", "a = 1\nb = 2\n")
    found = assessed(change, BOTH).diff
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("n.py was changed after the changed lines had been looked for: ")
    assert found.kind is UnknownKind.EDITED_MEANWHILE
    assert assessed(change, BOTH, coverage=LOST).diff == LOST


def test_a_file_that_is_not_measured_may_be_written_by_the_tests(repository: Repository) -> None:
    change = edited(repository)
    repository.write("n.py", "a = 1\nb = 2\n")
    assert assessed(change, "m.py\n 1-2").diff_tally == tally(1, 1)


def test_a_measured_file_that_is_gone_by_now_has_no_changed_line(repository: Repository) -> None:
    change = edited(repository)
    (repository.path / "n.py").unlink()
    assert assessed(change, BOTH).diff_tally == tally(1, 1)


def test_in_a_workflow_the_commit_is_what_is_judged(repository: Repository) -> None:
    change = edited(repository, local=False)
    repository.write("n.py", "a = 1\nb = 2\n")
    assert assessed(change, BOTH, context=PULL).diff_tally == tally(1, 1)


@pytest.mark.parametrize("local", [True, False], ids=["laptop", "workflow"])
def test_a_changed_file_that_is_gone_by_now_makes_the_diff_unknown(repository: Repository, *, local: bool) -> None:
    change = edited(repository, local=local)
    (repository.path / "m.py").unlink()
    found = assessed(change, "n.py\n 1-2").diff
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("m.py does not lie where the change has it any more: ")
    assert found.kind is UnknownKind.EDITED_MEANWHILE
    assert assessed(change, "n.py\n 1-2", coverage=LOST).diff == LOST


# --- scripts ----------------------------------------------------------------------------------------------------------

SCRIPT = "m.py\n 1-2\ntool\n 2\n 3 missing"


def with_script(repository: Repository, *, local: bool = True) -> Checkout:
    base = repository.sha("HEAD")
    repository.write("tool", "#!/usr/bin/env python\na = 1\nb = 2\n")
    repository.write("data.txt", "1\n")
    repository.write("m.py", "a = 1\nb = 2\n")
    if not local:
        repository.commit("two")
    return change_in(repository, base, local=local)


@pytest.mark.parametrize("local", [True, False], ids=["laptop", "workflow"])
def test_a_measured_script_counts_whatever_its_name(repository: Repository, *, local: bool) -> None:
    made = assessed(with_script(repository, local=local), SCRIPT)
    assert (made.diff_tally, made.uncommitted) == (tally(1, 2), 2 if local else 0)


def test_a_script_that_is_not_measured_does_not_count(repository: Repository) -> None:
    made = assessed(with_script(repository), "m.py\n 1-2")
    assert (made.diff_tally, made.uncommitted) == (tally(1, 1), 1)


def test_a_script_is_no_reason_where_nothing_is_measured(repository: Repository) -> None:
    assert assessed(with_script(repository), SCRIPT, coverage=LOST).diff == LOST


@pytest.mark.parametrize("local", [True, False], ids=["laptop", "workflow"])
def test_a_script_that_is_edited_meanwhile_is_unknown_on_a_laptop(repository: Repository, *, local: bool) -> None:
    change = with_script(repository, local=local)
    committed = digest_of((repository.path / "tool").read_bytes())
    digests: Mapping[PurePosixPath, str] = {M: digest_of(b"a = 1\nb = 2\n"), PurePosixPath("tool"): committed}
    repository.write("tool", "#!/usr/bin/env python\na = 1\nb = 23\n")
    found = assessed(change, SCRIPT, digests=digests).diff
    if local:
        assert found == Unavailable(reason="tool was edited while covgate ran. Run again")
        assert isinstance(found, Unavailable)
        assert found.kind is UnknownKind.EDITED_MEANWHILE
    else:
        assert isinstance(found, DiffCoverage)
        assert found.tally == tally(1, 2)


# --- links ------------------------------------------------------------------------------------------------------------

BLOB = "https://github.com/org/app/blob"


def test_links_lead_to_the_head_but_of_files_that_the_base_changed_too(repository: Repository) -> None:
    base = repository.sha("HEAD")
    head = repository.commit("head", m="a = 1\nb = 2\n", n="a = 1\nb = 3\n")
    merge = repository.commit("merge", n="a = 0\nb = 3\n")
    change = change_in(repository, base, local=False)
    diff = assessed(change, "m.py\n 1-2\nn.py\n 1-2").diff
    assert isinstance(diff, DiffCoverage)
    here = Links(blob=BLOB, head=merge, measured=merge)
    assert find_links(PULL, change, diff) == here
    assert find_links(replace(PULL, head_sha=merge), change, diff) == here
    assert find_links(replace(PULL, head_sha=Sha("f" * 40)), change, diff) == here
    assert find_links(replace(PULL, head_sha=head), change, diff) == replace(here, head=head, moved=frozenset({N}))
    assert find_links(replace(PULL, repository=""), change, diff) == Links()
    assert find_links(replace(PULL, kind=EventKind.LOCAL), change, diff) == Links()
    assert find_links(PULL, change, None) == find_links(PULL, change, LOST) == Links()
