"""The change: its base, its lines, where lines went, and its coverage."""

from covgate.change.base import find_base
from covgate.change.changed_lines import find_changed_lines, read_texts, state_of
from covgate.change.checkout import Checkout, find_change
from covgate.change.diff_coverage import compute_diff_coverage, load_engine, render_diff_cover
from covgate.change.functions import find_functions
from covgate.change.gate_files import find_deleted_tests, find_pragmas
from covgate.change.line_mapping import find_shifts
from covgate.change.texts import digest_of, shown_source

__all__ = [
    "Checkout", "compute_diff_coverage", "digest_of", "find_base", "find_change", "find_changed_lines",
    "find_deleted_tests", "find_functions", "find_pragmas", "find_shifts", "load_engine", "read_texts",
    "render_diff_cover", "shown_source", "state_of",
]  # fmt: skip
