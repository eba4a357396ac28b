"""Which Python a project's environment is to have, by what its files say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from covgate.errors import InputError
from covgate.measure.project_files import ProjectFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonWish:
    """Which Python the environment is to have: a version (`3.12`) or a range of them, and where that was read."""

    request: str
    where: str


def find_python(files: ProjectFiles, given: str | None, source: str) -> PythonWish | None:
    """Return the Python that is asked for: by the option, `.python-version` or the project's range; else None.

    Raises InputError for a `.python-version` that names no version.
    """
    if given:
        return PythonWish(request=given, where=source)
    if files.python_version:
        text, where = files.python_version
        found = VERSION.fullmatch(text.removeprefix("cpython-").removeprefix("python"))
        if not found:
            raise InputError(
                f"{where} asks for Python {text[:60]!r}, which is no version",
                hint="write one such as 3.12 there, or set the input `python-version`",
                slug="python-not-found",
            )
        return PythonWish(request=found[0], where=where)
    return next(_ranges(files), None)


VERSION = re.compile(r"3\.\d{1,2}(\.\d{1,3}((a|b|rc)\d{1,2})?)?t?")
_RANGE = re.compile(r"((===?|~=|!=|<=?|>=?)\s*\d+(\.\d+)*(\.\*)?\s*(,\s*|$))+")


def _ranges(files: ProjectFiles) -> Iterator[PythonWish]:
    """Yield what the project itself says: `requires-python`, setup.cfg, poetry's table. What is no range is no wish."""
    poetry = files.table("tool", "poetry", "dependencies").get("python")
    texts = {
        "requires-python in pyproject.toml": files.table("project").get("requires-python"),
        "python_requires in setup.cfg": files.setup_cfg.get("options", {}).get("python_requires"),
        "tool.poetry in pyproject.toml": _of_poetry(poetry) if isinstance(poetry, str) else None,
    }
    for where, text in texts.items():
        if isinstance(text, str) and _RANGE.fullmatch(text.strip()):
            yield PythonWish(request=re.sub(r"\s", "", text).rstrip(","), where=where)


def _of_poetry(text: str) -> str:
    """Return poetry's `^3.10` and `~3.10` as a range; other forms as they are."""
    found = re.fullmatch(r"([\^~])\s*(\d+)(?:\.(\d+))?(\.\d+)*", text.strip())
    if not found:
        return text
    major, minor = int(found[2]), found[3]
    version = text.strip()[1:]
    if found[1] == "^" or minor is None:
        return f">={version},<{major + 1}"
    return f">={version},<{major}.{int(minor) + 1}"
