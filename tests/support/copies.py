"""A project whose tests import another copy of it than the checkout's: installed, built, or another checkout."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from tests.support.projects import Checkout, clean_environment, make_checkout, run, run_warm

PRICES = """\
def price(amount):
    return amount * 3


def refund(amount):
    if amount < 0:
        raise ValueError(amount)
    return -amount
"""

EDITED = PRICES.replace("amount * 3", "amount + amount + amount").replace("return -amount", "return 0 - amount")
"""Two changed statements, of which the tests execute the first."""

FILES: Mapping[str, str] = {
    "src/shop/__init__.py": "",
    "src/shop/prices.py": PRICES,
    "src/shop/words.py": "def word():\n    return 'apple'\n",
    "tests/test_prices.py": "from shop.prices import price\nfrom shop.words import word\n\n\n"
    "def test_price():\n    assert price(1) == 3\n    assert word()\n",
    ".gitignore": ".covgate/\n.coverage\n__pycache__/\n.venv/\nbuild/\n",
}
"""A src layout, so that nothing is imported from the checkout by accident."""

CONFIGURATIONS: Mapping[str, str | None] = {
    "none": None,
    "source-folder": "[run]\nbranch = true\nsource = src\n",
    "source-module": "[run]\nbranch = true\nsource = shop\n",
    "source-pkgs": "[run]\nbranch = true\nsource_pkgs = shop\n",
    "paths": "[run]\nbranch = true\nsource = src\n[paths]\nsource =\n    src\n    */site-packages\n",
}

PYTEST = "python -m pytest -q -p no:cacheprovider tests"


def with_configuration(name: str) -> dict[str, str]:
    """Return the project's files under one of the configurations."""
    text = CONFIGURATIONS[name]
    return {**FILES, **({".coveragerc": text} if text is not None else {})}


def edited_checkout(path: Path, configuration: str = "source-folder", **more: str) -> Checkout:
    """Make the project, with an edit of one module that is not committed."""
    checkout = make_checkout(path, with_configuration(configuration) | more)
    return checkout.write({"src/shop/prices.py": EDITED})


def make_environment(folder: Path) -> Path:
    """Make a virtual environment that sees the tests' own packages; returns the folder of its installed packages."""
    made = run([sys.executable, "-m", "venv", "--without-pip", folder], cwd=folder.parent)
    assert made.code == 0, made.err
    installed = folder / f"lib/python3.{sys.version_info.minor}/site-packages"
    ours = Path(sysconfig.get_path("purelib"))
    installed.joinpath("zz_ours.pth").write_text(f"import site; site.addsitedir({str(ours)!r})\n")
    shutil.copy(ours / "a1_coverage.pth", installed)
    return installed


def install(checkout: Checkout, installed: Path, *, text: str | None = None) -> None:
    """Copy the package as `pip install .` would; `text` takes the place of the edited module's."""
    shutil.copytree(checkout.path / "src/shop", installed / "shop", dirs_exist_ok=True)
    if text is not None:
        (installed / "shop/prices.py").write_text(text)


def environment_python(installed: Path) -> str:
    return str(installed.parents[2] / "bin/python")


def measure(checkout: Checkout, *places: Path, data: str = ".coverage", sub: str = ".", **options: str) -> None:
    """Run the tests under `coverage run`, with `places` first where packages are imported from."""
    argv = ["-m", "coverage", "run", f"--data-file={checkout.path / data}"]
    argv += [f"--{name}={value}" for name, value in options.items()]
    argv += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    path = ":".join(map(str, places))
    done = run_warm(argv, cwd=checkout.path / sub, env=clean_environment(PYTHONPATH=path))
    assert done.code == 0, done.out + done.err
