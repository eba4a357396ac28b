"""Why a step failed, told by what uv, pip, poetry and pdm print."""

from __future__ import annotations

import pytest

from covgate.measure.install_problem import explain_install

UV = "error: Request failed after 3 retries in 10.8s\n  cause: Failed to fetch: https://localhost:9/simple/six/\n"
SAID = {
    "uv-no-connection": (f"{UV}  cause: tcp connect error", "package-index-unreachable"),
    "uv-no-name": (f"{UV}  cause: dns error", "package-index-unreachable"),
    "pip": (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /simple/six/",
        "package-index-unreachable",
    ),
    "poetry-no-connection": ("All attempts to connect to index.example failed.", "package-index-unreachable"),
    "uv-newer-lock": (
        "error: The lockfile at `uv.lock` uses an unsupported schema version (v2, but only v1 is supported).",
        "lock-file-too-new",
    ),
    "poetry-newer-lock": (
        "The lock file is not compatible with the current version of Poetry.\nUpgrade Poetry to be able to read it",
        "lock-file-too-new",
    ),
    "uv-stale-lock": (
        "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.",
        "lock-file-outdated",
    ),
    "poetry-stale-lock": (
        "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix it.",
        "lock-file-outdated",
    ),
    "no-python": ("error: No interpreter found for Python 3.99 in search path", "python-not-found"),
    "poetry-python": (
        "Current Python version (3.13.1) is not allowed by the project (>=3.8,<3.12).",
        "python-not-found",
    ),
    "anything-else": ("error: command 'gcc' failed: No such file or directory", "install-failed"),
    "nothing": ("", "install-failed"),
}


@pytest.mark.parametrize(("said", "slug"), SAID.values(), ids=SAID)
def test_a_failure_is_told_by_what_was_printed(said: str, slug: str) -> None:
    error = explain_install("uv sync", 2, said)
    assert error.slug == slug
    assert error.message.startswith("`uv sync` failed with exit code 2")
    assert error.exit_code == 2


def test_the_host_is_named_and_nothing_else_of_the_address() -> None:
    said = "cause: Failed to fetch: `https://me:key@pypi.example:8443/simple/private-thing/?token=x`\ncause: dns error"
    message = explain_install("uv sync", 2, said).message
    assert message == "`uv sync` failed with exit code 2: pypi.example:8443 could not be reached"


def test_three_hosts_are_named_once_each_and_without_one_it_is_the_index() -> None:
    said = "".join(f"Failed to fetch: `https://{name}.example/simple/`\n" for name in "abacd")
    unreached = "`uv sync` failed with exit code 2: {} could not be reached"
    assert explain_install("uv sync", 2, said).message == unreached.format("a.example and b.example and c.example")
    assert explain_install("uv sync", 2, "dns error").message == unreached.format("the package index")
    numbered = explain_install("uv sync", 2, "Connection refused: http://[2001:db8::1]:80/x (http://10.0.0.1)").message
    assert numbered == unreached.format("[2001:db8::1]:80 and 10.0.0.1")


def test_of_several_causes_the_lock_file_comes_first() -> None:
    lock = "The lock file is not compatible with the current version of Poetry."
    stale = "poetry.lock is not up to date"
    slugs = [explain_install("x", 1, f"dns error {text}").slug for text in (f"{stale} {lock}", stale, "")]
    assert slugs == ["lock-file-too-new", "lock-file-outdated", "package-index-unreachable"]
    assert explain_install("x", 1, "Failed to fetch: no interpreter: No interpreter found for").slug == (
        "package-index-unreachable"
    )


def test_what_a_strangers_build_prints_is_not_taken_over() -> None:
    said = "Connection refused https://::error::x/ https://a[link](https://evil)/ https://b\x1b[31m/"
    message = explain_install("uv sync", 2, said).message
    assert "error" not in message
    assert "[" not in message
