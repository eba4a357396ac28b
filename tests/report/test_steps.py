"""What to do next: the set passes every failing rule, judged again on what it covers, and no smaller set does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import PurePosixPath
from random import Random

import pytest

from covgate.change.diff_coverage import compute_diff_coverage
from covgate.change.functions import functions_of
from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.history.comparison.drop import compute_drop
from covgate.model.change import ChangedFile, ChangedLines, DiffCoverage
from covgate.model.coverage import Branch, Coverage, FileCoverage, Function, Measurement, Reason, ReasonKind, Span
from covgate.model.history import Comparison, FlapShown, IndirectFile
from covgate.model.numbers import Counts, Tally
from covgate.model.places import Place
from covgate.model.steps import MOST_CHOSEN, FolderGap, Spot, Steps
from covgate.model.verdict import MAX_DROP, MIN_DIFF, MIN_TOTAL, Check, ComponentFigures, Drop, Status, VerdictKind
from covgate.report.facts import Facts
from covgate.report.steps import MOST_READ, Judged, find_steps
from covgate.report.todo import next_steps
from tests.support.situations import SITUATIONS, facts, many_files
from tests.support.situations_compared import BASELINE, COMPARED

Places = dict[tuple[PurePosixPath, int], frozenset[int]]
"""The missing and the partial lines of each function, by file and first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A measured project with a change, its baseline, and the rules it is judged by."""

    files: Mapping[PurePosixPath, FileCoverage]
    changed: Mapping[PurePosixPath, frozenset[int]]
    lost: Mapping[PurePosixPath, frozenset[int]]
    before: Tally
    rules: tuple[tuple[str, str | None, Decimal], ...]
    members: Mapping[str, frozenset[PurePosixPath]]

    def coverage(self, covered: Places) -> dict[PurePosixPath, FileCoverage]:
        """Return the measurement once some places are covered as a whole."""
        lines: dict[PurePosixPath, frozenset[int]] = {}
        for (path, _), some in covered.items():
            lines[path] = lines.get(path, frozenset()) | some
        return {path: _covered(file, lines.get(path, frozenset())) for path, file in self.files.items()}

    def diff(self, files: Mapping[PurePosixPath, FileCoverage]) -> DiffCoverage:
        digests = {path: str(path) for path in files}
        changes = {path: ChangedFile(path=path, lines=lines) for path, lines in self.changed.items()}
        coverage = Coverage(files=files, has_branches=True)
        found = compute_diff_coverage(
            ChangedLines(files=changes, digests=digests), Measurement(coverage=coverage, digests=digests)
        )
        assert isinstance(found, DiffCoverage)
        return found

    def checks(self, covered: Places) -> list[Check]:
        """Judge every rule by the gate's own functions."""
        files = self.coverage(covered)
        return [self._check(rule, part, target, files) for rule, part, target in self.rules]

    def _check(
        self, rule: str, part: str | None, target: Decimal, files: Mapping[PurePosixPath, FileCoverage]
    ) -> Check:
        here = {path: file for path, file in files.items() if part is None or path in self.members[part]}
        total = sum((file.tally() for file in here.values()), Tally())
        if rule == MAX_DROP:
            return evaluate_drop(target, compute_drop(self.before, total, ()), nothing="", component=part)
        if rule == MIN_TOTAL:
            return evaluate(rule, target, total, nothing="", component=part)
        touched = sum((file.tally(self.changed.get(path, frozenset())) for path, file in here.items()), Tally())
        return evaluate(rule, target, touched, nothing="", component=part)

    def judged(self) -> Judged:
        coverage = Coverage(files=self.files, has_branches=True)
        drop = compute_drop(self.before, coverage.total, ())
        indirect = tuple(
            IndirectFile(path=path, lost=tuple(Span(start=n, end=n) for n in sorted(lines)))
            for path, lines in self.lost.items()
            if lines
        )
        assert drop is not None
        return Judged(
            verdict=judge(self.checks({}), None),
            coverage=coverage,
            diff=self.diff(self.files),
            comparison=Comparison(baseline=BASELINE, delta=-drop.raw, drop=drop, indirect=indirect),
            components=tuple(
                ComponentFigures(name=name, total=sum((self.files[p].tally() for p in paths), Tally()), diff=None)
                for name, paths in self.members.items()
            ),
            members=self.members,
            changed=frozenset(self.changed),
        )

    def covering(self, named: Places, last: tuple[PurePosixPath, int], some: frozenset[int]) -> World:
        """Return the world with the named places covered, but of the last one `some` statements without branches."""
        files = self.coverage({key: lines for key, lines in named.items() if key != last})
        file = files[last[0]]
        files[last[0]] = replace(file, missing=file.missing - some)
        return replace(self, files=files)

    def places(self, tier: int) -> Places:
        """Return what may be named: of the change, what was lost, of changed files, of the project."""
        found: Places = {}
        for path, file in self.files.items():
            allowed = self.changed.get(path, frozenset())
            allowed |= self.lost.get(path, frozenset()) if tier >= 1 else frozenset()
            if tier == 3 or (tier == 2 and path in self.changed):
                allowed = file.statements
            for function in file.functions:
                body = frozenset(range(function.span.start, function.span.end + 1))
                if lines := (file.missing | file.partial) & allowed & body:
                    found[path, function.span.start] = lines
        return found


def _covered(file: FileCoverage, lines: frozenset[int]) -> FileCoverage:
    branches = {n: replace(one, taken=one.total) if n in lines else one for n, one in file.branches.items()}
    return replace(file, missing=file.missing - lines, branches=branches)


def random_world(seed: int) -> World:
    """Up to seven functions in one to three files, two components, one to four rules."""
    random = Random(seed)
    files, changed, lost = {}, {}, {}
    for number in range(random.randint(1, 3)):
        path = PurePosixPath(f"{random.choice('ab')}/m{number}.py")
        statements, missing, branches, functions = set(), set(), {}, []
        line, touched, gone = 1, set(), set()
        for at in range(random.randint(1, 3)):
            start, size = line, random.randint(1, 6)
            statements.add(start)
            line += 1
            for _ in range(size):
                statements.add(line)
                if random.random() < 0.6:
                    missing.add(line)
                if random.random() < 0.3:
                    branches[line] = Branch(total=2, taken=0 if line in missing else random.randint(1, 2))
                line += 1
            functions.append(Function(name=f"f{at}", span=Span(start=start, end=line - 1), body=start + 1))
            body = set(range(start, line))
            touched |= random.choice([set(), body, {n for n in body if random.random() < 0.5}])
            if random.random() < 0.3:
                gone |= {n for n in body & missing if random.random() < 0.7}
        files[path] = FileCoverage(
            path=path,
            statements=frozenset(statements),
            missing=frozenset(missing),
            branches=branches,
            functions=tuple(functions),
        )
        if touched:
            changed[path] = frozenset(touched)
        lost[path] = frozenset(gone - touched)
    members = {name: frozenset(p for p in files if p.parts[0] == name) for name in "ab"}
    total = sum((file.tally() for file in files.values()), Tally()).counts
    before = Tally(lines=Counts(covered=random.randint(total.covered, total.total), total=total.total))
    parts = [None, *(name for name, paths in members.items() if paths)]
    kinds = [(rule, part) for rule in (MIN_DIFF, MIN_TOTAL) for part in parts] + [(MAX_DROP, None)]
    chosen = random.sample(kinds, min(random.randint(1, 4), len(kinds)))
    rules = tuple(
        (rule, part, Decimal(random.choice([0, 1, 5]) if rule == MAX_DROP else random.choice([50, 70, 80, 90, 100])))
        for rule, part in chosen
    )
    return World(files=files, changed=changed, lost=lost, before=before, rules=rules, members=members)


def smallest(world: World, places: Places) -> int | None:
    """Try every set; None where all places are not enough."""
    names = sorted(places)
    for size in range(len(names) + 1):
        for some in combinations(names, size):
            if not any(check.status is Status.FAIL for check in world.checks({name: places[name] for name in some})):
                return size
    return None


def expected(world: World) -> tuple[int, int | None]:
    """Return the nearest surroundings where five places are enough, else the widest; and how many it takes there."""
    beyond = any(check.rule != MIN_DIFF for check in world.checks({}) if check.status is Status.FAIL)
    tiers = range(4 if beyond else 1)
    sizes = [smallest(world, world.places(tier)) for tier in tiers]
    few = [tier for tier, size in zip(tiers, sizes, strict=True) if size is not None and size <= MOST_CHOSEN]
    return (few or tiers)[0 if few else -1], sizes[few[0] if few else -1]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 500, 25))
def test_the_set_passes_every_rule_and_none_smaller_does(first: int) -> None:
    for seed in range(first, first + 25):
        assert_smallest(random_world(seed))


def assert_smallest(world: World) -> None:
    judged = world.judged()
    steps = find_steps(judged)
    if judged.verdict.kind is not VerdictKind.FAIL:
        assert steps is None
        return
    tier, size = expected(world)
    assert steps is not None
    assert (steps.count, steps.least) == (size, size)
    assert bool(steps.chosen) == (steps.count <= MOST_CHOSEN) == (not steps.folders)
    if not steps.chosen:
        return
    places = world.places(tier)
    named = {key: places[key] for key in (_key(world, spot) for spot in steps.chosen)}
    assert not [check for check in world.checks(named) if check.status is Status.FAIL]
    if steps.part:
        # Whichever so many of its statements are covered; their branches may be missing as before.
        last = _key(world, steps.chosen[-1])
        missing = sorted(named[last] & world.files[last[0]].missing)
        for some in list(combinations(missing, steps.part))[:20]:
            part = world.covering(named, last, frozenset(some))
            assert not [check for check in part.checks({}) if check.status is Status.FAIL]


def _key(world: World, spot: Spot) -> tuple[PurePosixPath, int]:
    (start,) = (f.span.start for f in world.files[spot.path].functions if f.name == spot.place.function)
    return spot.path, start


@pytest.mark.slow
def test_the_cases_are_of_every_kind() -> None:
    found = [(world, find_steps(world.judged())) for world in map(random_world, range(500))]
    steps = [(world, one) for world, one in found if one is not None]
    assert sum(len(world.rules) > 1 for world, _ in steps) > 100
    assert {one.count for _, one in steps} >= {1, 2, 3, 4, 5, 6}
    assert sum(one.part > 0 for _, one in steps) > 20
    assert sum(any(not spot.diff for spot in one.chosen) for _, one in steps) > 20
    assert sum(any(part in "ab" for _, part, _ in world.rules if part) for world, _ in steps) > 100


# --- what is promised, and what is not --------------------------------------------------------------------------------


def titles(name: str) -> tuple[str, list[str], list[str]]:
    made = SITUATIONS[name]() if name in SITUATIONS else COMPARED[name]()
    found = next_steps(made, made.known_diff.files)
    return found.title, [row.lines for row in found.rows], [f"{one.shown}: {one.size}" for one in found.folders]


@pytest.mark.parametrize(
    ("situation", "title", "lines"),
    [
        ("fail-diff", "Covering this is enough", ["31-35"]),
        ("hostile-names", "Covering these 4 is enough", ["1", "1", "1", "2"]),
        ("fail-both", "Covering these 3 is enough", ["71-90", "59-70", "31-35"]),
        ("tests-failed-and-diff", "Still uncovered in this change", ["31-35", "59-63"]),
        ("pass", "Still uncovered in this change", ["31-35", "59-63"]),
        ("drop-unknown", "Still uncovered in this change", ["31-35", "59-63"]),
    ],
)
def test_a_list_is_called_enough_only_where_that_is_known(situation: str, title: str, lines: list[str]) -> None:
    assert titles(situation)[:2] == (title, lines)


def test_of_more_than_five_places_the_folders_are_named() -> None:
    assert titles("many-files") == (
        "That takes at least 87 of 200 functions. Most is missing in",
        [],
        ["src/app: 794 lines in 200 files"],
    )


def test_three_folders_are_named_those_that_miss_most_and_the_root_as_such() -> None:
    text = "\n".join(many_files(count, folder) for count, folder in ((40, "a/b"), (3, "c"), (20, "a"), (30, "d")))
    text += "\nm.py\n" + "".join(f"    + {n} missing\n    {n + 1}\n" for n in range(1, 800, 2))
    made = facts(text, min_diff="99")
    found = next_steps(made, made.known_diff.files)
    assert [one.shown for one in found.folders] == [".", "a/b", "d"]


def test_for_the_diff_no_place_outside_the_change_is_named() -> None:
    lines = "".join(f"    + {n} missing\n    {n + 1} missing\n" for n in range(11, 31, 2))
    made = facts(f"m.py\n    + 1-10\n    10\n{lines}", min_diff="90")
    found = next_steps(made, made.known_diff.files)
    assert (found.title, found.rows) == ("That takes at least 8 of 10 places. Most is missing in", ())


def test_a_part_of_the_last_place_may_be_enough() -> None:
    text = "m.py\n    + 1-20\n    + 21-25 missing\n    def f 20-25\n    + 31-33 missing\n    def g 30-33\n"
    made = facts(text, min_diff="87")
    (row,) = next_steps(made, made.known_diff.files).rows
    assert (row.lines, row.enough) == ("21-25", "")
    made = facts(text, min_diff="75")
    (row,) = next_steps(made, made.known_diff.files).rows
    assert (row.lines, row.enough) == ("21-25", "any 1 of these 5 lines is enough")


@pytest.mark.parametrize(
    ("function", "reasons"),
    [
        pytest.param("def f 70-90 from 71", (Reason(kind=ReasonKind.NEVER_RUN, line=70),), id="its-def-ran"),
        pytest.param("def f 71-90", (Reason(kind=ReasonKind.NEVER_RUN, line=71),), id="all-of-it-is-its-body"),
        pytest.param("def f 69-90 from 70", (), id="a-part-of-its-body-ran"),
        pytest.param("91\n    def f 71-91", (), id="the-end-of-its-body-ran"),
    ],
)
def test_a_function_that_did_not_change_is_never_run_where_nothing_of_its_body_ran(
    function: str, reasons: tuple[Reason, ...]
) -> None:
    steps = facts(f"m.py\n    1-70\n    71-90 missing\n    {function}\n", min_total="80").steps
    assert steps is not None
    assert [spot.place.reasons for spot in steps.chosen] == [reasons]


def test_where_fewer_may_do_the_title_says_at_most() -> None:
    spots = tuple(_spot(n) for n in range(3))
    made = replace(SITUATIONS["fail-diff"](), steps=Steps(chosen=spots, count=3, least=2))
    assert next_steps(made, ()).title == "At most these 3 have to be covered"
    folders = (FolderGap(path=PurePosixPath(), lines=1, branches=1, files=1),)
    made = replace(made, steps=Steps(chosen=(), count=9, least=7, among=30, folders=folders))
    found = next_steps(made, ())
    assert found.title == "That takes at least 7 and at most 9 of 30 places. Most is missing in"
    assert [(one.shown, one.size) for one in found.folders] == [(".", "2 lines and branches in 1 file")]


def _spot(line: int) -> Spot:
    place = Place(span=Span(start=line + 1, end=line + 1), function="", statements=1, branches=Counts())
    return Spot(path=PurePosixPath("m.py"), place=place, diff=1, total=1)


def test_what_brings_its_statements_to_the_total_may_break_the_total() -> None:
    """A file that no test imports counts in the diff; imported, all of it counts in the total."""
    text = "new.py (unmeasured)\n    + 1-10 missing\n    11-100 missing\n    def f 1-100\n"
    text += "m.py\n    1-80\n    81-100 missing\n"
    assert facts(text, min_diff="80").steps is not None
    assert facts(text, min_diff="80", min_total="40").steps is not None
    assert facts(text, min_diff="80", min_total="75").steps is None


def test_such_a_file_helps_no_total() -> None:
    text = "new.py (unmeasured)\n    + 1-10 missing\n    def f 1-10\n"
    text += "m.py\n    1-70\n    71-100 missing\n    def g 70-100\n"
    steps = facts(text, min_total="80").steps
    assert steps is not None
    assert [spot.path.name for spot in steps.chosen] == ["m.py"]
    assert facts(text, min_diff="80", min_total="80").steps is None


def test_flapping_lines_are_nobodys_job() -> None:
    made = facts("m.py\n    1-70\n    71-90 missing\n    def f 61-81\n    def g 82-90\n", min_total="80")
    assert isinstance(made.total, Coverage)
    assert made.steps is not None
    assert [spot.place.function for spot in made.steps.chosen] == ["f"]
    flaps = tuple(FlapShown(path=PurePosixPath("m.py"), line=n, change=-1) for n in range(71, 79))
    drop = Drop(raw=Fraction(1), adjusted=Fraction(1))
    comparison = Comparison(baseline=BASELINE, delta=Fraction(-1), drop=drop, flaps=flaps)
    steps = find_steps(Judged(verdict=made.verdict, coverage=made.total, diff=made.diff, comparison=comparison))
    assert steps is not None
    assert [spot.place.function for spot in steps.chosen] == ["g"]


def test_what_was_lost_is_named_before_what_never_ran() -> None:
    text = "lost.py\n    1-20\n    21-23 missing\nold.py\n    1-57\n    58-97 missing\n"
    made = facts(text, min_total="65")
    assert isinstance(made.total, Coverage)
    assert made.steps is not None
    assert [spot.path.name for spot in made.steps.chosen] == ["old.py"]
    drop, lost = Drop(raw=Fraction(1), adjusted=Fraction(1)), (Span(start=21, end=22),)
    indirect = (IndirectFile(path=PurePosixPath("lost.py"), lost=lost),)
    comparison = Comparison(baseline=BASELINE, delta=Fraction(-1), drop=drop, indirect=indirect)
    source = b"def f():\n" + b"    x = 1\n" * 22

    def functions(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, tuple[Function, ...]]:
        return {path: functions_of(source) for path in paths}

    judged = Judged(
        verdict=made.verdict, coverage=made.total, diff=made.diff, comparison=comparison, functions=functions
    )
    steps = find_steps(judged)
    assert steps is not None
    (spot,) = steps.chosen
    assert (spot.path.name, spot.place.span, spot.place.function) == ("lost.py", Span(start=21, end=22), "f")
    assert [reason.kind for reason in spot.place.reasons] == [ReasonKind.LOST]


def test_few_sources_are_read_and_none_where_the_change_is_enough() -> None:
    text = "\n".join(f"m{n}.py\n    1-3\n    4-{5 + n % 9} missing" for n in range(200))
    asked: list[PurePosixPath] = []

    def functions(paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, tuple[Function, ...]]:
        asked.extend(paths)
        return {}

    def steps_of(made: Facts) -> Steps:
        assert isinstance(made.total, Coverage)
        steps = find_steps(Judged(verdict=made.verdict, coverage=made.total, diff=made.diff, functions=functions))
        assert steps is not None
        return steps

    steps = steps_of(facts(text, min_total="40"))
    assert len(asked) == MOST_READ
    assert (steps.least <= steps.count, steps.among) == (True, 0)
    asked.clear()
    steps_of(facts(text + "\nnew.py\n    + 1-900 missing", min_total="40"))
    assert not asked
