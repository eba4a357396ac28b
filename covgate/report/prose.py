"""Sentences with names and links in them, for any medium: each rendering escapes the pieces in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a sentence: plain text. `code`: a name, of the repository or of an option."""

    text: str
    code: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A sentence, or a part of one. Its `str` is the same without code and links; an empty one is false."""

    pieces: tuple[Piece, ...] = ()

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def __bool__(self) -> bool:
        return any(piece.text for piece in self.pieces)

    def __add__(self, other: Prose | Piece | str) -> Prose:
        return Prose(pieces=(*self.pieces, *say(other).pieces))

    @property
    def capital(self) -> Prose:
        """The same with a capital at its beginning, unless it begins with a name."""
        return self._begin(str.upper)

    @property
    def small(self) -> Prose:
        """The same to go on after a colon; an abbreviation stays as it is."""
        return self if str(self)[1:2].isupper() else self._begin(str.lower)

    def cut(self, length: int) -> Prose:
        """Return it with at most `length` characters (1 or more), `…` at the end where something went."""
        if len(str(self)) <= length:
            return self
        room, kept = length - 1, []
        for piece in self.pieces:
            if len(piece.text) > room:
                kept.append(replace(piece, text=piece.text[:room].rstrip() + "…"))
                break
            kept.append(piece)
            room -= len(piece.text)
        return Prose(pieces=tuple(kept))

    def _begin(self, change: Callable[[str], str]) -> Prose:
        if not self.pieces or self.pieces[0].code or re.match(r"\S*[./_]\w", self.pieces[0].text):
            return self
        first, *rest = self.pieces
        return Prose(pieces=(replace(first, text=change(first.text[:1]) + first.text[1:]), *rest))


def say(*parts: str | Piece | Prose) -> Prose:
    """Put parts together; empty ones are left out."""
    pieces: list[Piece] = []
    for part in parts:
        pieces += part.pieces if isinstance(part, Prose) else [part if isinstance(part, Piece) else Piece(text=part)]
    return Prose(pieces=tuple(piece for piece in pieces if piece.text))


def name(text: str, url: str | None = None) -> Piece:
    """Return a name that is set in code."""
    return Piece(text=text, code=True, url=url)


def link(text: str, url: str | None) -> Piece:
    """Return a link, or its text where there is no address."""
    return Piece(text=text, url=url)


def join(parts: Sequence[Prose], joint: str) -> Prose:
    """Put parts together with `joint` between them; empty ones are left out."""
    made = Prose()
    for part in filter(None, parts):
        made = made + joint + part if made else part
    return made
