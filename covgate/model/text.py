"""Text of others: made fit to print, so that control characters and workflow commands are shown, or to compare."""

from __future__ import annotations

import re
from collections.abc import Sequence


def plain(text: str) -> str:
    """Show control characters as escapes, so that a name can not move the cursor or begin a line of its own.

    `##[` is taken for a workflow command wherever it stands in a line of the log.
    """
    return visible(text).replace("##[", "#\\x23[")


def visible(text: str) -> str:
    """Show control characters and undecodable bytes as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def without_credentials(text: str) -> str:
    """Replace the user and password of every address in a text: `https://me:key@host/` is `https://****@host/`."""
    # A password may hold an @ of its own: the last one before the path ends it.
    return _CREDENTIALS.sub(r"\1****@", text)


_CREDENTIALS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)[^/\s'\"`<>]{1,4000}@")


def shorten(text: str, size: int) -> str:
    """Cut text to at most `size` bytes of UTF-8, at a character, with `…` where something went."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[: size - 3].decode(errors="ignore").rstrip() + "…"


def name_some(names: Sequence[object], count: int, joint: str = ", ") -> str:
    """Name the first `count` of many, for people: `a, b and 3 more`."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return joint.join(map(str, names[:count])) + more


def without_ident(text: bytes) -> bytes:
    """Return a file's text with `$Id$` where git's `ident` attribute wrote more into the working tree."""
    return re.sub(rb"\$Id:[^$\n]*\$", b"$Id$", text)
