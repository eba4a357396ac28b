"""What the tests of a project without a lock file need: extras, groups, requirements files, tables of hatch and tox."""

from __future__ import annotations

import re
from dataclasses import dataclass

from covgate.measure.plan import DIGITS_MARK, TEST_NAMES, VERSION_MARK, Asked, Plan, Step, first_of_tests
from covgate.measure.project_files import ProjectFiles, Table, table_in


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """What one source says that the tests need."""

    options: tuple[str, ...] = ()
    """For `uv pip install`."""
    extra: str = ""
    further: Step | None = None
    why: str = ""


def plan_with_pip(files: ProjectFiles) -> Plan:
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
    reasons += [needs.why] if needs.options or needs.extra else []
    plain = [name for name in ("requirements.txt", "requirements/base.txt") if name in files.names][:1]
    if plain and not (needs.extra or any(option.startswith("--group") for option in needs.options)):
        options += ["--requirements", plain[0]]
        reasons.append(plain[0])
    steps = [Step(arguments=("pip", "install", *options), why=", ".join(reasons))] if options else []
    steps += [needs.further] if needs.further else []
    if editable and not needs.extra and _has_unread_extras(files):
        steps.append(Step(arguments=(), why="the extras of the installed project", asked=Asked.EXTRAS))
    return Plan(steps=tuple(steps), notes=(note,) if note else ())


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


def _extras_and_groups(files: ProjectFiles) -> _Needs | None:
    project = files.table("project", "optional-dependencies")
    extras = first_of_tests(project) or first_of_tests(files.setup_cfg.get("options.extras_require", {}))
    extras = extras or first_of_tests(files.table("tool", "poetry", "extras"))
    groups = first_of_tests(files.table("dependency-groups"))
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
    names = [*first_of_tests(environments), *(name for name in ("hatch-test", "default") if name in environments)]
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
    inherits = name != "default" and bool(table_in(environments, "default"))
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
