"""The code of the places to cover: the lines that are meant, letter by letter, in a fence nothing can end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgate.model.coverage import Coverage
from covgate.model.unknown import Unavailable
from covgate.publish.comment import BODY_LIMIT
from covgate.publish.marker import Marker, parse_marker, render_marker
from covgate.report.code import MOST_LINES, MOST_TEXT, MOST_WIDE, code_paths, with_code
from covgate.report.facts import KnownTotal
from covgate.report.folds import Listing, Paragraph
from covgate.report.markdown import render_comment, render_summary
from covgate.report.view import ReportView, build_view
from tests.support.situations import HEAD, SITUATIONS, facts

CART = "src/shop/cart.py\n    1-20\n    + 30-32 missing\n    + 35 partial\n    def Cart.shipping 28-40\n"
PATH = PurePosixPath("src/shop/cart.py")
SOURCE = "\n".join(f"line {number}" for number in range(1, 41))


def shown(text: bytes, changed: str = CART, min_diff: str = "99") -> ReportView:
    made = facts(changed, min_diff=min_diff)
    return with_code(build_view(made), made, {PATH: text})


def listings(view: ReportView) -> list[tuple[str, ...]]:
    return [block.lines for fold in view.folds for block in fold.blocks if isinstance(block, Listing)]


def test_the_lines_of_a_place_stand_with_their_numbers_and_two_lines_above() -> None:
    view = shown(SOURCE.encode())
    assert code_paths(view) == (PATH,)
    (lines,) = listings(view)
    assert lines == (
        "  28  line 28",
        "  29  line 29",
        "! 30  line 30",
        "! 31  line 31",
        "! 32  line 32",
        "  33  line 33",
        "  34  line 34",
        "~ 35  line 35",
    )
    (explained,) = [str(b.prose) for fold in view.folds for b in fold.blocks if isinstance(b, Paragraph)]
    assert explained == ("src/shop/cart.py, lines marked ! never ran, lines marked ~ ran and did not take every branch")


def test_empty_lines_above_a_place_are_not_shown() -> None:
    source = SOURCE.replace("line 28", "").replace("line 29", " ")
    assert listings(shown(source.encode()))[0][0] == "! 30  line 30"
    assert listings(shown(SOURCE.replace("line 28", "").encode()))[0][0] == "  29  line 29"


def test_the_page_has_the_code_of_places_beside_its_gaps_only() -> None:
    fold = shown(SOURCE.encode()).folds[0]
    assert (str(fold.title), fold.on_page) == ("The code", False)
    made = facts(CART.replace("+ 30-32", "30-32").replace("    + 35 partial\n", "    + 36\n"), min_total="99")
    fold = with_code(build_view(made), made, {PATH: SOURCE.encode()}).folds[0]
    assert (str(fold.title), fold.on_page) == ("The code", True)


def test_above_a_place_at_the_beginning_of_a_file_stands_its_first_line() -> None:
    (lines,) = listings(shown(SOURCE.encode(), "src/shop/cart.py\n    1\n    + 2 missing\n    3-40\n"))
    assert lines == ("  1  line 1", "! 2  line 2")


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_lines_are_counted_as_git_counts_them(ends: str) -> None:
    source = SOURCE.replace("line 10", "line\x0c10\x85\u2028").replace("\n", ends)
    assert listings(shown(source.encode()))[0][2] == "! 30  line 30"


def test_a_long_place_and_a_long_line_are_cut() -> None:
    source = "\n".join("x" * 500 for _ in range(200))
    (lines,) = listings(shown(source.encode(), "src/shop/cart.py\n    + 10-150 missing\n    def f 1-190\n"))
    assert len(lines) == 2 + MOST_LINES + 1
    assert lines[-1] == "  … 101 more lines"
    assert max(map(len, lines)) == len("!  49  ") - 1 + MOST_WIDE


@pytest.mark.parametrize("text", [b"", b"x\n" * MOST_TEXT, b"one line"], ids=["none", "huge", "shorter-than-the-place"])
def test_a_text_that_cannot_be_shown_is_left_out(text: bytes) -> None:
    assert not any(listings(shown(text)))


@pytest.mark.parametrize("situation", ["pass", "tests-failed-and-diff", "no-baseline", "no-rules"])
def test_without_places_to_cover_no_code_is_read(situation: str) -> None:
    assert code_paths(build_view(SITUATIONS[situation]() if situation in SITUATIONS else facts(CART))) == ()


def test_a_text_is_shown_up_to_its_bounds() -> None:
    first = "src/shop/cart.py\n    + 1 missing\n"
    assert listings(shown(b"", first)) == []
    assert listings(shown(b"x", first)) == [("! 1  x",)]
    largest = b"x\n" * (MOST_TEXT // 2)
    assert listings(shown(largest, first)) == [("! 1  x",)]
    assert listings(shown(largest + b"x", first)) == []
    assert listings(shown(b"a\nb", "src/shop/cart.py\n    1\n    + 2 missing\n")) == [("  1  a", "! 2  b")]
    assert listings(shown(b"a", "src/shop/cart.py\n    1\n    + 2 missing\n")) == []


@pytest.mark.parametrize(
    ("last", "told"), [(41, "! 41  line 41"), (42, "  … 1 more line"), (1500, "  … 1,459 more lines")]
)
def test_of_a_long_place_the_lines_that_are_left_out_are_counted(last: int, told: str) -> None:
    source = "\n".join(f"line {number}" for number in range(1, 2000))
    (lines,) = listings(shown(source.encode(), f"src/shop/cart.py\n    1\n    + 2-{last} missing\n"))
    assert lines[-1] == told
    assert [line for line in lines if line.startswith("!")][-1] == "! 41  line 41"


def test_a_line_is_cut_where_it_is_too_wide_and_ends_with_no_blank() -> None:
    wide = "x" * MOST_WIDE
    source = "\n".join([f"{wide}    ", f"{wide}y", "", "  z  "])
    (lines,) = listings(shown(source.encode(), "src/shop/cart.py\n    + 1-4 missing\n"))
    assert lines == (f"! 1  {wide}", f"! 2  {wide[:-1]}…", "! 3", "! 4    z")


def test_outside_the_change_lines_are_marked_where_they_are_known() -> None:
    made = facts("m.py\n    + 1-9\nsrc/shop/cart.py\n    1-29\n    30-31 missing\n    def f 20-32\n", min_total="99")
    (marked,) = listings(with_code(build_view(made), made, {PATH: SOURCE.encode()}))
    assert marked == ("  28  line 28", "  29  line 29", "! 30  line 30", "! 31  line 31")
    assert not isinstance(made.total, Unavailable)
    stored = replace(made, total=KnownTotal(total=made.total.total, has_branches=False))
    other = replace(made, total=Coverage(files={}, has_branches=False))
    for unknown in (stored, other):
        (lines,) = listings(with_code(build_view(made), unknown, {PATH: SOURCE.encode()}))
        assert lines == tuple(line.replace("!", " ") for line in marked)


def test_without_places_or_their_text_the_view_stays_as_it_is() -> None:
    made = SITUATIONS["pass"]()
    view = build_view(made)
    assert view.steps is None
    assert with_code(view, made, {PATH: SOURCE.encode()}) is view
    failing = facts(CART, min_diff="99")
    assert with_code(build_view(failing), failing, {}).folds == build_view(failing).folds


def test_the_page_has_the_code_where_one_of_two_places_lies_outside_the_change() -> None:
    other = "src/shop/till.py\n    1-20\n    30-39 missing\n    def ring 28-40\n"
    made = facts(CART.replace("    + 35 partial\n", "") + other, min_total="99")
    view = build_view(made)
    assert code_paths(view) == (PurePosixPath("src/shop/till.py"), PATH)
    texts = {path: SOURCE.encode() for path in code_paths(view)}
    fold = with_code(view, made, texts).folds[0]
    assert fold.on_page is True
    assert [str(block.prose) for block in fold.blocks if isinstance(block, Paragraph)] == [
        # What a mark means is said once.
        "src/shop/till.py, lines marked ! never ran",
        "src/shop/cart.py",
    ]
    till, cart = [block.lines for block in fold.blocks if isinstance(block, Listing)]
    assert till == ("  28  line 28", "  29  line 29", *(f"! {n}  line {n}" for n in range(30, 40)))
    assert cart == ("  28  line 28", "  29  line 29", *(f"! {n}  line {n}" for n in range(30, 33)))


PIECES = st.sampled_from(
    ["`", "```", "~~~", "````python", "<b>", "</details>", "-->", "<!-- covgate {} -->", "@team", "#1", "\u202e", "\t",
     "\x1b", "\r", "\x85", "\u2028", "|", "\\", "😀", "x", " ", "# "]
)  # fmt: skip


@given(lines=st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=12))
def test_no_code_ends_its_fence_or_hides_the_marker(lines: list[str]) -> None:
    source = "\n".join([*lines, *["pass"] * (40 - len(lines))]).encode("utf-8", "surrogatepass")
    made = facts("src/shop/cart.py\n    + 1-12 missing\n    def f 1-12\n", min_diff="99")
    view = with_code(build_view(made), made, {PATH: source})
    for text in (render_comment(view, BODY_LIMIT), render_summary(view)):
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        (fence,) = [token for token in tokens if token.type == "fence"]
        assert fence.content.count("\n") == len(listings(view)[0])
        assert all(line[:1] in {"!", " "} for line in fence.content.splitlines())
    marker = Marker(run_id=5, run_attempt=1, head=HEAD)
    assert parse_marker(f"{render_comment(view, BODY_LIMIT)}\n\n{render_marker(marker)}") == marker
