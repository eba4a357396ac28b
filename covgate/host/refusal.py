"""What a forge says when it does not do what it was asked for, in words for people."""

from __future__ import annotations

from enum import StrEnum

from covgate.errors import PublishError


class Refusal(StrEnum):
    """Why GitHub did not do what was asked: the slugs of this module's errors, headings in docs/troubleshooting.md."""

    READ_ONLY = "github-read-only-token"
    NOT_FOUND = "github-not-found"
    BAD_CREDENTIALS = "github-bad-credentials"
    RATE_LIMITED = "github-rate-limited"
    TOO_LONG = "github-body-too-long"
    UNREACHABLE = "github-unreachable"
    """No answer, or none that says what happened: what was asked may have been done."""
    NOT_PERMITTED = "ratchet-not-permitted"
    """The repository does not let workflows open pull requests."""
    REFUSED = "github-refused"


_WORDS = {
    Refusal.READ_ONLY: (
        "the token can only read",
        "give the job `permissions: {permission}` (from a fork the token stays read-only)",
    ),
    Refusal.NOT_FOUND: (
        "GitHub does not know this, or hides it from this token",
        "give the job `permissions: {permission}`, and see that the token belongs to this repository",
    ),
    Refusal.BAD_CREDENTIALS: (
        "GitHub does not accept the token",
        "leave `github-token` at its default, or renew the secret it comes from",
    ),
    Refusal.RATE_LIMITED: (
        "GitHub's rate limit is used up",
        "run the job again later; a `github-token` of its own gives covgate a budget of its own",
    ),
    Refusal.TOO_LONG: (
        "the comment is longer than GitHub allows",
        "shorten the comment template; the whole report is in the step summary",
    ),
    Refusal.UNREACHABLE: (
        "GitHub gave no usable answer",
        "see www.githubstatus.com (on GitHub Enterprise or behind a proxy: GITHUB_API_URL), then run the job again",
    ),
    Refusal.NOT_PERMITTED: (
        "workflows may not open pull requests in this repository",
        "tick `Allow GitHub Actions to create and approve pull requests` (Settings → Actions → General)",
    ),
    Refusal.REFUSED: ("GitHub refused", "see the reason GitHub gave; a locked or archived place takes no comments"),
}


def publish_error(kind: Refusal, detail: str, permission: str = "pull-requests: write") -> PublishError:
    """Return the error of this kind; `detail` says what was asked and what came back, `permission` what it takes."""
    message, hint = _WORDS[kind]
    return PublishError(f"{message} ({detail})", hint=hint.replace("{permission}", permission), slug=kind.value)
