"""An interpreter to read data with that the project's own job measured: of the Python the project asks for."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from covgate.errors import InputError
from covgate.measure.environment import Workshop, make_environment
from covgate.measure.project import Project
from covgate.measure.project_files import read_project_files
from covgate.measure.python_wish import PythonWish, find_python
from covgate.system import scratch_folder

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of covgate's own Python."""


def find_wish(project: Project, given: str | None, source: str) -> PythonWish | None:
    """Return the one version of Python that is asked for, where that is another than covgate's own; else None.

    Of a range nothing tells which one measured.
    """
    wish = find_python(read_project_files(project.directory, project.root, ("pyproject.toml",)), given, source)
    exact = wish is not None and wish.request[:1].isdigit()
    return wish if wish and exact and ".".join(wish.request.rstrip("t").split(".")[:2]) != OWN else None


@contextmanager
def matching_python(
    project: Project, wish: PythonWish, cache: Path | None, say: Callable[[str], None]
) -> Iterator[Project | None]:
    """Yield the project with such an interpreter, and coverage in it; None, and said, where none can be had."""
    with scratch_folder() as private:
        folder = private / "project"
        folder.mkdir()
        if project.user:
            private.chmod(0o711)
            project.user.own(folder)
        workshop = Workshop(
            tools=private / "tools",
            folder=folder,
            cache=cache,
            timeout_seconds=None,
            while_running=contextlib.nullcontext,
            say=say,
        )
        made: Project | None = None
        try:
            environment = make_environment(project, wish, workshop)
            environment.add_coverage()
            made = environment.project
        except InputError as error:
            say(f"Sources are read by Python {OWN}, covgate's own, and not by {wish.request}: {error.message}")
        yield made
