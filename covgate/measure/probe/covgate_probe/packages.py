"""The project's own packages, {name: path in the checkout}: which are measured, and where Python finds them."""

from __future__ import annotations

import importlib.util
import os
import sys

from coverage import Coverage
from coverage.files import TreeMatcher

from . import Json
from .analyst import Analyst, Patterns, relative, values_of

ALWAYS_ADDED = 20
"""So many packages are measured by name whether they are installed or not; every process looks each of them up."""


def measure_copies(cov: Coverage, request: Json, *, defaults: bool) -> list[str]:
    """Have the project's packages measured wherever they are imported from: a copy that is not measured is not seen.

    Only where folders are configured: a `source_pkgs` would be a scope of its own elsewhere. Returns the names added.
    """
    names = packages_in_source(cov, request)
    if not names:
        return []
    elsewhere = {name: found for name in names if (found := _found_elsewhere(name, request))}
    if defaults:
        # The defaults leave out environments, where a copy lies; coverage ignores what else is installed by itself.
        places = [*elsewhere.values(), *(f"/venv/site-packages/{name}/__init__.py" for name in names)]
        patterns = values_of(cov, "run:omit")
        if any(map(Patterns(patterns).match, places)):
            patterns = [p for p in patterns if not any(map(Patterns([p]).match, places))]
            cov.set_option("run:omit", patterns)
    wanted = [name for number, name in enumerate(names) if number < ALWAYS_ADDED or name in elsewhere]
    given = values_of(cov, "run:source_pkgs")
    added = [name for name in wanted if name not in given]
    cov.set_option("run:source_pkgs", [*given, *added])
    # Not every process imports every package.
    quiet = ("module-not-imported", "module-not-measured", "module-not-python")
    cov.set_option("run:disable_warnings", [*values_of(cov, "run:disable_warnings"), *quiet])
    return added


def packages_in_source(cov: Coverage, request: Json) -> list[str]:
    """Return the names of the packages that configured source folders hold."""
    tree, omit = source_tree(cov), Patterns(cov.get_option("run:omit"))
    places = {name: os.path.join(request["root"], path) for name, path in request["packages"].items()}
    return [name for name, place in places.items() if tree.match(place) and not omit.match(_source_of(place))]


def source_tree(cov: Coverage) -> TreeMatcher:
    """Return a matcher of what lies in a configured source folder."""
    folders = values_of(cov, "run:source", "run:source_dirs")
    return TreeMatcher([os.path.realpath(folder) for folder in folders if os.path.isdir(folder)], "source")


def _source_of(place: str) -> str:
    return place if place.endswith(".py") else os.path.join(place, "__init__.py")


def _found_elsewhere(name: str, request: Json) -> str:
    """Return where this interpreter finds a package when that is not the checkout's own place; else nothing.

    The working directory is left out: it comes first here, and not in every process of a suite.
    """
    before, here = list(sys.path), os.path.realpath(".")
    sys.path[:] = [entry for entry in before if os.path.realpath(entry or ".") != here]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ""
    finally:
        sys.path[:] = before
    found = os.path.realpath(spec.origin) if spec and spec.has_location and spec.origin else ""
    return "" if found == _source_of(os.path.join(request["root"], request["packages"][name])) else found


def hidden_packages(cov: Analyst, request: Json) -> list[list[str]]:
    """Return [path, found at] of the project's packages whose copy coverage would not have seen where it is found.

    Only of those that no executed file is of: what ran in them may have been the copy.
    """
    packages, root = request["packages"], request["root"]
    include, omit = Patterns(cov.get_option("run:include")), Patterns(cov.get_option("run:omit"))
    by_name = values_of(cov, "run:source_pkgs")
    if values_of(cov, "run:source", "run:source_dirs"):
        wanted = packages_in_source(cov, request)
    else:
        sources = {name: _source_of(os.path.join(root, path)) for name, path in packages.items()}
        included = [name for name in packages if not include.given or include.match(sources[name])]
        wanted = [name for name in included if not omit.match(sources[name])]
    hidden = []
    for name in wanted:
        path, found = packages[name], _found_elsewhere(name, request)
        is_seen = name in by_name and not omit.match(found)
        if found and not is_seen and relative(found, root) not in request["local"] and not _has_run(cov, path, root):
            hidden.append([path, found])
    return hidden


def _has_run(cov: Analyst, path: str, root: str) -> bool:
    """Whether anything of a package, or of a module, was executed."""
    data = cov.get_data()
    names = ((name, relative(name, root)) for name in data.measured_files())
    return any((file == path or file.startswith(path + "/")) and bool(data.lines(name)) for name, file in names)
