"""What to do where it is not about lines: a short form of each reason, a sentence, and a link to what explains it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from covgate.errors import explained_at
from covgate.model import MAX_DROP, MIN_DIFF, Check, SuiteStatus, Unavailable, UnknownKind
from covgate.report.facts import Facts
from covgate.report.prose import Prose, link, name, say


def explain(slug: str) -> Prose:
    """Return `(why)`, linked to a heading of docs/troubleshooting.md."""
    return say(" (", link("why", explained_at(slug)), ")")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What could not be known: the reason as a headline has room for it, and what to do."""

    short: Prose
    advice: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What to say of a kind of reason. `short` is empty where the reason is short itself.

    `{0}` stands for the first name the reason brings along, set in code; `[0]` for the same in plain words.
    """

    short: str = ""
    advice: str
    slug: str


_KINDS = {
    UnknownKind.SYNTAX_ERROR: _Known(
        short="{0} has a syntax error in line [1]",
        advice="Mend the file, or leave it out with `omit`",
        slug="diff-unknown",
    ),
    UnknownKind.BROKEN_FILE: _Known(
        short="{0} cannot be analysed",
        advice="Mend the file, or leave it out with `omit`",
        slug="diff-unknown",
    ),
    UnknownKind.MEASURED_BEFORE: _Known(
        advice="Let no step before covgate edit the sources",
        slug="diff-unknown",
    ),
    UnknownKind.EDITED_MEANWHILE: _Known(
        advice="Run the job again, and let no step before covgate edit the sources",
        slug="diff-unknown",
    ),
    UnknownKind.NO_RECORD: _Known(
        short="there is no recorded run of [main] to compare with",
        advice="Run this workflow once on [main], then this job again",
        slug="no-baseline",
    ),
    UnknownKind.SHALLOW_CLONE: _Known(
        short="the clone is too shallow to find a recorded run of [main]",
        advice="Set `fetch-depth: 0` on actions/checkout, then run again",
        slug="no-baseline",
    ),
    UnknownKind.HOST_SILENT: _Known(
        short="GitHub did not say which recorded run to compare with",
        advice="Run the job again, or set `fetch-depth: 0` on actions/checkout",
        slug="no-baseline",
    ),
    UnknownKind.LINES_GONE: _Known(
        short="the lines of [main]'s record are no longer kept",
        advice="Merge [main] into this branch, then run again, or keep more with `history-limit`",
        slug="drop-unknown",
    ),
    UnknownKind.COMPARING_FAILED: _Known(
        advice="Run the job again; if it goes on, run it once on [main]",
        slug="drop-unknown",
    ),
    UnknownKind.PART_OF_SUITE: _Known(
        advice="Run all tests, or set `junit: off` where a part is what you want judged",
        slug="part-of-the-suite",
    ),
    UnknownKind.RAMP: _Known(
        advice="Mend the history, or set `min-total` until it can be read",
        slug="history-unreachable",
    ),
    UnknownKind.TOLD_ELSEWHERE: _Known(
        advice="Open the run to see the reason",
        slug="cannot-judge",
    ),
}

_OTHERWISE = {
    MIN_DIFF: _Known(advice="Mend what the reason names, then run again", slug="diff-unknown"),
    MAX_DROP: _Known(advice="Run this workflow once on [main], then this job again", slug="drop-unknown"),
}
_IN_GENERAL = _Known(advice="Mend what the reason names, then run again", slug="cannot-judge")


def find_words(unknown: Unavailable, rule: str, facts: Facts) -> Unknown:
    """Word a reason why something asked for by `rule` is not known; what the reason brings along goes before."""
    known = _KINDS.get(unknown.kind) or _OTHERWISE.get(rule, _IN_GENERAL)
    short = _fill(known.short, facts, unknown.names) if known.short else word_reason(unknown.reason)
    return Unknown(short=short, advice=_advice(unknown.hint or known.advice, unknown.slug or known.slug, facts))


def why_unknown(check: Check) -> Unavailable:
    """Return what could not be known, of a rule that could not be judged."""
    return check.unknown or Unavailable(reason=check.why)


def _advice(text: str, slug: str, facts: Facts) -> Prose:
    sentence = _fill(text[:1].upper() + text[1:].rstrip("."), facts)
    return sentence + explain(slug) + "."


def _fill(text: str, facts: Facts, names: Sequence[str] = ()) -> Prose:
    """Set what stands between backticks in code, and put in `names` and what people call the base's branch."""
    parts = []
    for part in re.split(r"(`[^`]+`|\{\d\}|\[\d\]|\[main\])", text):
        if part.startswith("`"):
            parts.append(say(name(part[1:-1])))
        elif part == "[main]":
            parts.append(say(main_of(facts)))
        elif names and part[:1] in {"{", "["} and part[1:-1].isdigit():
            found = names[int(part[1:-1])]
            parts.append(say(name(found) if part[0] == "{" else found))
        else:
            parts.append(say(part))
    return say(*parts)


def word_reason(text: str) -> Prose:
    """Set what a reason names between backticks in code."""
    return say(*(name(part) if at % 2 else part for at, part in enumerate(text.split("`"))))


def main_of(facts: Facts) -> str:
    """Return what people call the branch the change goes to."""
    ref = facts.base.ref if facts.base else ""
    is_id = facts.base is not None and len(ref) == len(facts.base.sha) and set(ref) <= set("0123456789abcdef")
    return "the base" if is_id or ref in {"", "HEAD"} else ref.removeprefix("origin/")


SUITE_ADVICE = {
    SuiteStatus.FAILED: (
        "Mend the tests first: what they no longer execute says nothing about coverage",
        "tests-failed",
    ),
    SuiteStatus.KILLED: ("Give the job more memory, or run fewer tests at once", "tests-killed"),
    SuiteStatus.TIMED_OUT: ("Raise `timeout-minutes`, or find the test that does not end", "tests-timed-out"),
    SuiteStatus.NO_TESTS: ("Let `test-command` find the tests, or name their folder in it", "no-tests"),
}


def suite_advice(status: SuiteStatus, facts: Facts) -> Prose:
    """Say what to do about a suite that did not pass."""
    return _advice(*SUITE_ADVICE[status], facts)


def undecided_advice(names: Prose, facts: Facts, *, several: bool) -> Prose:
    """Say what to do about changed files that count as uncovered although nothing names them."""
    it, them = ("they", "them") if several else ("it", "it")
    start = say(f"Not measured, and nothing says whether {it} should be: ", names, ". ")
    return start + _advice(
        f"Set `source` in the coverage configuration, or leave {them} out with `omit`", "undecided-file", facts
    )


ALL_SLUGS = frozenset(
    {known.slug for known in (*_KINDS.values(), *_OTHERWISE.values(), _IN_GENERAL)}
    | {slug for _, slug in SUITE_ADVICE.values()}
    | {"undecided-file"}
)
"""The headings that are linked to."""
