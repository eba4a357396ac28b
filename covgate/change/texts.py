"""Texts of sources: whether two have the same lines, line ends and git's `$Id$` left out, and how one is shown."""

from __future__ import annotations

import hashlib
import io
import re
import tokenize

from covgate.model import without_ident


def digest_of(text: bytes) -> str:
    """Return the SHA-256 of a text, line ends read as LF and `$Id: ...$` as `$Id$`: neither moves a line.

    The probe (`covgate_probe.record.digest_of`) makes the same of the text that is analysed.
    """
    return hashlib.sha256(without_ident(text.replace(b"\r\n", b"\n"))).hexdigest()


def is_blob(text: bytes, blob: str) -> bool:
    """Whether git's blob of this id is the text, line ends and `$Id$` left out as in `digest_of`."""
    unix = text.replace(b"\r\n", b"\n")
    forms = (text, unix, without_ident(text), without_ident(unix))
    return any(_blob_id(form, blob) == blob for form in forms)


def _blob_id(text: bytes, like: str) -> str:
    """Name a text as git does, in a repository whose ids are as long as `like`."""
    content = b"blob %d\0" % len(text) + text
    return (hashlib.sha1(content, usedforsecurity=False) if len(like) == _SHA1 else hashlib.sha256(content)).hexdigest()


_SHA1 = 40


# --- to be shown ------------------------------------------------------------------------------------------------------

_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, what `str.splitlines` takes for the end of a line and Python does not, and what turns text."""


def shown_source(source: bytes) -> str:
    """Decode a source as Python does, with LF as line ends; what cannot be decoded or shown is replaced by a sign."""
    return _UNSHOWN.sub("\ufffd", re.sub(r"\r\n?", "\n", _decode(source)))


def _decode(source: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, "replace")
    except (SyntaxError, LookupError, UnicodeError):
        return source.decode("utf-8", "replace")
