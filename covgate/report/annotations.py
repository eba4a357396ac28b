"""What is marked beside the lines of a change where it is read: the places without coverage, the most useful first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.model import FAILED_SUITES, DiffFile, Span
from covgate.report.facts import Facts
from covgate.report.runs import find_runs, measured_file
from covgate.report.todo import Todo, list_todos
from covgate.report.view import ReportView
from covgate.report.words import plural

MOST = 10
"""GitHub: of each level a step shows ten, and drops the others without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A sentence with its title, at a place of the change; without one it belongs to the whole."""

    place: tuple[PurePosixPath, Span] | None
    title: str
    message: str


def make_annotations(facts: Facts, view: ReportView) -> tuple[Annotation, ...]:
    """Return at most `MOST` annotations: first the places that are enough, then the largest; the last may be a count.

    A file whose lines lie elsewhere in the pull request's head than where they were measured is counted alone: GitHub
    shows the head. Coverage of tests that failed is no news.
    """
    if facts.verdict.suite is not None and facts.verdict.suite.status in FAILED_SUITES:
        return ()
    chosen = {(todo.path, todo.function) for todo in (view.steps.rows if view.steps else ())}
    found = list_todos(facts.known_diff.files, facts.links)
    here = [todo for todo in found if todo.path not in facts.links.moved]
    ranked = sorted(here, key=lambda todo: (todo.path, todo.function) not in chosen)
    shown = ranked if len(ranked) == len(found) <= MOST else ranked[: MOST - 1]
    files = {file.path: file for file in facts.known_diff.files}
    placed = tuple(_annotation(todo, _first_run(facts, files[todo.path], todo)) for todo in shown)
    rest = len(found) - len(shown)
    if not rest:
        return placed
    message = f"{plural(rest, 'more place')} of this change {'is' if rest == 1 else 'are'} not covered"
    return (*placed, Annotation(place=None, title="Not covered", message=f"{message}: the report names them all"))


def _annotation(todo: Todo, span: Span) -> Annotation:
    title = f"Not covered: {todo.function}" if todo.function else "Not covered"
    return Annotation(place=(todo.path, span), title=title, message=todo.what)


def _first_run(facts: Facts, file: DiffFile, todo: Todo) -> Span:
    """Return where a place begins: GitHub shows a range below its last line, far from the first of a long function."""
    runs = find_runs(file, measured_file(facts, file))
    return next((run for run in runs if run.start <= todo.span.start <= run.end), todo.span)
