"""Text of others made fit to print: control characters and workflow commands are shown, not obeyed."""

from __future__ import annotations


def plain(text: str) -> str:
    """Show control characters as escapes, so that a name can not move the cursor or begin a line of its own.

    `##[` is taken for a workflow command wherever it stands in a line of the log.
    """
    return visible(text).replace("##[", "#\\x23[")


def visible(text: str) -> str:
    """Show control characters and undecodable bytes as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def shorten(text: str, size: int) -> str:
    """Cut text to at most `size` bytes of UTF-8, at a character, with `…` where something went."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[: size - 3].decode(errors="ignore").rstrip() + "…"
