"""Standard streams that take any text and never fail: a report is not lost because its log cannot be written."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO

_PLAIN = {
    "✔": "[ok]",
    "✘": "[x]",
    "✅": "[ok]",
    "❌": "[x]",
    "≥": ">=",
    "≤": "<=",
    "–": "-",
    "−": "-",
    "·": "-",
    "•": "*",
    "…": "...",
}
"""What stands for covgate's own signs where an encoding has none, such as latin-1 or ascii."""

_ERRORS = "covgate-plain"


def _replace(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    text = problem.object[problem.start : problem.end]
    return "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), problem.end


class _Stream(io.TextIOWrapper):
    """A stream whose reader may be gone (`covgate check | head -1`) or whose disk may be full.

    From the first failure on, it and what inherits its descriptor write to nowhere.
    """

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        send_nowhere(self.fileno())
        super().flush()


def send_nowhere(descriptor: int) -> None:
    """Let whatever is written to `descriptor` from here on be dropped."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def is_broken(descriptor: int) -> bool:
    """Whether nobody reads any more what is written to `descriptor`, as far as can be told without writing."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))


@contextlib.contextmanager
def one_stream() -> Iterator[None]:
    """Send what this process and its children write to standard error to standard output, in order, in the block.

    GitHub's runner reads the two streams of a container apart, and shows the later line first now and then.
    """
    kept = os.dup(2)
    try:
        os.dup2(1, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def forgiving_streams() -> Iterator[None]:
    """Make standard output and standard error forgiving in the block; what a caller has put in their place stays."""
    _open_closed()
    codecs.register_error(_ERRORS, _replace)
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _forgiving(sys.stdout), _forgiving(sys.stderr)
    try:
        yield
    finally:
        for made, old in zip((sys.stdout, sys.stderr), before, strict=True):
            made.flush()
            if isinstance(made, _Stream) and made is not old:
                # The old stream has the same buffer, which would be closed together with this one.
                made.detach()
        sys.stdout, sys.stderr = before


def _forgiving(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # lives as long as the program
    if type(stream) is not io.TextIOWrapper:
        return stream
    stream.flush()
    return _Stream(stream.buffer, encoding=stream.encoding, errors=_ERRORS, line_buffering=True)


def _open_closed() -> None:
    """Open a standard descriptor that is closed (`>&-`): the next file opened would get its number, and the log."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
