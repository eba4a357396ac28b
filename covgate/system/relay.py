"""What a program prints, handed on line by line: changed on the way, and its end kept."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_KEPT = 60
"""Lines."""
_CHUNK = _LONGEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """`stdout` is the stream for the program; `last` its last lines, once the block of `relayed` has ended."""

    stdout: int
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))

    @property
    def text(self) -> str:
        """The last lines as one text."""
        return "\n".join(self.last)


_LOOK_SECONDS = 0.1
_MOST_LEFT = 8
"""Chunks that are read after the end: more than a pipe holds."""


@contextmanager
def relayed(change: Callable[[str], str], target: int = 1) -> Iterator[Relay]:
    """Yield a stream; each line written to it is passed through `change` and on to the stream `target`.

    Who holds it after the block, or fills it without end, is not waited for.
    """
    reading, writing = os.pipe()
    relay = Relay(stdout=writing)
    done = threading.Event()
    thread = threading.Thread(target=_pump, args=(reading, target, change, relay, done), name="relay")
    thread.start()
    try:
        yield relay
    finally:
        os.close(writing)
        done.set()
        thread.join()
        os.close(reading)


def _pump(reading: int, target: int, change: Callable[[str], str], relay: Relay, done: threading.Event) -> None:
    rest = b""
    left = _MOST_LEFT
    while left:
        # Before looking: what was written before the end is there by then.
        is_last = done.is_set()
        left -= is_last
        if not select.select([reading], [], [], 0 if is_last else _LOOK_SECONDS)[0]:
            if is_last:
                break
            continue
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            break
        lines, end, rest = (rest + chunk).rpartition(b"\n")
        _hand_on(lines + end, target, change, relay)
        if len(rest) > _LONGEST:
            _hand_on(rest, target, change, relay)
            rest = b""
    _hand_on(rest, target, change, relay)


def _hand_on(lines: bytes, target: int, change: Callable[[str], str], relay: Relay) -> None:
    text = change(lines.decode("utf-8", "surrogateescape"))
    relay.last.extend(line[:_LONGEST] for line in text.split("\n")[-_KEPT - 1 :] if line)
    content = text.encode("utf-8", "surrogateescape")
    # Nobody reads the log any more: the program goes on all the same.
    with contextlib.suppress(OSError):
        while content:
            content = content[os.write(target, content) :]
