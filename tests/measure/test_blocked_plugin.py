"""Options of pytest that keep pytest-cov from being loaded, in either spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.pytest_options import find_cov_options


@pytest.mark.parametrize(
    ("addopts", "loadable"),
    [
        ("", True),
        ("--cov -q", True),
        ("-p no:cov", False),
        ("-pno:cov", False),
        ("-p no:pytest_cov", False),
        ("-pno:pytest_cov", False),
        ("-p no:xdist", True),
        ("-p cov", True),
        ("-p", True),
    ],
)
def test_whether_pytest_cov_may_be_loaded(tmp_path: Path, addopts: str, *, loadable: bool) -> None:
    assert find_cov_options(tmp_path, (), addopts).loadable is loadable
