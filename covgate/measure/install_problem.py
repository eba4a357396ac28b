"""Why a step of the environment failed, told by the last lines it printed: the cause, and what to change."""

from __future__ import annotations

import re

from covgate.errors import InputError

_UNREACHABLE = re.compile(
    r"error sending request|dns error|tcp connect error|Connection refused|Max retries exceeded|NameResolutionError|"
    r"NewConnectionError|ConnectionError|All attempts to connect|Failed to establish a new connection|"
    r"operation timed out|Could not connect|Network is unreachable|Failed to fetch"
)
_ADDRESS = re.compile(r"https?://(?:[^/\s'\"`]*@)?([A-Za-z0-9.-]+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)(?=[/\s'\"`):]|$)")
_TOO_NEW = re.compile(
    r"unsupported schema version|lock file is not compatible with the current version|"
    r"[Ll]ock ?file .{0,80}(?:incompatible|not compatible|newer version)"
)
_OUTDATED = re.compile(
    r"[Ll]ock ?file .{0,200}needs to be updated|changed significantly since poetry\.lock was last generated|"
    r"poetry\.lock is not up to date|[Ll]ock ?file .{0,80}(?:out of date|outdated|doesn't match)"
)
_PYTHON_REFUSED = re.compile(
    r"No interpreter found for|No download found for|python-build-standalone|"
    r"Current Python version .{0,40} is not allowed|requires a different Python|incompatible with the project|"
    r"No Python that satisfies|is not supported by the project"
)


def explain_install(shown: str, exit_code: int, said: str) -> InputError:
    """Return the error for a step that failed: `shown` is its command, `said` the end of what it printed."""
    failed = f"`{shown}` failed with exit code {exit_code}"
    if _TOO_NEW.search(said):
        return InputError(
            f"{failed}: the lock file was written by a newer tool than the one that was to read it",
            hint="use a newer release of this action; or bring the tool along with `install-command`, such as "
            "`pip install -U uv && python -m uv sync --locked --active`",
            slug="lock-file-too-new",
        )
    if _OUTDATED.search(said):
        return InputError(
            f"{failed}: the lock file does not fit pyproject.toml any more",
            hint="lock anew (`uv lock`, `poetry lock`, `pdm lock`) and commit the file",
            slug="lock-file-outdated",
        )
    if _UNREACHABLE.search(said):
        hosts = dict.fromkeys(_ADDRESS.findall(said))
        return InputError(
            f"{failed}: {' and '.join([*hosts][:3]) or 'the package index'} could not be reached",
            hint="check the job's network, and the address of the index (`UV_DEFAULT_INDEX`, `PIP_INDEX_URL`, or a "
            "table of pyproject.toml)",
            slug="package-index-unreachable",
        )
    if _PYTHON_REFUSED.search(said):
        return InputError(
            f"{failed}: the environment's Python does not suit the project",
            hint="set the input `python-version`, such as `python-version: '3.12'`",
            slug="python-not-found",
        )
    return InputError(
        failed,
        hint="its output above says why; with `install-command` the workflow says itself what is installed, and with "
        "`setup-command` which system packages are",
        slug="install-failed",
    )
