"""What a person sees while covgate works: a line with the time in a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import re
import time
from contextlib import AbstractContextManager

import pytest

from covgate.errors import GitError, explained_at
from covgate.system.screen import Screen, _show_seconds, open_console, styled


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


def test_an_error_says_what_happened_what_to_change_and_where_it_is_explained() -> None:
    err = io.StringIO()
    screen = Screen(io.StringIO(), err)
    screen.error(
        GitError("git fetch failed: [red]\n::error::x\nfatal: \x1b[2J", hint="fetch :tada:", slug="git-failed")
    )
    screen.error(GitError("", hint="nothing is known", slug="git-failed"))
    place = explained_at("git-failed")
    assert err.getvalue().splitlines() == [
        "covgate: git fetch failed: [red]",
        "  | ::error::x",
        "  | fatal: \\x1b[2J",
        "  fetch :tada:",
        f"  {place}",
        "covgate: ",
        "  nothing is known",
        f"  {place}",
    ]


def test_a_warning_is_an_annotation_too_and_nothing_is_none() -> None:
    err, annotated = io.StringIO(), list[str]()
    screen = Screen(io.StringIO(), err, annotated.append)
    for text in ("look", None, ""):
        screen.warn(text)
    screen.say("only said")
    assert err.getvalue() == "covgate: look\ncovgate: only said\n"
    assert annotated == ["look"]


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("::error::x",), "\\x3a:error::x"),
        (("  ::x",), "  \\x3a:x"),
        (("a ::x",), "a ::x"),
        ((":x",), ":x"),
        ((("::x", "bold red"), " y"), "\\x3a:x y"),
        ((":", ":x"), "\\x3a:x"),
        ((), ""),
    ],
)
def test_no_line_is_a_workflow_command(parts: tuple[str | tuple[str, str], ...], shown: str) -> None:
    assert styled(*parts).plain == shown


def test_a_console_shortens_nothing_and_guesses_nothing() -> None:
    out = io.StringIO()
    text = f"[bold]:tada: https://example.org {'x' * 300}[/]"
    open_console(out, width=20).print(text)
    assert out.getvalue() == f"{text}\n"


def test_output_in_a_file_and_messages_in_a_file_are_a_line_for_both() -> None:
    err = io.StringIO()
    with Screen(Terminal(), err, waited=0).stream("Running"):
        pass
    assert err.getvalue() == "covgate: Running\n"
