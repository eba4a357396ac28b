"""What to do where it is not about lines: a short form of each reason, a sentence, and a link to what explains it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from covgate.errors import explained_at
from covgate.model import MAX_DROP, MIN_DIFF, SuiteStatus, Unavailable
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
    """A reason that is known by its words: `short` may name groups of `pattern` as `{name}`, which are set in code."""

    pattern: str
    short: str
    advice: str
    slug: str
    own: bool = False
    """Whether this advice is better than what the reason brings along."""


_REASONS = (
    _Known(
        pattern=r"the changed file (?P<path>.+) cannot be analysed: .*syntax.*\bline (?P<line>\d+).*",
        short="{path} has a syntax error in line [line]",
        advice="Mend the file, or leave it out with `omit`",
        slug="diff-unknown",
    ),
    _Known(
        pattern=r"the changed file (?P<path>.+) cannot be analysed: .*",
        short="{path} cannot be analysed",
        advice="Mend the file, or leave it out with `omit`",
        slug="diff-unknown",
    ),
    _Known(
        pattern=r"1 measured file cannot be analysed \((?P<path>[^;]+): it is not valid Python\).*",
        short="{path} is not valid Python",
        advice="Mend the file, or leave it out with `omit`",
        slug="sources-gone",
        own=True,
    ),
    _Known(
        pattern=r".* before the last edit.*: run the tests again\Z",
        short="",
        advice="Let no step before covgate edit the sources",
        slug="diff-unknown",
    ),
    _Known(
        pattern=r".*[Rr]un again\Z",
        short="",
        advice="Run the job again, and let no step before covgate edit the sources",
        slug="diff-unknown",
    ),
    _Known(
        pattern=r"(?:none of|the one recorded commit|no ancestor of|nothing has been recorded).*",
        short="there is no recorded run of [main] to compare with",
        advice="Run this workflow once on [main], then this job again",
        slug="no-baseline",
    ),
    _Known(
        pattern=r".*the clone is shallow.*",
        short="the clone is too shallow to find a recorded run of [main]",
        advice="Set `fetch-depth: 0` on actions/checkout, then run again",
        slug="no-baseline",
    ),
    _Known(
        pattern=r".*GitHub did not say which recorded commits.*",
        short="GitHub did not say which recorded run to compare with",
        advice="Run the job again, or set `fetch-depth: 0` on actions/checkout",
        slug="no-baseline",
    ),
    _Known(
        pattern=r".*(?:too old for its lines|lines are no longer kept).*",
        short="the lines of [main]'s record are no longer kept",
        advice="Merge [main] into this branch, then run again, or keep more with `history-limit`",
        slug="drop-unknown",
    ),
    _Known(
        pattern=r".*(?:could not be fetched|failed|does not fit its totals|there is nothing to measure).*",
        short="",
        advice="Run the job again; if it goes on, run it once on [main]",
        slug="drop-unknown",
    ),
    _Known(
        pattern=r"only .* of the .* tests of .* ran",
        short="",
        advice="Run all tests, or set `junit: off` where a part is what you want judged",
        slug="part-of-the-suite",
    ),
    _Known(
        pattern=r"what the ramp .*cannot be known.*",
        short="",
        advice="Mend the history, or set `min-total` until it can be read",
        slug="history-unreachable",
    ),
    _Known(
        pattern=r"the summary of the run says why",
        short="",
        advice="Open the run to see the reason",
        slug="cannot-judge",
    ),
)
"""From the words of a reason to words for a headline; the first that fits."""

_OTHERWISE = {
    MIN_DIFF: ("Mend what the reason names, then run again", "diff-unknown"),
    MAX_DROP: ("Run this workflow once on [main], then this job again", "drop-unknown"),
}
_IN_GENERAL = ("Mend what the reason names, then run again", "cannot-judge")


def find_words(reason: Unavailable | str, rule: str, facts: Facts) -> Unknown:
    """Word a reason why something asked for by `rule` is not known."""
    told = reason if isinstance(reason, Unavailable) else _unavailable(reason, facts)
    for known in _REASONS:
        if match := re.fullmatch(known.pattern, told.reason, re.DOTALL):
            short = _fill(known.short, match, facts) if known.short else word_reason(told.reason)
            hint = known.advice if known.own else told.hint or known.advice
            return Unknown(short=short, advice=_advice(hint, told.slug or known.slug, facts))
    advice, slug = _OTHERWISE.get(rule, _IN_GENERAL)
    return Unknown(short=word_reason(told.reason), advice=_advice(told.hint or advice, told.slug or slug, facts))


def _unavailable(reason: str, facts: Facts) -> Unavailable:
    """Find the value a rule's reason was taken from: it may say what to change."""
    values = (facts.total_tally, facts.diff_tally, facts.baseline)
    found = (value for value in values if isinstance(value, Unavailable) and value.reason == reason)
    return next(found, Unavailable(reason=reason))


def _advice(text: str, slug: str, facts: Facts) -> Prose:
    sentence = _fill(text[:1].upper() + text[1:].rstrip("."), None, facts)
    return sentence + explain(slug) + "."


def _fill(text: str, match: re.Match[str] | None, facts: Facts) -> Prose:
    """Set what stands between backticks in code, and put in what the reason or the facts hold."""
    parts = []
    for part in re.split(r"(`[^`]+`|\{\w+\}|\[\w+\])", text):
        if part.startswith("`"):
            parts.append(say(name(part[1:-1])))
        elif part == "[main]":
            parts.append(say(main_of(facts)))
        elif match and part[:1] in {"{", "["}:
            found = match[part[1:-1]]
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
    {known.slug for known in _REASONS}
    | {slug for _, slug in (*_OTHERWISE.values(), _IN_GENERAL, *SUITE_ADVICE.values())}
    | {"undecided-file"}
)
"""The headings that are linked to."""
