"""The terminal shows names as they are: no markup of rich, no control character, no workflow command."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covgate.errors import InputError
from covgate.model.change import DiffCoverage
from covgate.model.coverage import OmittedFile, Span
from covgate.report.prose import say
from covgate.report.terminal import print_report
from covgate.report.view import build_view
from covgate.system.screen import Screen
from tests.support.situations import CORE, SITUATIONS, facts

texts = st.one_of(
    st.text(st.characters()),
    st.lists(
        st.sampled_from(
            ["[bold]", "[/]", "[link=x]", "\\", "\\[", ":tada:", "::", "##[", "\n", "\r", "\x1b[2J", "\udcff", "a", "]"]
        )
    ).map("".join),
)


def show(text: str) -> str:
    """Print `text` in every place a terminal prints text of others, and return what came out."""
    out, err = io.StringIO(), io.StringIO()
    screen = Screen(out, err)
    screen.say(text)
    with screen.step(text):
        pass
    screen.error(InputError("m", hint=text, slug="s"))
    made = facts(CORE, min_diff="80")
    assert isinstance(made.diff, DiffCoverage)
    file = replace(made.diff.files[0], path=PurePosixPath(text.replace("\0", "") or "a"))
    left = OmittedFile(path=file.path, rule=text, where=text)
    view = build_view(replace(made, diff=replace(made.diff, files=(file,), omitted=(left,)), notes=(text,)))
    print_report(replace(view, first_line=say(text), advice=(say(text),), footer=(say(text),)), text, out)
    return out.getvalue() + err.getvalue()


@example(text="::error::x")
@example(text=" ::stop-commands::x")
@example(text="\n::x")
@given(text=texts)
def test_a_name_cannot_move_the_cursor_or_command_the_runner(text: str) -> None:
    printed = show(text)
    for line in printed.split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@pytest.mark.parametrize("text", ["[bold red]x[/]", "a\\", "[/]", "[link=https://x]y", ":tada:", "\\[x]", "x" * 300])
def test_a_name_is_printed_as_it_is(text: str) -> None:
    out = io.StringIO()
    Screen(io.StringIO(), out).say(text)
    assert out.getvalue() == f"covgate: {text}\n"


@pytest.mark.parametrize(
    ("text", "shown"), [("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\udcff", "\\udcff"), ("##[x]", "#\\x23[x]")]
)
def test_a_control_character_is_shown(text: str, shown: str) -> None:
    out = io.StringIO()
    Screen(io.StringIO(), out).say(text)
    assert out.getvalue() == f"covgate: {shown}\n"


def test_an_error_says_what_happened_what_to_change_and_where_to_read_more() -> None:
    err = io.StringIO()
    Screen(io.StringIO(), err).error(InputError("git diff failed: one\n::two", hint="mend it", slug="git-failed"))
    assert err.getvalue() == (
        "covgate: git diff failed: one\n  | ::two\n  mend it\n"
        "  https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md#git-failed\n"
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_report_in_a_terminal_has_the_text_of_the_one_in_a_file(situation: str) -> None:
    class InScreen(io.StringIO):
        def isatty(self) -> bool:
            return True

    view = build_view(SITUATIONS[situation]())
    plain, coloured = io.StringIO(), InScreen()
    print_report(view, ".covgate", plain)
    print_report(view, ".covgate", coloured)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured.getvalue()) == plain.getvalue()


@pytest.mark.parametrize("promises", [True, False])
def test_a_list_that_promises_nothing_is_not_said_again(*, promises: bool) -> None:
    view = build_view(facts(CORE, min_diff="80"))
    assert view.steps
    assert view.steps.promises
    assert not build_view(replace(facts(CORE, min_diff="80"), steps=None)).steps.promises  # type: ignore[union-attr]
    out = io.StringIO()
    print_report(replace(view, steps=replace(view.steps, title="Whatever it is", promises=promises)), ".covgate", out)
    said = [line for line in out.getvalue().splitlines() if line.startswith(("  Covering ", "  Whatever"))]
    assert bool(said) is promises


@pytest.mark.parametrize(
    ("wide", "lines_up"),
    [
        ({"path": PurePosixPath("x" * 58)}, True),  # with its line, `:1`
        ({"path": PurePosixPath("x" * 59)}, False),
        ({"function": "x" * 40}, True),
        ({"function": "x" * 41}, False),
        ({"why": "x" * 60}, True),
        ({"why": "x" * 61}, False),
    ],
)
def test_what_is_very_wide_moves_no_other_line(wide: dict[str, Any], *, lines_up: bool) -> None:
    view = build_view(facts(CORE, min_diff="80"))
    span = Span(start=1, end=1)
    short = replace(view.places[0], path=PurePosixPath("m.py"), span=span, function="f", why="w", size="1 line")
    out = io.StringIO()
    print_report(replace(view, places=(short, replace(short, **wide)), steps=None), ".covgate", out)
    first, second = [line for line in out.getvalue().splitlines() if line.endswith("1 line")]
    assert (len(first) == len(second)) is lines_up
