"""The bar of a change: its own rules beside those of its base, with the files that either means."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.checkout import Checkout
from covgate.commands.base_side import BaseSide, find_bar
from covgate.commands.place import Place
from covgate.config.goals import Component
from covgate.config.settings import resolve
from covgate.model.commit import Base, BaseHow
from covgate.system.git_remote import GitRemote
from tests.support.git import make_repository

CORE = Component(name="core", paths=("shop/**",), min_total=Decimal(80))
NONE: tuple[Component, ...] = ()


@pytest.mark.parametrize(
    ("before", "now", "rows"),
    [
        pytest.param(NONE, (CORE,), [("core", None, "there", 0, False)], id="new"),
        # The file that was moved out of its folder, and the one that stays; a deleted one is none.
        pytest.param((CORE,), NONE, [("core", "there", None, 2, True)], id="removed"),
        pytest.param((CORE,), (CORE,), [], id="the-same-globs"),
    ],
)
def test_a_component_holds_the_files_that_its_globs_meant(
    tmp_path: Path,
    before: tuple[Component, ...],
    now: tuple[Component, ...],
    rows: list[tuple[str, str | None, str | None, int, bool]],
) -> None:
    repository = make_repository(tmp_path / "repository")
    for name in ("shop/a.py", "shop/b.py", "shop/c.py"):
        repository.write(name, f"x = '{name}'\n" * 9)
    base = repository.commit("base")
    repository.write("shop/a.py", "x = 2\n")
    (tmp_path / "repository/shop/b.py").rename(repository.write("store/b.py", ""))
    (tmp_path / "repository/shop/c.py").unlink()
    git, head = repository.command, repository.commit("change", other="x = 1\n")
    change = Checkout(
        git=git, remote=GitRemote(git), prefix=PurePosixPath(), head=head, tree=head, base=None, lines=None
    )
    side = BaseSide(
        base=Base(sha=base, how=BaseHow.GIVEN),
        place=Place(start=repository.path, project=repository.path, toml=None),
        settings=replace(resolve(), components=before),
        git=git,
    )
    bar = find_bar(replace(resolve(), components=now), side, change, "")
    assert bar.changes is not None
    assert [(r.name, r.before, r.after, r.count, r.lowers) for r in bar.changes.rows] == rows


def test_a_file_that_cov_config_names_is_held_against_the_bases(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    repository.write("conf/cov.ini", "[run]\nomit = a.py\n")
    base = repository.commit("base")
    repository.write("conf/cov.ini", "[run]\nomit =\n    a.py\n    b.py\n")
    git, head = repository.command, repository.commit("change")
    change = Checkout(
        git=git, remote=GitRemote(git), prefix=PurePosixPath(), head=head, tree=head, base=None, lines=None
    )
    settings = resolve(command=("pytest", "--cov", "--cov-config=conf/cov.ini"))
    side = BaseSide(
        base=Base(sha=base, how=BaseHow.GIVEN),
        place=Place(start=repository.path, project=repository.path, toml=None),
        settings=settings,
        git=git,
    )
    changes = find_bar(settings, side, change, "").changes
    assert changes is not None
    assert [(r.name, r.before, r.after, r.lowers) for r in changes.rows] == [("omit", None, "b.py", True)]
