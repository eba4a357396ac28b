"""The exit codes, and the errors covgate raises on purpose: what happened, what to change, where to read more."""

from __future__ import annotations

from enum import IntEnum

TROUBLESHOOTING = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md"
"""Where each error is explained: who has installed covgate from PyPI has no `docs/`."""


def explained_at(slug: str) -> str:
    """Return the whole address of what explains an error, or another thing that has a heading on that page."""
    return f"{TROUBLESHOOTING}#{slug}"


class ExitCode(IntEnum):
    """What `covgate check` tells the shell. The one-line meanings are the README's table."""

    PASSED = 0
    RULE_BROKEN = 1
    BAD_INPUT = 2
    TESTS_FAILED = 3
    CANNOT_JUDGE = 4
    GIT = 5
    PUBLISH_FAILED = 6
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for people."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.PASSED: "passed, or nothing to judge",
    ExitCode.RULE_BROKEN: "a rule is broken",
    ExitCode.BAD_INPUT: "bad input or configuration",
    ExitCode.TESTS_FAILED: "the tests failed, were killed or timed out (the report is still made and posted)",
    ExitCode.CANNOT_JUDGE: "no usable coverage data, or covgate cannot judge",
    ExitCode.GIT: "git: not a repository, no merge base, or a clone that is too shallow",
    ExitCode.PUBLISH_FAILED: "publishing failed and `publish` is `required`",
    ExitCode.BUG: "a bug in covgate",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.TERMINATED: "terminated (SIGTERM)",
}


class CovgateError(Exception):
    """Something a person can put right.

    `message` says what happened and with what value, `hint` what to change, and `slug` is a heading in
    docs/troubleshooting.md: `explained_at` has its address. The exit code is the class's unless one is given.
    """

    exit_code = ExitCode.BUG

    def __init__(self, message: str, *, hint: str, slug: str, exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code or type(self).exit_code
        self.message = message
        self.hint = hint
        self.slug = slug


class InputError(CovgateError):
    """An option, a file the user named, or the configuration is wrong."""

    exit_code = ExitCode.BAD_INPUT


class MeasureError(CovgateError):
    """There is no coverage data that can be used."""

    exit_code = ExitCode.CANNOT_JUDGE


class GitError(CovgateError):
    """Git could not answer: no repository, no base, a clone that is too shallow."""

    exit_code = ExitCode.GIT


class PublishError(CovgateError):
    """GitHub refused or could not be reached."""

    exit_code = ExitCode.PUBLISH_FAILED


class HistoryError(CovgateError):
    """History could not be read or written. A run goes on without it; `covgate history` ends with exit code 2."""

    exit_code = ExitCode.BAD_INPUT


class Terminated(BaseException):
    """SIGTERM arrived: unwinds like KeyboardInterrupt, so that child processes are stopped on the way out."""
