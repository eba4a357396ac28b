"""What lies in a project's folder and says what its tests need: the names of files, and what a few of them hold.

All of it is a pull request's. A link that leads out of the checkout, or into its git folder, is not followed: an error
quotes what it finds.
"""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from covgate.errors import InputError
from covgate.system import read_text

Table = Mapping[str, object]

LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock")

UNREAD = ("Pipfile", "Pipfile.lock", "environment.yml", "environment.yaml", "conda-lock.yml", "pixi.toml")
"""Files of tools that covgate does not know."""

READ = ("pyproject.toml", "setup.cfg", "hatch.toml", "tox.ini")
"""The files whose content matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFiles:
    """The files and folders directly in a project's folder (and in its `requirements/`), and the tables of some."""

    names: frozenset[str]
    folders: frozenset[str] = frozenset()
    pyproject: Table = field(default_factory=dict)
    hatch: Table = field(default_factory=dict)
    """`hatch.toml`, or `[tool.hatch]`."""
    setup_cfg: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tox: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    python_version: tuple[str, str] | None = None
    """The first line of the nearest `.python-version`, there or above, and the file's path from the checkout."""
    workspace: str | None = None
    """The folder above, from the checkout, whose `uv.lock` is this project's: the root of its uv workspace."""

    def table(self, *keys: str) -> Table:
        """Return a table of pyproject.toml; an empty one where there is none."""
        return table_in(self.pyproject, *keys)

    @property
    def backend(self) -> str:
        """The build backend that pyproject.toml names; setuptools' where it has the table and names none."""
        system = self.table("build-system")
        named = system.get("build-backend")
        return named if isinstance(named, str) else "setuptools.build_meta" if system else ""


def table_in(table: Table, *keys: str) -> Table:
    """Return a table inside of another; an empty one where there is none."""
    for key in keys:
        inner = table.get(key)
        if not isinstance(inner, dict):
            return {}
        table = cast("Table", inner)
    return table


def read_project_files(directory: Path, root: Path, read: Sequence[str] = READ) -> ProjectFiles:
    """Look through the folder `directory` of the checkout `root`, into the files that `read` names.

    Raises InputError for one that cannot be read.
    """
    entries = list(os.scandir(directory))
    names = {entry.name for entry in entries if entry.is_file()}
    folders = frozenset(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    if "requirements" in folders:
        inner = os.scandir(directory / "requirements")
        names |= {f"requirements/{entry.name}" for entry in inner if entry.is_file() and entry.name.endswith(".txt")}
    texts = {name: _read(directory / name, root) for name in read if name in names}
    pyproject = _toml("pyproject.toml", texts.get("pyproject.toml", ""))
    own = _toml("hatch.toml", texts.get("hatch.toml", ""))
    return ProjectFiles(
        names=frozenset(names),
        folders=folders,
        pyproject=pyproject,
        hatch=own or table_in(pyproject, "tool", "hatch"),
        setup_cfg=_ini("setup.cfg", texts.get("setup.cfg", "")),
        tox=_ini("tox.ini", texts.get("tox.ini", "")),
        python_version=_python_version(directory, root),
        workspace=_workspace(directory, root) if "uv.lock" not in names else None,
    )


UNSURE = frozenset({"pyproject.toml", "setup.cfg"})
"""These may also do no more than configure tools."""


def is_project_file(name: str) -> bool:
    """Whether a file of this name may say what a project needs. tox.ini alone makes no folder one."""
    return name in {*UNSURE, "setup.py", *LOCK_FILES} or re.fullmatch(r"(.*[-_])?requirements.*\.txt", name) is not None


def declares_project(name: str, text: bytes) -> bool:
    """Whether a file says what a project needs; `text` matters for those of `UNSURE` only."""
    if name not in UNSURE:
        return True
    try:
        shown = text.decode()
        return is_declared(_toml(name, shown)) if name == "pyproject.toml" else "metadata" in _ini(name, shown)
    except (InputError, UnicodeDecodeError):
        # Of a broken file the error is told where it is used.
        return True


def is_declared(pyproject: Table) -> bool:
    """Whether a pyproject.toml declares a project or dependencies, in whichever way."""
    tool = table_in(pyproject, "tool")
    own = any(isinstance(tool.get(name), dict) for name in ("poetry", "flit"))
    return own or any(isinstance(pyproject.get(key), dict) for key in ("project", "dependency-groups"))


def _read(path: Path, root: Path) -> str:
    """Return a file's text. Raises InputError when it is not UTF-8, or a link to what is not the checkout's."""
    real, top = path.resolve(), root.resolve()
    if not real.is_relative_to(top) or ".git" in real.relative_to(top).parts:
        raise InputError(
            f"{_shown(path, root)} is a link that leads out of the checkout",
            hint="put the file itself in its place",
            slug="project-file",
        )
    try:
        return read_text(real) or ""
    except ValueError as exc:
        raise InputError(str(exc), hint="make it a text in UTF-8", slug="project-file") from None


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)


def _toml(name: str, text: str) -> Table:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{name} is not valid TOML: {exc}", hint="mend the file", slug="bad-toml") from None


def _ini(name: str, text: str) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        problem = f"{name} cannot be read: {exc.message.splitlines()[0]}"
        raise InputError(problem, hint="mend the file", slug="project-file") from None
    return {section: dict(parser[section]) for section in parser.sections()}


def _upward(directory: Path, root: Path) -> list[Path]:
    top = root.resolve()
    return [folder for folder in (directory, *directory.parents) if folder.resolve().is_relative_to(top)]


def _python_version(directory: Path, root: Path) -> tuple[str, str] | None:
    """Return what the nearest file says; pyenv's may hold several versions, of which the first one is used."""
    for folder in _upward(directory, root):
        path = folder / ".python-version"
        if path.is_file():
            lines = (line.partition("#")[0].strip() for line in _read(path, root).splitlines())
            first = next(filter(None, lines), "")
            return (first, _shown(path, root)) if first else None
    return None


def _workspace(directory: Path, root: Path) -> str | None:
    """Find the uv workspace the folder is a member of: a folder above, with `uv.lock`, whose `members` match it."""
    for folder in _upward(directory, root)[1:]:
        if not (folder / "uv.lock").is_file() or not (folder / "pyproject.toml").is_file():
            continue
        text = _read(folder / "pyproject.toml", root)
        members = table_in(_toml(_shown(folder / "pyproject.toml", root), text), "tool", "uv", "workspace")
        place = PurePosixPath(os.path.relpath(directory, folder))
        if _matches(place, members.get("members")) and not _matches(place, members.get("exclude")):
            return _shown(folder, root)
    return None


def _matches(place: PurePosixPath, globs: object) -> bool:
    patterns = [glob for glob in globs if isinstance(glob, str)] if isinstance(globs, list) else []
    return any(re.fullmatch(_glob(pattern.removeprefix("./").rstrip("/")), str(place)) for pattern in patterns)


def _glob(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    return "".join({"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in parts)
