"""The one project of a commit that has none at its top: a folder below it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from covgate.errors import InputError
from covgate.measure.project_files import UNSURE, declares_project, is_project_file
from covgate.model import Sha, name_some
from covgate.system import GitCommand

_ASIDE = re.compile(r"tests?|testing|docs?|examples?|samples?|fixtures|templates?|vendor|third_party|node_modules|\..*")
"""Folders whose projects are another's: data of tests, documentation, copies."""

_MOST_FILES = 500


def find_only_project(git: GitCommand, commit: Sha) -> PurePosixPath | None:
    """Return the only folder of a commit that holds a project; None where there is one at the top, or none at all.

    A project inside of another's folder is a part of it. Raises InputError, which names them, where there are several.
    """
    candidates = filter(_is_candidate, git.names(commit))
    paths = sorted(candidates, key=lambda path: (len(_folder_of(path).parts), path))[:_MOST_FILES]
    texts = git.files_at(commit, [path for path in paths if path.name in UNSURE])
    folders = _outermost(_folder_of(path) for path in paths if declares_project(path.name, texts.get(path, b"")))
    if len(folders) > 1:
        raise InputError(
            f"there are {len(folders)} projects in the checkout, and none at its top: "
            f"{name_some([str(folder) for folder in folders], 8)}",
            hint="set `working-directory` to one of them; docs/workflows/monorepo.yml has a job for each",
            slug="several-projects",
        )
    return folders[0] if folders and folders[0].parts else None


def _is_candidate(path: PurePosixPath) -> bool:
    return (is_project_file(path.name) or _is_in_requirements(path)) and not any(
        map(_ASIDE.fullmatch, _folder_of(path).parts)
    )


def _is_in_requirements(path: PurePosixPath) -> bool:
    return path.parent.name == "requirements" and path.suffix == ".txt"


def _folder_of(path: PurePosixPath) -> PurePosixPath:
    """Return the project's folder: `requirements/` is a part of the one it lies in."""
    return path.parent.parent if _is_in_requirements(path) else path.parent


def _outermost(folders: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    found: list[PurePosixPath] = []
    for folder in folders:
        if not any(folder.is_relative_to(other) for other in found):
            found.append(folder)
    return found
