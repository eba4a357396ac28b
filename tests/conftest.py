"""Options and habits of every test."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Machines that run several jobs at once are slow at times; a fixed seed keeps a green change green.
settings.register_profile("covgate", max_examples=60, deadline=None, derandomize=True)
# For the loop of a developer; `make test` looks at more.
settings.register_profile("quick", parent=settings.get_profile("covgate"), max_examples=5)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "covgate"))

# A shell starts what it puts into the background with SIGINT ignored, and every process of the tests would inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the files of tests/golden anew")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the folders of the tests away from those of the suites they run.

    Each pytest removes what earlier ones left: a suite that is measured would be busy with that.
    """
    if not hasattr(config, "workerinput") and "PYTEST_DEBUG_TEMPROOT" not in os.environ:
        root = Path(tempfile.gettempdir()) / f"covgate-tests-of-{os.getuid()}"
        root.mkdir(mode=0o700, exist_ok=True)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(root)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """With `-n auto` one process more than there are cores: a fifth of the time, tests wait for a process or a server.

    The quick ones (`-n logical`) do not, and to collect them takes each process some seconds.
    """
    return (os.cpu_count() or 1) + int(config.getoption("numprocesses") == "auto")


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
