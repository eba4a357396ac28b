"""Which record a run is compared with: drawings of histories, and what is chosen in them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import pytest

import covgate.history.ancestry
from covgate.history.ancestry import FindNearest, nearest_by_comparing, nearest_in_clone
from covgate.history.baseline import find_baseline
from covgate.history.nearest import Near, Search
from covgate.host.refusal import Refusal
from covgate.host.repository import Compared
from covgate.model.commit import Sha, parse_sha
from covgate.model.history import Baseline, BaselineHow, History, Point, Record
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable
from covgate.system.git import GitCommand, Since
from tests.support.compared import ComparedByGit
from tests.support.git import ENVIRONMENT
from tests.support.histories import Node, Story

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def record(sha: Sha, date: datetime = NOW) -> Record:
    return Record(sha=sha, parent=None, date=date, total=Tally(lines=Counts(covered=1, total=2)), has_branches=True)


def forbidden(base: Sha, records: object) -> Unavailable:
    """The search that is not to be made."""
    raise AssertionError(base, records)


class Counting(GitCommand):
    """The real git, and how often it was asked for commits."""

    calls = 0

    def ancestors(self, commit: Sha, limit: int | None = None) -> tuple[Sha, ...]:
        self.calls += 1
        return super().ancestors(commit, limit)

    def list_since(self, known: Collection[Sha], head: Sha) -> Since:
        self.calls += 1
        return super().list_since(known, head)


class Drawing:
    """Commits by name: `base: b1 m2` has the parents `b1` and `m2`; each commit is newer than the one before."""

    def __init__(self, path: Path, text: str) -> None:
        story = Story()
        self.nodes: dict[str, Node] = {}
        for line in text.strip().splitlines():
            name, _, parents = line.strip().partition(":")
            self.nodes[name] = story.commit(*(self.nodes[parent] for parent in parents.split()))
        story.tips["main"] = self.nodes["base"]
        self.told = story.tell(path)
        self.names = {self.told.shas[node]: name for name, node in self.nodes.items()}

    def sha(self, name: str) -> Sha:
        return self.told.shas[self.nodes[name]]

    def github(self, *, limit: int = 250, gone: str = "") -> ComparedByGit:
        return ComparedByGit(self.told.repository, limit=limit, gone=[self.sha(name) for name in gone.split()])

    def local(self) -> FindNearest:
        return partial(nearest_in_clone, self.told.repository.command)

    def compared(self, github: ComparedByGit) -> FindNearest:
        return partial(nearest_by_comparing, github.compare, self.nodes["base"].date)

    def records(self, names: str) -> tuple[Record, ...]:
        return tuple(record(self.sha(name), self.nodes[name].date) for name in names.split())

    def choose(self, ancestry: FindNearest, names: str) -> tuple[str, int]:
        found = find_baseline(History(records=self.records(names)), self.sha("base"), ancestry)
        assert isinstance(found, Baseline), found
        assert found.how is BaselineHow.NEAR
        return self.names[found.record.sha], found.behind

    def why_none(self, ancestry: FindNearest, names: str) -> str:
        found = find_baseline(History(records=self.records(names)), self.sha("base"), ancestry)
        assert isinstance(found, Unavailable), found
        return found.reason


Draw = Callable[[str], Drawing]


@pytest.fixture(scope="session")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Draw:
    """Drawings as repositories, each made once: they are only read."""
    return cache(lambda text: Drawing(tmp_path_factory.mktemp("drawing") / "told", text))


LINE = "m1:\nm2: m1\nm3: m2\nbase: m3"
SIBLING = "m1:\nm2: m1\nbase: m2\nx1: m2\nx2: x1"
MERGED = "m1:\nm2: m1\nf1: m1\nf2: f1\nm3: m2\nm4: m3 f2\nbase: m4"
SIDE_IS_NEARER = "m1:\nf1: m1\nf2: f1\nf3: f2\nf4: f3\nm2: m1\nbase: f4 m2"
RELEASE = "m1:\nm2: m1\nr1: m2\nm3: m2\nm4: m3\nm5: m4\nbase: r1\nm6: m5"
CRISS_CROSS = "m1:\na1: m1\nb1: m1\na2: a1 b1\nb2: b1 a1\nbase: a2\nx: b2"

DRAWINGS = [
    pytest.param(LINE, "m1 m2 m3", ("m3", 1), id="the-newest-of-a-line"),
    pytest.param(LINE, "m1", ("m1", 3), id="far-behind"),
    pytest.param(LINE, "m3 m1 m2", ("m3", 1), id="recorded-late"),
    pytest.param(SIBLING, "m1 x1 x2", ("m1", 2), id="never-a-sibling"),
    pytest.param(SIBLING, "m2 x2", ("m2", 1), id="the-parent-of-a-sibling"),
    pytest.param(MERGED, "m1 m2 f2", ("f2", 4), id="the-tip-that-was-merged"),
    pytest.param(MERGED, "m1 f1 m2", ("f1", 5), id="of-equals-the-newest"),
    pytest.param(MERGED, "m3 f1", ("m3", 4), id="main-is-nearer"),
    pytest.param(MERGED, "m1 f2 f1 m4", ("m4", 1), id="what-merged-it-is-nearer"),
    pytest.param(SIDE_IS_NEARER, "m1 m2 f4", ("f4", 2), id="a-side-line-is-nearer"),
    pytest.param(SIDE_IS_NEARER, "m2 f1", ("m2", 5), id="of-equals-the-newest-again"),
    pytest.param(RELEASE, "m1 m2 m3 m4 m5", ("m2", 2), id="a-base-on-another-branch"),
    pytest.param(RELEASE, "m1 m3 m4 m5", ("m1", 3), id="a-fork-that-was-not-recorded"),
    pytest.param(CRISS_CROSS, "m1 b1 x", ("b1", 3), id="criss-cross"),
    pytest.param(CRISS_CROSS, "a1 b1 b2", ("b1", 3), id="two-merge-bases"),
]


@pytest.mark.parametrize(("drawing", "names", "expected"), DRAWINGS)
def test_the_nearest_ancestor_in_a_complete_clone(
    draw: Draw, drawing: str, names: str, expected: tuple[str, int]
) -> None:
    assert draw(drawing).choose(draw(drawing).local(), names) == expected


@pytest.mark.parametrize(("drawing", "names", "expected"), DRAWINGS)
def test_the_nearest_ancestor_by_what_github_compares(
    draw: Draw, drawing: str, names: str, expected: tuple[str, int]
) -> None:
    github = draw(drawing).github()
    assert draw(drawing).choose(draw(drawing).compared(github), names) == expected
    assert len(github.asked) <= 3


@pytest.mark.parametrize(
    ("drawing", "names", "requests"),
    [
        pytest.param(LINE, "m1 m2 m3", 1, id="a-line"),
        pytest.param(MERGED, "m1 m2 f1 f2 m4", 1, id="the-newest-has-everything"),
        pytest.param(SIBLING, "m1 m2 x1 x2", 1, id="the-fork-is-recorded"),
        pytest.param(RELEASE, "m1 m3 m4 m5", 2, id="only-older-than-the-fork"),
        pytest.param(SIDE_IS_NEARER, "m1 m2 f4", 2, id="a-side-line"),
    ],
)
def test_how_many_requests_it_takes(draw: Draw, drawing: str, names: str, requests: int) -> None:
    github = draw(drawing).github()
    draw(drawing).choose(draw(drawing).compared(github), names)
    assert len(github.asked) == requests


def test_what_is_recorded_of_the_base_itself_is_taken_without_asking(draw: Draw) -> None:
    drawn = draw(LINE)
    records = drawn.records("m1 base m3")
    found = find_baseline(History(records=records), drawn.sha("base"), forbidden)
    assert found == Baseline(record=records[1], how=BaselineHow.EXACT, behind=0)


def test_a_commit_that_was_recorded_twice_counts_as_it_was_recorded_last(draw: Draw) -> None:
    (first,) = draw(LINE).records("base")
    last = replace(first, tests=7)
    found = find_baseline(History(records=(first, last)), first.sha, forbidden)
    assert found == Baseline(record=last, how=BaselineHow.EXACT, behind=0)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(History(), id="empty"),
        pytest.param(History(imported=(Point(date=NOW, total=Decimal(80)),)), id="imported-only"),
    ],
)
def test_nothing_was_recorded_yet(draw: Draw, history: History) -> None:
    nothing = Unavailable(reason="nothing has been recorded yet")
    assert find_baseline(history, draw(LINE).sha("base"), forbidden) == nothing


# --- no ancestor, and other trouble --------------------------------------------------------------------------------


def test_no_recorded_commit_is_an_ancestor(draw: Draw) -> None:
    drawn = draw(SIBLING)
    github = drawn.github()
    base = drawn.sha("base")[:12]
    for ancestry in (drawn.local(), drawn.compared(github)):
        assert drawn.why_none(ancestry, "x1 x2").startswith(f"none of 2 recorded commits is an ancestor of {base}: was")
        assert drawn.why_none(ancestry, "x1").startswith(f"the one recorded commit is no ancestor of {base}: was")


def test_records_of_commits_that_are_gone_are_passed_over(draw: Draw) -> None:
    drawn = draw(SIBLING)
    github = drawn.github(gone="x1 x2")
    assert drawn.choose(drawn.compared(github), "m1 x1 x2") == ("m1", 2)
    records = (*drawn.records("m1"), record(Sha("0" * 40), drawn.nodes["m2"].date))
    found = find_baseline(History(records=records), drawn.sha("base"), drawn.local())
    assert isinstance(found, Baseline)
    assert found.record == records[0]


def test_after_a_force_push_an_older_commit_tells_of_all_that_came_after_it(draw: Draw) -> None:
    """The newest 6 records are gone: the search leaps over some of them, and loses nothing of what is still there."""
    line = ["o1:", *(f"o{n}: o{n - 1}" for n in range(2, 21))]
    gone = ["g1: o20", *(f"g{n}: g{n - 1}" for n in range(2, 7))]
    drawn = draw("\n".join([*line, *gone, "base: o20"]))
    old, lost = " ".join(f"o{n}" for n in range(1, 21)), " ".join(f"g{n}" for n in range(1, 7))
    github = drawn.github(gone=lost)
    assert drawn.choose(drawn.compared(github), f"{old} {lost}") == ("o20", 1)
    assert len(github.asked) == 2


def test_a_long_branch_that_the_base_is_not_of_is_passed_over_as_a_whole(draw: Draw) -> None:
    """Main has gone on since the release branch left it, and main is what is recorded."""
    line = ["m1:", *(f"m{n}: m{n - 1}" for n in range(2, 91))]
    drawn = draw("\n".join([*line, "r1: m60", "base: r1"]))
    github = drawn.github()
    names = " ".join(f"m{n}" for n in range(1, 91) if n % 10 and not 50 < n <= 60)
    assert drawn.choose(drawn.compared(github), names) == ("m49", 13)
    assert len(github.asked) == 3


def test_a_record_that_looks_newer_than_the_base_is_asked_for_last(draw: Draw) -> None:
    drawn = draw(LINE)
    records = tuple(replace(r, date=NOW + timedelta(days=n)) for n, r in enumerate(drawn.records("m2 m3")))
    found = find_baseline(History(records=records), drawn.sha("base"), drawn.compared(drawn.github()))
    assert isinstance(found, Baseline)
    assert (drawn.names[found.record.sha], found.behind) == ("m3", 1)


def test_with_more_commits_than_github_lists_the_nearest_that_is_known_is_taken(draw: Draw) -> None:
    drawn = draw(MERGED)
    github = drawn.github(limit=2)
    assert drawn.choose(drawn.compared(github), "m1") == ("m1", 6)
    assert drawn.choose(drawn.compared(github), "m1 f2") == ("f2", 4)


CUT = "m1:\nm2: m1\nb1: m2\nb2: b1\nb3: b2\nx1: m2\nbase: b3"
"""A stranger, x1, is the newest record; its fork is four commits behind the base, more than a list of three shows."""
TWO_ROOTS = "r1:\nr2: r1\nm1:\nm2: m1\nm3: m2 r2\nx1: m1\nbase: m3"
"""Another root was merged in, as a repository that was taken into this one is."""
MERGED_TOO = "m1:\ng: m1\nf: m1\nb1: f\nx1: f g\nbase: b1 g"
"""The stranger has merged both lines that the base is made of: g is not in the list, and b1 has not got it."""
SOLE = "m1:\nm2: m1\nf1: m2\nm3: m2\nm4: m3 f1\nx1: m2\nbase: m4"


@pytest.mark.parametrize(
    ("drawing", "names", "limit", "expected", "requests"),
    [
        pytest.param(CUT, "m1 x1", 3, ("m1", 5), 2, id="cut-the-fork-is-not-recorded"),
        pytest.param(CUT, "m2 x1", 3, ("m2", 4), 2, id="cut-the-fork-is-recorded"),
        pytest.param(CUT, "m2 b2 x1", 3, ("b2", 2), 2, id="cut-and-one-of-the-list"),
        pytest.param(CUT, "m2 x1", 4, ("m2", 4), 1, id="not-cut"),
        pytest.param(TWO_ROOTS, "r1 x1", 250, ("r1", 5), 2, id="the-other-root"),
        pytest.param(TWO_ROOTS, "r2 x1", 250, ("r2", 4), 2, id="the-other-roots-tip"),
        pytest.param(TWO_ROOTS, "m1 r2 x1", 250, ("r2", 4), 2, id="the-other-roots-tip-is-nearer"),
        pytest.param(TWO_ROOTS, "m1 x1", 250, ("m1", 5), 1, id="the-fork-beside-another-root"),
        pytest.param(TWO_ROOTS, "m2 r2 x1", 250, ("m2", 4), 2, id="both-sides"),
        pytest.param(MERGED_TOO, "b1 x1", 250, ("b1", 2), 2, id="a-parent-that-the-stranger-has-too"),
        pytest.param(SOLE, "m2 x1", 250, ("m2", 4), 1, id="the-fork-is-the-sole-way-out"),
        pytest.param(SOLE, "m2 f1 x1", 250, ("f1", 3), 1, id="a-side-line-that-leaves-by-the-fork"),
    ],
)
def test_what_a_comparison_with_a_stranger_tells(
    draw: Draw, drawing: str, names: str, limit: int, expected: tuple[str, int], requests: int
) -> None:
    drawn = draw(drawing)
    github = drawn.github(limit=limit)
    assert drawn.choose(drawn.compared(github), names) == expected
    assert drawn.choose(drawn.local(), names) == expected
    assert len(github.asked) == requests


def test_a_commit_that_many_ways_lead_to_is_gone_through_once() -> None:
    """Sixty merges in a row, each of two lines: 2**60 ways from the base to the record."""
    base, oldest = Sha("0" * 40), Sha(f"{999:040x}")
    commits: dict[Sha, tuple[Sha, ...]] = {}
    here = base
    for number in range(60):
        left, right, below = (Sha(f"{3 * number + n:040x}") for n in (1, 2, 3))
        commits |= {here: (left, right), left: (below,), right: (below,)}
        here = below
    commits[here] = (oldest,)
    search = Search(base, (record(here), record(oldest)))
    search.add(Compared(merge_base=oldest, ahead_by=len(commits), behind_by=0, commits=commits))
    assert search.result() == Near(record=record(here), behind=180)


def test_a_cut_list_of_a_stranger_is_no_dead_end(draw: Draw) -> None:
    drawn = draw(SIBLING + "\nx3: x2\nx4: x3")
    github = drawn.github(limit=1)
    assert drawn.choose(drawn.compared(github), "m2 x4") == ("m2", 1)


def test_when_too_many_requests_would_be_needed_the_clone_is_to_be_complete(draw: Draw) -> None:
    strangers = "\n".join(f"s{n}: m1" for n in range(1, 81))
    drawn = draw(f"m1:\nm2: m1\n{strangers}\nbase: m2")
    names = " ".join(f"s{n}" for n in range(1, 81))
    github = drawn.github()
    why = drawn.why_none(drawn.compared(github), names)
    assert "fetch-depth: 0" in why
    assert "80 recorded commits" in why
    assert len(github.asked) == 3
    assert drawn.choose(drawn.local(), f"m1 {names}") == ("m1", 2)


@pytest.mark.parametrize("refusal", [Refusal.UNREACHABLE, Refusal.RATE_LIMITED, Refusal.READ_ONLY])
def test_a_github_that_does_not_answer_makes_the_baseline_unavailable(draw: Draw, refusal: Refusal) -> None:
    drawn = draw(LINE)
    github = drawn.github()
    github.refusal = refusal
    assert "GitHub did not say which recorded commits are ancestors: " in drawn.why_none(drawn.compared(github), "m1")
    assert len(github.asked) == 1


@pytest.mark.slow
def test_a_history_of_thousands_is_searched_in_three_calls_of_git(tmp_path: Path) -> None:
    story = Story()
    tip = story.line(None, 3000)
    story.tips["main"] = story.commit(story.line(tip, 1500))
    told = story.tell(tmp_path / "told")
    git = Counting(told.repository.path, ENVIRONMENT)
    records = tuple(record(told.shas[node], node.date) for node in story.nodes[:3000])
    found = find_baseline(History(records=records), told.shas[story.tips["main"]], partial(nearest_in_clone, git))
    assert found == Baseline(record=records[-1], how=BaselineHow.NEAR, behind=1501)
    # The first in vain: none of the newest thousand commits is recorded.
    assert git.calls == 3


def test_a_record_is_looked_for_in_more_and_more_of_the_clone(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw("""
        m1:
        m2: m1
        m3: m2
        m4: m3
        base: m4
    """)
    # Each window is as long as what git lists, and never longer: the list may be cut off there.
    monkeypatch.setattr(covgate.history.ancestry, "_WINDOWS", (1, 2, 4, None))
    for name, behind in (("m4", 1), ("m3", 2), ("m2", 3), ("m1", 4)):
        assert drawn.choose(drawn.local(), name) == (name, behind)
    git = Counting(drawn.told.repository.path, ENVIRONMENT)
    assert nearest_in_clone(git, drawn.sha("base"), drawn.records("m4 m1")) == Near(
        record=drawn.records("m4")[0], behind=1
    )
    # The two newest, the first of which is the base itself, and what the base has beyond the record.
    assert git.calls == 3
    for windows, calls in (((6, None), 1), ((5, None), 2)):
        monkeypatch.setattr(covgate.history.ancestry, "_WINDOWS", windows)
        git = Counting(drawn.told.repository.path, ENVIRONMENT)
        found = nearest_in_clone(git, drawn.sha("base"), (record(parse_sha("0" * 40)),))
        assert (isinstance(found, Unavailable), git.calls) == (True, calls)


def test_a_side_line_that_is_older_than_the_newest_thousand_commits_may_be_nearer(tmp_path: Path) -> None:
    story = Story()
    root = story.line(None, 1)
    side = story.line(root, 1300)
    main = story.line(root, 1100)
    story.tips["main"] = base = story.commit(main, side)
    told = story.tell(tmp_path / "told")
    git = Counting(told.repository.path, ENVIRONMENT)
    records = tuple(record(told.shas[node], node.date) for node in (root, *story.nodes[1200:1301], main))
    found = find_baseline(History(records=records), told.shas[base], partial(nearest_in_clone, git))
    assert found == Baseline(record=records[-2], how=BaselineHow.NEAR, behind=1101)
    # The newest commits, what the base has beyond main and then beyond both, and the two counts.
    assert git.calls == 5
