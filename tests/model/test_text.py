"""Addresses in text: without user and password, and else as they are."""

from __future__ import annotations

import pytest

from covgate.model import without_credentials

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


def test_a_long_line_takes_no_time() -> None:
    text = "a" * 60000 + "://" + "b" * 60000
    assert without_credentials(text) == text
