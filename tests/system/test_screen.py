"""What a person sees while covgate works: a line with the time in a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import re
import time
from contextlib import AbstractContextManager

import pytest

from covgate.system.screen import Screen, _show_seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def text_of(stream: io.StringIO) -> str:
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue())


@pytest.mark.parametrize("verb", ["step", "stream"])
def test_a_log_gets_one_plain_line(verb: str) -> None:
    err = io.StringIO()
    with getattr(Screen(io.StringIO(), err), verb)("Measuring"):
        pass
    assert err.getvalue() == "covgate: Measuring\n"


def test_a_terminal_shows_a_step_with_its_time_and_takes_the_line_back() -> None:
    err = Terminal()
    with Screen(Terminal(), err, waited=60).step("Measuring"):
        time.sleep(0.25)
    assert "Measuring" in text_of(err)
    assert "0:00:00" in text_of(err)
    assert err.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[?25h"))
    assert "\n" not in text_of(err).strip()


def test_the_tests_own_lines_are_not_torn() -> None:
    """Their output goes straight to the same terminal."""
    err = Terminal()
    with Screen(Terminal(), err, waited=0).stream("Running pytest -q"):
        pass
    assert text_of(err) == "covgate: Running pytest -q\ncovgate: Running pytest -q: 0 s\n"


def test_with_their_output_in_a_file_the_tests_are_a_step_like_any_other() -> None:
    err = Terminal()
    with Screen(io.StringIO(), err).stream("Running pytest -q"):
        time.sleep(0.2)
    assert "Running pytest -q" in text_of(err)
    assert "0:00:00" in text_of(err)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    err = Terminal()
    with Screen(Terminal(), err).step("Measuring"):
        pass
    assert text_of(err) == "covgate: Measuring\n"


def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    err = Terminal()
    with Screen(Terminal(), err).step("Measuring"):
        time.sleep(0.15)
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|9[0-7]|38|48)[;m]", err.getvalue())


def test_a_step_that_fails_says_no_time() -> None:
    err = Terminal()
    step: AbstractContextManager[None] = Screen(Terminal(), err, waited=0).stream("Running pytest -q")
    with pytest.raises(KeyboardInterrupt), step:
        raise KeyboardInterrupt
    assert text_of(err) == "covgate: Running pytest -q\n"


@pytest.mark.parametrize("name", ["[bold]x[/]", "{task.percentage}", "::error::x", "a\nb", ":tada:"])
def test_a_name_in_a_step_is_text(name: str) -> None:
    err = Terminal()
    with Screen(Terminal(), err).step(name):
        time.sleep(0.15)
    assert name.replace("\n", "\\n").removeprefix("::") in text_of(err)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (754, "12 min 34 s")]
)
def test_seconds_are_shown_as_people_say_them(seconds: float, shown: str) -> None:
    assert _show_seconds(seconds) == shown
