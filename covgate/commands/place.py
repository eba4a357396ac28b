"""Where a run happens: the checkout, the project's folder and its pyproject.toml, looked for upward from the start."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path

from covgate.config import TomlFile, has_table
from covgate.system import find_checkout, read_text_if_there


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`start` is where covgate was started, or the folder it was pointed at; `project` is that or a folder above.

    `toml` is the project's pyproject.toml, None when it has none. Folders are absolute and resolved.
    """

    start: Path
    project: Path
    toml: TomlFile | None

    def anchored(self, path: str) -> str:
        """Return a path that was given at the start, as one that is taken from the project's folder."""
        return path if self.start == self.project else str(self.start / path)

    def anchored_glob(self, pattern: str) -> str:
        """Return a glob that was given at the start, as one that is taken from the project's folder."""
        # The names of the folders above it are no pattern.
        near = self.start == self.project or pattern.startswith("/")
        return pattern if near else f"{glob.escape(str(self.start))}/{pattern}"


def find_place(here: Path, directory: str) -> Place:
    """Find the project that `directory`, taken from `here`, belongs to.

    Its settings are those of the nearest folder upward, within the repository, whose pyproject.toml has
    `[tool.covgate]`. The project is that folder, too, unless another one was named: in a monorepo, say, whose projects
    share settings. Raises InputError when such a file cannot be read.
    """
    start = (here / directory).resolve()
    if not start.is_dir():
        # A misspelt name is no folder of the project above it.
        return Place(start=start, project=start, toml=None)
    top = find_checkout(start) or start
    for folder in (start, *start.parents):
        toml = _read(folder, here)
        if toml is not None and has_table(toml):
            named = start != here.resolve()
            return Place(start=start, project=start if named else folder, toml=toml)
        if folder == top:
            break
    return Place(start=start, project=start, toml=_read(start, here))


def _read(folder: Path, here: Path) -> TomlFile | None:
    path = folder / "pyproject.toml"
    text = read_text_if_there(path)
    return None if text is None else TomlFile(name=os.path.relpath(path, here), text=text)
