"""Generated repositories with coverage data: a main branch, and a branch that touches some of the modules."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = 20261122


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a repository is: `lines` is what each module holds, about; `touched` counts modules."""

    name: str
    modules: int
    lines: int
    touched: int


LARGE = Size(name="300 modules, 60,000 lines, 40 touched", modules=300, lines=200, touched=40)
SMALL = Size(name="10 modules, 2,000 lines, 3 touched", modules=10, lines=200, touched=3)


def make_repository(folder: Path, size: Size) -> None:
    """Make the repository in `folder`, with branch data of a run on its second branch in `.coverage`."""
    package = folder / "src" / "sample"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[tool.coverage.run]\nbranch = true\nsource = ["src"]\n\n[tool.covgate]\nmin-diff = 10\n', encoding="utf-8"
    )
    (folder / ".gitignore").write_text(".coverage\n__pycache__/\n", encoding="utf-8")
    (package / "__init__.py").write_text('"""A sample."""\n', encoding="utf-8")
    dice = random.Random(SEED)  # noqa: S311  # sizes and shapes, not secrets
    for number in range(size.modules):
        (package / f"module_{number}.py").write_text(_module(dice, number, size.lines), encoding="utf-8")
    (folder / "suite.py").write_text(_SUITE, encoding="utf-8")
    run(("git", "init", "--quiet", "--initial-branch=main"), folder)
    _commit(folder, "the base")
    run(("git", "checkout", "--quiet", "-b", "change"), folder)
    for number in range(0, size.modules, max(1, size.modules // size.touched))[: size.touched]:
        _touch(package / f"module_{number}.py", dice)
    _commit(folder, "the change")
    run((sys.executable, "-m", "coverage", "run", "suite.py", str(size.modules)), folder)


def run(argv: Sequence[str | Path], folder: Path, variables: Mapping[str, str] | None = None) -> bytes:
    """Run a command quietly; its exit code has to be 0."""
    done = subprocess.run(
        argv,
        cwd=folder,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(variables or {})},
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, argv))} ended with {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def _commit(folder: Path, message: str) -> None:
    run(("git", "add", "--all"), folder)
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    run(("git", *who, "commit", "--quiet", "--message", message), folder)


def _touch(path: Path, dice: random.Random) -> None:
    """Change nine lines of a module: a few at a time, in three places."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for _ in range(3):
        at = dice.randrange(10, len(lines) - 10)
        for number in range(at, at + 3):
            # A comment keeps the line's meaning, wherever in a statement it stands.
            lines[number] += "  # changed" if lines[number].strip() and '"""' not in lines[number] else ""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _module(dice: random.Random, number: int, lines: int) -> str:
    text = f'"""Module {number}."""\n\nimport math\nimport re\n\nLIMIT = {number}\n'
    function = 0
    while text.count("\n") < lines:
        shape = dice.choice(_SHAPES)
        text += "\n\n" + shape.replace("NAME", f"function_{function}").replace("CLASS", f"Class{function}")
        function += 1
    return text


_SUITE = """import importlib
import sys

sys.path.insert(0, "src")
for number in range(int(sys.argv[1])):
    module = importlib.import_module(f"sample.module_{number}")
    for name in sorted(vars(module)):
        if name.startswith("function_") and number % 2 == 0:
            getattr(module, name)(number % 7)
"""

_SHAPES = (
    '''def NAME(value, *, scale=1, label=None):
    """Compute something from `value`."""
    total = 0
    for step in range(value):
        if step % 3 == 0:
            total += step * scale
        elif step % 5 == 0:
            total -= 1
        else:
            # The usual case.
            total += 2
    if label is not None and total > LIMIT:
        return {
            "label": label,
            "total": total,
        }
    return total
''',
    '''def NAME(value):
    """Parse a text made from `value`."""
    text = "key={}; other={}".format(
        value,
        value + 1,
    )
    found = {}
    for part in text.split(";"):
        match = re.match(r"(\\w+)=(\\d+)", part.strip())
        if not match:
            continue
        name, number = match.groups()
        try:
            found[name] = int(number)
        except ValueError:
            found[name] = None
    while value > 3:
        value -= 1
        if value == LIMIT:
            break
    return found
''',
    '''class CLASS:
    """Holds a value."""

    kind = "sample"

    def __init__(self, value, factor=2):
        self.value = value
        self.factor = factor

    @property
    def area(self):
        """The area of something."""
        if self.factor > 1:
            return math.pi * self.value**2
        return self.value

    def compare(self, other):
        """Say which is larger."""
        if self.value > other.value:
            return 1
        if self.value < other.value:
            return -1
        return 0


def NAME(value):
    """Compare two of them."""
    return CLASS(value).compare(CLASS(value + 1))
''',
)
