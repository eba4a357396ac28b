"""Projects in which a gate could be green without having looked, and what must become of each: drawn for a property."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hypothesis import strategies as st

from tests.support.repositories import Gate, Repository

OLD = "def price(amount):\n    return amount * 2\n"
"""The module before the change."""

NEW = OLD + "\n\ndef refund(amount):\n    if amount < 0:\n        return 0\n    return -price(amount)\n"
"""And after it: the lines 5 to 8 are statements."""

CHANGED = (5, 6, 7, 8)

OTHER = NEW.replace("return 0", "return 0  # as it was")
"""Another text that behaves alike, line by line: what is measured of it would fit."""

LATER = NEW.replace("    return amount * 2\n", "    doubled = amount * 2\n    return doubled\n")
"""What stands there after one more edit: every changed line is one further down."""

CALLS = "import sys\nfrom {module} import price\nassert price(1) == 2\n"
CALLS_ALL = CALLS + "from {module} import refund\nassert refund(-1) == 0\nassert refund(1) == -2\n"

NAMESAKE = f"""import pathlib, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "prices.py").write_text({NEW!r})
    sys.path.insert(0, folder)
    from prices import refund
    assert refund(-1) == 0 and refund(1) == -2
"""
"""Calls a module of the same name and text in a folder that is gone later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the package lies: the folder that is put on Python's path, the module's name, and the project's folder."""

    root: str
    module: str
    project: str = "."

    @property
    def path(self) -> str:
        """The changed file, relative to the checkout."""
        return _joined(self.project, self.root, self.module.replace(".", "/") + ".py")

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    def files(self, text: str) -> dict[str, str]:
        """Return the package's files, with a module beside the changed one; a namespace has no `__init__.py`."""
        parts = self.module.split(".")[:-1]
        start = 1 if parts[0] == "space" else 0
        packages = ["/".join(parts[: n + 1]) for n in range(start, len(parts))]
        folder = _joined(self.project, self.root)
        inits = {_joined(folder, name, "__init__.py"): "" for name in packages}
        return inits | {_joined(folder, *parts, "other.py"): "x = 1\n", self.path: text}


LAYOUTS = {
    "src": Layout(root="src", module="shop.prices"),
    "flat": Layout(root=".", module="shop.prices"),
    "namespace": Layout(root="src", module="space.shop.prices"),
    "sub-folder": Layout(root="src", module="shop.prices", project="backend"),
}

CONFIGURATIONS = {
    "none": "",
    "branch-only": "[run]\nbranch = True\n",
    "source-folder": "[run]\nsource = {root}\n",
    "source-package": "[run]\nsource = {top}\n",
    "source_pkgs": "[run]\nsource_pkgs = {top}\n",
    "include": "[run]\ninclude = */prices.py\n",
    "omit-other": "[run]\nsource = {root}\nomit = */other.py\n",
    "omit-changed": "[run]\nsource = {root}\nomit = */prices.py\n",
    "report-omit": "[run]\nsource = {root}\n[report]\nomit = */prices.py\n",
    "relative": "[run]\nsource = {root}\nrelative_files = True\n",
}

LEAVES_OUT = {"omit-changed": "omit", "report-omit": "omit"}
"""Configurations that leave the changed file out, and the setting that does."""

COPIES = ("equal-copy", "other-copy", "equal-checkout", "other-checkout", "machine", "namesake")
"""What the tests import instead of this checkout: an installed copy, or another checkout, of equal or of other text;
the checkout of another machine, of which nothing but the data is left; or a temporary module that only has the name.
"""

WAYS = ("run", "data", "xml", "lcov")
MOVED = "moved-since"
AGES = (MOVED, "replaced-since")
"""What became of the changed file after it was measured."""

CLONES = ("single-branch", "shallow", "no-main")
"""No main: the repository has two branches besides the change, and neither is called as a default branch is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One project, one change to it, one way of asking covgate about it."""

    layout: str
    configuration: str
    copy: str = "here"
    way: str = "run"
    age: str = "fresh"
    clone: str = "full"
    tested: bool = True
    new_file: bool = False
    workflow: bool = False

    @property
    def place(self) -> Layout:
        return LAYOUTS[self.layout]

    @property
    def truthful(self) -> bool:
        """Whether what covgate is shown is of the code under test, and the base can be known."""
        lies = self.copy.startswith("other") or self.copy == "namesake" or self.clone == "no-main"
        return not lies and self.age == "fresh"

    @property
    def covered(self) -> bool:
        """Whether the tests execute the changed lines of this checkout."""
        return self.tested and self.truthful

    @property
    def seen(self) -> bool:
        """Whether coverage measures what the tests import.

        Anything that a name stands for; with folders, or in installed code, only what a run of covgate's own asks for.
        """
        if self.copy in {"here", "machine"}:
            return True
        if self.configuration in {"branch-only", "include"}:
            return self.copy != "equal-copy"
        # In a flat layout the package's name is a folder's, too.
        if self.configuration == "source_pkgs" or (self.configuration == "source-package" and self.place.root != "."):
            return True
        return self.way == "run" or (self.configuration == "none" and self.copy == "equal-checkout")


def scenes() -> st.SearchStrategy[Scene]:
    """Draw scenes with one lie at most: of two, covgate would be right to name either."""
    lies: st.SearchStrategy[dict[str, str]] = st.one_of(
        st.just({}),
        st.sampled_from(COPIES).map(lambda copy: {"copy": copy}),
        st.sampled_from(AGES).map(lambda age: {"age": age}),
        st.sampled_from(CLONES).map(lambda clone: {"clone": clone}),
    )
    drawn = st.builds(
        lambda lie, **rest: Scene(**rest, **lie),
        lies,
        layout=st.sampled_from(sorted(LAYOUTS)),
        configuration=st.sampled_from(sorted(CONFIGURATIONS)),
        way=st.sampled_from(WAYS),
        tested=st.booleans(),
        new_file=st.booleans(),
        workflow=st.booleans(),
    )
    return drawn.filter(_possible)


def _possible(scene: Scene) -> bool:
    # A run measures what lies there. In a workflow the commit is judged, and its event names the base; there, what was
    # replaced in place leaves no trace in older data.
    edited_before_judged = scene.age != "fresh" and (scene.way == "run" or (scene.workflow and scene.age != MOVED))
    made_elsewhere = scene.copy == "machine" and scene.way == "run"
    return not edited_before_judged and not made_elsewhere and not (scene.workflow and scene.clone == "no-main")


class Stage:
    """Plays scenes. `python` runs the projects' code: an environment that sees coverage, and into which copies go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        environment = folder / "environment"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=120)
        self._packages = next(environment.glob("lib/python*/site-packages"))
        tools = Path(sysconfig.get_path("purelib"))
        # Found through a path file that comes before coverage's own in the alphabet.
        (self._packages / "a0.pth").write_text(f"{tools}\n", encoding="utf-8")
        shutil.copy(tools / "a1_coverage.pth", self._packages)
        self.python = environment / "bin" / "python"

    def play(self, scene: Scene) -> Gate:
        """Build the scene and ask covgate."""
        self._count += 1
        folder = self._folder / f"scene-{self._count}"
        try:
            checkout = _clone(scene, _build(scene, folder), folder)
            self._place_copy(scene, checkout, folder)
            if scene.way != "run":
                # In a workflow the commit is the newer text.
                earlier = {scene.place.path: LATER} if scene.workflow and scene.age == MOVED else {}
                checkout.write(earlier)
                self._prepare_data(scene, checkout, folder)
                checkout.write(dict.fromkeys(earlier, NEW))
            _edit(scene, checkout)
            return self._ask(scene, checkout, folder)
        finally:
            shutil.rmtree(self._packages / scene.place.top, ignore_errors=True)
            (self._packages / "shop.pth").unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)

    def _place_copy(self, scene: Scene, checkout: Repository, folder: Path) -> None:
        """Put what the tests import where they find it."""
        place = scene.place
        text = OTHER if scene.copy.startswith("other") else NEW
        code = checkout.path / place.project / place.root
        if scene.copy.endswith("-checkout"):
            other = Repository(folder / "elsewhere")
            other.commit({**place.files(text), _joined(place.project, "pyproject.toml"): ""})
            code = other.path / place.project / place.root
        elif scene.copy.endswith("-copy"):
            for name, content in Layout(root=".", module=place.module).files(text).items():
                path = self._packages / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            return
        (self._packages / "shop.pth").write_text(f"{code.resolve()}\n", encoding="utf-8")

    def _prepare_data(self, scene: Scene, checkout: Repository, folder: Path) -> None:
        """Have an earlier job leave its data in the checkout."""
        if scene.copy != "machine":
            self._measure(scene, checkout.path / scene.place.project)
            return
        machine = folder / "machine"
        shutil.copytree(checkout.path, machine)
        project = machine / scene.place.project
        (self._packages / "shop.pth").write_text(f"{(project / scene.place.root).resolve()}\n", encoding="utf-8")
        self._measure(scene, project)
        for name in DATA.values():
            if (project / name).exists():
                shutil.copy(project / name, checkout.path / scene.place.project)
        shutil.rmtree(machine)

    def _measure(self, scene: Scene, project: Path) -> None:
        """Do what an earlier job does: run the tests under coverage, and make the report."""
        commands = [["run", "run_tests.py"]]
        if scene.way != "data":
            commands.append([scene.way, "-q", "-o", DATA[scene.way]])
        for command in commands:
            done = subprocess.run(
                [self.python, "-P", "-m", "coverage", *command],
                cwd=project,
                env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                check=False,
                timeout=120,
            )
            # A configuration that leaves everything out gives no report: covgate is told of data that is not there.
            assert done.returncode in {0, 1}, done.stderr

    def _ask(self, scene: Scene, checkout: Repository, folder: Path) -> Gate:
        options = [f"--python={self.python}", "--min-diff=100"]
        if scene.way == "run":
            options += ["--", os.fspath(self.python), "-P", "run_tests.py"]
        return checkout.check(
            *options,
            data=DATA.get(scene.way, ""),
            base="",
            directory=checkout.path / scene.place.project,
            environment=_event(folder) if scene.workflow else {},
        )


DATA = {"data": ".coverage", "xml": "coverage.xml", "lcov": "coverage.lcov"}


def _build(scene: Scene, folder: Path) -> Repository:
    """Make the repository: the project on main, the change on a branch that is checked out."""
    place = scene.place
    repository = Repository(folder / "work")
    package = place.module.rpartition(".")[0]
    calls = (CALLS_ALL if scene.tested else CALLS).format(module=place.module)
    if scene.copy == "namesake":
        calls = NAMESAKE
    elif scene.new_file and not scene.tested:
        calls = ""
    settings = CONFIGURATIONS[scene.configuration].format(root=place.root, top=place.top)
    files = {
        _joined(place.project, "run_tests.py"): f"import {package}.other\n{calls}",
        _joined(place.project, "pyproject.toml"): "[tool.covgate]\nmin-diff = 100\n",
        ".gitignore": ".coverage*\n!.coveragerc\ncoverage.*\n",
    }
    if settings:
        files[_joined(place.project, ".coveragerc")] = settings
    before = place.files(OLD)
    if scene.new_file:
        del before[place.path]
    repository.commit(files | before)
    if scene.clone == "no-main":
        # And a second branch, so that which one the change goes to is anyone's guess.
        repository.git("branch", "-m", "trunk")
        repository.git("branch", "stable")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(place.files(NEW))
    return repository


def _clone(scene: Scene, repository: Repository, folder: Path) -> Repository:
    flags = {"single-branch": ["--single-branch"], "shallow": ["--depth=1"]}.get(scene.clone)
    if flags is None:
        return repository
    clone = folder / "clone"
    # What is checked out there is the remote's default branch.
    repository.git("checkout", "--quiet", "main")
    repository.git("clone", "--quiet", *flags, "--branch=feature", repository.path.as_uri(), os.fspath(clone))
    return Repository(clone)


def _edit(scene: Scene, checkout: Repository) -> None:
    """Edit the changed file after it was measured: its lines move, or one is replaced where it stands."""
    if scene.age == "fresh" or scene.workflow:
        return
    text = LATER if scene.age == MOVED else NEW.replace("return 0", "return 1")
    checkout.write({scene.place.path: text})


def _event(folder: Path) -> dict[str, str]:
    """Return the variables of a pull request's run that has the branch itself checked out."""
    source = Repository(folder / "work")
    name = {"full_name": "org/shop"}
    payload = {
        "pull_request": {
            "number": 7,
            "head": {"sha": source.git("rev-parse", "feature").decode().strip(), "repo": name},
            "base": {"sha": source.git("rev-parse", "main").decode().strip(), "ref": "main", "repo": name},
        }
    }
    path = folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": os.fspath(path),
        "GITHUB_REPOSITORY": "org/shop",
    }


def _joined(*parts: str) -> str:
    return PurePosixPath(*parts).as_posix()
