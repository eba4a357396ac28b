"""Relative `omit` patterns mean the project's folder, wherever a process of the suite is started."""

from __future__ import annotations

from pathlib import Path

from tests.support.projects import make_checkout

TEST = """
import os, subprocess, sys, pathlib

def test_elsewhere(tmp_path):
    here = str(pathlib.Path(__file__).parent)
    env = {**os.environ, "PYTHONPATH": here}
    subprocess.run([sys.executable, "-c", "import shop.cart"], cwd=tmp_path, env=env, check=True)
"""


def test_a_process_started_in_another_folder_leaves_out_what_the_project_leaves_out(tmp_path: Path) -> None:
    checkout = make_checkout(
        tmp_path / "project",
        {
            ".coveragerc": "[run]\nsource = shop\nomit = shop/legacy.py\n",
            "shop/__init__.py": "",
            "shop/cart.py": "x = 1\n",
            "shop/legacy.py": "y = 1\nz = 2\n",
            "test_shop.py": TEST,
        },
    )
    done = checkout.covgate(command=["python", "-m", "pytest", "-q"])
    assert done.code == 0, done.err
    assert checkout.result()["total"]["lines"] == {"covered": 1, "total": 1}
