"""The bar of a change: its own rules beside those of its base, with the files that either means."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest

from covgate.change.checkout import Checkout
from covgate.commands.base_side import BaseSide, find_bar, read_base_side
from covgate.commands.place import Place, find_place
from covgate.config.goals import Component
from covgate.config.option_values import GuardPolicy
from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.model.commit import Base, BaseHow
from covgate.model.guard import GateChange, GateChangeKind, GateChanges
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


# --- whose rules ----------------------------------------------------------------------------------------------------


def read_side(root: Path, at_base: str, now: str) -> tuple[BaseSide, Checkout]:
    """Both sides of a change of a repository's only settings."""
    repository = make_repository(root)
    repository.write("pyproject.toml", at_base)
    base = Base(sha=repository.commit("base"), how=BaseHow.GIVEN)
    repository.write("pyproject.toml", now)
    head, git = repository.commit("change"), repository.command
    own = find_place(root, ".")

    def settings_of(place: Place, toml: TomlFile | None) -> Settings:
        assert place.start == root.resolve()
        return resolve(toml=toml)

    change = Checkout(
        git=git, remote=GitRemote(git), prefix=PurePosixPath(), head=head, tree=head, base=None, lines=None
    )
    return read_base_side(base, root, own, git, settings_of), change


OLD = "[tool.covgate]\nmin-diff = 90\nmin-total = 50\n"
NEW = "[tool.covgate]\nmin-diff = 70\nmin-total = 60\n"


def test_the_settings_of_the_base_are_those_of_its_own_file(tmp_path: Path) -> None:
    side, _ = read_side(tmp_path / "a", OLD, NEW)
    assert (side.settings.min_diff, side.problem) == (Decimal(90), "")
    assert side.settings.where("min-diff") == f"pyproject.toml of the base {side.base.sha[:7]}, line 2"
    side, _ = read_side(tmp_path / "b", "[project]\nname = 'x'\n", NEW)
    assert (side.settings.min_diff, side.place.toml, side.problem) == (None, None, "")


def test_who_judges_a_change_of_the_rules(tmp_path: Path) -> None:
    side, change = read_side(tmp_path / "repository", OLD, NEW)
    own = resolve(toml=TomlFile(name="pyproject.toml", text=NEW))
    bars = {how: find_bar(replace(own, guard=how), side, change, "") for how in GuardPolicy}
    assert {how: (bar.settings.min_diff, bar.settings.min_total) for how, bar in bars.items()} == {
        GuardPolicy.STRICT: (Decimal(90), Decimal(60)),
        GuardPolicy.WARN: (Decimal(70), Decimal(60)),
        GuardPolicy.OFF: (Decimal(70), Decimal(60)),
    }
    listed = {how: bar.changes and [row.name for row in bar.changes.rows] for how, bar in bars.items()}
    assert listed == {
        GuardPolicy.STRICT: ["min-total", "min-diff"],
        GuardPolicy.WARN: ["min-total", "min-diff"],
        GuardPolicy.OFF: None,
    }
    strict = {how: bar.changes.strict for how, bar in bars.items() if bar.changes}
    assert strict == {GuardPolicy.STRICT: True, GuardPolicy.WARN: False}
    assert find_bar(own, None, change, "").changes is None


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("[tool.covgate]\nmin-dif = 90\n", "unknown option 'min-dif' in pyproject.toml of the base "),
        ("[tool.covgate]\n= =\n", "pyproject.toml of the base "),
    ],
    ids=["misspelt", "no-toml"],
)
def test_settings_of_the_base_that_cannot_be_read_are_listed_as_unknown(
    tmp_path: Path, broken: str, problem: str
) -> None:
    side, change = read_side(tmp_path / "repository", broken, NEW)
    assert side.problem.startswith(problem)
    assert side.settings.min_diff is None
    own = resolve(toml=TomlFile(name="pyproject.toml", text=NEW))
    bar = find_bar(own, side, change, "")
    assert (bar.settings.min_diff, bar.settings.min_total) == (Decimal(70), Decimal(60))
    assert bar.changes is not None
    assert not bar.changes.strict
    assert bar.changes.rows[0] == GateChange(kind=GateChangeKind.UNKNOWN, name=side.problem)


def test_what_coverage_leaves_out_of_the_report_is_counted_by_the_bases_options_too(tmp_path: Path) -> None:
    table = "[tool.coverage.{}]\n{} = ['a', 'b']\n"
    cases = {
        "report": (table.format("report", "exclude_also"), {"exclude_also": ("a", "b")}),
        # The data was never measured in another way.
        "run": (table.format("run", "omit"), None),
    }
    for name, (text, otherwise) in cases.items():
        side, change = read_side(tmp_path / name, text, "")
        bar = find_bar(resolve(), side, change, "")
        assert bar.otherwise == otherwise
        assert bar.changes is not None
        assert [(row.kind, row.before) for row in bar.changes.rows] == [(GateChangeKind.COVERAGE, "a, b")]
    side, change = read_side(tmp_path / "same", cases["report"][0], cases["report"][0])
    bar = find_bar(resolve(), side, change, "")
    assert (bar.otherwise, bar.changes) == (None, GateChanges())


def test_a_coverage_configuration_of_the_base_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    side, change = read_side(tmp_path / "repository", "= =", "")
    changes = find_bar(resolve(), side, change, "").changes
    assert changes is not None
    (row,) = changes.rows
    assert (row.kind, row.name) == (GateChangeKind.COVERAGE, "the whole")
    assert row.effect_unknown is not None
    assert row.effect_unknown.startswith("the base's cannot be read: ")
