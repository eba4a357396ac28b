"""A report built for each situation by its name, and what stands in it, as text."""

from __future__ import annotations

from covgate.report.folds import Bullets, Fold, Grid
from covgate.report.view import ReportView, build_view
from tests.support.situations import SITUATIONS
from tests.support.situations_compared import COMPARED
from tests.support.situations_guarded import GUARDED
from tests.support.situations_tests import TESTED

ALL = SITUATIONS | COMPARED | GUARDED | TESTED


def view(name: str) -> ReportView:
    return build_view(ALL[name]())


def titles(built: ReportView) -> list[str]:
    return [str(fold.title) for fold in built.comment.folds]


def fold(built: ReportView, title: str) -> Fold:
    (found,) = [one for one in built.folds if title in str(one.title)]
    return found


def rows(built: ReportView, title: str) -> list[list[str]]:
    """Return the cells of the first table of a fold."""
    (grid,) = [block for block in fold(built, title).blocks if isinstance(block, Grid)]
    return [[str(cell) for cell in row] for row in grid.rows]


def bullets(built: ReportView, title: str) -> list[str]:
    """Return the list in a fold."""
    (found,) = [block for block in fold(built, title).blocks if isinstance(block, Bullets)]
    return [str(row) for row in found.rows]


def rules(built: ReportView) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.now, row.required, f"{row.mark} {row.result}".strip()) for row in built.rules]
