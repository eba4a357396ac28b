"""What every way of ending leaves behind."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Iterator

import pytest

from covgate.cli.ending import guarded
from covgate.errors import InputError, Terminated


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


ERROR = InputError("min-diff = 120", hint="name a percent", slug="bad-option-value")
BUG = "covgate: this is a bug in covgate; please report it with the lines above\n"


def ending(exc: BaseException, captured: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return the exit code of work that ends with an exception, and what stands on both streams."""

    def work() -> int:
        raise exc

    before = signal.getsignal(signal.SIGTERM)
    code = guarded(work)
    assert signal.getsignal(signal.SIGTERM) is before
    out, err = captured.readouterr()
    return code, out, err


def test_every_end_is_a_message_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    told = "covgate: min-diff = 120\n  name a percent\n"
    page = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#bad-option-value\n"
    assert ending(ERROR, capsys) == (2, "", f"{told}  {page}")
    assert ending(KeyboardInterrupt(), capsys) == (130, "", "covgate: interrupted\n")
    assert ending(Terminated(), capsys) == (143, "", "covgate: terminated\n")
    code, out, err = ending(ZeroDivisionError("of a secret"), capsys)
    assert (code, out, err[-len(BUG) :]) == (70, "", BUG)
    assert "ZeroDivisionError: of a secret" in err
    assert guarded(lambda: 3) == 3


def test_in_a_workflow_an_end_is_an_alarm_without_the_text_of_a_bug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    page = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md"
    _, out, err = ending(ERROR, capsys)
    alarm = f"::error title=covgate::min-diff = 120%0Aname a percent%0A{page}#bad-option-value"
    assert alarm in (out + err).splitlines()
    _, out, err = ending(KeyboardInterrupt(), capsys)
    assert f"::error title=covgate::interrupted%0Arun it again%0A{page}#interrupted" in (out + err).splitlines()
    _, out, err = ending(ZeroDivisionError("of a secret"), capsys)
    (alarm,) = [line for line in (out + err).splitlines() if line.startswith("::error")]
    assert alarm == (
        "::error title=covgate::a bug in covgate (ZeroDivisionError)%0A"
        f"please report it with the lines in the log%0A{page}#bug"
    )
    assert "::group::What a report of this bug needs" in (out + err).splitlines()


def test_warnings_of_libraries_are_not_shown(recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> int:
        warnings.warn("of a library", stacklevel=1)
        return 0

    monkeypatch.setattr(sys, "warnoptions", [])
    assert guarded(work) == 0
    assert not recwarn.list


def test_sigterm_ends_the_work_and_is_as_before_afterwards() -> None:
    handlers = []

    def work() -> int:
        handlers.append(signal.getsignal(signal.SIGTERM))
        return 0

    def own(_number: int, _frame: object) -> None:
        raise AssertionError

    before = signal.signal(signal.SIGTERM, own)
    try:
        assert guarded(work) == 0
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    (during,) = handlers
    assert callable(during)
    with pytest.raises(Terminated):
        during(signal.SIGTERM, None)
