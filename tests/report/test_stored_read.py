"""A stored result as text: as large, as deep and as long as it may be, and not one more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from covgate.report.facts import MOST_RESULT
from covgate.report.stored.read import read_result
from tests.report.test_from_result import stored
from tests.support.situations import CORE, facts

DATA = stored(facts(CORE, min_diff="60"))


def changed(**values: object) -> bytes:
    result: dict[str, Any] = json.loads(DATA)
    return json.dumps(result | values).encode()


def changed_file(**values: object) -> bytes:
    result: dict[str, Any] = json.loads(DATA)
    result["diff"]["files"][0] |= values
    return json.dumps(result).encode()


def nested(times: int) -> object:
    inside: list[object] = []
    for _ in range(times - 1):
        inside = [inside]
    return inside


def test_a_result_may_fill_its_bounds() -> None:
    assert read_result(DATA.ljust(MOST_RESULT)) == read_result(DATA)
    assert read_result(changed(uncommitted=10**9)).uncommitted == 10**9
    assert read_result(changed(headline="x" * 20_000)).headline == "x" * 20_000


def test_one_more_is_refused_in_words() -> None:
    for data, why in (
        (DATA.ljust(MOST_RESULT + 1), "it has more than 8,388,608 bytes"),
        (changed(uncommitted=10**9 + 1), "it holds a number beyond all counts"),
        (changed(uncommitted=10**10), "it holds a number beyond all counts"),
        (changed(uncommitted=-(10**9)), "it holds a number beyond all counts"),
        (changed(uncommitted=-1), "it is not of covgate's schema: uncommitted: greater than equal"),
        (changed(headline="x" * 20_001), "it holds a text of 20,001 characters"),
        (changed(**{"x" * 20_001: 1}), "it holds a text of 20,001 characters"),
        (changed(notes=nested(12)), "it is not of covgate's schema: notes.0: string type"),
        (changed(notes=nested(13)), "it is nested too deeply"),
        (changed(**{"a b" + "c" * 50: 1}), f"it is not of covgate's schema: a?b{'c' * 37}: extra forbidden"),
        (changed(verdict="green", headline=1), "it is not of covgate's schema: verdict: enum"),
        (changed_file(missing=5), "it is not of covgate's schema: diff.files.0.missing: list type"),
        (changed_file(missing=[5]), "it is not of covgate's schema: diff.files.0.missing.0: tuple type"),
        (changed_file(missing=[[1, 2, 3]]), "it is not of covgate's schema: diff.files.0.missing.0: too long"),
        (changed_file(path=5), "it is not of covgate's schema: diff.files.0.path: string type"),
        (b"{}", "its schema is not 1: another version of covgate wrote it"),
        (b'{\n"a": 1,\n}', "it is not JSON: Expecting property name enclosed in double quotes in line 3"),
        (b'"\xff"', "it is not UTF-8"),
    ):
        with pytest.raises(ValueError, match=r"^it") as caught:
            read_result(data)
        assert str(caught.value) == why
