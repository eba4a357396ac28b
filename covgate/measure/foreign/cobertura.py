"""Cobertura's XML."""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers import expat

from covgate.measure.foreign.kinds import Report, ReportedFile, bad_report, counted_exits, require_line


class _Cobertura:
    """Collects the classes of one report while expat streams through it."""

    def __init__(self, path: Path) -> None:
        self.parser = expat.ParserCreate()
        self._path = path
        self._sources: list[str] = []
        self._text: list[str] = []
        """What stands between the last start of an element and here."""
        self._classes: list[tuple[str, ReportedFile]] = []
        self._file: ReportedFile | None = None
        self._root = ""
        self._has_branches = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if not self._root:
            self._root = name
            if name != "coverage" or "clover" in attributes:
                raise bad_report(self._path, f"is not a Cobertura report: its root element is <{name[:40]}>")
            self._has_branches = attributes.get("branches-valid", "0") not in {"", "0"}
        elif name == "class":
            self._file = ReportedFile(names=(), counted=True)
            self._classes.append((attributes.get("filename", ""), self._file))
        elif name == "line" and self._file is not None:
            self._line(self._file, attributes)

    def end(self, name: str) -> None:
        if name == "source":
            self._sources.append("".join(self._text).strip())
        elif name == "class":
            self._file = None

    def characters(self, text: str) -> None:
        self._text.append(text)

    def entity(self, *_: object) -> None:
        raise bad_report(self._path, "declares XML entities, which a coverage report never needs")

    def _line(self, file: ReportedFile, attributes: dict[str, str]) -> None:
        try:
            number, hits = int(attributes["number"]), int(attributes["hits"])
        except (KeyError, ValueError):
            raise bad_report(self._path, f"has a <line> without a usable number and hits: {attributes}"[:200]) from None
        if number < 1:
            return
        require_line(number, self._classes[-1][0], self._path, self.parser.CurrentLineNumber)
        file.add_line(number, executed=hits > 0)
        condition = re.search(r"\((\d{1,4})/(\d{1,4})\)", attributes.get("condition-coverage", ""))
        if condition:
            total = int(condition[2])
            taken = min(int(condition[1]), total)
            self._has_branches = True
            file.add_exits(number, counted_exits(taken, total, attributes.get("missing-branches", "")))

    def report(self) -> Report:
        if not self._root:
            raise bad_report(self._path, "holds no element")
        for filename, file in self._classes:
            absolute = filename.startswith("/") or re.match(r"[A-Za-z]:[\\/]", filename)
            joined = (
                [filename] if absolute else [f"{source.rstrip('/')}/{filename}" for source in self._sources if source]
            )
            file.names = tuple(dict.fromkeys(joined or [filename]))
        return Report(files=tuple(file for _, file in self._classes), has_branches=self._has_branches)


def read_cobertura(path: Path) -> Report:
    """Read Cobertura's XML. Raises MeasureError when it is malformed or hostile."""
    collector = _Cobertura(path)
    parser = collector.parser
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.characters
    # A DOCTYPE is allowed (other tools write one), what it could define is not.
    parser.EntityDeclHandler = collector.entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, ValueError) as exc:
        # ValueError: an encoding expat does not know.
        raise bad_report(path, f"is not well-formed XML: {exc}") from None
    return collector.report()
