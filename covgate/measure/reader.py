"""Reading data with another interpreter than the project's: said where it matters, as versions differ in syntax."""

from __future__ import annotations

import contextlib
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from covgate.errors import MeasureError
from covgate.measure.project import Project
from covgate.model import Gap, Measurement


def name_reader(project: Project, analyse: Callable[[], Measurement]) -> Measurement:
    """Analyse with covgate's own interpreter; name both versions where a source could not be parsed by it."""
    reader = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = f"read by Python {reader}, covgate's own, while {_other(project)}"
    try:
        measurement = analyse()
    except MeasureError as exc:
        if "not valid Python" not in exc.message:
            raise
        raise MeasureError(
            f"{exc.message} (sources were {versions})",
            hint="install coverage beside the tests, or set `--python` to an interpreter of that version that has it",
            slug="interpreter-not-usable",
        ) from None
    if not any(file.gap is Gap.UNPARSABLE for file in measurement.unmeasured.values()):
        return measurement
    return replace(measurement, notes=(*measurement.notes, f"Sources were {versions}."))


def _other(project: Project) -> str:
    """Say which Python the project is made for, as far as it says so itself."""
    asked = _asked(project.directory) or _asked(project.root)
    if asked:
        return f"the project asks for {asked}"
    shown = f"{project.python} is Python {project.version}" if project.version else f"the project's is {project.python}"
    return f"{shown} and has no coverage"


def _asked(folder: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if text := (folder / ".python-version").read_text(encoding="utf-8").strip():
            return f"Python {text.splitlines()[0]}"
    with contextlib.suppress(OSError, ValueError):
        table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
        if isinstance(table, dict) and isinstance(asked := table.get("requires-python"), str):
            return f"Python {asked}"
    return ""
