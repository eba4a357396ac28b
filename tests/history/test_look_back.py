"""What a run is compared with, found in a real repository and a folder of records, and the figures that come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path, PurePosixPath
from random import Random
from typing import NoReturn, cast

import pytest

from covgate.change.checkout import Checkout
from covgate.config.goals import Component
from covgate.history.line_states import record_lines
from covgate.history.look_back import Past, compare_with, look_back
from covgate.history.open import Archive
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.places import RunToRecord
from covgate.history.storage.store import HistoryStore
from covgate.host.repository import RepositoryData
from covgate.model.commit import Base, BaseHow, Sha
from covgate.model.coverage import Coverage, FileCoverage
from covgate.model.history import Baseline, BaselineHow, Comparison, Flap, LineRecord, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind
from covgate.model.verdict import Drop
from covgate.system.git_remote import GitRemote
from tests.support.compared import ComparedByGit
from tests.support.git import Repository, make_repository
from tests.support.recorded import build, sha
from tests.support.shifted import read_coverage

pytestmark = pytest.mark.slow

TEN = "".join(f"a{n} = 1\n" for n in range(1, 11))


def nobody(*_: object) -> NoReturn:
    raise AssertionError("nobody waits")


@dataclass(frozen=True)
class Place:
    """A repository whose first commit is recorded, in a folder beside it."""

    repository: Repository
    limit: int = 30

    @property
    def store(self) -> HistoryStore:
        folder = FolderPlace(self.repository.path.parent / "history", "history")
        return HistoryStore(folder, limit=self.limit, wait=nobody, random=Random(1))

    @property
    def archive(self) -> Archive:
        return Archive(source=self.store, store=self.store)

    def commit(self, message: str, **files: str) -> Sha:
        return self.repository.commit(message, **files)

    def record(self, commit: Sha, text: str, *, total: Tally | None = None, **components: Tally) -> Sha:
        """Record a measurement (see coverage_text) of a commit; `total` when the lines are not to fit it."""
        git, coverage = self.repository.command, read_coverage(text)
        there = git.has_commit(commit)
        made = Record(
            sha=commit,
            parent=None,
            date=git.commit_date(commit if there else git.head()),
            total=total or coverage.total,
            has_branches=" covered " in text,
            components=components,
        )
        lines = record_lines(commit, coverage, git.blob_ids(commit) if there else {})
        self.store.append(RunToRecord(record=made, lines=lines), build)
        return commit

    def checkout(self, base: Sha | None = None, *, committed: bool = True) -> Checkout:
        git = self.repository.command
        return Checkout(
            git=git,
            remote=GitRemote(git),
            prefix=PurePosixPath(),
            head=git.head(),
            tree=git.head() if committed else None,
            base=Base(sha=base, how=BaseHow.GIVEN, ref="main") if base else None,
            lines=None,
        )

    def past(self, base: Sha | None = None) -> Past:
        return look_back(self.archive, self.checkout(base))

    def compared(
        self,
        text: str,
        *components: Component,
        base: Sha | None = None,
        committed: bool = True,
        past: Past | None = None,
        branches: bool = False,
        outside: str = "",
    ) -> Comparison | Unavailable | None:
        measured = read_coverage(text)
        files = dict(measured.files)
        if outside:
            path = PurePosixPath(outside)
            files[path] = FileCoverage(path=path, statements=frozenset(range(1, 99)), missing=frozenset())
        head = Coverage(files=files, has_branches=branches)
        tallies = {
            part.name: sum((f.tally() for p, f in measured.files.items() if p.parts[0] == part.name), Tally())
            for part in components
        }
        change = self.checkout(base, committed=committed)
        return compare_with(past or look_back(self.archive, change), head, tallies, components, change)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(make_repository(tmp_path / "repository"))
    made.commit("one", m=TEN)
    return made


def reason_of(value: object, kind: UnknownKind | None = None) -> str:
    assert isinstance(value, Unavailable)
    assert kind in {None, value.kind}
    return value.reason


def baseline_of(past: Past) -> Baseline:
    assert isinstance(past.baseline, Baseline)
    return past.baseline


WHOLE = "m.py\n 1-10"

# --- the baseline -------------------------------------------------------------------------------------------------


def test_without_a_place_to_read_from_nothing_is_known(place: Place) -> None:
    past = look_back(replace(place.archive, source=None, absent="there is no token"), place.checkout())
    for value in (past.history, past.baseline, past.lines, past.shifts):
        assert reason_of(value) == "there is no token"
    assert (past.first_run, past.problem) == (False, None)


def test_before_the_first_record_there_is_nothing_to_compare_with_and_that_is_known(place: Place) -> None:
    past = place.past(place.repository.sha("HEAD"))
    assert past.first_run
    assert not isinstance(past.history, Unavailable)
    assert reason_of(past.lines) == reason_of(past.shifts) == "nothing has been recorded yet"


def test_the_record_of_the_base_is_the_baseline_and_else_that_of_its_nearest_ancestor(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    two = place.commit("two", n="a = 1\n")
    exact, near = baseline_of(place.past(one)), baseline_of(place.past(two))
    assert (exact.record.sha, exact.how, exact.behind) == (one, BaselineHow.EXACT, 0)
    assert (near.record.sha, near.how, near.behind) == (one, BaselineHow.NEAR, 1)
    # Without a base it is what is checked out.
    assert baseline_of(place.past()) == near
    place.record(two, WHOLE)
    assert baseline_of(place.past()).record.sha == two
    assert baseline_of(place.past(one)) == exact


def test_lines_that_are_not_kept_any_more_are_not_known(tmp_path: Path) -> None:
    place = Place(make_repository(tmp_path / "repository"), limit=1)
    one = place.record(place.commit("one", m=TEN), WHOLE)
    place.record(place.commit("two", n="a = 1\n"), WHOLE)
    past = place.past(one)
    assert baseline_of(past).record.sha == one
    assert "too old for its lines to be kept" in reason_of(past.lines, UnknownKind.LINES_GONE)
    assert past.shifts == past.lines


def test_lines_that_do_not_fit_the_total_are_not_believed(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE, total=Tally(lines=Counts(covered=1, total=9)))
    past = place.past(one)
    assert "does not fit its totals" in reason_of(past.lines, UnknownKind.COMPARING_FAILED)
    assert not isinstance(past.shifts, Unavailable)


def test_a_commit_that_cannot_be_had_leaves_the_lines_where_they_were_unknown(place: Place) -> None:
    place.record(sha(7), WHOLE)
    past = place.past(sha(7))
    assert baseline_of(past).how is BaselineHow.EXACT
    reason = reason_of(past.shifts, UnknownKind.COMPARING_FAILED)
    assert reason.startswith(f"the baseline's commit {sha(7)[:12]} could not be fetched: ")


def test_a_shallow_clone_does_not_know_the_ancestors(place: Place, tmp_path: Path) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    two = place.commit("two", n="a = 1\n")
    shallow = Place(place.repository.clone(tmp_path / "shallow", "--depth=1"))
    reason = reason_of(shallow.past(two).baseline, UnknownKind.SHALLOW_CLONE)
    assert reason.startswith(f"{two[:12]} is not recorded itself, and the clone is shallow")
    assert baseline_of(shallow.past(one)).how is BaselineHow.EXACT


def test_a_shallow_clone_that_has_the_base_asks_github_for_the_ancestors(place: Place, tmp_path: Path) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    two = place.commit("two", n="a = 1\n")
    three = place.commit("three", n="a = 2\n")
    shallow = Place(place.repository.clone(tmp_path / "shallow", "--depth=2"))
    github = ComparedByGit(place.repository)
    archive = replace(shallow.archive, data=cast("RepositoryData", github))
    found = baseline_of(look_back(archive, shallow.checkout(two)))
    assert (found.record.sha, found.how, found.behind) == (one, BaselineHow.NEAR, 1)
    assert github.asked == [(one, two)]
    # Of a base that is not there the date is not known, and so not where to begin.
    cut = Place(place.repository.clone(tmp_path / "cut", "--depth=1"))
    past = look_back(replace(archive, source=cut.store), cut.checkout(two))
    assert reason_of(past.baseline, UnknownKind.SHALLOW_CLONE) == (
        f"{two[:12]} is not recorded itself, and the clone is shallow, so its ancestors are not known: set "
        "fetch-depth: 0 on actions/checkout"
    )
    assert not isinstance(past.history, Unavailable)
    assert past.lines == past.shifts == past.baseline
    # The record of the base itself needs none of its ancestors.
    place.record(three, WHOLE)
    assert baseline_of(look_back(archive, shallow.checkout())).how is BaselineHow.EXACT
    assert len(github.asked) == 1


def test_a_commit_that_the_clone_has_not_is_fetched_for_the_lines(place: Place, tmp_path: Path) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    place.repository.write("m.py", f"first = 1\n{TEN}")
    place.commit("two")
    shallow = Place(place.repository.clone(tmp_path / "shallow", "--depth=1"))
    past = shallow.past(one)
    assert not isinstance(past.shifts, Unavailable)
    assert [past.shifts.of(PurePosixPath("m.py")).to_new(line) for line in (1, 10)] == [2, 11]


def test_lines_of_measured_files_that_are_no_python_by_name_are_followed(place: Place) -> None:
    place.repository.write("page.html", TEN)
    base = place.record(place.commit("page"), "page.html\n 1-3")
    place.repository.write("page.html", f"first = 1\n{TEN}")
    place.commit("edited")
    past = place.past(base)
    assert not isinstance(past.shifts, Unavailable)
    assert past.shifts.of(PurePosixPath("page.html")).to_new(1) == 2


def test_a_diff_that_fails_leaves_where_lines_went_unknown(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    past = look_back(place.archive, replace(place.checkout(one), tree=sha(9)))
    assert baseline_of(past).record.sha == one
    assert not isinstance(past.lines, Unavailable)
    reason = reason_of(past.shifts, UnknownKind.COMPARING_FAILED)
    assert reason.startswith(f"the diff from the baseline's commit {one[:12]} failed: ")


def test_a_history_that_cannot_be_read_is_a_problem_and_a_reason(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    (place.repository.path.parent / "history/history.jsonl").write_text("damaged\n")
    past = place.past(one)
    assert past.problem is not None
    assert isinstance(past.baseline, Unavailable)
    assert (past.baseline.hint, past.baseline.slug) == (past.problem.hint, "history-broken")
    assert past.baseline.kind is UnknownKind.COMPARING_FAILED
    for value in (past.history, past.baseline, past.lines, past.shifts):
        assert reason_of(value) == past.problem.message
    assert not past.first_run


def test_lines_that_cannot_be_read_leave_the_history_known(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    (lines,) = (place.repository.path.parent / "history/lines").iterdir()
    lines.write_bytes(b"damaged")
    past = place.past(one)
    assert past.problem is not None
    assert not isinstance(past.history, Unavailable)
    assert reason_of(past.baseline) == past.problem.message


# --- the figures --------------------------------------------------------------------------------------------------

LOST_ONE = "m.py\n 1-9\n 10 missing"


def known(found: Comparison | Unavailable | None) -> Comparison:
    assert isinstance(found, Comparison)
    return found


def test_without_a_baseline_there_is_no_comparison(place: Place) -> None:
    assert place.compared(WHOLE) is None


def test_a_line_that_nobody_edited_and_that_is_covered_no_more_is_a_drop(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    found = known(place.compared(LOST_ONE, base=one))
    assert found.drop == Drop(raw=Fraction(10), adjusted=Fraction(10))
    assert [str(file.path) for file in found.indirect] == ["m.py"]


@pytest.mark.parametrize("committed", [True, False], ids=["of-the-commit", "of-what-lies-here"])
def test_deleting_covered_lines_is_no_drop(place: Place, *, committed: bool) -> None:
    """Without the commit, the blob that git has of the file is not what was measured."""
    one = place.record(place.repository.sha("HEAD"), "m.py\n 1-9\n 10 missing")
    place.repository.write("m.py", "".join(TEN.splitlines(keepends=True)[4:]))
    if committed:
        place.commit("less")
    found = known(place.compared("m.py\n 1-5\n 6 missing", base=one, committed=committed))
    assert found.drop == Drop(raw=90 - Fraction(500, 6), adjusted=Fraction(0))
    assert found.indirect == ()


def test_where_branches_begin_to_be_measured_statements_are_compared(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE, core=Tally(lines=Counts(covered=1, total=1)))
    found = known(place.compared("m.py\n 1-9 covered 1/2\n 10 missing 0/2", base=one, branches=True))
    assert found.drop == Drop(raw=Fraction(10), adjusted=Fraction(10))


def test_where_branches_end_to_be_measured_statements_are_compared(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), "m.py\n 1-10 covered 1/2")
    found = known(place.compared(LOST_ONE, base=one))
    assert found.drop == Drop(raw=Fraction(10), adjusted=Fraction(10))
    assert found.baseline.record.total == Tally(lines=Counts(covered=10, total=10))
    # Measured alike, the exits count.
    same = known(place.compared("m.py\n 1-9 covered 1/2\n 10 missing 0/2", base=one, branches=True))
    assert same.drop.raw == Fraction(2000, 30) - Fraction(1800, 30)


def test_what_was_measured_outside_of_the_checkout_is_in_no_comparison(place: Place) -> None:
    one = place.record(place.repository.sha("HEAD"), WHOLE)
    found = known(place.compared(LOST_ONE, base=one, outside="/opt/other.py"))
    assert found.drop.raw == 10


CORE, WEB = (Component(name=name, paths=(f"{name}/**",)) for name in ("core", "web"))
BOTH = "core/a.py\n 1-4\nweb/b.py\n 1-4"


@pytest.fixture
def parts(place: Place) -> Place:
    toml = "".join(f"[tool.covgate.components.{name}]\npaths = ['{name}/**']\n" for name in ("core", "web"))
    place.repository.write("pyproject.toml", toml)
    text = "".join(f"value_{n} = {n}\n" for n in range(1, 5))
    for name in ("core/a.py", "web/b.py"):
        place.repository.write(name, text + f"# {name}\n")
    place.record(place.commit("parts"), BOTH)
    return place


def test_a_component_is_held_against_its_files_wherever_they_lay(parts: Place) -> None:
    base = parts.repository.sha("HEAD")
    (parts.repository.path / "core").mkdir(exist_ok=True)
    parts.repository.git("mv", "web/b.py", "core/b.py")
    parts.commit("moved")
    found = known(parts.compared("core/a.py\n 1-3\n 4 missing\ncore/b.py\n 1-2\n 3-4 missing", CORE, WEB, base=base))
    assert found.component_deltas == {"core": Fraction(500, 8) - 100}
    assert found.component_drops.keys() == {"core"}
    assert found.drop.raw == 100 - Fraction(500, 8)


def test_files_of_a_component_that_came_or_were_deleted_count_as_they_did_before(parts: Place) -> None:
    """Web's file moved to core, a quarter of it covered; of core another one is gone, of which nothing was."""
    parts.repository.write("core/gone.py", "".join(f"gone_{n} = {n}\n" for n in range(1, 5)))
    parts.commit("more")
    base = parts.record(
        parts.repository.sha("HEAD"), "core/a.py\n 1-4\ncore/gone.py\n 1-4 missing\nweb/b.py\n 1\n 2-4 missing"
    )
    parts.repository.git("mv", "web/b.py", "core/b.py")
    parts.repository.git("rm", "-q", "core/gone.py")
    parts.commit("moved")
    found = known(parts.compared("core/a.py\n 1-4\ncore/b.py\n 1\n 2-4 missing", CORE, WEB, base=base))
    assert found.component_deltas == {"core": Fraction(500, 8) - Fraction(500, 12)}
    assert found.delta == Fraction(500, 8) - Fraction(500, 12)


def test_each_component_is_held_against_its_own_files_and_flapping_lines(parts: Place) -> None:
    base = parts.record(parts.repository.sha("HEAD"), "core/a.py\n 1-4\nweb/b.py\n 1-2\n 3-4 missing")
    past = parts.past(base)
    assert isinstance(past.lines, LineRecord)
    flap = Flap(path=PurePosixPath("web/b.py"), line=1, flips=2)
    past = replace(past, lines=replace(past.lines, flaps=(flap,)))
    head = "core/a.py\n 1-3\n 4 missing\nweb/b.py\n 1 missing\n 2\n 3-4 missing"
    found = known(parts.compared(head, CORE, WEB, base=base, past=past))
    assert found.component_drops == {
        "core": Drop(raw=Fraction(25), adjusted=Fraction(25)),
        "web": Drop(raw=Fraction(25), adjusted=Fraction(25), excused=Fraction(1, 2)),
    }
    assert found.component_deltas == {"core": Fraction(-25), "web": Fraction(-25)}


def test_without_lines_a_component_the_record_holds_nothing_of_is_not_known(parts: Place) -> None:
    base = parts.repository.sha("HEAD")
    past = replace(parts.past(base), lines=Unavailable(reason="they are gone"))
    found = known(parts.compared(BOTH, CORE, base=base, past=past))
    assert reason_of(found.component_drops["core"]) == (
        "they are gone, and component core was not the same in the baseline's commit"
    )


QUARTER = Tally(lines=Counts(covered=1, total=4))


@pytest.mark.parametrize("unknown", ["lines", "shifts"])
def test_without_lines_a_component_is_held_against_what_was_recorded_of_the_same_globs(
    parts: Place, unknown: str
) -> None:
    base = parts.repository.sha("HEAD")
    parts.record(base, BOTH, core=QUARTER, web=QUARTER)
    past = parts.past(base)
    gone = Unavailable(reason="they are gone")
    past = replace(past, lines=gone) if unknown == "lines" else replace(past, shifts=gone)
    other, new = Component(name="web", paths=("web/*.py",)), Component(name="docs", paths=("docs/**",))
    found = known(parts.compared(BOTH, CORE, other, new, base=base, past=past))
    assert found.component_drops["core"] == Drop(raw=Fraction(25 - 100), adjusted=gone)
    assert {name: reason_of(found.component_drops[name]) for name in ("web", "docs")} == {
        name: f"they are gone, and component {name} was not the same in the baseline's commit"
        for name in ("web", "docs")
    }


@pytest.mark.parametrize(
    "text", ["no toml", "[tool.covgate]\nmin-total = 'x'\n", None], ids=["no-toml", "no-option", "no-file"]
)
def test_a_configuration_of_then_that_cannot_be_read_tells_of_no_component(place: Place, text: str | None) -> None:
    if text is not None:
        place.repository.write("pyproject.toml", text)
    place.repository.write("core/a.py", "a = 1\n")
    base = place.record(place.commit("odd"), "core/a.py\n 1-4", core=QUARTER)
    past = replace(place.past(base), lines=Unavailable(reason="they are gone"))
    found = known(place.compared("core/a.py\n 1-4", CORE, base=base, past=past))
    assert "was not the same" in reason_of(found.component_drops["core"])


def test_a_component_is_read_from_the_configuration_in_the_projects_folder(place: Place) -> None:
    """Each project of the repository has its own; the one at the top says nothing of this one."""
    place.repository.write("shop/pyproject.toml", "[tool.covgate.components.core]\npaths = ['core/**']\n")
    place.repository.write("shop/core/a.py", "a = 1\n")
    base = place.record(place.commit("one"), "shop/core/a.py\n 1-4", core=QUARTER)
    gone = Unavailable(reason="they are gone")
    change = replace(place.checkout(base), prefix=PurePosixPath("shop"))
    past = replace(place.past(base), lines=gone)
    found = known(compare_with(past, read_coverage("shop/core/a.py\n 1-4"), {"core": QUARTER}, [CORE], change))
    assert found.component_drops["core"] == Drop(raw=Fraction(25 - 25), adjusted=gone)
    at_top = replace(change, prefix=PurePosixPath())
    found = known(compare_with(past, read_coverage("shop/core/a.py\n 1-4"), {"core": QUARTER}, [CORE], at_top))
    assert isinstance(found.component_drops["core"], Unavailable)


def test_a_component_without_branches_is_held_against_its_statements_alone(parts: Place) -> None:
    base = parts.repository.sha("HEAD")
    found = known(
        parts.compared(
            "core/a.py\n 1-3 covered 1/2\n 4 missing 0/2\nweb/b.py\n 1-4", CORE, WEB, base=base, branches=True
        )
    )
    assert found.component_deltas == {"core": Fraction(-25), "web": Fraction(0)}
