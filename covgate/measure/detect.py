"""From what lies in a project's folder to how its environment is made: steps, each with the reason for it.

Nothing is run here and nothing is read. What only another tool knows is a question to it, asked when the plan is
carried out (`covgate/measure/environment.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from covgate.errors import InputError
from covgate.measure.project_files import UNREAD, ProjectFiles, Table, is_declared, table_in
from covgate.model import name_some

TEST_NAMES = ("test", "tests", "testing", "dev")
"""What the extra, group, environment or requirements file of the tests is called, the likeliest first."""


VERSION_MARK, DIGITS_MARK = "{version}", "{digits}"
"""Stand in a step for the environment's Python, `3.12` and `312`, which is known when the plan is carried out."""


class Asked(Enum):
    """Whom a question is put to; its answer is what to install."""

    HATCH = auto()
    TOX = auto()
    EXTRAS = auto()
    """The installed project's own metadata: `setup.py` says its extras nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of uv. `asked`: what it prints, or what the metadata says, is installed in a further step."""

    arguments: tuple[str, ...]
    why: str
    asked: Asked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the environment is filled."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonWish:
    """Which Python the environment is to have: a version (`3.12`) or a range of them, and where that was read."""

    request: str
    where: str


def find_plan(files: ProjectFiles, where: str = "this folder") -> Plan:
    """Plan the environment of a project. Raises InputError when nothing, or more than one thing, says what it needs."""
    lock, notes = _choose_lock(files)
    if lock:
        return Plan(steps=(_LOCKED[lock](files),), notes=notes)
    if step := _unlocked_tool(files):
        return Plan(steps=(step,))
    plan = _with_pip(files)
    if not plan.steps:
        raise _nothing_found(files, where)
    return plan


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
    version = text.strip()[1:].strip()
    if found[1] == "^" or minor is None:
        return f">={version},<{major + 1}"
    return f">={version},<{major}.{int(minor) + 1}"


# --- lock files ---------------------------------------------------------------------------------------------------


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
        arguments += [f"--group={name}" for name in _first(files.table("dependency-groups"))]
    else:
        arguments.append("--all-groups")
    if files.table("tool", "uv", "workspace"):
        arguments.append("--all-packages")
    arguments += [f"--extra={name}" for name in _first(files.table("project", "optional-dependencies"))]
    place = f"uv.lock of the workspace {files.workspace}" if files.workspace else "uv.lock"
    return Step(arguments=tuple(arguments), why=place)


def _poetry_install(files: ProjectFiles, why: str = "poetry.lock") -> Step:
    poetry = files.table("tool", "poetry")
    groups = table_in(poetry, "group")
    ours = [name for name in groups if _normal(name) in TEST_NAMES]
    optional = [name for name in ours if table_in(groups, name).get("optional") is True]
    known = {**table_in(poetry, "extras"), **files.table("project", "optional-dependencies")}
    chosen = ours or _first(files.table("dependency-groups")) or poetry.get("dev-dependencies")
    extras = [f"--extras={name}" for name in _first(known)] if chosen else ["--all-extras"]
    with_ = [f"--with={','.join(optional)}"] if optional else []
    return Step(arguments=("tool", "run", "poetry", "install", "--no-interaction", *extras, *with_), why=why)


def _pdm_sync(files: ProjectFiles, why: str = "pdm.lock", command: str = "sync") -> Step:
    extras = [f"--group={name}" for name in _first(files.table("project", "optional-dependencies"))]
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


# --- without a lock file ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """What one source says that the tests need."""

    options: tuple[str, ...] = ()
    """For `uv pip install`."""
    extra: str = ""
    further: Step | None = None
    why: str = ""


def _with_pip(files: ProjectFiles) -> Plan:
    """Plan one `uv pip install` of the project, as editable, with what its tests need, and what follows it."""
    editable, note = _is_editable(files)
    needs = next(filter(None, (find(files) for find in _SOURCES)), _Needs())
    options: list[str] = []
    reasons: list[str] = []
    if editable:
        options += ["--editable", f".[{needs.extra}]" if needs.extra else "."]
        reasons.append(editable)
    elif files.table("project"):
        options += ["--requirements", "pyproject.toml", *([f"--extra={needs.extra}"] if needs.extra else [])]
        reasons.append("[project] in pyproject.toml")
    options += needs.options
    reasons += [needs.why] if needs.why and (needs.options or needs.extra) else []
    plain = [name for name in ("requirements.txt", "requirements/base.txt") if name in files.names][:1]
    if plain and not (needs.extra or any(option.startswith("--group") for option in needs.options)):
        options += ["--requirements", plain[0]]
        reasons.append(plain[0])
    steps = [Step(arguments=("pip", "install", *options), why=", ".join(reasons))] if options else []
    steps += [needs.further] if needs.further else []
    if editable and not needs.extra and _has_unread_extras(files):
        steps.append(Step(arguments=(), why="the extras of the installed project", asked=Asked.EXTRAS))
    return Plan(steps=tuple(steps), notes=(note,) if note and steps else ())


def _is_editable(files: ProjectFiles) -> tuple[str, str]:
    """Return the file that makes the project installable, else a note why it is not, where it could be expected."""
    package = files.table("tool", "uv").get("package")
    if package is False or files.table("tool", "poetry").get("package-mode") is False:
        return "", "Only what the project needs is installed: pyproject.toml says that it is no package"
    if "setup.py" in files.names:
        return "setup.py", ""
    if files.setup_cfg.get("metadata", {}).get("name"):
        return "setup.cfg", ""
    tool = files.table("tool")
    named = bool(files.table("project")) or any(isinstance(tool.get(name), dict) for name in ("poetry", "flit"))
    if named and (files.backend or package is True or _is_one_package(files)):
        return "pyproject.toml", ""
    if files.table("project"):
        return "", (
            "Only what the project needs is installed: pyproject.toml has no [build-system], and its folders are not "
            "those of one package"
        )
    return "", ""


_NO_PACKAGES = re.compile(
    r"ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog|(unit_?)?tests?|examples?|scripts|tools|"
    r"utils?|python|build|benchmarks?|exercises?|htmlcov|site_scons|fabfile|tasks|requirements"
)
"""Folders in which setuptools looks for no package, as it builds a project without `[build-system]`."""


def _is_one_package(files: ProjectFiles) -> bool:
    folders = {name for name in files.folders if name.isidentifier() and not name.startswith("_")}
    return "src" in folders or sum(not _NO_PACKAGES.fullmatch(name) for name in folders) == 1


def _first(names: Iterable[str]) -> list[str]:
    """Return the first of the tests' names that is there, as it is spelt there; an empty list for none."""
    spelt = {_normal(name): name for name in names}
    return [spelt[name] for name in TEST_NAMES if name in spelt][:1]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _extras_and_groups(files: ProjectFiles) -> _Needs | None:
    project = files.table("project", "optional-dependencies")
    extras = _first(project) or _first(files.setup_cfg.get("options.extras_require", {}))
    extras = extras or _first(files.table("tool", "poetry", "extras"))
    groups = _first(files.table("dependency-groups"))
    if not extras and not groups:
        return None
    whys = [f"its extra {extras[0]}"] if extras else []
    whys += [f"its dependency group {groups[0]}"] if groups else []
    options = tuple(f"--group={name}" for name in groups)
    return _Needs(extra=extras[0] if extras else "", options=options, why=", ".join(whys))


_FORMS = (
    *("requirements-{}.txt", "requirements_{}.txt", "requirements.{}.txt", "{}-requirements.txt"),
    *("{}_requirements.txt", "requirements/{}.txt", "requirements/requirements-{}.txt"),
)


def _requirements(files: ProjectFiles) -> _Needs | None:
    names = [form.format(name) for name in (*TEST_NAMES, "development") for form in _FORMS]
    found = next((name for name in names if name in files.names), None)
    return _Needs(options=("--requirements", found), why=found) if found else None


def _hatch(files: ProjectFiles) -> _Needs | None:
    """Read the first environment of the tests in hatch's tables where that is exact; else hatch is asked."""
    environments = table_in(files.hatch, "envs")
    names = [*_first(environments), *(name for name in ("hatch-test", "default") if name in environments)]
    for name in names:
        table = table_in(environments, name)
        why = f"hatch's environment {name}"
        if _is_exact(name, table, environments):
            listed = [text for key in _DEPENDENCIES for text in _texts(table.get(key))]
            options = (*(f"--group={group}" for group in _texts(table.get("dependency-groups"))), *listed)
            extra = ",".join(_texts(table.get("features")))
            if options or extra:
                return _Needs(options=options, extra=extra, why=why)
            continue
        # An environment with a matrix is one for each Python.
        full = f"{name}.py{VERSION_MARK}" if name == "hatch-test" or table.get("matrix") else name
        arguments = ("tool", "run", "hatch", "--env", full, "dep", "show", "requirements", "--env-only")
        return _Needs(further=Step(arguments=arguments, why=why, asked=Asked.HATCH), why=why)
    return None


_DEPENDENCIES = ("dependencies", "extra-dependencies")


def _is_exact(name: str, table: Table, environments: Table) -> bool:
    """Whether a table says all: hatch adds to its own `hatch-test`, to a template's heirs and by overrides."""
    inherits = table.get("template", "default") != name and bool(table_in(environments, "default"))
    plain = all(isinstance(table.get(key, []), list) for key in _DEPENDENCIES)
    formatted = any("{" in text for key in _DEPENDENCIES for text in _texts(table.get(key)))
    alone = name != "hatch-test" and not inherits and not {"overrides", "template", "type"} & table.keys()
    return alone and plain and not formatted


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _tox(files: ProjectFiles) -> _Needs | None:
    """Have tox asked what its environment for the tests holds: it alone knows its substitutions and factors."""
    own = any(section == "tox" or section.startswith("testenv") for section in files.tox)
    if not own and not files.table("tool", "tox") and not any(name.startswith("tox:") for name in files.setup_cfg):
        return None
    arguments = ("tool", "run", "tox", "config", "-e", f"py{DIGITS_MARK}", "-k", "deps", "extras", "dependency_groups")
    return _Needs(further=Step(arguments=arguments, why="tox's environment of this Python", asked=Asked.TOX))


_SOURCES = (_extras_and_groups, _requirements, _hatch, _tox)
"""In this order; the first one that says anything counts."""


def _has_unread_extras(files: ProjectFiles) -> bool:
    dynamic = files.table("project").get("dynamic")
    return "setup.py" in files.names or (isinstance(dynamic, list) and "optional-dependencies" in dynamic)


# --- answers ------------------------------------------------------------------------------------------------------


def read_tox_answer(text: str) -> tuple[str, ...]:
    """Return the options for `uv pip install` in what `tox config` printed: keys, with their values below or beside."""
    values: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        found = re.fullmatch(r"(deps|extras|dependency_groups|\w+)\s*=\s*(.*)", line)
        if found and not line[:1].isspace():
            key = found[1]
            values[key] = [found[2]] if found[2] else []
        elif line[:1].isspace() and key:
            values[key].append(line.strip())
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
    return tuple(word for name in _first(names) for word in ("--editable", f".[{name}]"))


# --- nothing ------------------------------------------------------------------------------------------------------


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
