"""What hatch, tox and metadata answer, as options for `uv pip install`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from covgate.measure.plan import first_of_tests


def read_tox_answer(text: str) -> tuple[str, ...]:
    """Return the options for `uv pip install` in what `tox config` printed: keys, with their values below or beside."""
    values: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)\s*=\s*(.*)", line)
        if found:
            key = found[1]
            values[key] = [found[2]]
        elif line[:1].isspace() and key:
            values[key].append(line)
        elif line.startswith("["):
            key = ""
    options: list[str] = []
    for line in values.get("deps", []):
        options += _requirement(line)
    options += [f"--group={name}" for name in _listed(values.get("dependency_groups", []))]
    extras = _listed(values.get("extras", []))
    return (*options, *(("--editable", f".[{','.join(extras)}]") if extras else ()))


def _listed(lines: Iterable[str]) -> list[str]:
    return [name for line in lines for name in re.split(r"[,\s]+", line) if name]


def _requirement(line: str) -> list[str]:
    """Return the words of a line of a requirements file, as options: `-rdev.txt` names a file."""
    text = re.sub(r"(^|\s)#.*", "", line).strip()
    short = re.fullmatch(r"(-[rce])\s*(\S.*)", text)
    if short:
        return [short[1], short[2]]
    return [text] if text else []


def read_requirement_lines(text: str) -> tuple[str, ...]:
    """Return the options for `uv pip install` in lines of requirements, as hatch prints them."""
    return tuple(word for line in text.splitlines() for word in _requirement(line))


def choose_extra(names: Iterable[str]) -> tuple[str, ...]:
    """Return the options that install the extra of the tests, of those the project's metadata has."""
    return tuple(word for name in first_of_tests(names) for word in ("--editable", f".[{name}]"))
