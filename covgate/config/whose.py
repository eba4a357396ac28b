"""Whose settings count where a change is judged: for some options the base commit's, not the change's own."""

from __future__ import annotations

from dataclasses import replace

from covgate.config.options import OPTIONS, Settings


def take_from_base(own: Settings, base: Settings) -> Settings:
    """Return the change's own settings with the options that are the base's to set taken from `base`.

    What the workflow sets is in both.
    """
    fields = {option.field: getattr(base, option.field) for option in OPTIONS if option.of_base}
    sources = {option.name: base.where(option.name) for option in OPTIONS if option.of_base}
    return replace(own, **fields, sources={**own.sources, **sources})


def unused_options(own: Settings, base: Settings) -> tuple[str, ...]:
    """List the options whose own value is not used, with where it stands: `name (pyproject.toml, line 3)`."""
    return tuple(
        f"{option.name} ({own.where(option.name)})"
        for option in OPTIONS
        if option.of_base and getattr(own, option.field) != getattr(base, option.field)
    )
