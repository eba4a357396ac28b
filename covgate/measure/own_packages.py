"""The project's own packages, by the names they are imported by."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import PurePosixPath

from covgate.measure.project import Project

_ROOTS = ("src", "lib", "python")
"""Folders that hold importable code by custom, beside a project's own."""

_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})

_OF_A_FOLDER = frozenset({"__init__", "__main__"})
"""Modules that are imported by their folder's name: any `__init__.py` on the path has the name as well."""

_NOT_PRODUCT = re.compile(
    r"(.*/)?(tests?|testing|docs?|examples?|benchmarks?|scripts|tools|conftest|setup|noxfile|test_.*|.*_tests?)(/.*|\.py)"
)


def packages_of(project: Project, local: Iterable[PurePosixPath]) -> dict[str, str]:
    """Return the project's own packages as the probe takes them: {name: path in the checkout}."""
    prefix = PurePosixPath(project.directory.resolve().relative_to(project.root.resolve()))
    return {name: str(path) for name, path in own_packages(local, prefix).items()}


def own_packages(local: Iterable[PurePosixPath], prefix: PurePosixPath) -> dict[str, PurePosixPath]:
    """Return the packages and modules of the project by the names they are imported by, and where they lie.

    Looked for where code is imported from: the project's folder `prefix`, folders with a pyproject.toml or setup.py,
    and `src`, `lib` and `python` in them. Tests, documentation and scripts are none.
    """
    files = {path for path in local if path.is_relative_to(prefix)}
    bases = {prefix, *(path.parent for path in files if path.name in _PROJECTS)}
    roots = bases | {base / name for base in bases for name in _ROOTS}
    found: dict[str, PurePosixPath] = {}
    for path in sorted(files, key=lambda p: (len(p.parts), p)):
        if path.suffix != ".py":
            continue
        root = next((folder for folder in path.parents if folder in roots), None)
        if root is None or path.relative_to(root).with_suffix("").parts[0] in sys.stdlib_module_names:
            continue
        if _NOT_PRODUCT.fullmatch(str(path.relative_to(root))):
            continue
        parts = path.relative_to(root).parts
        # The first folder that is a package; folders above it are namespaces, which hold no code.
        depth = next((n for n in range(1, len(parts)) if root.joinpath(*parts[:n], "__init__.py") in files), None)
        if depth is not None:
            found.setdefault(".".join(parts[:depth]), root.joinpath(*parts[:depth]))
        elif len(parts) == 1 and path.stem.isidentifier() and path.stem not in _OF_A_FOLDER:
            found.setdefault(path.stem, path)
    return found
