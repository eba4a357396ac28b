"""What a command is handed from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from covgate.host import Host
from covgate.system import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The outside world, handed in."""

    directory: Path
    """Where covgate was started; `working-directory` is taken from here."""
    environment: Mapping[str, str]
    screen: Screen
    host: Host
    now: datetime
    """When the run began, in UTC."""
