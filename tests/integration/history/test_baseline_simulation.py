"""Two hundred commits on main, and for every pull request the baseline that looking at every record gives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial

import pytest

from covgate.change.line_mapping import find_shifts
from covgate.history.ancestry import FindNearest, nearest_by_comparing, nearest_in_clone
from covgate.history.baseline import find_baseline
from covgate.history.comparison.compare import compare
from covgate.model.history import Baseline, BaselineHow, Comparison, History, Record
from covgate.model.numbers import Tally
from covgate.model.unknown import Unavailable
from tests.support.compared import ComparedByGit
from tests.support.histories import Node, Told
from tests.support.simulation import Life, brute_force, coverage_of, tell, total_of

SHARES = {1: 0.9, 2: 0.4, 3: 0.15, 4: 0.04}
"""How much of main is recorded, by seed."""


@dataclass(frozen=True)
class World:
    life: Life
    told: Told
    records: tuple[Record, ...]

    @cached_property
    def bases(self) -> list[Node]:
        """The base of every pull request: the merge commit's first parent, and the merge base."""
        git = self.told.repository.command
        nodes = {sha: node for node, sha in self.told.shas.items()}
        found = dict.fromkeys(pull_request.main for pull_request in self.life.pull_requests)
        for pull_request in self.life.pull_requests:
            merge_base = git.merge_base(self.told.shas[pull_request.main], self.told.shas[pull_request.head])
            assert merge_base is not None
            found[nodes[merge_base]] = None
        return list(found)

    def find(self, base: Node, ancestry: FindNearest) -> Baseline | Unavailable:
        return find_baseline(History(records=self.records), self.told.shas[base], ancestry)

    def check(self, base: Node, ancestry: FindNearest) -> None:
        found = self.find(base, ancestry)
        expected = brute_force(self.told, self.records, base)
        if expected is None:
            assert isinstance(found, Unavailable)
            return
        assert isinstance(found, Baseline), found
        assert (found.record.sha, found.behind) == expected
        assert (found.how is BaselineHow.EXACT) == (found.behind == 0)


@pytest.fixture(scope="module", params=SHARES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    seed: int = request.param
    life, told = tell(seed, tmp_path_factory.mktemp("life") / "told")
    return World(life, told, life.records(told, SHARES[seed], wrong=0.08))


def test_the_life_is_what_it_claims_to_be(world: World) -> None:
    told, life = world.told, world.life
    assert len(life.main) >= 200
    assert len(life.pull_requests) > 50
    assert int(told.repository.git("rev-list", "--count", "--first-parent", "main")) == len(life.main)
    assert any(len(node.parents) == 2 for node in life.main)
    assert any(pull_request.head.parents[0] != pull_request.main for pull_request in life.pull_requests)
    assert {record.sha for record in world.records} & {told.shas[node] for node in life.strangers}


def test_git_itself_says_what_the_brute_force_says(world: World) -> None:
    """The brute force knows the story; here a sample of it is asked of git, commit by commit."""
    told, random = world.told, world.life.random
    bases = world.bases
    nodes = {sha: node for node, sha in told.shas.items()}
    for _ in range(25):
        base, record = random.choice(bases), random.choice(world.records)
        one, other = record.sha, told.shas[base]
        count = int(told.repository.git("rev-list", "--count", f"{one}..{other}"))
        assert nodes[one].behind(base) == count
        is_ancestor = told.repository.git("merge-base", "--all", one, other) == one
        assert is_ancestor is base.has(nodes[one])


def test_a_complete_clone_always_finds_the_nearest_recorded_ancestor(world: World) -> None:
    ancestry = partial(nearest_in_clone, world.told.repository.command)
    for base in world.bases:
        world.check(base, ancestry)


@pytest.mark.parametrize("limit", [250, 20])
def test_so_does_a_clone_that_asks_github(world: World, limit: int) -> None:
    github = ComparedByGit(world.told.repository, limit=limit)
    requests = []
    for base in world.bases:
        github.asked.clear()
        world.check(base, partial(nearest_by_comparing, github.compare, base.date))
        requests.append(len(github.asked))
    assert max(requests) <= 3
    assert sum(requests) <= 1.2 * len(requests)


def test_among_more_wrong_records_than_right_ones_no_wrong_one_is_ever_taken(world: World) -> None:
    told = world.told
    harsh = World(world.life, told, world.life.records(told, 0.1, wrong=2))
    github = ComparedByGit(told.repository)
    nodes = {sha: node for node, sha in told.shas.items()}
    right = 0
    for base in world.bases:
        harsh.check(base, partial(nearest_in_clone, told.repository.command))
        github.asked.clear()
        found = harsh.find(base, partial(nearest_by_comparing, github.compare, base.date))
        assert len(github.asked) <= 3
        right += isinstance(found, Baseline)
        if isinstance(found, Baseline):
            assert base.has(nodes[found.record.sha])
            assert found.behind == nodes[found.record.sha].behind(base)
    assert right


def test_the_delta_is_the_one_of_the_files_themselves(world: World) -> None:
    told, git = world.told, world.told.repository.command
    ancestry = partial(nearest_in_clone, git)
    unknown = Unavailable(reason="no lines are kept")
    deltas = []
    for pull_request in world.life.pull_requests[:12]:
        found = world.find(pull_request.main, ancestry)
        if isinstance(found, Unavailable):
            continue
        merge = told.shas[pull_request.merge]
        texts = {str(path): data for path, data in git.blobs(merge, git.blob_ids(merge)).items()}
        compared = compare(found, unknown, coverage_of(texts), unknown, digests={}, components={})
        assert isinstance(compared, Comparison)
        assert compared.delta == percent(total_of(told, merge)) - percent(total_of(told, found.record.sha))
        deltas.append(compared.delta)
    assert any(deltas)


def test_the_lines_between_baseline_and_head_are_mapped(world: World) -> None:
    told = world.told
    git = told.repository.command
    ancestry = partial(nearest_in_clone, git)
    compared = 0
    for pull_request in world.life.pull_requests[:12]:
        found = world.find(pull_request.main, ancestry)
        if isinstance(found, Unavailable):
            continue
        compared += 1
        old, new = found.record.sha, told.shas[pull_request.merge]
        shifts = find_shifts(git, old, new)
        before, after = git.blobs(old, git.blob_ids(old)), git.blobs(new, git.blob_ids(new))
        kept = 0
        for path, data in before.items():
            shift = shifts.of(path)
            for number, line in enumerate(data.splitlines(), start=1):
                there = shift.to_new(number)
                if there is not None:
                    assert shift.path is not None
                    assert after[shift.path].splitlines()[there - 1] == line
                    kept += 1
        numbers = told.repository.git("diff", "--numstat", "--find-renames=50%", "-l1000", old, new).splitlines()
        gone = sum(int(line.split("\t")[1]) for line in numbers)
        assert kept == sum(len(data.splitlines()) for data in before.values()) - gone
    assert compared


def percent(tally: Tally) -> Fraction:
    return Fraction(100 * tally.counts.covered, tally.counts.total)
