"""Why lines are missing, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from covgate.model import DiffFile, Gap, Reason, ReasonKind

REASONS = {
    ReasonKind.NEVER_IMPORTED: "no test imports this file",
    ReasonKind.LOST: "ran at the baseline, not here",
    ReasonKind.NEVER_CALLED: "never called",
    ReasonKind.NEVER_RUN: "never run",
    ReasonKind.IF_NEVER_TRUE: "the if on line {} is never true",
    ReasonKind.IF_NEVER_FALSE: "the if on line {} is never false",
    ReasonKind.ELIF_NEVER_TRUE: "the elif on line {} is never true",
    ReasonKind.ELIF_NEVER_FALSE: "the elif on line {} is never false",
    ReasonKind.LOOP_NEVER_RUNS: "the loop on line {} never runs",
    ReasonKind.LOOP_NEVER_ENDS: "the loop on line {} never ends by itself",
    ReasonKind.EXCEPT_NEVER_REACHED: "the except on line {} is never reached",
    ReasonKind.EXCEPT_NEVER_MATCHES: "the except on line {} never matches",
    ReasonKind.CASE_NEVER_REACHED: "the case on line {} is never reached",
    ReasonKind.CASE_NEVER_MATCHES: "the case on line {} never matches",
    ReasonKind.CASE_ALWAYS_MATCHES: "the case on line {} always matches",
    ReasonKind.NEVER_PASSED: "nothing gets past line {}",
}
"""Each reason's words; the line that decides goes where the braces are."""

KEYWORD = re.compile(r"(?<=\bthe )(?:if|elif|except|case)(?= on line \d)")
"""The words of Python in them, which Markdown sets as code."""

NAMED = 2
"""How many reasons of one place are told."""


def why_text(reasons: Sequence[Reason], branch: str = "") -> str:
    """Print why a place is missing, plain text; empty where that is not known. `branch` is that of the baseline."""
    said = [
        f"ran on {branch}, not here"
        if branch and reason.kind is ReasonKind.LOST
        # The line that decides is for those that have one.
        else REASONS[reason.kind].format(reason.line)
        for reason in reasons
    ]
    if len(said) <= NAMED:
        return " and ".join(said)
    return f"{', '.join(said[:NAMED])}, and more"


def is_not_loaded(file: DiffFile) -> bool:
    """Whether no test imports a file: nothing measured it, or coverage lists it because it is below `source`."""
    never = all(ReasonKind.NEVER_IMPORTED in {reason.kind for reason in place.reasons} for place in file.places)
    return file.gap is Gap.UNMEASURED or (bool(file.places) and never)
