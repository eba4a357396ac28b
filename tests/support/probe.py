"""The probe, asked in this process: its own questions, and data files that hold just what a test names."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import CoverageData

from covgate.measure.probe.covgate_probe.answer import answer

Json = dict[str, Any]

NOTHING_MORE: Mapping[str, object] = {
    "changed": [],
    "tracked": [],
    "source": [],
    "tests": [],
    "local": [],
    "packages": {},
    "config": None,
    "places": None,
    "exports": {},
    "otherwise": None,
    "own_run": False,
    "measured": [],
    "ran": {},
    "rcfile": None,
    "scoped": False,
    "branch": False,
}
"""What covgate asks when there is nothing to say; each command reads a part of it."""


@dataclass(frozen=True, slots=True)
class ProbedFolder:
    """A project's folder: the working directory of the test, and the top of the checkout unless `ask` is told another.

    It is no repository: covgate tells the probe what is tracked.
    """

    path: Path

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def data(self, name: str, lines: Mapping[str, Iterable[int]], *, context: str = "") -> str:
        """Write a data file of executed lines, by recorded name, and return its path."""
        data = CoverageData(str(self.path / name))
        data.set_context(context)
        data.add_lines({recorded: set(executed) for recorded, executed in lines.items()})
        data.touch_files(lines)
        data.write()
        data.close()
        return str(self.path / name)

    def arcs(self, name: str, arcs: Mapping[str, Iterable[tuple[int, int]]]) -> str:
        """Write a data file of executed steps from line to line (of branch measurement) and return its path."""
        data = CoverageData(str(self.path / name))
        data.add_arcs({recorded: set(steps) for recorded, steps in arcs.items()})
        data.touch_files(arcs)
        data.write()
        data.close()
        return str(self.path / name)

    def ask(self, command: str, **more: object) -> Json:
        """Return the answer as covgate gets it: what was JSON once."""
        request = {"command": command, "root": str(self.path), **NOTHING_MORE, **more}
        before = gc.get_threshold()
        with tempfile.TemporaryFile() as file:
            try:
                answer(json.dumps(request), os.dup(file.fileno()))
            finally:
                gc.set_threshold(*before)
            file.seek(0)
            found: Json = json.load(file)
        return found

    def full(self, name: str) -> str:
        return str(self.path / name)
