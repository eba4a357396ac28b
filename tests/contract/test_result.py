"""result.json is what its shipped schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from covgate.gate.rules import exit_code
from covgate.report.result_json import build_result, render_result, result_schema
from covgate.report.view import build_view
from tests.support.situations import SITUATIONS

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "covgate" / "report" / "result.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def result_of(situation: str) -> dict[str, Any]:
    facts = SITUATIONS[situation]()
    view = build_view(facts)
    text = render_result(build_result(facts, headline=view.headline, exit_code=exit_code(facts.verdict)))
    text.encode("ascii")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_the_shipped_schema_is_the_models_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert result_schema() == SCHEMA


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_result_is_valid(situation: str) -> None:
    VALIDATOR.validate(result_of(situation))


@pytest.mark.parametrize("key", sorted(result_of("fail-diff")))
def test_no_key_may_be_missing(key: str) -> None:
    result = result_of("fail-diff")
    del result[key]
    assert not VALIDATOR.is_valid(result)


def test_no_other_key_is_let_in() -> None:
    assert not VALIDATOR.is_valid(result_of("fail-diff") | {"more": 1})


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_number_or_a_reason(situation: str) -> None:
    result = result_of(situation)
    for figure in (result["total"], result["diff"]):
        assert (figure["percent"] is None) is (figure["reason"] is not None)


def test_files_add_up_to_the_diff() -> None:
    diff = result_of("fail-diff")["diff"]
    for kind in ("lines", "branches"):
        for count in ("covered", "total"):
            assert sum(file[kind][count] for file in diff["files"]) == diff[kind][count]
