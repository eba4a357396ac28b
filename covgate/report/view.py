"""`ReportView`: everything a report says, worded and sorted, built from the verdict and what it was judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from covgate.model import (
    MAX_DROP,
    MIN_TOTAL,
    NOTHING_RECORDED,
    Check,
    Gap,
    Status,
    SuiteStatus,
    Unavailable,
    VerdictKind,
)
from covgate.report.advice import find_words, main_of, suite_advice, undecided_advice, why_unknown, word_reason
from covgate.report.facts import Facts
from covgate.report.folds import Bullets, Fold, Grid
from covgate.report.footer import footer
from covgate.report.headline import failed_checks, not_judged, unknown_checks, word_headline
from covgate.report.prose import Prose, join, name, say
from covgate.report.rules_table import (
    COMPONENTS_SHOWN,
    ComponentRow,
    RuleRow,
    component_grid,
    component_rows,
    drop_notes,
    rule_rows,
)
from covgate.report.sections import build_folds, failed_tests, gone_tests, lost_files, rules_grid, todo_prose
from covgate.report.todo import NAMES, NextSteps, Todo, list_todos, next_steps
from covgate.report.words import short_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report, from top to bottom. All of it is plain text, names and addresses: each rendering escapes them."""

    kind: VerdictKind
    mark: str
    first_line: Prose
    """The report's name, the verdict, the figure, what is required, the gap: at most 120 characters with the mark."""
    advice: tuple[Prose, ...]
    """What to do where it is not about lines: a sentence each, with a link to what explains it."""
    failed: Bullets | None
    """The tests that failed."""
    steps: NextSteps | None
    """The places that are enough, of a verdict that lines can mend."""
    lead: Prose
    """A sentence before the list of places."""
    rules: tuple[RuleRow, ...]
    components: tuple[ComponentRow, ...]
    """Those that stand in the open, in the place of the table of rules."""
    open_tables: bool
    """Rules or components are shown without a click: something fails, or is not known."""
    remarks: tuple[Prose, ...]
    """Sentences below the table: why a drop is judged smaller than it looks."""
    since: Prose
    """What the last push did."""
    folds: tuple[Fold, ...]
    left_out: tuple[Prose, ...]
    """The titles of folds there was no room for."""
    footer: tuple[Prose, ...]
    places: tuple[Todo, ...]
    """All places of the change with work left, the largest first."""
    run_url: str | None
    quiet: bool
    """Nothing that a comment would have to be started for."""

    def shorter(self) -> ReportView | None:
        """Return the view with its lowest fold left out, then without its list; None when only the core is left."""
        if self.folds:
            *kept, last = self.folds
            return replace(self, folds=tuple(kept), left_out=(last.title, *self.left_out))
        if self.steps:
            return replace(self, steps=None, left_out=(say("the places to cover"), *self.left_out))
        if self.components:
            return replace(self, components=(), left_out=(say("the components"), *self.left_out))
        if self.advice or self.remarks:
            return replace(self, advice=(), remarks=())
        return None

    def limited(self, limit: int) -> ReportView:
        """Return the view with at most `limit` rows in each fold."""
        failed = self.failed and self.failed.limited(limit)
        return replace(self, folds=tuple(fold.limited(limit) for fold in self.folds), failed=failed)

    @property
    def headline(self) -> str:
        """The first line as plain text, without its mark."""
        return str(self.first_line)

    @property
    def tables(self) -> Grid | None:
        """The table that stands in the open, or in the fold of a pass: of the components, else of the rules."""
        if self.components:
            return component_grid(self.components)
        return rules_grid(self.rules) if self.rules else None

    @property
    def step_rows(self) -> tuple[Prose, ...]:
        """The places to cover, a line each."""
        if self.steps is None:
            return ()
        folders = (say(name(folder.shown), f": {folder.size}") for folder in self.steps.folders)
        return (*folders, *map(todo_prose, self.steps.rows))

    @property
    def comment(self) -> ReportView:
        """The view without what only the summary has."""
        return replace(self, folds=tuple(fold for fold in self.folds if fold.in_comment))


def build_view(facts: Facts) -> ReportView:
    """Word and sort a report."""
    mark, first_line = word_headline(facts)
    left = [file for file in facts.known_diff.files if file.missing or file.partial]
    ranked = sorted(left, key=lambda f: (-f.tally.counts.missing, str(f.path)))
    by_lines = facts.verdict.kind is VerdictKind.FAIL and not not_judged(facts)
    steps = next_steps(facts, ranked) if by_lines else None
    steps = steps if steps and (steps.rows or steps.folders) else None
    places = list_todos(ranked, facts.links)
    open_tables = facts.verdict.kind is not VerdictKind.PASS and not not_judged(facts)
    return ReportView(
        kind=facts.verdict.kind,
        mark=mark,
        first_line=first_line,
        failed=failed_tests(facts),
        advice=tuple(_advice(facts)),
        steps=steps,
        lead=_lead(facts),
        rules=rule_rows(facts),
        components=_shown_components(facts),
        open_tables=open_tables,
        remarks=tuple(map(say, drop_notes(facts))) if open_tables else (),
        since=Prose(),
        folds=build_folds(facts, ranked, places, steps),
        left_out=(),
        footer=footer(facts),
        places=places,
        run_url=facts.run_url,
        quiet=_quiet(facts),
    )


def _quiet(facts: Facts) -> bool:
    """Whether there is nothing to start a comment for: rules pass, and nothing was lost or lowered outside the lines.

    Without a rule, an uncovered line of the change is what the report is about.
    """
    if facts.verdict.kind is not VerdictKind.PASS or isinstance(facts.diff, Unavailable):
        return False
    if facts.gate_changes.lowering or lost_files(facts):
        return False
    return bool(facts.verdict.checks) or not facts.known_diff.tally.counts.missing


def _shown_components(facts: Facts) -> tuple[ComponentRow, ...]:
    rows = component_rows(facts)
    if len(facts.components) <= COMPONENTS_SHOWN:
        return rows
    return tuple(row for row in rows if row.is_project or row.status in {Status.FAIL, Status.UNAVAILABLE})


# --- what to do -------------------------------------------------------------------------------------------------------


def _advice(facts: Facts) -> list[Prose]:
    suite, found = facts.verdict.suite, []
    if suite is not None and suite.status is not SuiteStatus.PASSED:
        found.append(suite_advice(suite.status, facts))
    elif isinstance(facts.total, Unavailable):
        found.append(_told(facts, facts.total, MIN_TOTAL))
    elif facts.verdict.kind is VerdictKind.CANNOT_JUDGE:
        sentences = [_told_of(facts, check) for check in unknown_checks(facts)]
        found += dict(zip(map(str, sentences), sentences, strict=True)).values()
    elif facts.verdict.kind is VerdictKind.FAIL:
        found += [_told_of(facts, check) for check in unknown_checks(facts)]
    if facts.verdict.kind is VerdictKind.CANNOT_JUDGE:
        found[0] = say(NOT_GREEN, " ", found[0])
    if facts.check(MAX_DROP) and facts.baseline == NOTHING_RECORDED and facts.verdict.kind is VerdictKind.PASS:
        then = f"as soon as {main_of(facts)} has been recorded" if facts.base else "from the next recorded run on"
        found.append(say(f"First run: the drop is judged {then}."))
    if (undecided := _undecided(facts)) and not not_judged(facts):
        found.append(undecided)
    return found


NOT_GREEN = "What cannot be judged does not pass."


def _told(facts: Facts, unknown: Unavailable, rule: str) -> Prose:
    """Say what to do about a reason; the whole of it goes before, where the headline has no room for it."""
    words = find_words(unknown, rule, facts)
    headline = str(word_headline(facts)[1])
    if str(words.short).lower() in headline.lower():
        return words.advice
    return word_reason(unknown.reason).capital.cut(_LONGEST_REASON) + ". " + words.advice


def _told_of(facts: Facts, check: Check) -> Prose:
    """Say what to do about a rule that is not known; of a component's, which it is."""
    told = _told(facts, why_unknown(check), check.rule)
    if check.component is None or facts.verdict.kind is not VerdictKind.FAIL:
        return told
    return say(name(check.component), ": ", told.small)


_LONGEST_REASON = 400
"""Characters of a reason that stands in the report."""


def _undecided(facts: Facts) -> Prose:
    """Say which files count as uncovered although nothing names them."""
    paths = [short_path(file.path) for file in facts.known_diff.files if file.gap is Gap.UNDECIDED]
    if not paths:
        return Prose()
    more = f" and {len(paths) - NAMES} more" if len(paths) > NAMES else ""
    names = join([say(name(path)) for path in paths[:NAMES]], ", ") + more
    return undecided_advice(names, facts, several=len(paths) > 1)


def _lead(facts: Facts) -> Prose:
    """Say what comes before the places: tests that are gone, or that the change is not what fails."""
    if failed_checks(facts) and not not_judged(facts) and (gone := gone_tests(facts)):
        return gone + "."
    counts = facts.known_diff.tally.counts
    failed = failed_checks(facts)
    if failed and counts.total and not counts.missing and not not_judged(facts):
        return say("The change itself is covered.")
    return Prose()
