"""Where the next steps look: how far from the change, at which files, and what they promise of files never imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate.change.diff_coverage import compute_diff_coverage
from covgate.gate.rules import evaluate, evaluate_drop, judge
from covgate.model.change import DiffCoverage
from covgate.model.coverage import Coverage, Function, ReasonKind, Span
from covgate.model.history import Comparison, FlapShown, IndirectFile
from covgate.model.numbers import Tally
from covgate.model.steps import Steps
from covgate.model.unknown import Unavailable
from covgate.model.verdict import MAX_DROP, MIN_DIFF, MIN_TOTAL, Check, ComponentFigures, Drop
from covgate.report import steps as steps_module
from covgate.report.steps import MOST_READ, Judged, find_steps
from tests.support.coverage_text import read_files
from tests.support.situations import PASSED
from tests.support.situations_compared import BASELINE

Rules = dict[tuple[str, str | None], str]

NO_DROP = Drop(raw=Fraction(0), adjusted=Fraction(0))


def judged(
    text: str,
    rules: Rules,
    parts: Mapping[str, str] | None = None,
    drop: Drop = NO_DROP,
    **others: Any,  # noqa: ANN401  # the fields of Judged
) -> Judged:
    """Judge `text` (see coverage_text) by rules; `parts` are the files of each component, with spaces between them."""
    changed, measurement = read_files(text)
    coverage, diff = measurement.coverage, compute_diff_coverage(changed, measurement)
    assert isinstance(coverage, Coverage)
    assert isinstance(diff, DiffCoverage)
    members = {part: frozenset(map(PurePosixPath, names.split())) for part, names in (parts or {}).items()}

    def inside(part: str | None, path: PurePosixPath) -> bool:
        return part is None or path in members[part]

    def total_of(part: str | None) -> Tally:
        return sum((file.tally() for path, file in coverage.files.items() if inside(part, path)), Tally())

    def check(rule: str, part: str | None, target: str) -> Check:
        if rule == MAX_DROP:
            return evaluate_drop(Decimal(target), drop, nothing="", component=part)
        touched = sum((file.tally for file in diff.files if inside(part, file.path)), Tally())
        figure = total_of(part) if rule == MIN_TOTAL else touched
        return evaluate(rule, Decimal(target), figure, nothing="", component=part)

    return Judged(
        verdict=judge([check(*key, target) for key, target in rules.items()], PASSED),
        coverage=coverage,
        diff=diff,
        components=tuple(ComponentFigures(name=part, total=total_of(part), diff=None) for part in members),
        members=members,
        unmeasured={path: gap.file.tally() for path, gap in measurement.unmeasured.items() if gap.file},
        **others,
    )


def compared(*lost: IndirectFile, flaps: Sequence[FlapShown] = ()) -> Comparison:
    return Comparison(baseline=BASELINE, delta=Fraction(-1), drop=NO_DROP, indirect=lost, flaps=tuple(flaps))


def lost(path: str, start: int, end: int) -> IndirectFile:
    return IndirectFile(path=PurePosixPath(path), lost=(Span(start=start, end=end),))


def named(steps: Steps | None) -> list[str] | None:
    """Return the places that are enough: `m.py:3-5`."""
    if steps is None:
        return None
    return [f"{spot.path}:{spot.place.span.start}-{spot.place.span.end}" for spot in steps.chosen]


# --- what is promised of a file that no test imports -----------------------------------------------------------------

NEW = "new.py (unmeasured)\n    + 1-10 missing\n    11-100 missing\n    def f 1-100\n"
"""Ten of its lines are in the change, and all hundred are in the total once a test imports it."""
FULL = "m.py\n    1-100\n"
DIFF: Rules = {(MIN_DIFF, None): "80"}


def test_a_rule_of_a_total_that_passes_is_not_to_be_broken_by_a_file_that_comes_to_it() -> None:
    """Covered, the file brings 100 statements and 8 or 10 covered ones: 108 or 110 of 200."""
    here, other = {"api": "m.py new.py"}, {"api": "m.py", "io": "new.py"}
    enough = ["new.py:1-10"]
    assert {
        "no-other-rule": named(find_steps(judged(NEW + FULL, DIFF))),
        "the-total-stays-above": named(find_steps(judged(NEW + FULL, DIFF | {(MIN_TOTAL, None): "54"}))),
        "the-total-would-fail": named(find_steps(judged(NEW + FULL, DIFF | {(MIN_TOTAL, None): "54.5"}))),
        "all-of-it-is-needed": named(
            find_steps(judged(NEW + FULL, {(MIN_DIFF, None): "100", (MIN_TOTAL, None): "55"}))
        ),
        "the-component-stays-above": named(find_steps(judged(NEW + FULL, DIFF | {(MIN_TOTAL, "api"): "54"}, here))),
        "the-component-would-fail": named(find_steps(judged(NEW + FULL, DIFF | {(MIN_TOTAL, "api"): "54.5"}, here))),
        "another-component": named(find_steps(judged(NEW + FULL, DIFF | {(MIN_TOTAL, "api"): "99"}, other))),
        "its-size-is-not-known": named(
            find_steps(replace(judged(NEW + FULL, DIFF | {(MIN_TOTAL, None): "1"}), unmeasured={}))
        ),
        "its-size-is-not-known-and-no-matter": named(find_steps(replace(judged(NEW + FULL, DIFF), unmeasured={}))),
    } == {
        "no-other-rule": enough,
        "the-total-stays-above": enough,
        "the-total-would-fail": None,
        "all-of-it-is-needed": enough,
        "the-component-stays-above": enough,
        "the-component-would-fail": None,
        "another-component": enough,
        "its-size-is-not-known": None,
        "its-size-is-not-known-and-no-matter": enough,
    }


def test_of_the_last_place_only_the_part_that_is_enough_is_counted_in_the_total() -> None:
    """Eight of its ten lines are enough beside the other place: 108 of 220, where ten would make it 110."""
    text = NEW + FULL + "y.py\n    + 1-20 missing\n"
    rules: Rules = {(MIN_DIFF, None): "93"}
    assert named(find_steps(judged(text, rules | {(MIN_TOTAL, None): "49"}))) == ["y.py:1-20", "new.py:1-10"]
    assert find_steps(judged(text, rules | {(MIN_TOTAL, None): "49.5"})) is None


def test_of_several_files_that_come_to_the_total_each_has_to_be_known() -> None:
    text = NEW + NEW.replace("new", "other") + FULL
    made = judged(text, DIFF | {(MIN_TOTAL, None): "1"})
    assert named(find_steps(made)) == ["new.py:1-10", "other.py:1-10"]
    for path in made.unmeasured:
        assert find_steps(replace(made, unmeasured={path: made.unmeasured[path]})) is None


def test_a_drop_that_passes_is_not_to_be_broken_by_a_file_that_comes_to_the_total() -> None:
    """From 100 % to 54 %: the total falls by 46 points more."""
    rose = Drop(raw=Fraction(-2), adjusted=Fraction(-2))

    def found(text: str, allowed: str, drop: Drop = NO_DROP) -> list[str] | None:
        return named(find_steps(judged(text, DIFF | {(MAX_DROP, None): allowed}, drop=drop)))

    half = NEW + "m.py\n    1-2\n    3-100 missing\n"
    assert {
        "within": found(NEW + FULL, "46"),
        "beyond": found(NEW + FULL, "45.9"),
        "rose-before": found(NEW + FULL, "44", rose),
        "rose-before-by-too-little": found(NEW + FULL, "43.9", rose),
        "fell-before": found(NEW + FULL, "46.9", Drop(raw=Fraction(1), adjusted=Fraction(1))),
        # From 10.5 % to 9.7 %.
        "falls-a-little": found(
            NEW + "m.py\n    1-21\n    22-200 missing\n", "1", Drop(raw=Fraction(1), adjusted=Fraction(1))
        ),
        # From 8 % to 8 %, and from 2 % to 5 %: what the drop was does not matter then, nor what excused it.
        "stays": found(NEW + "m.py\n    1-8\n    9-100 missing\n", "1", Drop(raw=Fraction(9), adjusted=Fraction(1))),
        "rises": found(half, "1", Drop(raw=Fraction(9), adjusted=Fraction(1))),
    } == {
        "within": ["new.py:1-10"],
        "beyond": None,
        "rose-before": ["new.py:1-10"],
        "rose-before-by-too-little": None,
        "fell-before": None,
        "stays": ["new.py:1-10"],
        "falls-a-little": None,
        "rises": ["new.py:1-10"],
    }


def test_the_diff_of_a_component_is_no_total_that_a_file_comes_to() -> None:
    api = "m.py\n    + 1-20\n    21-30 missing\n"
    text = NEW + api + "y.py\n    + 1-9 missing\n"
    rules: Rules = {(MIN_DIFF, None): "60", (MIN_DIFF, "api"): "50"}
    assert named(find_steps(judged(text, rules, {"api": "m.py new.py"}))) == ["new.py:1-10"]


# --- how far from the change -----------------------------------------------------------------------------------------


def test_places_come_from_the_nearest_surroundings_that_are_enough() -> None:
    text = (
        "m.py\n    + 1-3\n    + 4-6 missing\n    7\n    8-15 missing\n"
        "gone.py\n    1\n    2-8 missing\n"
        "far.py\n    1\n    2-60 missing\n    61-100\n"
        "empty.py\n    1-3\n"
    )
    changed, comparison = frozenset({PurePosixPath("m.py")}), compared(lost("gone.py", 2, 6))

    def found(need: int, **others: Any) -> list[str] | None:  # noqa: ANN401  # the fields of Judged
        made = judged(text, {(MIN_TOTAL, None): "1"}, **others)
        assert isinstance(made.coverage, Coverage)
        counts = made.coverage.total.counts
        target = (100 * (counts.covered + need) - 50) / Decimal(counts.total)
        check = evaluate(MIN_TOTAL, target, made.coverage.total, nothing="")
        return named(find_steps(replace(made, verdict=judge([check], PASSED))))

    both = {"changed": changed, "comparison": comparison}
    assert {
        "the-change": found(3, **both),
        "what-was-lost": found(4, **both),
        "both": found(8, **both),
        "changed-files": found(9, **both),
        "changed-files-without-a-comparison": found(9, changed=changed),
        "all-near": found(16, **both),
        "the-project": found(17, **both),
        "without-a-comparison": found(4, changed=changed),
        "nothing-near-is-known": found(4),
    } == {
        "the-change": ["m.py:4-6"],
        "what-was-lost": ["gone.py:2-6"],
        "both": ["gone.py:2-6", "m.py:4-6"],
        "changed-files": ["m.py:8-15", "gone.py:2-6"],
        "changed-files-without-a-comparison": ["m.py:8-15", "m.py:4-6"],
        "all-near": ["m.py:8-15", "gone.py:2-6", "m.py:4-6"],
        "the-project": ["far.py:2-60"],
        "without-a-comparison": ["m.py:8-15"],
        "nothing-near-is-known": ["far.py:2-60"],
    }


def test_where_nothing_fails_or_the_change_is_unknown_there_are_no_steps() -> None:
    text = "m.py\n    + 1-5\n    6-15 missing\n"
    made = judged(text, {(MIN_TOTAL, None): "50"})
    assert named(find_steps(made)) == ["m.py:6-15"]
    assert named(find_steps(replace(made, diff=None))) == ["m.py:6-15"]
    assert find_steps(replace(made, diff=Unavailable(reason="nobody knows"))) is None
    assert find_steps(judged(text, {(MIN_TOTAL, None): "30", (MIN_DIFF, None): "100"})) is None


def test_a_total_beside_the_diff_takes_places_outside_the_change() -> None:
    text = "m.py\n    + 1-10 missing\nfar.py\n    1\n    2-60 missing\n"
    rules: Rules = {(MIN_DIFF, None): "50", (MIN_TOTAL, None): "80"}
    assert named(find_steps(judged(text, rules))) == ["far.py:2-60", "m.py:1-10"]


def test_one_place_farther_away_is_named_where_it_takes_many_in_the_change() -> None:
    change = "".join(f"    + {line} missing\n    {line + 1}\n" for line in range(1, 13, 2))
    text = f"m.py\n{change}gone.py\n    1-82\n    83-88 missing\n"
    comparison = compared(lost("gone.py", 83, 88))
    five, six = (find_steps(judged(text, {(MIN_TOTAL, None): need}, comparison=comparison)) for need in ("93", "94"))
    assert named(five) == [f"m.py:{line}-{line}" for line in range(1, 10, 2)]
    assert named(six) == ["gone.py:83-88"]


def test_of_places_as_large_those_of_the_change_are_named_first() -> None:
    text = "z.py\n    + 1-3 missing\na.py\n    1\n    2-4 missing\nb.py\n    1\n    2-4 missing\n"
    assert named(find_steps(judged(text, {(MIN_TOTAL, None): "70"}))) == ["z.py:1-3", "a.py:2-4"]


def test_of_a_function_that_changed_in_part_only_that_part_counts_for_the_diff() -> None:
    text = "m.py\n    + 1-3 missing\n    4-10 missing\n    def f 1-10\n"
    steps = find_steps(judged(text, {(MIN_DIFF, None): "50", (MIN_TOTAL, None): "50"}))
    assert steps is not None
    assert [(spot.place.size, spot.diff, spot.total) for spot in steps.chosen] == [(10, 3, 10)]


def test_files_that_no_rule_counts_or_that_are_outside_the_project_are_not_looked_at() -> None:
    text = (
        "a/m.py\n    1-5\n    6-15 missing\nb/n.py\n    1\n    2-60 missing\n/usr/lib/x.py\n    1\n    2-90 missing\n"
    )
    parts = {"a": "a/m.py /usr/lib/x.py", "b": "b/n.py"}
    assert named(find_steps(judged(text, {(MIN_TOTAL, "a"): "10"}, parts))) == ["a/m.py:6-15"]
    assert named(find_steps(judged(text, {(MIN_TOTAL, "b"): "10"}, parts))) == ["b/n.py:2-60"]
    both: Rules = {(MIN_TOTAL, "a"): "10", (MIN_TOTAL, "b"): "10"}
    assert named(find_steps(judged(text, both, parts))) == ["b/n.py:2-60", "a/m.py:6-15"]
    assert named(find_steps(judged(text, {(MIN_TOTAL, None): "20"}, parts))) == ["b/n.py:2-60"]
    # What is missing there is not enough for the other file's rule.
    assert find_steps(judged(text, {(MIN_TOTAL, "a"): "90"}, {"a": "/usr/lib/x.py"})) is None


def test_a_place_that_brings_no_rule_further_is_not_among_those_to_choose_from() -> None:
    """Of the one component the change counts, of the other the total: the rest of the first helps nothing."""
    text = "a.py\n    + 1-2 missing\n    def f 1-2\n    4-20 missing\n    def g 4-20\nb.py\n    1\n    2-60 missing\n"
    steps = find_steps(judged(text, {(MIN_DIFF, "a"): "100", (MIN_TOTAL, "b"): "50"}, {"a": "a.py", "b": "b.py"}))
    assert steps is not None
    assert (named(steps), steps.among, steps.folders) == (["b.py:2-60", "a.py:1-2"], 2, ())


def test_lines_that_flap_are_named_only_where_the_change_touches_them() -> None:
    text = "m.py\n    1-9\n    + 10-11 missing\n    12\n    13-14 missing\n"
    flaps = [FlapShown(path=PurePosixPath("m.py"), line=line, change=-1) for line in (10, 11, 13, 14)]
    made = judged(text, {(MIN_TOTAL, None): "100"}, comparison=compared(flaps=flaps))
    assert find_steps(made) is None
    made = judged(text, {(MIN_TOTAL, None): "80"}, comparison=compared(flaps=flaps))
    assert named(find_steps(made)) == ["m.py:10-11"]


def test_only_branches_are_a_place_too() -> None:
    text = "m.py\n    1-9\n    10 partial\nn.py\n    1-9\n"
    steps = find_steps(judged(text, {(MIN_TOTAL, None): "100"}))
    assert named(steps) == ["m.py:10-10"]


# --- the functions of files outside the change -----------------------------------------------------------------------


def many(count: int) -> str:
    """Return files without functions that miss 2, 3, 4 ... lines."""
    return "".join(f"m{n:03}.py\n    1-3\n    4-{5 + n} missing\n" for n in range(count))


def test_the_functions_of_the_files_that_miss_most_are_read_and_each_file_once() -> None:
    asked: list[list[str]] = []

    def functions(paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, tuple[Function, ...]]:
        asked.append([str(path) for path in paths])
        return {path: (Function(name="f", span=Span(start=1, end=99), body=2),) for path in paths}

    changed = frozenset({PurePosixPath("m001.py")})
    text = many(MOST_READ + 2) + "known.py\n    1\n    2-3 missing\n    def g 1-3\n"
    made = judged(text, {(MIN_TOTAL, None): "13"}, comparison=compared(lost("m000.py", 4, 4)), changed=changed)
    steps = find_steps(replace(made, functions=functions))
    assert steps is not None
    assert [(spot.path.name, spot.place.function) for spot in steps.chosen] == [("m061.py", "f"), ("m060.py", "f")]
    most = [f"m{n:03}.py" for n in range(MOST_READ + 1, 1, -1)]
    assert [files for files in asked if files] == [["m000.py"], ["m001.py"], most]


def test_where_not_every_file_was_read_a_file_counts_as_one_place() -> None:
    """Sixty files are read, the others are one place each: a set may have as few as with these, and no fewer."""
    text = many(MOST_READ + 40)
    few = find_steps(judged(text, {(MIN_TOTAL, None): "9"}))
    assert few is not None
    assert ([spot.path.name for spot in few.chosen], few.least, few.among) == (["m099.py", "m098.py"], 2, 0)
    # What the read ones lack is not enough.
    wide = find_steps(judged(text, {(MIN_TOTAL, None): "95"}))
    assert wide is not None
    assert (wide.chosen, wide.among, [folder.files for folder in wide.folders]) == ((), 0, [100])
    assert wide.least <= wide.count <= 100


def test_a_file_that_was_not_read_is_counted_and_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps_module, "MOST_READ", 1)
    text = "a/m.py\n    1-9\n    10-109 missing\n"
    text += "b/n.py\n    1-50\n    51-90 missing\n    91\n    92-141 missing\n    142 partial\n"
    steps = find_steps(judged(text, {(MIN_TOTAL, None): "80"}))
    assert steps is not None
    assert (steps.chosen, steps.count, steps.least, steps.among, steps.functions) == ((), 2, 2, 0, False)
    assert [(str(one.path), one.lines, one.branches) for one in steps.folders] == [("a", 100, 0), ("b", 90, 1)]
    assert find_steps(judged(text + "/usr/x.py\n    1-900 missing\n", {(MIN_TOTAL, None): "80"})) is None
    named_steps = find_steps(judged(text, {(MIN_TOTAL, None): "40"}))
    assert named_steps is not None
    assert (named(named_steps), named_steps.least) == (["a/m.py:10-109"], 1)


def test_why_a_function_that_did_not_change_is_missing() -> None:
    def reasons(body: str, **others: Any) -> list[tuple[ReasonKind, int]]:  # noqa: ANN401  # the fields of Judged
        steps = find_steps(judged(f"m.py\n    1-10\n{body}", {(MIN_TOTAL, None): "99"}, **others))
        assert steps is not None
        (spot,) = steps.chosen
        return [(reason.kind, reason.line) for reason in spot.place.reasons]

    never = [(ReasonKind.NEVER_RUN, 11)]
    whole = "    11\n    12-15 missing\n    def f 11-15 from 12\n"
    assert {
        "nothing-of-its-body-ran": reasons(whole),
        "all-of-it-was-lost": reasons(whole, comparison=compared(lost("m.py", 12, 15))),
        "a-part-of-it-was-lost": reasons(whole, comparison=compared(lost("m.py", 12, 14))),
        "a-part-of-it-ran": reasons("    11-12\n    13-15 missing\n    def f 11-15 from 12\n"),
        "a-part-of-it-is-excluded": reasons("    11\n    12 excluded\n    13-15 missing\n    def f 11-15 from 12\n"),
        "behind-another-function": reasons("    def e 1-9 from 2\n" + whole),
        "behind-another-one-of-its-name": reasons("    def f 1-9 from 2\n" + whole),
        "in-another-function": reasons(
            "    11-12\n    13-15 missing\n    def f 11-20 from 12\n    def f.g 12-15 from 13\n"
        ),
        "no-function": reasons("    11-15 missing\n"),
        "the-reason-is-known": reasons(
            "    11\n    12 partial\n    13-15 missing\n    def f 11-15 from 12\n    why 13-15 if-never-true 12\n"
        ),
    } == {
        "nothing-of-its-body-ran": never,
        "all-of-it-was-lost": [(ReasonKind.LOST, 0)],
        "a-part-of-it-was-lost": never,
        "a-part-of-it-ran": [],
        "a-part-of-it-is-excluded": [],
        "behind-another-function": never,
        "behind-another-one-of-its-name": never,
        "in-another-function": [(ReasonKind.NEVER_RUN, 12)],
        "no-function": [],
        "the-reason-is-known": [(ReasonKind.IF_NEVER_TRUE, 12)],
    }


def test_of_many_places_the_folders_are_named_by_what_they_lack() -> None:
    lines = {"a/x.py": 5, "a/y.py": 5, "b/x.py": 10, "c/x.py": 3, "d/x.py": 40, "d/e/x.py": 4}
    text = "".join(f"{path}\n    1\n    + 2-{n + 1} missing\n    + 200 partial\n" for path, n in lines.items())
    steps = find_steps(judged(text, {(MIN_DIFF, None): "100"}))
    assert steps is not None
    assert (steps.chosen, steps.count, steps.least, steps.functions) == ((), 12, 12, False)
    some = find_steps(judged(text + "e.py\n    + 1-9 missing\n    def f 1-9\n", {(MIN_DIFF, None): "100"}))
    assert some is not None
    assert (some.count, some.functions) == (13, False)
    assert [(str(one.path), one.lines, one.branches, one.files) for one in steps.folders] == [
        ("d", 40, 1, 1),
        ("a", 10, 2, 2),
        ("b", 10, 1, 1),
    ]
