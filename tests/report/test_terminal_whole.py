"""Whole reports in a terminal, with their colours: what is in which line, in which order, and what stands out."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from covgate.report.code import with_code
from covgate.report.facts import Facts
from covgate.report.prose import link, say
from covgate.report.terminal import print_report
from covgate.report.view import build_view
from tests.support.situations import SITUATIONS, facts, many_files
from tests.support.situations_compared import COMPARED
from tests.support.situations_tests import TESTED

WORDS = {"1": "bold", "2": "dim", "36": "cyan", "32": "green", "1;31": "RED", "1;32": "GREEN", "1;33": "YELLOW"}
"""What the escape sequences of colours mean; those of verdicts are bold."""


class InScreen(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(made: Facts) -> list[str]:
    """Return the lines in a terminal, `<bold>...<>` for what is printed in a style."""
    out = InScreen()
    print_report(build_view(made), ".covgate", out)
    named = re.sub(r"\x1b\[([\d;]*)m", lambda found: f"<{WORDS.get(found[1], '')}>", out.getvalue())
    assert named.startswith("\n")
    return named[1:].splitlines()


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


PLACES = [
    "<bold>Uncovered in this change<>",
    "  <cyan>src/app/api.py:31<>    create           4 of lines 31-35, 2 branches",
    "  <cyan>src/app/core.py:59<>   Cart.refund      3 of lines 59-63, 1 branch",
    "",
]
COMMIT = "1f2e3d4 compared with main at 9a8b7c6 · .covgate<>"


def explained(sentence: str, slug: str) -> str:
    """Return an advice as a terminal shows it: with the address of what explains it."""
    return f"  {sentence} (https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#{slug})."


def test_places_come_first_then_the_rules_and_the_verdict_last() -> None:
    assert shown(SITUATIONS["fail-diff"]()) == [
        *PLACES,
        "  Diff    66.7 %   required 80 %   <RED>FAIL<>",
        "  Total   70.9 %   required 50 %   <green>pass<>",
        "",
        "<RED>✘ Diff coverage 66.7 % is below 80 %: cover 4 more of 30 changed lines and branches<>",
        "  Covering src/app/api.py:31 is enough.",
        f"<dim>  {COMMIT}",
    ]


def test_components_stand_in_the_place_of_the_rules() -> None:
    assert shown(COMPARED["components"]())[len(PLACES) :] == [
        "  <dim>Component<>       <dim>Diff<>            <dim>Total<>           <dim>Change<>",
        "  core            65.2 %          65.2 % < 70 %   −1.25    <RED>FAIL<>",
        "  legacy_import   n/a             –                        <YELLOW>UNKNOWN<>",
        "  api             n/a             81.1 % ≥ 75 %   +0.33    <green>pass<>",
        "  the project     66.7 % ≥ 60 %   70.9 %          −0.31    <green>pass<>",
        "",
        "<RED>✘ Total coverage of core 65.2 % is below 70 %: cover 5 more lines or branches<>",
        explained(
            "legacy_import: no file of it was measured. Mend what the reason names, then run again", "cannot-judge"
        ),
        f"<dim>  {COMMIT}",
    ]


def test_a_pass_has_no_table_and_what_is_unknown_no_pass() -> None:
    assert shown(SITUATIONS["pass"]()) == [
        *PLACES,
        "<bold>1 note on the measurement<>",
        "  - Paths under /home/runner were read as src.",
        "",
        "<GREEN>✔ Coverage passes: diff 66.7 %, total 70.9 %<>",
        f"<dim>  {COMMIT}",
    ]
    assert shown(SITUATIONS["no-rules"]()) == [
        *PLACES,
        "<bold>• Diff coverage 66.7 %, total 70.9 %<>",
        "<dim>  1f2e3d4 compared with release-1, as asked for, at 9a8b7c6 · .covgate<>",
    ]
    none = "no baseline: none of the 12 recorded commits is an ancestor"
    assert shown(COMPARED["no-baseline"]())[len(PLACES) :] == [
        "  Drop         –   at most 0.5     <YELLOW>UNKNOWN<>",
        "  Diff    66.7 %   required 60 %   <green>pass<>",
        "  Total   70.9 %",
        "",
        "<YELLOW>? Cannot judge the drop: there is no recorded run of main to compare with<>",
        explained(
            "What cannot be judged does not pass. Run this workflow once on main, then this job again", "no-baseline"
        ),
        f"<dim>  {COMMIT.replace('.covgate', f'{none} · .covgate')}",
    ]


def test_of_many_places_the_largest_are_listed_and_the_folders_named() -> None:
    lines = shown(facts(many_files(200, "src/app"), min_diff="80"))
    listed = [f"  <cyan>src/app/module_{7 * n - 1:03}.py:4<>   work      7 lines" for n in range(1, 11)]
    assert lines == [
        "<bold>Uncovered in this change<>",
        *listed,
        "  and 190 more: --report html",
        "",
        "  Diff    43 %   required 80 %   <RED>FAIL<>",
        "  Total   43 %",
        "",
        "<RED>✘ Diff coverage 43 % is below 80 %: cover 516 more of 1,394 changed lines<>",
        "  That takes at least 87 of 200 functions. Most is missing in:",
        "  src/app   794 lines in 200 files",
        f"<dim>  {COMMIT}",
    ]
    eleven = [f"m{n:02}.py\n    + 1\n    + 2 missing\n" for n in range(11)]
    assert shown(facts("".join(eleven), min_diff="1"))[11:13] == ["  and 1 more: --report html", ""]
    assert shown(facts("".join(eleven[:10]), min_diff="1"))[10:12] == ["  <cyan>m09.py:2<>         1 line", ""]


F, G = (f"{name}.py\n    1-9\n    + 10-13 missing\n    def f 9-20\n" for name in "ab")


@pytest.mark.parametrize(
    ("made", "last"),
    [
        pytest.param(facts(F + G, min_diff="50"), ["  Covering a.py:10 is enough."], id="one"),
        pytest.param(
            facts(F + G, min_diff="12"), ["  Covering a.py:10: any 1 of these 4 lines is enough."], id="a-part-of-one"
        ),
        pytest.param(
            facts(F + G, min_diff="75"),
            ["  Covering these 2 is enough: a.py:10, b.py:10 (any 2 of these 4 lines are enough)."],
            id="two",
        ),
        pytest.param(replace(facts(F + G, min_diff="50"), steps=None), [], id="nothing-is-known"),
        pytest.param(
            facts("m.py\n    + 1\n    2-9\n    10-13 missing\n    def f 9-20\n", min_total="80"),
            [
                "  The change itself is covered.",
                "  Covering this is enough:",
                "  <cyan>m.py:10<>   f      4 lines   any 2 of these 4 lines are enough",
            ],
            id="outside-of-the-change",
        ),
        pytest.param(
            facts(F + "m.py\n    2-9\n    10-13 missing\n    def g 9-20\n", min_total="90"),
            [
                "  Covering these 2 is enough:",
                "  <cyan>a.py:10<>   f      4 lines",
                "  <cyan>m.py:10<>   g      4 lines   any 2 of these 4 lines are enough",
            ],
            id="one-of-two-is-listed-above",
        ),
    ],
)
def test_what_is_enough_is_named_and_told_once(made: Facts, last: list[str]) -> None:
    lines = shown(made)
    (verdict,) = [at for at, line in enumerate(lines) if line.startswith("<RED>✘")]
    assert lines[verdict + 1 : -1] == last


def test_what_was_lost_is_listed_and_why_a_line_flaps() -> None:
    assert shown(COMPARED["indirect"]())[len(PLACES) : -2] == [
        "<bold>8 lines outside this change lost their coverage, in 2 files<>",
        "  <dim>File<>               <dim>Lost<>",
        "  src/app/cache.py   12-14, 30",
        "  src/app/jobs.py    12-14, 30",
        "",
        "<bold>2 flapping lines are left out of the drop (0.31 with them)<>",
        "  They came and went in the records although nobody edited the file:",
        "  - src/app/jobs.py:44: lost this time, changed 4 times in recent records",
        "  - src/app/pool.py:7: gained this time, changed 2 times in recent records",
        "",
    ]
    assert shown(COMPARED["indirect-many"]())[len(PLACES) :][2:14] == [
        *(f"  src/app/{name}.py{' ' * (10 - len(name))}12-14, 30" for name in ("cache", "jobs", "mail")),
        *(f"  src/app/part_{n:02}.py   12-14, 30" for n in range(7)),
        "  and 13 more",
        "",
    ]


def test_failed_tests_are_listed_without_their_output_and_no_coverage_is_news() -> None:
    assert shown(TESTED["tests-named"]()) == [
        "<bold>Failed tests<>",
        "  - tests/test_cart.py:41 in test_shipping_is_free: assert 490 == 0",
        "  - tests/test_discount.py:17 in test_unknown_voucher: KeyError: 'SUMMER'",
        "",
        "<RED>✘ 2 of 412 tests failed: coverage is not judged<>",
        explained("Mend the tests first: what they no longer execute says nothing about coverage", "tests-failed"),
        f"<dim>  Measured all the same: diff 100 %, total 96.8 % · {COMMIT}",
    ]
    many = shown(TESTED["tests-many"]())
    assert many[10] == "  - tests/test_cart.py:10 in test_shipping_is_free: assert 490 == 0"
    assert many[11:13] == ["  and 50 more", ""]
    judged = shown(SITUATIONS["tests-failed-and-diff"]())
    assert judged[0] == "<RED>✘ The tests failed (exit code 1): coverage is not judged<>"


def test_a_row_has_its_words_without_a_mark_and_no_result_without_a_rule() -> None:
    made = COMPARED["components"]()
    free = replace(made.components[0], name="free")
    lines = shown(replace(made, components=(*made.components, free)))
    assert [line for line in lines if line.startswith("  free")] == [
        "  free            n/a             81.1 %          +0.33"
    ]
    many = shown(replace(made, components=(*made.components, *(replace(free, name=f"part{n}") for n in range(3)))))
    start = many.index("<bold>4 more components without a broken rule<>")
    assert many[start + 1 : start + 4] == [
        "  <dim>Component<>   <dim>Diff<>   <dim>Total<>           <dim>Change<>",
        "  api         n/a    81.1 % ≥ 75 %   +0.33",
        "  part0       n/a    81.1 %          +0.33",
    ]


def test_code_and_the_address_of_the_run_are_not_shown_to_who_has_the_code_at_hand() -> None:
    made = SITUATIONS["fail-diff"]()
    view = build_view(made)
    source = "\n".join(f"line {number}" for number in range(1, 91)).encode()
    with_text = with_code(view, made, {PurePosixPath("src/app/api.py"): source})
    assert len(with_text.folds) == len(view.folds) + 1
    texts = []
    for one in (view, with_text):
        out = io.StringIO()
        print_report(one, ".covgate", out)
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    parts = (say("a ", link("sentence", "https://x.example"), " with a link"), say(link("run", "https://x.example")))
    out = io.StringIO()
    print_report(replace(view, footer=(*parts, say("covgate 1.2.3"))), "report", out)
    assert out.getvalue().splitlines()[-1] == "  a sentence with a link · report"


def test_behind_what_is_very_wide_the_row_goes_on_after_three_blanks() -> None:
    view = build_view(SITUATIONS["fail-diff"]())
    wide = replace(view.places[0], path=PurePosixPath("x" * 80))
    out = io.StringIO()
    print_report(replace(view, places=(wide,), steps=None), ".covgate", out)
    assert f"  {'x' * 80}:31   create      4 of lines 31-35, 2 branches\n" in out.getvalue()
