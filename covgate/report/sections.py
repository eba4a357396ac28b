"""The folds of a report: what is uncovered, what changed elsewhere, the rules of a pass, and the rest of the facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from covgate.model import MAX_DROP, DiffFile, IndirectFile, ReasonKind, Span, Status, VerdictKind, figures
from covgate.report.facts import Facts
from covgate.report.folds import Bullets, Column, Fold, Grid, Listing, Paragraph
from covgate.report.gate_changes import gate_rows
from covgate.report.headline import not_judged
from covgate.report.prose import Piece, Prose, join, link, name, say
from covgate.report.rules_table import (
    COMPONENTS_SHOWN,
    RuleRow,
    component_grid,
    component_rows,
    counts_grid,
    drop_notes,
    rule_rows,
)
from covgate.report.test_rows import TestRows, make_test_rows
from covgate.report.todo import NextSteps, Todo, omitted_rows
from covgate.report.why import KEYWORD, REASONS, is_not_loaded
from covgate.report.words import RANGES, plural, short_path, span_text

_LONGEST_NAME = 80
"""Characters of a function's name."""


def todo_prose(todo: Todo) -> Prose:
    """Word one place: where it is, why it is missing, how much it is."""
    place = say(name(f"{todo.shown}:{todo.lines}", todo.url))
    if todo.function:
        place = place + " in " + name(_short(todo.function))
    return place + ": " + with_statements(todo.what)


def with_statements(text: str) -> Prose:
    """Set the statements in code that a reason names: `the if on line 9 is never true`."""
    pieces: list[Piece | str] = []
    at = 0
    for found in KEYWORD.finditer(text):
        pieces += [text[at : found.start()], name(found[0])]
        at = found.end()
    return say(*pieces, text[at:])


def _short(function: str) -> str:
    return function if len(function) <= _LONGEST_NAME else f"{function[: _LONGEST_NAME - 1]}…"


def build_folds(
    facts: Facts, left: Sequence[DiffFile], places: Sequence[Todo], steps: NextSteps | None
) -> tuple[Fold, ...]:
    """Return the folds from top to bottom: what goes first when room is short stands last."""
    found: list[Fold | None] = []
    if facts.verdict.kind is VerdictKind.PASS:
        found += [_places(facts, places), _passing(facts)]
    elif not not_judged(facts):
        found += [None if steps and steps.everything else _files(facts, left), _other_components(facts)]
    tests = make_test_rows(facts)
    found += [_output(tests), _gone(tests), _slowest(tests)]
    if not not_judged(facts):
        found += [_lost(facts), _gained(facts), _flaps(facts)]
    found += [_gate(facts), _omitted(facts), _notes(facts), _counts(facts)]
    return tuple(filter(None, found))


# --- the change -------------------------------------------------------------------------------------------------------


def _places(facts: Facts, places: Sequence[Todo]) -> Fold | None:
    """List what is uncovered although no rule fails."""
    counts = facts.known_diff.tally.counts
    if not places:
        return None
    noun = "lines and branches" if facts.known_diff.tally.branches.total else "lines"
    title = (
        f"{counts.missing:,} of {counts.total:,} changed {noun} {'is' if counts.missing == 1 else 'are'} not covered"
    )
    return Fold(title=say(title), blocks=(Bullets(rows=tuple(map(todo_prose, places))),), repeats=True)


def _files(facts: Facts, left: Sequence[DiffFile]) -> Fold | None:
    """List the files with work left, the largest first."""
    if not left:
        return None
    tally = facts.known_diff.tally
    missing, noun = tally.counts.missing, "lines and branches" if tally.branches.total else "lines"
    if missing == 1:
        title = f"The one uncovered {'branch' if tally.branches.missing else 'line'}"
    else:
        title = f"{'The' if missing == _BOTH else 'All'} {missing:,} uncovered {noun}, in {plural(len(left), 'file')}"
    columns = (Column(title="File"), Column(title="Diff", right=True), Column(title="Uncovered"))
    rows = tuple(
        (
            say(name(short_path(file.path), facts.links.to(file.path))),
            say(figures.show_rounded(file.tally)),
            _ranges(facts, file),
        )
        for file in left
    )
    grid = Grid(columns=columns, rows=rows)
    return Fold(title=say(title), among=plural(len(left), "file"), blocks=(grid,), repeats=True)


def _ranges(facts: Facts, file: DiffFile) -> Prose:
    """Print the ranges with missing statements or branches, each linked; a file no test imports says so."""
    lines = [*file.missing_spans, *(Span(start=line, end=line) for line in file.partial)]
    joined: list[Span] = []
    for span in sorted(lines, key=lambda span: span.start):
        if joined and span.start <= joined[-1].end + 1:
            joined[-1] = Span(start=joined[-1].start, end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    shown = [say(link(span_text(span), facts.links.to(file.path, span))) for span in joined]
    return _listed(shown) + (f" ({REASONS[ReasonKind.NEVER_IMPORTED]})" if is_not_loaded(file) else "")


def _listed(items: Sequence[Prose]) -> Prose:
    # One more takes no more room than saying that there is one more.
    if len(items) <= RANGES + 1:
        return join(items, ", ")
    return join(items[:RANGES], ", ") + f" and {len(items) - RANGES} more"


# --- the rules --------------------------------------------------------------------------------------------------------


def rules_grid(rows: Sequence[RuleRow]) -> Grid:
    """Make the table of the project's rules."""
    columns = (
        Column(title="Coverage"),
        Column(title="Now", right=True),
        Column(title="Required", right=True),
        Column(title="Result"),
    )
    cells = ((say(row.name), say(row.now), say(row.required), say(f"{row.mark} {row.result}".strip())) for row in rows)
    return Grid(columns=columns, rows=tuple(cells))


def _passing(facts: Facts) -> Fold | None:
    """Show the table of a pass; where all that changed is covered, only the summary does."""
    checks = facts.verdict.checks
    if not checks:
        return None
    passing = sum(check.status is Status.PASS for check in checks)
    if passing == len(checks):
        title = {1: "The rule passes", 2: "Both rules pass"}.get(passing, f"All {passing} rules pass")
    else:
        idle = len(checks) - passing
        title = (
            f"{passing} of {plural(len(checks), 'rule')} pass, {idle} {'has' if idle == 1 else 'have'} nothing to judge"
        )
    components = component_rows(facts)
    grid = component_grid(components) if components else rules_grid(rule_rows(facts))
    notes = tuple(Paragraph(prose=say(note)) for note in drop_notes(facts))
    told = bool(components or notes or facts.known_diff.tally.counts.missing)
    return Fold(title=say(title), blocks=(grid, *notes), in_comment=told, repeats=True) if grid.rows else None


def _other_components(facts: Facts) -> Fold | None:
    """Show the components that pass, where there are too many to stand in the open."""
    rows = component_rows(facts)
    if len(facts.components) <= COMPONENTS_SHOWN:
        return None
    quiet = tuple(row for row in rows if not row.is_project and row.status not in {Status.FAIL, Status.UNAVAILABLE})
    title = f"{plural(len(quiet), 'more component')} without a broken rule"
    return Fold(title=say(title), blocks=(component_grid(quiet),)) if quiet else None


def _counts(facts: Facts) -> Fold | None:
    grid = counts_grid(facts)
    return Fold(title=say("Lines and branches"), blocks=(grid,), in_comment=False) if grid else None


# --- outside the change -----------------------------------------------------------------------------------------------


def lost_files(facts: Facts) -> tuple[IndirectFile, ...]:
    """Return the files that lost coverage outside the change, those that lost most first."""
    return tuple(file for file in facts.comparison.indirect if file.lost) if facts.comparison else ()


def _lost(facts: Facts) -> Fold | None:
    files = lost_files(facts)
    rows = tuple(_indirect_row(facts, file.path, file.lost) for file in files)
    return _indirect(rows, [span for file in files for span in file.lost], "lost their coverage", "Lost")


def _gained(facts: Facts) -> Fold | None:
    files = [file for file in facts.comparison.indirect if file.gained] if facts.comparison else []
    rows = tuple(_indirect_row(facts, file.path, file.gained) for file in files)
    spans = [span for file in files for span in file.gained]
    return _indirect(rows, spans, "gained coverage", "Gained", in_comment=False)


def _indirect(
    rows: tuple[tuple[Prose, ...], ...], spans: Sequence[Span], what: str, column: str, *, in_comment: bool = True
) -> Fold | None:
    lines = sum(span.end - span.start + 1 for span in spans)
    what = what.replace("their", "its") if lines == 1 else what
    title = f"{plural(lines, 'line')} outside this change {what}, in {plural(len(rows), 'file')}"
    grid = Grid(columns=(Column(title="File"), Column(title=column)), rows=rows)
    return Fold(title=say(title), blocks=(grid,), in_comment=in_comment) if rows else None


def _indirect_row(facts: Facts, path: PurePosixPath, spans: Sequence[Span]) -> tuple[Prose, ...]:
    ranges = [say(link(span_text(span), facts.links.to_measured(path, span))) for span in spans]
    return say(name(short_path(path), facts.links.to_measured(path, spans[0]))), _listed(ranges)


def _flaps(facts: Facts) -> Fold | None:
    flaps = facts.comparison.flaps if facts.comparison else ()
    if not flaps:
        return None
    check = facts.check(MAX_DROP)
    excused = check is not None and check.drop is not None and check.drop.excused > 0
    one = len(flaps) == 1
    title = f"{plural(len(flaps), 'flapping line')} {'differs' if one else 'differ'} from the baseline"
    if excused and check and check.drop:
        with_them = f"{figures.show_drop(check.drop.least)} with {'it' if one else 'them'}"
        are = "is" if one else "are"
        title = f"{plural(len(flaps), 'flapping line')} {are} left out of the drop ({with_them})"
    rows = tuple(
        say(
            name(
                f"{short_path(flap.path)}:{flap.line}",
                facts.links.to_measured(flap.path, Span(start=flap.line, end=flap.line)),
            ),
            f": {'lost' if flap.lost else 'gained'} this time, changed {flap.flips:,} times in recent records",
        )
        for flap in flaps
    )
    why = Paragraph(prose=say("They came and went in the records although nobody edited the file:"))
    return Fold(title=say(title), blocks=(why, Bullets(rows=rows)), in_comment=excused)


# --- the tests --------------------------------------------------------------------------------------------------------


def failed_tests(facts: Facts) -> Bullets | None:
    """List the tests that failed, with their place and the first line of why; None where they are not known."""
    tests = make_test_rows(facts)
    rows = tuple(
        join([say(name(row.place, row.link), " in ") if row.place else Prose(), say(name(_short(row.name)))], "")
        + (say(": ", name(row.reason)) if row.reason else "")
        for row in tests.failed
    )
    return Bullets(rows=rows, more=tests.more) if rows else None


def _output(tests: TestRows) -> Fold | None:
    lines = tuple(tests.output.splitlines())
    title = "The output" if len(tests.failed) != _BOTH else "The output of both"
    return Fold(title=say(title), blocks=(Listing(language="text", lines=lines),), repeats=True) if lines else None


_BOTH = 2


def gone_tests(facts: Facts) -> Prose:
    """Say that tests which ran at the baseline did not run here; empty when all did."""
    return _gone_title(make_test_rows(facts))


def _gone_title(tests: TestRows) -> Prose:
    if tests.gone is None:
        return Prose()
    file, place = tests.gone.only_file, ", in " if tests.gone.count == 1 else ", all in "
    return say(tests.gone.sentence, say(place, name(short_path(file))) if file else "")


def _gone(tests: TestRows) -> Fold | None:
    if tests.gone is None or not tests.gone.names:
        return None
    rows = tuple(say(name(one)) for one in tests.gone.names)
    return Fold(title=_gone_title(tests), blocks=(Bullets(rows=rows, more=tests.gone.more),))


def _slowest(tests: TestRows) -> Fold | None:
    columns = (Column(title="Test"), Column(title="Time", right=True))
    rows = tuple((say(name(_short(test))), say(time)) for test, time in tests.slowest)
    grid = Grid(columns=columns, rows=rows)
    return Fold(title=say("The slowest tests"), blocks=(grid,), in_comment=False) if rows else None


# --- the rest ---------------------------------------------------------------------------------------------------------


def _gate(facts: Facts) -> Fold | None:
    rows = gate_rows(facts.gate_changes)
    title = f"{plural(len(rows), 'change')} to the gate itself"
    return (
        Fold(title=say(title), blocks=(Bullets(rows=rows),), open=len(facts.gate_changes.lowering) > 1)
        if rows
        else None
    )


def _omitted(facts: Facts) -> Fold | None:
    rows, count = omitted_rows(facts), len(facts.known_diff.omitted)
    title = f"{plural(count, 'changed file')} {'is' if count == 1 else 'are'} not judged"
    bullets = []
    for row in rows:
        names = join([say(name(one)) for one in row.names], ", ")
        files = join([names, say(row.others)], " ")
        why = join([say(name(row.rule)) if row.rule else Prose(), say(row.where)], ", ")
        bullets.append(say(files, " (", why, ")"))
    # Most changes have tests, and nobody asks why they are not judged.
    told = any(row.names for row in rows)
    block = Bullets(rows=tuple(bullets))
    return Fold(title=say(title), blocks=(block,), in_comment=told, on_page=False) if rows else None


def _notes(facts: Facts) -> Fold | None:
    """List what the run noted; below a pass only the summary does."""
    rows = tuple(map(say, facts.notes))
    told = facts.verdict.kind is not VerdictKind.PASS
    title = plural(len(rows), "note") + " on the measurement"
    return Fold(title=say(title), blocks=(Bullets(rows=rows),), in_comment=told, in_terminal=True) if rows else None
