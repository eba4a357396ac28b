"""Which test a case is: its file in the repository, its name for people, and the name it is recorded by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.measure.junit.cases import Case
from covgate.model import visible

LONGEST_NAME = 200
"""Characters of a name; pytest makes longer ones of long parameters."""

_LOADERS = ("unittest.loader._FailedTest.", "nose2.loader.ModuleImportFailure.")
"""What stands before the package of a module that could not be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestName:
    """One test. `full` tells it from every other: `tests/test_cart.py::TestCart::test_shipping`."""

    __test__ = False

    path: PurePosixPath | None
    shown: str
    """Without the file, where that is known: `TestCart.test_shipping`."""
    full: str


class TestNames:
    """Names the tests of one checkout. `files` are its Python files, `prefix` the project's folder; both relative."""

    __test__ = False

    def __init__(self, files: Iterable[PurePosixPath], prefix: PurePosixPath) -> None:
        self._files = frozenset(map(str, files))
        self._starts = ("",) if prefix == PurePosixPath() else (f"{prefix}/", "")

    def name(self, case: Case) -> TestName:
        """Name a case. A file is believed only when the repository has it."""
        classname = next((case.classname.removeprefix(one) for one in _LOADERS if case.classname.startswith(one)), None)
        classname = case.classname if classname is None else classname
        module, inside = self._module([*filter(None, classname.split(".")), case.name])
        path = self._file(case.file) or module
        if path is None or module not in {None, path}:
            inside = [*filter(None, [classname]), case.name]
        shown, full = ".".join(inside), "::".join([*([str(path)] if path else []), *inside])
        # A module that could not be imported has no name beside its path.
        return TestName(path=path, shown=_cut(shown or case.name or case.classname), full=_cut(full))

    def _module(self, parts: list[str]) -> tuple[PurePosixPath | None, list[str]]:
        """Return the file whose dotted name the parts begin with, and what follows it."""
        for length in range(len(parts), 0, -1):
            # The last part is the test: only of a module that failed as a whole it is the module's own name.
            dotted = [piece for part in parts[:length] for piece in part.split(".")]
            if all(re.fullmatch(r"[\w-]+", piece) for piece in dotted):
                found = self._known(f"{'/'.join(dotted)}.py")
                if found is not None:
                    return found, parts[length:]
        return None, parts

    def _file(self, text: str) -> PurePosixPath | None:
        """Return the repository's file of a `file` attribute: relative, or absolute on another machine."""
        return self._known(text.replace("\\", "/").removeprefix("./")) if text else None

    def _known(self, name: str) -> PurePosixPath | None:
        found = next((start + name for start in self._starts if start + name in self._files), None)
        return None if found is None else PurePosixPath(found)


def _cut(name: str) -> str:
    """Make a name fit to print and to keep; what is cut off is told apart by a digest."""
    clean = visible(name)
    if len(clean) <= LONGEST_NAME:
        return clean
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean[: LONGEST_NAME - 9]}…{digest}"


def frames(text: str) -> Iterator[tuple[str, int]]:
    """Yield file and line of each place a traceback names, in its order.

    pytest writes `tests/test_cart.py:41: in test_shipping`, Python `File "/…/test_cart.py", line 41, in test_shipping`.
    """
    for match in _FRAME.finditer(text):
        yield (match["path"] or match["file"]).replace("\\", "/"), int(match["line"] or match["number"])


_FRAME = re.compile(
    r"""^(?:(?P<path>[^\s:>"][^:\n"]{0,400}\.py):(?P<line>\d{1,6}):(?:\s|$)"""
    r"""|\ {1,4}File\ "(?P<file>[^"\n]{1,400})",\ line\ (?P<number>\d{1,6})\b)""",
    re.MULTILINE | re.VERBOSE,
)


def line_in(path: PurePosixPath, text: str) -> int | None:
    """Return the line at which a traceback first passes through a file of the repository: a test's own.

    Of a chain of exceptions the last one is what the test failed with.
    """
    name = str(path)
    for exception in reversed(_CHAINED.split(text)):
        for file, line in frames(exception):
            # Relative to the project's folder, or absolute, on this machine or on the one the tests ran on.
            if line and (name == file or name.endswith(f"/{file.removeprefix('./')}") or file.endswith(f"/{name}")):
                return line
    return None


_CHAINED = re.compile(r"^(?:The above exception was the direct|During handling of the above exception)", re.MULTILINE)
