from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate.measure.probe.covgate_probe import analyst
from tests.support.probe import ProbedFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbedFolder]:
    """The working directory; what a trial measurement leaves in its process is taken back."""
    for name in ("COVERAGE_FILE", "COVERAGE_RCFILE", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    path = (tmp_path / "project").resolve()
    path.mkdir()
    monkeypatch.chdir(path)
    # A relative pattern means the working directory, which a process of the probe's own keeps.
    analyst._matcher.cache_clear()
    # coverage's patches `_exit` and `fork`, its handler of SIGTERM and its last words are for processes it measures.
    monkeypatch.setattr(os, "_exit", os._exit)
    monkeypatch.setattr(os, "register_at_fork", lambda **_functions: None)
    monkeypatch.setattr(atexit, "register", lambda function, *_args: function)
    before = signal.getsignal(signal.SIGTERM)
    yield ProbedFolder(path)
    signal.signal(signal.SIGTERM, before)
