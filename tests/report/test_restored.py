"""What is made of a stored result: its values again, at the bounds of what is read, and nothing that was not there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate import __version__
from covgate.gate.rules import judge
from covgate.host.links import Links
from covgate.model.commit import Sha
from covgate.model.test_results import GoneTests
from covgate.model.unknown import Unavailable
from covgate.model.verdict import VerdictKind
from covgate.report.facts import Facts
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import restore_facts
from tests.report.test_from_result import ORIGIN, restored, stored
from tests.support.situations import CORE, HEAD, SITUATIONS, facts
from tests.support.situations_compared import FLAPS, INDIRECT, compared, with_components
from tests.support.situations_guarded import UNREADABLE, guarded
from tests.support.situations_tests import TESTED


def changed(made: Facts, **values: object) -> Facts:
    """Restore a result of which some values were set by hand."""
    result: dict[str, Any] = json.loads(stored(made)) | values
    found = restore_facts(read_result(json.dumps(result).encode()), ORIGIN)
    assert isinstance(found, Facts)
    return found


def test_what_a_run_compared_with_is_its_own_again() -> None:
    made = compared(raw="1.25", indirect=INDIRECT[:4], flaps=FLAPS, uncommitted=3)
    again = restored(made)
    assert made.comparison
    assert again.comparison
    assert (again.comparison.indirect, again.comparison.flaps) == (INDIRECT[:4], FLAPS)
    assert (again.comparison.delta, again.comparison.drop.raw) == (made.comparison.delta, made.comparison.drop.raw)
    assert again.comparison.drop.judged == made.comparison.drop.raw
    assert again.comparison.baseline == again.baseline
    assert again.uncommitted == 3


def test_of_what_was_measured_nothing_is_known_without_a_rule_either() -> None:
    made = facts("", problem="the data is gone")
    assert not made.verdict.checks
    assert restored(made).verdict.kind is VerdictKind.CANNOT_JUDGE


def test_components_are_read_as_they_were_and_as_they_are() -> None:
    made = with_components()
    made = replace(made, verdict=judge(made.verdict.checks[:1], made.verdict.suite), steps=None)
    api = made.components[0]
    parts = (*(replace(api, name=f"part-{n}") for n in range(199)), replace(api, name="part-0 (as changed)"))
    assert [part.name for part in restored(replace(made, components=parts)).components] == [part.name for part in parts]
    with pytest.raises(ValueError, match="more than 200 components"):
        restored(replace(made, components=(*parts, api)))


@pytest.mark.parametrize(("flips", "believed"), [(2, True), (999_999, True), (1_000_000, False)])
def test_a_line_went_back_and_forth_at_least_twice_and_not_a_million_times(flips: int, *, believed: bool) -> None:
    made = compared(flaps=(replace(FLAPS[0], flips=flips),))
    if believed:
        again = restored(made).comparison
        assert again
        assert again.flaps[0].flips == flips
        return
    with pytest.raises(ValueError, match="did not go back and forth"):
        restored(made)


def test_a_strangers_trend_version_and_branch_are_not_shown() -> None:
    made, trend = compared(), with_components().trend
    honest = changed(made, trend=trend, covgate="1.2.3rc1")
    assert (honest.trend, honest.version) == (trend, "1.2.3rc1")
    forged = changed(made, trend="visit evil.example", covgate="1.2.3 of evil.example")
    assert (forged.trend, forged.version) == ("", __version__)
    assert made.base
    for ref, shown in (("main", "main"), (str(made.base.sha), str(made.base.sha)), ("evil.example", "")):
        again = restored(replace(made, base=replace(made.base, ref=ref))).base
        assert again
        assert again.ref == shown


def test_links_lead_to_the_head_and_know_which_files_lie_elsewhere() -> None:
    moved = frozenset({PurePosixPath("src/app/core.py")})
    made = replace(facts(CORE), links=Links(blob=ORIGIN.blob, head=HEAD, measured=HEAD, moved=moved))
    assert restored(made).links == made.links
    other = replace(made, links=replace(made.links, measured=Sha("5" * 40)))
    assert restored(other).links == replace(made.links, measured=None)
    assert restored(other, replace(ORIGIN, merge=Sha("5" * 40))).links == other.links
    assert restored(replace(made, links=Links())).links == Links()


def test_a_run_that_ended_early_is_no_report_and_one_of_another_commit_is_refused() -> None:
    error = {"message": "m", "hint": "h", "slug": "s"}
    result: dict[str, Any] = json.loads(stored(SITUATIONS["pass"]()))
    ended = read_result(json.dumps(result | {"head": None, "error": error}).encode())
    assert restore_facts(ended, ORIGIN) == Unavailable(reason="the run ended before it had a verdict")
    for head in (None, "5" * 40):
        other = read_result(json.dumps(result | {"head": head, "error": None}).encode())
        with pytest.raises(ValueError, match=r"^it is of another commit than the run's head 1f2e3d4c5b6a$"):
            restore_facts(other, ORIGIN)


def changed_file(**values: object) -> Facts:
    """Restore a change in which a file misses 3 statements of lines 60-63 and a branch of line 59."""
    result: dict[str, Any] = json.loads(stored(facts(CORE)))
    result["diff"]["files"][1] |= values
    found = restore_facts(read_result(json.dumps(result).encode()), ORIGIN)
    assert isinstance(found, Facts)
    return found


def place(*lines: int, statements: int = 3, covered: int = 1) -> dict[str, object]:
    branches = {"covered": covered, "total": 2}
    return {"lines": lines, "function": "", "statements": statements, "branches": branches, "why": []}


def test_what_a_file_misses_and_its_places_are_the_same_statements_and_branches() -> None:
    told: tuple[dict[str, object], ...] = (
        {"missing": [[60, 62]]},
        {"missing": [[60, 60], [61, 61], [63, 63]]},
        {"partial": []},
        {"places": [place(59, 61)]},
        {"places": [place(59, 59, statements=0), place(60, 62, covered=2)]},
    )
    for values in told:
        assert changed_file(**values).known_diff.files[1].tally == facts(CORE).known_diff.files[1].tally
    for wrong in (
        {"missing": [[60, 61]]},
        {"missing": [[60, 60], [61, 61], [62, 62], [63, 63]]},
        {"partial": [58, 59]},
        {"places": [place(59, 63, statements=2)]},
        {"places": [place(59, 63, statements=4)]},
        {"places": [place(59, 63, covered=2)]},
        {"places": [place(59, 63, covered=0)]},
    ):
        with pytest.raises(ValueError, match=r"^it has a file whose places are not what it misses$"):
            changed_file(**wrong)
    with pytest.raises(ValueError, match=r"^it has a place with more statements than lines$"):
        changed_file(places=[place(59, 60)])
    with pytest.raises(ValueError, match=r"^it has a place with nothing to cover$"):
        changed_file(places=[place(59, 63), place(65, 65, statements=0, covered=2)])


@pytest.mark.parametrize(("min_diff", "own"), [("50", 0), ("80", 1)])
def test_an_exit_code_is_the_verdicts_own(min_diff: str, own: int) -> None:
    made = facts(CORE, min_diff=min_diff)
    assert changed(made, exit_code=own).verdict == restored(made).verdict
    for other in {0, 1, 2, 3, 4, 5} - {own}:
        with pytest.raises(ValueError, match=r"^it contradicts itself: exit_code does not follow from its numbers$"):
            changed(made, exit_code=other)


def test_a_list_that_is_longer_than_what_is_taken_over_is_refused_in_words() -> None:
    result: dict[str, Any] = json.loads(stored(guarded(UNREADABLE)))
    result["gate_changes"]["rows"][0]["files"] = ["a.py"]
    with pytest.raises(ValueError, match=r"^it contradicts itself: gate_changes.rows.files does not follow"):
        restore_facts(read_result(json.dumps(result).encode()), ORIGIN)


def test_words_of_tests_that_are_not_taken_over_contradict_nothing() -> None:
    suite = restored(TESTED["tests-hostile"]()).verdict.suite
    assert suite
    assert suite.tests
    assert [(test.name, test.reason, test.output) for test in suite.tests.failures] == [("test_x", "", "")]
    gone = GoneTests(count=2, names=("see //evil", "tests/a.py::test_x"), files=())
    again = restored(facts(CORE, gone=gone)).gone
    assert again == replace(gone, names=("tests/a.py::test_x",))
