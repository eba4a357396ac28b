"""Text of others: fit to print, short enough, and without user and password of an address."""

from __future__ import annotations

import pytest

from covgate.model import name_some, plain, shorten, visible, without_credentials, without_ident

ROWS = {
    "user-and-password": ("at https://me:key@host/simple/x", "at https://****@host/simple/x"),
    "token-alone": ("git+https://ghp_1@github.com/o/r", "git+https://****@github.com/o/r"),
    "an-at-in-the-password": ("http://me:p@ss@host", "http://****@host"),
    "two-in-a-line": ("a://b@c d://e@f", "a://****@c d://****@f"),
    "quoted": ("`https://a:b@c/`", "`https://****@c/`"),
    "none": ("https://host/@scope/x", "https://host/@scope/x"),
    "mail": ("me@example.com", "me@example.com"),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS)
def test_credentials_of_an_address_are_not_shown(text: str, expected: str) -> None:
    assert without_credentials(text) == expected


def test_the_longest_credentials_of_an_address_are_not_shown() -> None:
    assert without_credentials(f"https://{'k' * 4000}@host") == "https://****@host"
    assert without_credentials(f"{'a' * 31}://key@host") == f"{'a' * 31}://****@host"


def test_a_long_line_takes_no_time() -> None:
    text = "a" * 60000 + "://" + "b" * 60000
    assert without_credentials(text) == text


def test_what_could_steer_a_terminal_or_a_log_is_shown() -> None:
    for text, seen, printed in (
        ("Grüße 🎉", "Grüße 🎉", "Grüße 🎉"),
        ("a\nb\x1b[31m\u202e\x00\u00a0", "a\\nb\\x1b[31m\\u202e\\x00\\xa0", "a\\nb\\x1b[31m\\u202e\\x00\\xa0"),
        ("name\udcff", "name\\udcff", "name\\udcff"),
        ("Grüße\n", "Grüße\\n", "Grüße\\n"),
        ("##[error]x ##[", "##[error]x ##[", "#\\x23[error]x #\\x23["),
        ("::error::x", "::error::x", "::error::x"),
    ):
        assert (visible(text), plain(text)) == (seen, printed)


def test_a_text_is_cut_at_a_character_and_says_so() -> None:
    for text, size, shown in (
        ("", 3, ""),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc…"),
        ("äöü", 6, "äöü"),
        ("äöüa", 6, "ä…"),
        ("äöüa", 7, "äöüa"),
        ("ab    cdefgh", 9, "ab…"),
    ):
        assert shorten(text, size) == shown
        assert len(shown.encode()) <= size


def test_some_of_many_are_named() -> None:
    assert name_some([], 2) == ""
    assert name_some([1, 2], 2) == "1, 2"
    assert name_some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert name_some("abcde", 2, joint="; ") == "a; b and 3 more"


def test_what_git_wrote_into_a_text_is_left_out() -> None:
    assert (
        without_ident(b"# $Id: 1234 $ $Id$ x\n$Id: a\n$ $Id:$ $Idx: 1$\n")
        == b"# $Id$ $Id$ x\n$Id: a\n$ $Id$ $Idx: 1$\n"
    )
