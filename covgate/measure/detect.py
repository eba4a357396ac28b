"""From what lies in a project's folder to how its environment is made.

Nothing is run here and nothing is read. What only another tool knows is a question to it, asked when the plan is
carried out (`covgate/measure/fill.py`).
"""

from __future__ import annotations

from covgate.errors import InputError
from covgate.measure.needs import plan_with_pip
from covgate.measure.plan import TEST_NAMES, Plan, Step, first_of_tests, normal
from covgate.measure.project_files import UNREAD, ProjectFiles, is_declared, table_in
from covgate.model import name_some


def find_plan(files: ProjectFiles, where: str = "this folder") -> Plan:
    """Plan the environment of a project. Raises InputError when nothing, or more than one thing, says what it needs."""
    lock, notes = _choose_lock(files)
    if lock:
        return Plan(steps=(_LOCKED[lock](files),), notes=notes)
    if step := _unlocked_tool(files):
        return Plan(steps=(step,))
    plan = plan_with_pip(files)
    if not plan.steps:
        raise _nothing_found(files, where)
    return plan


def _choose_lock(files: ProjectFiles) -> tuple[str | None, tuple[str, ...]]:
    """Return the lock file that counts: the only one, or the one whose tool alone pyproject.toml is written for."""
    there = sorted(_LOCKED.keys() & files.names) or (["uv.lock"] if files.workspace else [])
    if len(there) < 2:  # noqa: PLR2004  # one is no choice
        return (there[0] if there else None), ()
    written_for = [name for name in there if _is_written_for(files, name)]
    if len(written_for) == 1:
        others = " and ".join(name for name in there if name != written_for[0])
        return written_for[0], (f"{others} is not used: pyproject.toml is written for {_tool(written_for[0])}",)
    raise InputError(
        f"there are {' and '.join(there)}, and pyproject.toml does not tell which one counts",
        hint="remove the one that is out of use, or set `install-command`, such as `uv sync`",
        slug="two-lock-files",
    )


def _tool(lock: str) -> str:
    return lock.removesuffix(".lock")


def _is_written_for(files: ProjectFiles, lock: str) -> bool:
    tool = _tool(lock)
    return bool(files.table("tool", tool)) or files.backend.startswith(_BACKENDS[tool])


_BACKENDS = {"uv": "uv_build", "poetry": "poetry.", "pdm": "pdm."}


def _uv_sync(files: ProjectFiles) -> Step:
    arguments = ["sync", "--locked"]
    if files.table("tool", "uv").get("conflicts"):
        # Not all of them can be installed at once.
        arguments += [f"--group={name}" for name in first_of_tests(files.table("dependency-groups"))]
    else:
        arguments.append("--all-groups")
    if files.table("tool", "uv", "workspace"):
        arguments.append("--all-packages")
    arguments += [f"--extra={name}" for name in first_of_tests(files.table("project", "optional-dependencies"))]
    place = f"uv.lock of the workspace {files.workspace}" if files.workspace else "uv.lock"
    return Step(arguments=tuple(arguments), why=place)


def _poetry_install(files: ProjectFiles, why: str = "poetry.lock") -> Step:
    poetry = files.table("tool", "poetry")
    groups = table_in(poetry, "group")
    ours = [name for name in groups if normal(name) in TEST_NAMES]
    optional = [name for name in ours if table_in(groups, name).get("optional") is True]
    known = {**table_in(poetry, "extras"), **files.table("project", "optional-dependencies")}
    chosen = ours or first_of_tests(files.table("dependency-groups")) or poetry.get("dev-dependencies")
    extras = [f"--extras={name}" for name in first_of_tests(known)] if chosen else ["--all-extras"]
    with_ = [f"--with={','.join(optional)}"] if optional else []
    return Step(arguments=("tool", "run", "poetry", "install", "--no-interaction", *extras, *with_), why=why)


def _pdm_sync(files: ProjectFiles, why: str = "pdm.lock", command: str = "sync") -> Step:
    extras = [f"--group={name}" for name in first_of_tests(files.table("project", "optional-dependencies"))]
    return Step(
        arguments=("tool", "run", "--from", "pdm[locked]", "pdm", command, "--no-self", *extras)
        if not files.backend
        else ("tool", "run", "--from", "pdm[locked]", "pdm", command, *extras),
        why=why,
    )


_LOCKED = {"uv.lock": _uv_sync, "poetry.lock": _poetry_install, "pdm.lock": _pdm_sync}


def _unlocked_tool(files: ProjectFiles) -> Step | None:
    """Return the call of a tool that alone reads its own tables, where the lock file is not in the repository."""
    poetry = files.table("tool", "poetry")
    if poetry.get("group") or poetry.get("dev-dependencies") or (poetry.get("dependencies") and not files.backend):
        return _poetry_install(files, why="[tool.poetry] in pyproject.toml, without poetry.lock")
    if files.table("tool", "pdm", "dev-dependencies"):
        return _pdm_sync(
            files, why="[tool.pdm.dev-dependencies] in pyproject.toml, without pdm.lock", command="install"
        )
    return None


def _nothing_found(files: ProjectFiles, where: str) -> InputError:
    unread = [name for name in UNREAD if name in files.names]
    also = f"; {name_some(unread, 3)} is of a tool that covgate does not know" if unread else ""
    declared = "pyproject.toml" in files.names and not is_declared(files.pyproject)
    only = "; pyproject.toml configures tools and has no [project]" if declared else ""
    return InputError(
        f"nothing in {where} says what the tests need{only}{also}",
        hint="covgate reads uv.lock, poetry.lock, pdm.lock, pyproject.toml, setup.py, setup.cfg, requirements*.txt and "
        "tox.ini: add one, set `working-directory` to the project's folder, or set `install-command` (`pip install "
        "pytest`, say, where nothing else is needed)",
        slug="no-dependencies-found",
    )
