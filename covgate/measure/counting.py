"""What is counted in a project's folder: coverage's configuration there, and pytest-cov's options over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from covgate.config import COVERAGE_FILES, CoverageOptions, read_coverage_options
from covgate.measure.pytest_options import CONFIGURATIONS, CovOptions, find_cov_options
from covgate.measure.shell import words_of
from covgate.system import read_text

SETTING_FILES = tuple(dict.fromkeys((*COVERAGE_FILES, *CONFIGURATIONS)))
"""Names of the files that say it, of pytest also in the folders above."""


def find_named_file(directory: Path, command: str | Sequence[str], addopts: str) -> str | None:
    """Return the file that `--cov-config` names, in the command, in pytest's configuration or in `addopts`."""
    return _cov_options(directory, command, addopts).config


def find_coverage_options(directory: Path, command: str | Sequence[str], addopts: str) -> CoverageOptions:
    """Return the options that decide what is counted. Raises ValueError for a file that cannot be parsed.

    As in a run, a file that `--cov-config` names counts where it is there, and `--cov=SOURCE` before `source`.
    """
    options = _cov_options(directory, command, addopts)
    named = options.config if options.config and (directory / options.config).is_file() else None
    texts = {name: text for name in (named, *COVERAGE_FILES) if name and (text := _text(directory / name)) is not None}
    found = dict(read_coverage_options(texts, named))
    if options.source:
        found["source"] = options.source
    if options.branch:
        found["branch"] = ("true",)
    return found


def _cov_options(directory: Path, command: str | Sequence[str], addopts: str) -> CovOptions:
    return find_cov_options(directory, words_of(command), addopts)


def _text(path: Path) -> str | None:
    try:
        return read_text(path)
    except ValueError:
        return None
