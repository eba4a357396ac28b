"""Changed lines joined with a measurement: exact, and never green where something is unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.change.diff_coverage import compute_diff_coverage
from covgate.model.change import ChangedFile, DiffCoverage, DiffFile
from covgate.model.coverage import Coverage, Doubt, Gap, ReasonKind, Span
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable, UnknownKind, broken_file
from tests.support.coverage_text import read_files


def diff_of(text: str) -> DiffCoverage:
    diff = compute_diff_coverage(*read_files(text))
    assert isinstance(diff, DiffCoverage)
    return diff


def one_file(text: str) -> DiffFile:
    (file,) = diff_of(text).files
    return file


def tally(lines: tuple[int, int], branches: tuple[int, int] = (0, 0)) -> Tally:
    return Tally(
        lines=Counts(covered=lines[0], total=lines[1]), branches=Counts(covered=branches[0], total=branches[1])
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("m.py\n + 1\n + 2 missing\n 3 missing", tally((1, 2)), id="only-changed-lines-count"),
        pytest.param("m.py\n + 1 partial", tally((1, 1), (1, 2)), id="a-partial-line-counts-its-branches"),
        pytest.param("m.py\n + 1 missing 0/3", tally((0, 1), (0, 3)), id="a-missing-line-counts-its-branches"),
        pytest.param("m.py\n 1 partial\n + 2", tally((1, 1)), id="branches-of-other-lines-do-not-count"),
        pytest.param("m.py\n 1 missing\n + 3 of 1\n 2 of 1", tally((0, 1)), id="a-continuation-line-is-its-statement"),
        pytest.param("m.py\n 1 missing\n + 2 of 1\n + 3 of 1", tally((0, 1)), id="a-statement-counts-once"),
        pytest.param("m.py\n 1\n + 2 text\n + 3 excluded", tally((0, 0)), id="comments-and-excluded-lines-do-not"),
        pytest.param("m.py\n + 1-10\n + 11-15 missing", tally((10, 15)), id="ranges"),
        pytest.param("a.py\n + 1\nb.py\n + 1 missing", tally((1, 2)), id="files-add-up"),
        pytest.param("new.py (unmeasured)\n + 1-3 missing", tally((0, 3)), id="unmeasured-is-uncovered"),
        pytest.param("left.py (omitted)\n + 1-3\nm.py\n + 1", tally((1, 1)), id="omitted-does-not-count"),
        pytest.param(
            "other.py (absent)\n + 1-3\nm.py\n + 1", tally((1, 1)), id="a-file-the-measurement-knows-nothing-of"
        ),
        pytest.param("m.py\n 1 missing", tally((0, 0)), id="no-change"),
    ],
)
def test_what_counts(text: str, expected: Tally) -> None:
    assert diff_of(text).tally == expected


def test_a_file_whose_change_touches_no_statement_is_not_listed() -> None:
    assert diff_of("m.py\n 1\n + 2 text").files == ()


def test_only_what_is_missing_of_changed_lines_is_a_place() -> None:
    file = one_file("m.py\n 1 partial\n + 2 partial 1/3\n + 3\n 4 missing 0/2")
    (place,) = file.places
    assert (place.span, place.statements) == (Span(start=2, end=2), 0)
    assert place.branches == Counts(covered=1, total=3)
    assert (file.partial, file.missing) == (frozenset({2}), frozenset())


@pytest.mark.parametrize("state", ["", " (unparsable)", " (omitted)", " (unmeasured)"])
def test_a_file_that_was_renamed_without_an_edit_is_none_of_the_diff(state: str) -> None:
    changed, measurement = read_files(f"m.py\n + 1\nnew.py{state}\n 1 missing")
    new = PurePosixPath("new.py")
    renamed = ChangedFile(path=new, lines=frozenset())
    diff = compute_diff_coverage(replace(changed, files={**changed.files, new: renamed}), measurement)
    assert diff == compute_diff_coverage(changed, measurement)
    assert isinstance(diff, DiffCoverage)
    assert (diff.tally, diff.omitted) == (tally((1, 1)), ())


def test_files_are_in_order_of_their_paths() -> None:
    assert [str(f.path) for f in diff_of("b.py\n + 1\na/z.py\n + 1\na.py\n + 1").files] == ["a/z.py", "a.py", "b.py"]


def test_omitted_files_are_named() -> None:
    omitted = diff_of("b.py (omitted)\n + 1\na.py (omitted)\n + 1").omitted
    assert [(str(file.path), file.why) for file in omitted] == [
        ("a.py", "`omit = gen/*`, pyproject.toml line 12"),
        ("b.py", "`omit = gen/*`, pyproject.toml line 12"),
    ]


def test_an_unmeasured_file_says_so() -> None:
    file = one_file("new.py (unmeasured)\n + 1-2 missing")
    assert file.gap is Gap.UNMEASURED
    assert file.missing == {1, 2}
    (reasons,) = (place.reasons for place in file.places)
    assert [(reason.kind, reason.line) for reason in reasons] == [(ReasonKind.NEVER_IMPORTED, 0)]
    (reasons,) = (place.reasons for place in one_file("m.py\n + 1-2 missing").places)
    assert reasons == ()


def test_missing_lines_are_joined_over_blank_lines_but_not_over_statements() -> None:
    file = one_file("m.py\n + 1 missing\n 2 text\n + 3 missing\n 4\n + 5 missing\n + 6 missing\n + 7\n + 8 partial")
    assert [(span.start, span.end) for span in file.missing_spans] == [(1, 3), (5, 6)]
    assert file.partial == {8}


def test_an_unchanged_statement_between_two_missing_ones_ends_the_range() -> None:
    file = one_file("m.py\n + 1 missing\n 2 missing\n + 3 missing")
    assert [(span.start, span.end) for span in file.missing_spans] == [(1, 1), (3, 3)]


def test_a_changed_file_that_is_no_python_makes_the_diff_unavailable() -> None:
    diff = compute_diff_coverage(*read_files("m.py\n + 1\nbroken.py (unparsable)\n + 1"))
    assert diff == Unavailable(reason="the changed file broken.py cannot be analysed: invalid syntax at line 1")
    assert isinstance(diff, Unavailable)
    assert (diff.kind, diff.names) == (UnknownKind.SYNTAX_ERROR, ("broken.py", "1"))


@pytest.mark.parametrize(
    ("problem", "kind", "names"),
    [
        ("Couldn't parse 'a b.py' as Python source: 'invalid syntax' at line 12", "syntax-error", ("x.py", "12")),
        ("invalid syntax (x.py, line 3)\n and more", "syntax-error", ("x.py", "3")),
        ("it is not in the working folder", "broken-file", ("x.py",)),
        ("source has a line that is too long", "broken-file", ("x.py",)),
    ],
)
def test_a_broken_file_is_named_with_its_line(problem: str, kind: str, names: tuple[str, ...]) -> None:
    broken = broken_file(PurePosixPath("x.py"), problem)
    assert (broken.kind, broken.names) == (kind, names)
    assert broken.reason == f"the changed file x.py cannot be analysed: {problem}"


def test_no_measurement_is_no_diff_coverage() -> None:
    changed, measurement = read_files("m.py\n + 1")
    unknown = Unavailable(reason="no data")
    assert compute_diff_coverage(changed, replace(measurement, coverage=unknown)) is unknown


@given(
    kinds=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["", " missing", " partial", " excluded", " text"])), max_size=30
    )
)
def test_the_diff_is_never_more_than_the_whole(kinds: list[tuple[bool, str]]) -> None:
    text = "m.py\n" + "\n".join(f" {'+ ' * added}{n}{kind}" for n, (added, kind) in enumerate(kinds, start=1))
    changed, measurement = read_files(text)
    diff, coverage = compute_diff_coverage(changed, measurement), measurement.coverage
    assert isinstance(diff, DiffCoverage)
    assert isinstance(coverage, Coverage)
    assert diff.tally.counts.total <= coverage.total.counts.total
    assert diff.tally.counts.missing <= coverage.total.counts.missing
    for file in diff.files:
        inside = {line for span in file.missing_spans for line in range(span.start, span.end + 1)}
        assert file.missing <= inside
        assert not inside & (file.statements - file.missing)


M = PurePosixPath("m.py")
UNKNOWN = Unavailable(reason="git does not look at it")


@pytest.mark.parametrize(
    ("changed", "analysed", "known"),
    [
        pytest.param({M: "one"}, {M: "one"}, True, id="one-text"),
        pytest.param({M: "one"}, {M: "two"}, False, id="another-was-analysed"),
        pytest.param({M: UNKNOWN}, {M: "one"}, False, id="another-was-diffed"),
        pytest.param({}, {M: "one"}, False, id="not-known-what-was-diffed"),
        pytest.param({M: "one"}, {}, False, id="not-known-what-was-analysed"),
    ],
)
def test_what_was_diffed_and_analysed_must_be_one_text(
    changed: dict[PurePosixPath, str | Unavailable], analysed: dict[PurePosixPath, str], *, known: bool
) -> None:
    lines, measurement = read_files("m.py\n + 1")
    diff = compute_diff_coverage(replace(lines, digests=changed), replace(measurement, digests=analysed))
    assert isinstance(diff, DiffCoverage) is known


def test_of_several_files_with_another_text_the_first_by_path_is_named() -> None:
    lines, measurement = read_files("b.py\n + 1\na.py\n + 1\nc.py\n 1")
    diff = compute_diff_coverage(lines, replace(measurement, digests=dict.fromkeys(measurement.digests, "other")))
    assert isinstance(diff, Unavailable)
    assert diff.reason.startswith("a.py was measured in another state than it was compared in: ")


@pytest.mark.parametrize(
    ("about", "known"),
    [
        pytest.param(None, False, id="the-whole-file"),
        pytest.param(frozenset({1}), False, id="a-changed-statement"),
        pytest.param(frozenset({3}), True, id="another-statement"),
        pytest.param(frozenset({2}), True, id="a-continuation-line-is-its-statement"),
    ],
)
def test_a_doubt_counts_where_the_change_touches_its_lines(about: frozenset[int] | None, *, known: bool) -> None:
    lines, measurement = read_files("m.py\n 1\n + 2 of 1\n 3")
    doubt = Doubt(reason="measured before the last edit", lines=about)
    diff = compute_diff_coverage(lines, replace(measurement, doubts={M: (doubt,)}))
    assert (diff == Unavailable(reason=doubt.reason)) is not known
