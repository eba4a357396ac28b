"""What every way of ending leaves behind."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from covgate.cli.ending import guarded


@pytest.fixture
def deaf() -> Iterator[None]:
    """A process that was started to ignore Ctrl-C, as under nohup."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("deaf")
def test_who_ignores_ctrl_c_does_so_again_afterwards_and_what_it_starts_does_not_inherit_it() -> None:
    meanwhile = []

    def work() -> int:
        meanwhile.append(signal.getsignal(signal.SIGINT))
        return 7

    assert guarded(work) == 7
    assert meanwhile[0] not in {signal.SIG_IGN, signal.SIG_DFL}
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
