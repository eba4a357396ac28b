"""Random histories in a real repository, with branches that main leaves behind: the drop that counting lines gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from random import Random

import pytest

from covgate.change.checkout import Checkout
from covgate.change.line_mapping import find_shifts
from covgate.config.goals import Component
from covgate.gate.components import component_figures
from covgate.history.ancestry import nearest_in_clone
from covgate.history.baseline import find_baseline
from covgate.history.comparison.compare import fitting
from covgate.history.comparison.flapping import make_line_record
from covgate.history.look_back import Past, compare_with
from covgate.history.storage.line_record import decode_record, encode_record
from covgate.model.commit import Sha
from covgate.model.history import Baseline, Comparison, History, LineRecord, Record
from covgate.model.numbers import Tally
from covgate.model.unknown import Unavailable, known
from covgate.system.git_remote import GitRemote
from tests.integration.history.test_regression_properties import check_rules, parts_of
from tests.support.histories import Node, Story, Told
from tests.support.lives import Commit, Life, live

LIVES = 40


@dataclass(frozen=True)
class TopicLife:
    """A life in a repository. `life.main` is up to where the topic begins; main has gone on since."""

    life: Life
    nodes: tuple[Node, ...]
    recorded: frozenset[int]
    """Which commits of main were recorded, by their place."""
    later: Node
    head: Node


def tell(path: Path) -> tuple[list[TopicLife], Told]:
    story, made = Story(1), []
    for seed in range(LIVES):
        random = Random(seed)
        life = live(random, chance=seed % 4 > 0, size=random.choice((8, 20)))
        nodes: list[Node] = []
        for commit in life.main:
            nodes.append(story.commit(*nodes[-1:], files=_texts(commit)))
        recorded = frozenset({0, *(n for n in range(1, len(nodes)) if random.random() < 0.9)})
        later = story.line(nodes[-1], 2)
        made.append(TopicLife(life, tuple(nodes), recorded, later, story.commit(nodes[-1], files=_texts(life.head))))
    story.tips["main"] = made[-1].later
    return made, story.tell(path)


def _texts(commit: Commit) -> dict[str, tuple[str, ...]]:
    return {name: tuple(line.text for line in file.lines) for name, file in commit.files.items()}


class Recorder:
    """Records the commits of one life, and main's commits after the topic began too."""

    def __init__(self, topic: TopicLife, told: Told) -> None:
        self.git = told.repository.command
        self._told = told
        self.followed = True
        """Whether git followed every rename; one of a file that was edited through and through it does not."""
        self.records: list[Record] = []
        self.lines: dict[Sha, LineRecord] = {}
        before: tuple[Sha, Commit] | None = None
        for place, commit in enumerate(topic.life.main):
            if place in topic.recorded:
                sha = told.shas[topic.nodes[place]]
                self._record(sha, commit, before)
                before = sha, commit
        self._record(told.shas[topic.later], replace(topic.life.main[-1]), before)

    def _record(self, sha: Sha, commit: Commit, before: tuple[Sha, Commit] | None) -> None:
        old, shifts = None, find_shifts(self.git, sha, sha)
        if before:
            old, shifts = self.lines[before[0]], find_shifts(self.git, before[0], sha)
            self.check_renames(before[1], commit, before[0], sha)
        coverage = commit.coverage
        made = make_line_record(old, sha, coverage, self.git.blob_ids(sha), shifts)
        self.lines[sha] = decode_record(encode_record(made))
        date = self.git.commit_date(sha)
        self.records.append(Record(sha=sha, parent=None, date=date, total=coverage.total, has_branches=True))

    def check_renames(self, old: Commit, new: Commit, old_sha: Sha, sha: Sha) -> None:
        where = {file.number: name for name, file in new.files.items()}
        moved = {(name, there) for name, file in old.files.items() if (there := where.get(file.number, name)) != name}
        told = self._told.repository.git("diff", "--name-status", "--find-renames=50%", "-l1000", old_sha, sha)
        renames = {
            (one, other) for kind, one, *rest in map(str.split, told.splitlines()) for other in rest if kind[0] == "R"
        }
        self.followed &= moved == renames

    def compare(self, topic: TopicLife, life: Life) -> tuple[Comparison | Unavailable | None, bool]:
        """Hold the topic against its baseline; and whether git followed every rename."""
        head = self._told.shas[topic.head]
        main = self._told.shas[topic.later]
        base = self.git.merge_base(main, head)
        assert base is not None
        history = History(records=tuple(self.records))
        baseline = find_baseline(history, base, partial(nearest_in_clone, self.git))
        assert isinstance(baseline, Baseline)
        assert baseline.record.sha == self._told.shas[topic.nodes[max(topic.recorded)]], "never a record of later"
        sha = baseline.record.sha
        self.check_renames(life.main[-1], life.head, sha, head)
        past = Past(
            history=history,
            baseline=baseline,
            lines=fitting(baseline.record, self.lines[sha]),
            shifts=find_shifts(self.git, sha, head),
        )
        change = Checkout(
            git=self.git,
            remote=GitRemote(self.git),
            prefix=PurePosixPath(),
            head=head,
            tree=head,
            base=None,
            lines=None,
        )
        globs = life.globs.items()
        components = [Component(name=n, paths=tuple(f"{folder}/**" for folder in folders)) for n, folders in globs]
        parts = component_figures(components, PurePosixPath(), life.head.coverage, None, tuple)
        tallies = {part.name: known(part.total) or Tally() for part in parts}
        return compare_with(past, life.head.coverage, tallies, components, change), self.followed


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[TopicLife], Told]:
    return tell(tmp_path_factory.mktemp("lives") / "told")


def test_each_part_is_judged_by_what_counting_its_lines_gives(world: tuple[list[TopicLife], Told]) -> None:
    topics, told = world
    checked = excused = adjusted = 0
    for topic in topics:
        recorder = Recorder(topic, told)
        main = tuple(commit for place, commit in enumerate(topic.life.main) if place in topic.recorded)
        life = Life(main, topic.life.head, topic.life.globs)
        found, followed = recorder.compare(topic, life)
        assert found is not None
        if not followed:
            continue
        check_rules(life, found)
        checked += 1
        for _, drop in parts_of(life, found).values():
            excused += drop.excused > 0
            adjusted += not isinstance(drop.adjusted, Unavailable) and 0 < drop.raw > drop.adjusted
    assert checked > LIVES * 0.7
    assert excused
    assert adjusted
