"""Whether two texts have the same lines: a digest that leaves out line ends, and what git writes into `$Id$`."""

from __future__ import annotations

import hashlib

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
