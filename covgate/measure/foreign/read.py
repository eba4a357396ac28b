"""Reads a report of any kind."""

from __future__ import annotations

from pathlib import Path

from covgate.measure.foreign.cobertura import _read_cobertura
from covgate.measure.foreign.kinds import MAX_REPORT_BYTES, DataKind, Report, _bad
from covgate.measure.foreign.lcov import _read_lcov


def read_report(path: Path, kind: DataKind) -> Report:
    """Read a Cobertura or LCOV file. Raises MeasureError when it is malformed, hostile or too large."""
    size = path.stat().st_size
    if size > MAX_REPORT_BYTES:
        raise _bad(path, f"is {size} bytes long; covgate reads at most {MAX_REPORT_BYTES}")
    return _read_cobertura(path) if kind is DataKind.COBERTURA else _read_lcov(path)
