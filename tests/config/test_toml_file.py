"""A pyproject.toml as it is read: on which line a thing stands, how a value is shown, whether a table is there."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from covgate.config.read_options import has_table
from covgate.config.toml_file import TomlFile, parse_toml, show_value
from covgate.errors import InputError


def file(text: str) -> TomlFile:
    return TomlFile(name="pyproject.toml", text=text)


def test_the_line_of_each_thing() -> None:
    document = parse_toml(
        file("[a.b.c] # see d.e\nx = 1\n[ a . b ] # not [f]\n'y' = {z = 1}\nlist = [\n  '[g]',\n]\ni.j = 2\n[[k]]\n")
    )
    lines = {
        ("a", "b", "c"): 1, ("a", "b", "c", "x"): 2, ("a", "b"): 3, ("a", "b", "y"): 4, ("a", "b", "y", "z"): 4,
        ("a", "b", "list"): 5, ("a", "b", "i"): 8, ("a", "b", "i", "j"): 8, ("k",): 9, ("a",): 1,
    }  # fmt: skip
    assert {path: document.where(*path) for path in lines} == {
        path: f"pyproject.toml, line {line}" for path, line in lines.items()
    }
    assert {document.where(name) for name in ("d", "f", "nowhere")} == {"pyproject.toml"}


def test_a_value_is_shown_in_one_line_as_the_file_spells_it() -> None:
    values: list[tuple[object, str]] = [
        (" text ", "text"), (True, "true"), (False, "false"), (Decimal("99.50"), "99.50"), (7, "7"),
        ({}, "{}"), ({"a": 1}, "{…}"), ([], "[]"), (["ä", 'a"b', 1, [True]], '["ä", "a\\"b", 1, [true]]'),
        (date(2027, 2, 28), "2027-02-28"), (time(7, 5), "07:05:00"),
        ("x" * 80, "x" * 80), ("x" * 81, "x" * 79 + "…"),
        (2**3999, str(2**3999)[:79] + "…"), (2**4000, "a number of thousands of digits"),
    ]  # fmt: skip
    for value, text in values:
        assert show_value(value) == text


def test_whether_a_file_has_the_table() -> None:
    texts = {
        "": False, "[tool.other]\nx = 1": False, "[tool.other]\n# covgate\n": False, "tool = 'covgate'": False,
        "no = = toml": False, "[tool.covgate]": True, "[tool.covgate.target]\ntotal = 1": True,
        "tool.covgate = 0": True,
    }  # fmt: skip
    assert {text: has_table(file(text)) for text in texts} == texts


def test_a_file_that_may_have_the_table_must_be_toml() -> None:
    with pytest.raises(InputError) as caught:
        has_table(file("[tool.covgate]\nmin-diff = = 1"))
    assert caught.value.message.startswith("pyproject.toml is not valid TOML: ")
