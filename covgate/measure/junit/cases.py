"""JUnit's XML to the test cases it lists: within limits, and without what XML can do beyond elements and text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Never, cast

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from junitparser import TestCase

MOST_BYTES = 64 * 1024 * 1024
"""Of all files of a run together. A suite of 20,000 tests that pass takes 3 MB; the output of tests takes the rest."""

_DEEPEST = 16
_MOST_ELEMENTS = 300_000
_MOST_ATTRIBUTES = 64
_LONGEST_TAG = 4_000_000
"""Bytes of one tag with its attributes: pytest puts the message of a failure, however long, into one."""

_LONGEST_TEXT = 200_000
"""Characters of one text that are kept: of the end, where a traceback says what happened."""

_LONGEST_TIME = 10.0**6
"""Seconds: no test takes eleven days."""


class Outcome(IntEnum):
    """How a test ended, better before worse."""

    SKIPPED = 0
    PASSED = 1
    FAILED = 2
    ERROR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test, as a report tells of it. Every text is foreign."""

    classname: str
    name: str
    file: str
    seconds: float
    outcome: Outcome
    kind: str = ""
    """The exception's class, where the writer says it."""
    message: str = ""
    text: str = ""


def read_cases(data: bytes) -> Iterator[Case]:
    """Yield the test cases of a file. Raises ValueError, in words to put after the file's name, for what is none."""
    # Only a run that has a report needs them.
    from junitparser import JUnitXml, JUnitXmlError  # noqa: PLC0415
    from junitparser.junitparser import Element as Anything  # noqa: PLC0415

    root = _parse(data)
    try:
        # It is annotated with its own class, and takes the tree's.
        report = JUnitXml.fromroot(cast("Anything", root))
    except JUnitXmlError:
        raise ValueError("is not a JUnit report: its root element is neither <testsuites> nor <testsuite>") from None
    for suite in report:
        for case in suite:
            yield _case(case)


class _RefusedError(ValueError):
    """A file is well-formed so far, and no report."""


def _parse(data: bytes) -> Element:
    from xml.etree.ElementTree import ParseError, XMLParser  # noqa: PLC0415

    if len(data) > MOST_BYTES:
        raise ValueError(f"has more than {MOST_BYTES // 1024 // 1024} MiB")
    if _HUGE_TAG.search(data):
        raise ValueError("has a tag that is longer than any report's")
    builder = _Builder()
    try:
        parser = XMLParser(target=builder)  # noqa: S314  # the builder refuses a DOCTYPE, and so every entity
        parser.feed(_without_controls(data))
        parser.close()
    except _RefusedError:
        raise
    except ParseError as exc:
        raise ValueError(f"is not well-formed XML: {exc}") from None
    except (LookupError, ValueError):
        raise ValueError("has an encoding that XML parsers do not know") from None
    return builder.root()


# Not `[^>]`: in a text of many `<` each would be followed to its end.
_HUGE_TAG = re.compile(rb"<[^<>]{%d}" % _LONGEST_TAG)

_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})


def _without_controls(data: bytes) -> bytes:
    """Leave out the characters XML has no place for, which some writers let through from a test's output."""
    two_bytes = data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))  # UTF-16
    return data if two_bytes else data.translate(None, _CONTROLS)


class _Builder:
    """Builds the elements a report is made of, and leaves out what the tests wrote to the screen."""

    def __init__(self) -> None:
        from xml.etree.ElementTree import TreeBuilder  # noqa: PLC0415

        self._tree = TreeBuilder()
        self._depth = self._elements = 0
        self._heard = False
        """Whether the text here is kept."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST:
            self._refuse("is nested too deeply")
        if self._elements > _MOST_ELEMENTS:
            self._refuse(f"has more than {_MOST_ELEMENTS:,} elements")
        if len(attributes) > _MOST_ATTRIBUTES:
            self._refuse("has an element with too many attributes")
        name = tag.rpartition("}")[2]
        self._heard = name in {"failure", "error", "skipped"}
        self._tree.start(name, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._heard = False
        self._tree.end(tag.rpartition("}")[2])

    def data(self, text: str) -> None:
        if self._heard:
            self._tree.data(text)

    def doctype(self, *_: object) -> None:
        self._refuse("has a DOCTYPE, which a report never needs")

    def close(self) -> None:
        """The parser's, at the end."""

    def root(self) -> Element:
        return self._tree.close()

    def _refuse(self, why: str) -> Never:
        raise _RefusedError(why)


def _case(case: TestCase) -> Case:
    outcome, said = Outcome.PASSED, []
    for result in case.result:
        found = _OUTCOMES[type(result).__name__]
        if found is Outcome.SKIPPED and _expected(result.type or "", result.message or ""):
            found = Outcome.PASSED
        elif found is not Outcome.SKIPPED:
            said.append(result)
        outcome = found if outcome is Outcome.PASSED or found > outcome else outcome
    attributes = case._elem.attrib  # noqa: SLF001  # junitparser has no `file`, and raises for a time that is none
    return Case(
        classname=case.classname or "",
        name=case.name or "",
        file=attributes.get("file", ""),
        seconds=_seconds(attributes.get("time", "")),
        outcome=outcome,
        kind=said[0].type or "" if said else "",
        message=said[0].message or "" if said else "",
        text="\n\n".join(text[-_LONGEST_TEXT:] for one in said if (text := one.text)),
    )


_OUTCOMES = {"Failure": Outcome.FAILED, "Error": Outcome.ERROR, "Skipped": Outcome.SKIPPED}


def _expected(kind: str, message: str) -> bool:
    """Whether a test was expected to fail and did: it ran, whatever its report calls it."""
    return kind in {"pytest.xfail", "XFAIL"} or message == "expected test failure"


def _seconds(text: str) -> float:
    """Read a time; some writers put commas between thousands."""
    try:
        seconds = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    # Not a number compares with nothing.
    return seconds if 0 <= seconds <= _LONGEST_TIME else 0.0
