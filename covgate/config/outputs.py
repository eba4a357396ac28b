"""The outputs of the action: the one list behind action.yml, the README and what is written to GITHUB_OUTPUT."""

from __future__ import annotations

OUTPUTS: tuple[tuple[str, str], ...] = (
    ("verdict", "`pass`, `fail` or `cannot-judge`."),
    ("passed", "`true` when covgate's exit code is 0, else `false`."),
    ("total-percent", "Total coverage, a decimal number such as `84.783`. Empty when there is none."),
    ("diff-percent", "Diff coverage, a decimal number. Empty when there is nothing to measure or it is unknown."),
    ("delta", "Total coverage minus the baseline's, in percentage points, such as `-0.21`. Empty without a baseline."),
    ("comment-url", "The address of the pull request's comment. Empty when there is none."),
    ("result-path", "The path of `result.json`, relative to the checkout. Empty when it could not be written."),
)
"""Each output's name and what it holds."""

OUTPUT_NAMES = tuple(name for name, _ in OUTPUTS)
