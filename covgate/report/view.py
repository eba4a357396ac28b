"""`ReportView`: everything a report says, worded and sorted, built from the verdict and what it was judged on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePosixPath
from urllib.parse import quote

from covgate.model import (
    Base,
    BaseHow,
    Check,
    Coverage,
    DiffCoverage,
    DiffFile,
    Function,
    Gap,
    Sha,
    Span,
    Status,
    SuiteRun,
    SuiteStatus,
    Tally,
    Unavailable,
    Verdict,
    VerdictKind,
)
from covgate.report.words import (
    STATUS_MARK,
    UNAVAILABLE,
    Band,
    choose_band,
    counts_text,
    percent_text,
    plural,
    share_text,
    short_path,
    span_text,
    work_left,
)
from covgate.rules import MIN_DIFF, MIN_TOTAL, show_percent

TODO_LIMIT = 5
"""How many places the list of next steps names."""

NOT_LOADED = "no test loads this file"
"""Of a file that was measured without having been executed: all of it counts as uncovered."""

FILE_LIMIT = 50
"""How many files the folded table and list hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where files of the change can be looked at. `blob` is the address of the tree, or None on a laptop.

    `moved` are files whose lines differ between the pull request's head and what was measured (the base changed them
    too): their links lead to the measured commit, so that the line numbers are right.
    """

    blob: str | None = None
    head: Sha | None = None
    measured: Sha | None = None
    moved: frozenset[PurePosixPath] = frozenset()

    def to(self, path: PurePosixPath, span: Span | None = None) -> str | None:
        """Return the permalink of a file's lines, or None."""
        commit = self.measured if path in self.moved else self.head
        if self.blob is None or commit is None:
            return None
        lines = "" if span is None else f"#L{span.start}" + (f"-L{span.end}" if span.end > span.start else "")
        return f"{self.blob}/{commit}/{quote(str(path).encode('utf-8', 'surrogateescape'))}{lines}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report is made of. `total` and `diff` are Unavailable when they could not be known.

    `diff_reason` says why there is no diff coverage when `diff` is None: the run has no change to judge.
    """

    verdict: Verdict
    total: Coverage | Unavailable
    diff: DiffCoverage | Unavailable | None
    base: Base | None
    head: Sha
    uncommitted: int
    links: Links
    green: Decimal
    orange: Decimal
    name: str
    run_url: str | None
    notes: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the main table."""

    name: str
    band: Band
    value: str
    required: str
    lines: str
    branches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """One place to cover next."""

    path: PurePosixPath
    shown: str
    lines: str
    function: str
    what: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A changed file with work left."""

    path: PurePosixPath
    shown: str
    url: str | None
    band: Band
    value: str
    left: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report. Everything in it is plain text: each rendering escapes for its own medium."""

    kind: VerdictKind
    icon: str
    headline: str
    reasons: tuple[str, ...]
    """Further sentences: every other broken or unknown rule."""
    rows: tuple[Row, ...]
    has_branches: bool
    """Whether branches were measured: without, the table has no column for them."""
    todo_title: str
    todos: tuple[Todo, ...]
    files: tuple[FileRow, ...]
    more_files: int
    omitted: tuple[str, ...]
    more_omitted: int
    notes: tuple[str, ...]
    footer: tuple[str, ...]
    """Base, head and version, in this order."""
    run_url: str | None
    name: str
    quiet: bool
    """All is well: nothing a reader has to do."""

    def shorter(self) -> ReportView | None:
        """Return the view with its lowest section left out, or None when only the core is left."""
        for section in ("omitted", "files", "notes", "todos"):
            if getattr(self, section):
                kept = () if section == "notes" else tuple(note for note in self.notes if note != LEFT_OUT)
                notes = (*kept, LEFT_OUT)
                # The note itself is no reason to go round again.
                if section == "notes" and self.notes == (LEFT_OUT,):
                    continue
                return replace(self, **{section: (), "notes": notes})  # type: ignore[arg-type]  # each is a tuple
        return None


LEFT_OUT = "Some sections were left out to fit GitHub's limit: the step summary has the whole report."


def build_view(facts: Facts) -> ReportView:
    """Word and sort a report."""
    icon, headline, reasons = _headline(facts)
    left = [file for file in _diff_files(facts) if file.missing or file.partial]
    ranked = sorted(left, key=lambda f: (-_weight(f), str(f.path)))
    todos = _todos(ranked, facts.links)
    # Of one file the table would say what the list above it has said.
    rows = ranked[:FILE_LIMIT] if len(ranked) > 1 or len(todos) > TODO_LIMIT else []
    omitted = _omitted(facts)
    return ReportView(
        kind=facts.verdict.kind,
        icon=icon,
        headline=headline,
        reasons=reasons,
        rows=(_total_row(facts), _diff_row(facts)),
        has_branches=isinstance(facts.total, Coverage) and facts.total.has_branches,
        todo_title=_todo_title(facts, len(todos)),
        todos=todos[:TODO_LIMIT],
        files=tuple(_file_row(file, facts) for file in rows),
        more_files=max(0, len(ranked) - FILE_LIMIT),
        omitted=tuple(short_path(path) for path in omitted[:FILE_LIMIT]),
        more_omitted=max(0, len(omitted) - FILE_LIMIT),
        notes=facts.notes,
        footer=_footer(facts),
        run_url=facts.run_url,
        name=facts.name,
        quiet=facts.verdict.kind is VerdictKind.PASS and not left and not isinstance(facts.diff, Unavailable),
    )


# --- the first line ------------------------------------------------------------------------------------------------


def _headline(facts: Facts) -> tuple[str, str, tuple[str, ...]]:
    """Return the icon, the verdict in one sentence, and the sentences for whatever else is wrong."""
    verdict = facts.verdict
    suite = _suite_sentence(verdict.suite)
    wrong = [*([suite] if suite else []), *(_sentence(check) for check in _failed(verdict.checks))]
    if verdict.kind is VerdictKind.PASS:
        return ("✅" if verdict.checks else "ℹ️"), _good_news(facts), _unknown(facts)  # the information sign
    if verdict.kind is VerdictKind.FAIL:
        return "❌", wrong[0], (*wrong[1:], *_unknown(facts))
    if wrong:  # no tests were collected
        return "⚠️", f"Cannot judge: {_small(wrong[0])}", (*wrong[1:], *_unknown(facts))
    first, *others = _unknown(facts)
    return "⚠️", f"Cannot judge: {_small(first)}", tuple(others)


def _failed(checks: Iterable[Check]) -> list[Check]:
    # The diff's rule comes first: it is the one the author of a change can act on.
    rules = {MIN_DIFF: 0, MIN_TOTAL: 1}
    return sorted((c for c in checks if c.status is Status.FAIL), key=lambda check: rules.get(check.rule, 2))


def _unknown(facts: Facts) -> tuple[str, ...]:
    """Say once what could not be known: a measurement that is missing takes the diff along."""
    if isinstance(facts.total, Unavailable):
        return (_capital(facts.total.reason),)
    return (f"Diff coverage is unavailable: {facts.diff.reason}",) if isinstance(facts.diff, Unavailable) else ()


def _sentence(check: Check) -> str:
    if check.actual is None:
        return _capital(check.why)
    needed = check.actual.counts.needed(check.target)
    kind = "changed" if check.rule == MIN_DIFF else ""
    return f"{_capital(check.why)}: cover {share_text(needed, check.actual, kind)}"


def _suite_sentence(suite: SuiteRun | None) -> str:
    if suite is None:
        return ""
    return {
        SuiteStatus.PASSED: "",
        SuiteStatus.FAILED: f"The tests failed (exit code {suite.exit_code})",
        SuiteStatus.KILLED: f"The tests were killed by signal {suite.exit_code - 128}",
        SuiteStatus.TIMED_OUT: f"The tests were stopped at the time limit, after {suite.seconds / 60:.1f} minutes",
        SuiteStatus.NO_TESTS: "No tests were collected",
    }[suite.status]


def _good_news(facts: Facts) -> str:
    total = _total(facts)
    total_text = f"total {percent_text(total)}" if total else "total unavailable"
    diff = _diff(facts)
    if diff is None:
        diff_text = ""
    elif diff.counts.total:
        diff_text = f"diff {percent_text(diff)}, "
    else:
        diff_text = "no changed lines to cover, "
    if facts.verdict.checks:
        return f"Coverage passes: {diff_text}{total_text}"
    return f"Coverage: {diff_text}{total_text} (no rule is set)"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(sentence: str) -> str:
    """Let a sentence of ours go on after a colon; a name in capitals stays as it is."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


# --- the table -----------------------------------------------------------------------------------------------------


def _total(facts: Facts) -> Tally | None:
    return None if isinstance(facts.total, Unavailable) else facts.total.total


def _diff(facts: Facts) -> Tally | None:
    return facts.diff.tally if isinstance(facts.diff, DiffCoverage) else None


def _diff_files(facts: Facts) -> tuple[DiffFile, ...]:
    return facts.diff.files if isinstance(facts.diff, DiffCoverage) else ()


def _total_row(facts: Facts) -> Row:
    return _row("Total coverage", MIN_TOTAL, _total(facts), UNAVAILABLE, facts)


def _diff_row(facts: Facts) -> Row:
    absent = "n/a" if facts.diff is None else UNAVAILABLE
    return _row("Diff coverage", MIN_DIFF, _diff(facts), absent, facts)


def _row(name: str, rule: str, tally: Tally | None, absent: str, facts: Facts) -> Row:
    check = next((check for check in facts.verdict.checks if check.rule == rule), None)
    return Row(
        name=name,
        band=choose_band(tally, green=facts.green, orange=facts.orange),
        value=percent_text(tally) if tally else absent,
        required="–" if check is None else f"≥ {show_percent(check.target)}{STATUS_MARK[check.status]}",
        lines=counts_text(tally.lines) if tally else "–",
        branches=counts_text(tally.branches) if tally else "–",
    )


# --- what to do next -----------------------------------------------------------------------------------------------


def _weight(file: DiffFile) -> int:
    return file.tally.counts.missing


def _todo_title(facts: Facts, places: int) -> str:
    failing = any(c.rule == MIN_DIFF and c.status is Status.FAIL for c in facts.verdict.checks)
    title = "To reach green" if failing else "Still uncovered in this change"
    return title if places <= TODO_LIMIT else f"{title} (the {TODO_LIMIT} largest of {places} places)"


def _todos(files: Iterable[DiffFile], links: Links) -> tuple[Todo, ...]:
    """Return every place with work left, the largest first."""
    places = [place for file in files for place in _places(file, links)]
    return tuple(todo for *_, todo in sorted(places, key=lambda place: (-place[0], str(place[2].path), place[1])))


def _places(file: DiffFile, links: Links) -> list[tuple[int, int, Todo]]:
    """Return (how much is missing, first line, what to do) of each place."""
    places = []
    for span in file.missing_spans:
        lines = [line for line in file.missing if span.start <= line <= span.end]
        exits = sum(file.exits[line].total for line in lines if line in file.exits)
        what = plural(len(lines), "line") + (f", {plural(exits, 'branch', 'branches')}" if exits else "")
        what += f" ({NOT_LOADED})" if file.gap is Gap.UNMEASURED else ""
        places.append((len(lines) + exits, span.start, _todo(file, span, what, links)))
    for line in sorted(file.partial):
        branch = file.exits[line]
        what = f"{branch.total - branch.taken} of {plural(branch.total, 'branch', 'branches')} never taken"
        places.append((branch.total - branch.taken, line, _todo(file, Span(start=line, end=line), what, links)))
    return places


def _todo(file: DiffFile, span: Span, what: str, links: Links) -> Todo:
    return Todo(
        path=file.path,
        shown=short_path(file.path),
        lines=span_text(span),
        function=_function_at(file.functions, span.start),
        what=what,
        url=links.to(file.path, span),
    )


def _function_at(functions: Iterable[Function], line: int) -> str:
    """Return the name of the innermost function around a line, or an empty string at the top of a module."""
    around = [f for f in functions if f.span.start <= line <= f.span.end]
    return min(around, key=lambda f: f.span.end - f.span.start).name if around else ""


def _file_row(file: DiffFile, facts: Facts) -> FileRow:
    return FileRow(
        path=file.path,
        shown=short_path(file.path),
        url=facts.links.to(file.path),
        band=choose_band(file.tally, green=facts.green, orange=facts.orange),
        value=percent_text(file.tally),
        left=work_left(file),
        note=NOT_LOADED if file.gap is Gap.UNMEASURED else "",
    )


def _omitted(facts: Facts) -> tuple[PurePosixPath, ...]:
    """Return the changed files nobody measures, but for tests: those are left out by everyone, in every change."""
    left_out = facts.diff.omitted if isinstance(facts.diff, DiffCoverage) else ()
    return tuple(path for path in left_out if not _TEST_FILE.search(str(path)))


_TEST_FILE = re.compile(r"(\A|/)(tests?/|test_[^/]*\Z|[^/]*_test\.py\Z|conftest\.py\Z)")


# --- the small print -----------------------------------------------------------------------------------------------


def _footer(facts: Facts) -> tuple[str, ...]:
    base = () if facts.base is None else (f"Base {facts.base.sha[:SHOWN_DIGITS]} ({_how(facts.base)})",)
    edits = f" with uncommitted changes in {plural(facts.uncommitted, 'Python file')}" if facts.uncommitted else ""
    return (*base, f"Head {facts.head[:SHOWN_DIGITS]}{edits}", f"covgate {facts.version}")


SHOWN_DIGITS = 12
"""Of a commit id: enough to be unique, and GitHub makes a link of them."""


def _how(base: Base) -> str:
    if base.how is BaseHow.MERGE_BASE and base.ref == "HEAD":
        return "the last commit: there is no main branch to compare with"
    name = base.ref or "the base"
    return {
        BaseHow.FIRST_PARENT: f"first parent of the merge into {name}",
        BaseHow.MERGE_BASE: f"merge base with {name}",
        BaseHow.EVENT: f"what the merge queue adds to, on {name}",
        BaseHow.GIVEN: f"merge base with {name}, as asked for",
    }[base.how]
