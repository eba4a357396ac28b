"""The base on a laptop, from the command line: one branch, several, the main branch itself, a clone of one branch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.projects import SHOP, Checkout, Ended, make_checkout

PRICES = "shop/prices.py"
NEW = "\n\ndef gift():\n    return 0\n"


def shop(path: Path, branch: str = "main") -> Checkout:
    """One commit on a branch."""
    made = make_checkout(path, SHOP)
    made.git("branch", "--move", branch)
    return made


def edited(checkout: Checkout) -> Mapping[str, str]:
    return {PRICES: (checkout.path / PRICES).read_text() + NEW}


def check(checkout: Checkout, *args: str) -> Ended:
    return checkout.covgate("--min-diff", "80", *args, command=[checkout.python, "-m", "pytest", "-q"])


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "with-edits"])
def test_several_branches_and_no_main(tmp_path: Path, *, dirty: bool) -> None:
    checkout = shop(tmp_path / "shop", "trunk")
    checkout.git("checkout", "--quiet", "-b", "gift")
    checkout.write(edited(checkout))
    if not dirty:
        checkout.commit()
    done = check(checkout)
    assert done.code == 5, done.message
    assert "the base is unknown: nothing says which branch is the main one (branches here: gift, trunk)" in done.message
    assert "name it: `--base trunk`" in done.message
    assert "docs/troubleshooting.md#base-unknown" in done.message
    named = check(checkout, "--base", "trunk")
    assert named.code == 1, named.message
    assert "Diff coverage 50 % is below 80 %" in named.out


@pytest.mark.parametrize("branch", ["main", "trunk"])
def test_on_the_only_branch(tmp_path: Path, branch: str) -> None:
    checkout = shop(tmp_path / "shop", branch)
    clean = check(checkout)
    assert clean.code == 0, clean.message
    assert f"Coverage passes: no changed line needs a test (HEAD is part of {branch}), total" in clean.out
    assert "diff 100" not in clean.out
    assert checkout.result()["diff"]["percent"] is None
    checkout.write(edited(checkout))
    edits = check(checkout)
    assert edits.code == 1, edits.message
    assert "Diff coverage 50 % is below 80 %: cover 1 more of 2 changed lines" in edits.out
    assert "(uncommitted edits)" in edits.out


def test_a_clone_of_one_branch_says_the_same_twice(tmp_path: Path) -> None:
    origin = shop(tmp_path / "shop")
    origin.git("checkout", "--quiet", "-b", "gift")
    origin.write(edited(origin)).commit()
    origin.git("checkout", "--quiet", "main")
    for name, args in {"shallow": ["--depth=1"], "complete": ["--single-branch"]}.items():
        path = tmp_path / name
        origin.git("clone", "--quiet", *args, "--branch=gift", origin.path.as_uri(), str(path))
        clone = Checkout(path=path, python=origin.python)
        for given in ((), (), ("--base", "origin/main"), ("--base", "origin/main")):
            done = check(clone, *given)
            assert done.code == 1, done.message
            assert clone.result()["base"]["sha"] == origin.git("rev-parse", "main")
        clone.git("remote", "set-url", "origin", "file:///nowhere/to/be/found")
        assert check(clone).code == 5
