"""What a stranger's result says of changes of the gate adds no words of theirs to the comment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from covgate.gate.rules import exit_code
from covgate.publish.comment import BODY_LIMIT
from covgate.report.facts import Facts, Origin
from covgate.report.markdown import render_comment, render_summary
from covgate.report.result_json import build_result, render_result
from covgate.report.stored.parts import ELSEWHERE
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import restore_facts
from covgate.report.view import build_view
from tests.support.situations import BLOB, HEAD
from tests.support.situations_guarded import LOWERED, OMIT, PRAGMAS, REMOVED, UNREADABLE, guarded

ORIGIN = Origin(head=HEAD, run_url="https://github.com/org/app/actions/runs/77", blob=BLOB, base_ref="main")
ROWS = {"rule": LOWERED, "component": REMOVED, "omit": OMIT, "pragma": PRAGMAS, "unknown": UNREADABLE}
EVIL = "@org/team <b>see</b> [here](https://evil.example) #1"


def forged(row: str, **values: object) -> bytes:
    made = guarded(ROWS[row])
    text = render_result(build_result(made, headline=build_view(made).headline, exit_code=exit_code(made.verdict)))
    result: dict[str, Any] = json.loads(text)
    result["gate_changes"]["rows"][0] |= values
    return json.dumps(result).encode()


def read(data: bytes) -> str:
    facts = restore_facts(read_result(data), ORIGIN)
    assert isinstance(facts, Facts)
    view = build_view(facts)
    return render_comment(view, BODY_LIMIT) + render_summary(view)


REFUSED: dict[str, tuple[str, dict[str, object]]] = {
    "another-rule": ("rule", {"name": EVIL}),
    "a-rule-with-words": ("rule", {"before": f"80 {EVIL}"}),
    "a-rule-set-to-words": ("rule", {"after": EVIL}),
    "other-digits": ("rule", {"before": "\u0668\u0660"}),
    "a-rule-of-nobody": ("rule", {"component": EVIL}),
    "a-target-with-words": ("rule", {"kind": "target", "before": "80 by tomorrow"}),
    "a-component-with-words": ("component", {"name": EVIL}),
    "a-component-that-was-words": ("component", {"before": EVIL}),
    "an-option-with-words": ("omit", {"name": EVIL}),
    "an-effect-with-words": ("omit", {"effect": EVIL}),
    "a-kind-there-is-not": ("rule", {"kind": "poem"}),
    "fewer-than-none": ("pragma", {"count": -1}),
    "a-path-that-leads-out": ("pragma", {"files": ["../../etc/passwd"]}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_change_of_the_gate_that_covgate_does_not_write_is_refused(case: str) -> None:
    row, values = REFUSED[case]
    with pytest.raises(ValueError, match=r"^it (has|is|changes)"):
        read(forged(row, **values))


NOT_TOLD: dict[str, tuple[str, dict[str, object]]] = {
    "patterns": ("omit", {"before": EVIL, "after": EVIL}),
    "why-the-effect-is-unknown": ("omit", {"effect": None, "effect_unknown": EVIL}),
    "why-the-base-is-unknown": ("unknown", {"name": EVIL}),
    "a-path-like-a-mention": ("pragma", {"files": ["@org/team", "<b>.py"]}),
}


@pytest.mark.parametrize("case", NOT_TOLD)
def test_words_of_a_stranger_are_not_told(case: str) -> None:
    row, values = NOT_TOLD[case]
    # In code nothing is markup, and nobody is mentioned.
    text = re.sub(r"`[^`\n]*`", "", read(forged(row, **values)))
    assert "to the gate itself" in text
    assert "evil.example" not in text
    assert "<b>" not in text
    assert " @org" not in text
    assert (ELSEWHERE in text) is (case in {"patterns", "why-the-effect-is-unknown", "why-the-base-is-unknown"})


def test_what_is_told_is_what_the_first_run_told() -> None:
    assert "lowers min-diff from 80 to 60; judged by 80" in read(forged("rule")).replace("`", "")
