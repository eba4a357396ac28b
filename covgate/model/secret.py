"""A token that no log shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A token. Its value appears in no repr, log or traceback; `reveal` is called where it goes on the wire."""

    value: str

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def reveal(self) -> str:
        """Return the token itself."""
        return self.value
