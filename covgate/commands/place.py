"""Where a run happens: the checkout, the project's folder and its pyproject.toml, looked for upward from the start."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.config import TomlFile, has_table
from covgate.errors import InputError
from covgate.measure import find_only_project
from covgate.model import Sha
from covgate.system import GitCommand, find_checkout, read_text_if_there


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
    return _look_upward(start, top, lambda folder: _read(folder, here), named=start != here.resolve())


def find_place_at(here: Path, start: Path, git: GitCommand, commit: Sha) -> Place:
    """Find the project that the folder `start` belongs to in a commit, by `find_place`'s rule, from git objects."""
    root = git.root.resolve()
    folders = [folder for folder in (start, *start.parents) if folder.is_relative_to(root)]
    paths = {folder: PurePosixPath((folder / _NAME).relative_to(root)) for folder in folders}
    found = git.files_at(commit, tuple(paths.values()))

    def read(folder: Path) -> TomlFile | None:
        path = paths[folder]
        if path not in found:
            return None
        name = f"{path} of the base {commit[:7]}"
        try:
            return TomlFile(name=name, text=found[path].decode())
        except UnicodeDecodeError as exc:
            problem = f"{name} is not UTF-8: {exc}"
            raise InputError(problem, hint="make it a file in UTF-8", slug="bad-toml") from None

    return _look_upward(start, root, read, named=start != here.resolve())


def find_project_below(git: GitCommand, base: Sha | None) -> PurePosixPath | None:
    """Return the folder of the only project, where none is at the top; of a change it is the base's, too.

    Or a change could have another project judged than its own. A base without a project has none that was judged.
    Raises InputError where it is not one and the same.
    """
    found = find_only_project(git, git.head())
    if base is None:
        return found
    try:
        before = find_only_project(git, base)
    except InputError:
        # The gate could not run there.
        return found
    if before is None or before == found:
        return found
    now = f"in {found}" if found else "at the top of the checkout"
    raise InputError(
        f"the project was in {before} at the base {base[:7]}, and is {now} in this change",
        hint="set `working-directory` in the workflow to the folder of the project",
        slug="several-projects",
    )


def _look_upward(start: Path, top: Path, read: Callable[[Path], TomlFile | None], *, named: bool) -> Place:
    for folder in (start, *start.parents):
        toml = read(folder)
        if toml is not None and has_table(toml):
            return Place(start=start, project=start if named else folder, toml=toml)
        if folder == top:
            break
    return Place(start=start, project=start, toml=read(start))


_NAME = "pyproject.toml"


def _read(folder: Path, here: Path) -> TomlFile | None:
    path = folder / _NAME
    text = read_text_if_there(path)
    return None if text is None else TomlFile(name=os.path.relpath(path, here), text=text)
