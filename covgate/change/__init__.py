"""The change: its base, its lines, where lines went, and its coverage."""

from covgate.change.changed_lines import find_changed_lines, state_of
from covgate.change.checkout import Checkout, find_change
from covgate.change.diff_coverage import compute_diff_coverage
from covgate.change.line_mapping import find_shifts

__all__ = [
    "Checkout", "compute_diff_coverage", "find_change", "find_changed_lines", "find_shifts", "state_of",
]  # fmt: skip
