"""What a person sees while covgate works: progress, notes, errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from covgate.errors import CovgateError, explained_at
from covgate.model import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text


def _show_seconds(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


class Screen:
    """Prints progress and messages to `err`; `out` is for what a command was asked for.

    `annotate` shows a warning where the run is looked at, too. In a terminal a step of more than `waited` seconds says
    how long it took.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        annotate: Callable[[str], None] = lambda _text: None,
        *,
        waited: float = 1.0,
    ) -> None:
        self.out = out
        self._annotate = annotate
        self._waited = waited
        self._err = open_console(err)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that a step is under way: in a terminal with the time it takes, in a log as one line."""
        if not self._is_live:
            self.say(what)
            yield
            return
        with self._timed(what), self._progress(what):
            yield

    @contextmanager
    def stream(self, what: str) -> Iterator[None]:
        """As `step`, for what writes to the log itself: in the same terminal a moving line would be torn by it."""
        if not self.out.isatty():
            with self.step(what):
                yield
            return
        self.say(what)
        if not self._is_live:
            yield
            return
        with self._timed(what):
            yield

    @property
    def _is_live(self) -> bool:
        return self._err.is_terminal and not self._err.is_dumb_terminal

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Say how long a step took, when it has not failed, and when somebody may have waited for it."""
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        if seconds >= self._waited:
            self.say(f"{what}: {_show_seconds(seconds)}")

    def _progress(self, what: str) -> Progress:
        # A spinner takes 20 ms to import, and a log has none.
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = SpinnerColumn("line"), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
        progress = Progress(*columns, console=self._err, transient=True)
        progress.add_task(styled(what).plain)
        return progress

    def say(self, text: str) -> None:
        """Print one line of information."""
        self._err.print(styled("covgate: ", text))

    def error(self, error: CovgateError) -> None:
        """Print what happened, what to change, and where it is explained."""
        first, *others = error.message.splitlines() or [""]
        self._err.print(styled(("covgate:", "bold red"), " ", first))
        self.quote("\n".join(others))
        self._err.print(styled("  ", error.hint))
        self._err.print(styled("  ", (explained_at(error.slug), "dim")))

    def quote(self, text: str) -> None:
        """Print what another program said, or what a program is told of its own failure, line by line."""
        for line in text.splitlines():
            self._err.print(styled("  | ", line))

    def warn(self, text: str | None) -> None:
        """Say something that a person should see, in the log and as an annotation; None says nothing."""
        if text:
            self.say(text)
            self._annotate(text)


def open_console(stream: TextIO, width: int | None = None) -> Console:
    """Return a console that prints names as they are: no markup, colours, links or emoji guessed from them."""
    # rich takes 40 ms to import, which a room's face must not cost.
    from rich.console import Console  # noqa: PLC0415

    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False, soft_wrap=True)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Join parts, some with a style, into one printable line, which is no workflow command.

    GitHub's runner obeys a line that begins with two colons, after blanks too: a file may be called `::error::x.py`.
    """
    from rich.text import Text  # noqa: PLC0415  # see open_console

    line = Text.assemble(*(plain(part) if isinstance(part, str) else (plain(part[0]), part[1]) for part in parts))
    blanks = len(line.plain) - len(line.plain.lstrip())
    if not line.plain.startswith("::", blanks):
        return line
    return Text.assemble(line[:blanks], "\\x3a", line[blanks + 1 :])
