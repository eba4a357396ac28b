"""Components and the target in pyproject.toml: what is read, and how each mistake is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Component, Target
from covgate.config.options import Settings
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import InputError

CORE = "[tool.covgate.components.core]\npaths = ['core/**']\n"
TARGET = "[tool.covgate.target]\n"


def read(text: str) -> Settings:
    return resolve(toml=TomlFile(name="pyproject.toml", text=text))


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read(text)
    return caught.value


def test_a_component_has_globs_and_rules_of_its_own() -> None:
    settings = read(
        """
[tool.covgate]
min-total = 50

[tool.covgate.components.api]
paths = [
  "backend/api/**",  # all of it
  " !backend/api/legacy ",
]
min-total = 80
min-diff = 99.95
max-drop = "0.2"
target = "90 %"

[tool.covgate.components."Core_2"]
paths = ["core"]
"""
    )
    assert settings.components == (
        Component(
            name="api",
            paths=("backend/api/**", "!backend/api/legacy"),
            min_total=Decimal(80),
            min_diff=Decimal("99.95"),
            max_drop=Decimal("0.2"),
            target=Decimal(90),
        ),
        Component(name="Core_2", paths=("core",)),
    )
    assert settings.target is None
    names = ["components.api", "components.api.paths", "components.api.max-drop", "components.Core_2.paths"]
    assert [settings.where(name) for name in names] == [f"pyproject.toml, line {n}" for n in (5, 6, 12, 16)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        pytest.param("total = 80", Target(total=Decimal(80)), id="total"),
        pytest.param("total = '80 %'", Target(total=Decimal(80)), id="total-as-text"),
        pytest.param("total = 80\nby = 2027-02-28", Target(total=Decimal(80), by=date(2027, 2, 28)), id="a-toml-date"),
        pytest.param(
            "total = 80.5\nby = ' 2027-02-28 '\nramp = true",
            Target(total=Decimal("80.5"), by=date(2027, 2, 28), ramp=True),
            id="a-date-as-text-and-a-ramp",
        ),
        pytest.param("total = 80\nramp = false", Target(total=Decimal(80)), id="no-ramp"),
        pytest.param(
            "total = 80\nby = 2027-02-28\nramp = 'on'",
            Target(total=Decimal(80), by=date(2027, 2, 28), ramp=True),
            id="a-ramp-as-text",
        ),
    ],
)
def test_a_target(text: str, target: Target) -> None:
    settings = read(f"{TARGET}{text}")
    assert settings.target == target
    assert settings.where("target") == "pyproject.toml, line 1"
    assert settings.where("target.total") == "pyproject.toml, line 2"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param(
            "[tool.covgate]\ncomponents.core.paths = ['core']\ncomponents.core.min-diff = 7\ntarget.total = 9",
            ("line 2", "line 3", "line 4"), id="dotted",
        ),
        pytest.param(
            "[tool.covgate]\ncomponents = {core = {paths = ['core'], min-diff = 7}}\ntarget = {total = 9}",
            ("line 2", "line 2", "line 3"), id="inline",
        ),
        pytest.param(
            "[tool.covgate.components]\ncore = {paths = ['core'], min-diff = 7}\n[tool.covgate]\ntarget = {total = 9}",
            ("line 2", "line 2", "line 4"), id="inline-in-a-table",
        ),
        pytest.param(
            "[tool]\ncovgate.components.'core' = {paths = ['core'], 'min-diff' = 7}\ncovgate . target . total = 9",
            ("line 2", "line 2", "line 3"), id="dotted-and-quoted",
        ),
    ],
)  # fmt: skip
def test_other_spellings_of_a_table_are_read_too(text: str, where: tuple[str, str, str]) -> None:
    settings = read(text)
    assert settings.components == (Component(name="core", paths=("core",), min_diff=Decimal(7)),)
    assert settings.target == Target(total=Decimal(9))
    names = ("components.core", "components.core.min-diff", "target.total")
    assert tuple(settings.where(name).removeprefix("pyproject.toml, ") for name in names) == where


def test_a_hundred_components_and_a_hundred_globs_are_read() -> None:
    globs = dict.fromkeys(range(100), "'a'") | {7: ", ".join(["'a'"] * 100)}
    settings = read("\n".join(f"[tool.covgate.components.c{n}]\npaths = [{text}]" for n, text in globs.items()))
    assert [len(component.paths) for component in settings.components] == [1] * 7 + [100] + [1] * 92


def test_without_tables_there_are_no_goals() -> None:
    assert (read("").components, read("[tool.covgate.components]").components, read("").target) == ((), (), None)


PATHS = "paths: the globs of its files, as in paths = ['core/**']"
DAY = "by: the day it is to be there, as in by = 2027-02-28"
RAMP = "ramp: whether the required total rises in a straight line until then: `true` or `false`"
TOTAL = "total: where total coverage is to be, in percent"
DROP = "max-drop: fail when the coverage of its files fell by more than this, in percentage points"
ANOTHER = "give the component another name"
NAME = "a name has at most 40 letters, digits, - and _, and starts with a letter or a digit"


@pytest.mark.parametrize(
    ("text", "message", "hint", "slug"),
    [
        # --- numbers
        pytest.param(
            f"{CORE}max-drop = 120",
            "components.core.max-drop = 120 (from pyproject.toml, line 3): "
            "a drop in percentage points lies between 0 and 100",
            DROP, "bad-option-value", id="too-large",
        ),
        pytest.param(
            f"{CORE}max-drop = true",
            "components.core.max-drop = true (from pyproject.toml, line 3): expected a number from 0 to 100",
            DROP, "bad-option-value", id="a-bool-is-no-number",
        ),
        pytest.param(
            f"{CORE}max-drop = 2027-02-28",
            "components.core.max-drop = 2027-02-28 (from pyproject.toml, line 3): expected a number from 0 to 100",
            DROP, "bad-option-value", id="a-date-is-no-number",
        ),
        pytest.param(
            f"{CORE}max-drop = ''",
            "components.core.max-drop =  (from pyproject.toml, line 3): expected a number from 0 to 100",
            DROP, "bad-option-value", id="an-empty-text-is-no-number",
        ),
        pytest.param(
            f"{CORE}max-drop = 1e-31",
            "components.core.max-drop = 1E-31 (from pyproject.toml, line 3): "
            "a drop in percentage points has at most 30 decimals",
            DROP, "bad-option-value", id="too-many-decimals",
        ),
        pytest.param(
            f"{CORE}max-drop = nan",
            "components.core.max-drop = NaN (from pyproject.toml, line 3): "
            "a drop in percentage points lies between 0 and 100",
            DROP, "bad-option-value", id="not-a-number",
        ),
        pytest.param(
            f"{CORE}max-drop = 0x{'f' * 5000}",
            "components.core.max-drop = a number of thousands of digits (from pyproject.toml, line 3): "
            "expected a number from 0 to 100",
            DROP, "bad-option-value", id="larger-than-python-prints",
        ),
        pytest.param(
            f"{CORE}max-drop = 0x1{'0' * 1000}",
            "components.core.max-drop = a number of thousands of digits (from pyproject.toml, line 3): "
            "expected a number from 0 to 100",
            DROP, "bad-option-value", id="of-4001-bits",
        ),
        pytest.param(
            f"{TARGET}total = -1",
            "target.total = -1 (from pyproject.toml, line 2): a percent lies between 0 and 100",
            TOTAL, "bad-option-value", id="a-negative-target",
        ),
        # --- keys
        pytest.param(
            f"{CORE}min-dif = 1",
            "unknown option 'components.core.min-dif' in pyproject.toml, line 3 (did you mean 'min-diff'?)",
            "the options of components.core are: paths, min-total, min-diff, max-drop, target", "unknown-option",
            id="misspelt",
        ),
        pytest.param(
            f"{TARGET}totel = 1",
            "unknown option 'target.totel' in pyproject.toml, line 2 (did you mean 'total'?)",
            "the options of target are: total, by, ramp", "unknown-option", id="misspelt-target",
        ),
        # --- paths
        pytest.param(
            "[tool.covgate.components.core]\nmin-diff = 1",
            "component 'core' (from pyproject.toml, line 1) has no paths",
            PATHS, "component", id="no-paths",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = []",
            "components.core.paths = [] (from pyproject.toml, line 2): expected a list of at least one glob",
            PATHS, "bad-option-value", id="empty-paths",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = 'core'",
            "components.core.paths = core (from pyproject.toml, line 2): expected a list of at least one glob",
            PATHS, "bad-option-value", id="paths-as-text",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = ['core', 1]",
            'components.core.paths = ["core", 1] (from pyproject.toml, line 2): expected a list of at least one glob',
            PATHS, "bad-option-value", id="a-number-among-paths",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = ['!core']",
            'components.core.paths = ["!core"] (from pyproject.toml, line 2): '
            "every glob leaves files out, and none takes any in",
            PATHS, "bad-option-value", id="only-exclusions",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = ['a', '../b']",
            'components.core.paths = ["a", "../b"] (from pyproject.toml, line 2): '
            "'../b': a glob stays inside the project's folder: it holds no `..`",
            PATHS, "bad-option-value", id="out-of-the-project",
        ),
        pytest.param(
            "[tool.covgate.components.core]\npaths = [" + "'a', " * 101 + "]",
            "components.core.paths = [" + '"a", ' * 15 +
            '"a"… (from pyproject.toml, line 2): at most 100 globs are read',
            PATHS, "bad-option-value", id="too-many-globs",
        ),
        # --- tables
        pytest.param(
            "[tool.covgate]\ncomponents = ['core']",
            'components = ["core"] (from pyproject.toml, line 2): expected a table for each component',
            "write `[tool.covgate.components.NAME]` on a line of its own and put `paths = ['NAME/**']` below it",
            "bad-toml", id="components-as-a-list",
        ),
        pytest.param(
            "[tool.covgate.components]\ncore = 'core/**'",
            "components.core = core/** (from pyproject.toml, line 2): expected a table",
            "write `[tool.covgate.components.core]` on a line of its own and put `paths = ['core/**']` below it",
            "bad-toml", id="a-component-as-text",
        ),
        pytest.param(
            "[tool.covgate]\ntarget = 80", "target = 80 (from pyproject.toml, line 2): expected a table",
            "write `[tool.covgate.target]` on a line of its own and put `total = 80` below it", "bad-toml",
            id="a-target-as-a-number",
        ),
        pytest.param(
            "\n".join(f"[tool.covgate.components.c{n}]\npaths = ['a']" for n in range(101)),
            "pyproject.toml has 101 components: at most 100 are judged", "join some of them", "component",
            id="too-many-components",
        ),
        # --- names
        pytest.param(
            "[tool.covgate.components.'a b']", f"component 'a b' (from pyproject.toml, line 1): {NAME}", ANOTHER,
            "component", id="a-space-in-the-name",
        ),
        pytest.param(
            "[tool.covgate.components._a]", f"component '_a' (from pyproject.toml, line 1): {NAME}", ANOTHER,
            "component", id="a-name-that-starts-otherwise",
        ),
        pytest.param(
            f"[tool.covgate.components.{'a' * 41}]", f"component '{'a' * 41}' (from pyproject.toml, line 1): {NAME}",
            ANOTHER, "component", id="a-long-name",
        ),
        pytest.param(
            "[tool.covgate.components.'ä']", f"component 'ä' (from pyproject.toml, line 1): {NAME}", ANOTHER,
            "component", id="not-ascii",
        ),
        pytest.param(
            '[tool.covgate.components."a\\n"]', f"component 'a\\n' (from pyproject.toml): {NAME}", ANOTHER,
            "component", id="a-line-end-in-the-name",
        ),
        pytest.param(
            "[tool.covgate.components.Overall]",
            "component 'Overall' (from pyproject.toml, line 1): `overall` stands for the total in trending.json",
            ANOTHER, "component", id="the-total's-name",
        ),
        pytest.param(
            f"{CORE}[tool.covgate.components.CORE]",
            "component 'CORE' (from pyproject.toml, line 3): it differs from 'core' in capitals only", ANOTHER,
            "component", id="twice",
        ),
        pytest.param(
            f"{CORE.replace('core]', 'CORE]')}{CORE}",
            "component 'core' (from pyproject.toml, line 3): it differs from 'CORE' in capitals only", ANOTHER,
            "component", id="twice-capitals-first",
        ),
        # --- the target
        pytest.param(
            f"\n{TARGET}by = 2027-02-28", "target (from pyproject.toml, line 2) has no total", TOTAL,
            "bad-option-value", id="no-total",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = 2027-02-28T00:00:00Z",
            "target.by = 2027-02-28T00:00:00+00:00 (from pyproject.toml, line 3): expected a day as in 2027-02-28",
            DAY, "bad-option-value", id="a-time",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = 'soon'",
            "target.by = soon (from pyproject.toml, line 3): expected a day as in 2027-02-28", DAY,
            "bad-option-value", id="no-date",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = '2027-02-30'",
            "target.by = 2027-02-30 (from pyproject.toml, line 3): there is no such day", DAY, "bad-option-value",
            id="no-such-day",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = 20270228",
            "target.by = 20270228 (from pyproject.toml, line 3): expected a day as in 2027-02-28", DAY,
            "bad-option-value", id="a-number-for-a-day",
        ),
        pytest.param(
            f"{TARGET}total = 80\nramp = true",
            "target.ramp = true (from pyproject.toml, line 3): a ramp leads to a day, and `by` is not set", RAMP,
            "bad-option-value", id="a-ramp-to-no-day",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = 2027-02-28\nramp = 'steep'",
            "target.ramp = steep (from pyproject.toml, line 4): expected `true` or `false`", RAMP, "bad-option-value",
            id="a-ramp-in-words",
        ),
        pytest.param(
            f"{TARGET}total = 80\nby = 2027-02-28\nramp = 1",
            "target.ramp = 1 (from pyproject.toml, line 4): expected `true` or `false`", RAMP, "bad-option-value",
            id="a-ramp-as-a-number",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_value_and_line(text: str, message: str, hint: str, slug: str) -> None:
    error = refused(text)
    assert error.message == message
    assert error.hint == hint
    assert error.slug == slug


@given(number=st.decimals(min_value=0, max_value=100, places=6, allow_nan=False))
def test_the_percent_of_a_component_is_read_exactly(number: Decimal) -> None:
    (component,) = read(f"{CORE}min-total = '{number:f}%'\nmax-drop = '{number}'").components
    assert (component.min_total, component.max_drop) == (number, number)


@pytest.mark.parametrize("flag", ["INPUT_COMPONENTS", "INPUT_TARGET"])
def test_goals_are_no_inputs(flag: str) -> None:
    with pytest.raises(InputError, match="unknown option"):
        resolve(inputs={flag: "80"})


def test_a_misspelt_table_proposes_the_right_one() -> None:
    error = refused("[tool.covgate.component.api]\npaths = ['api']")
    assert error.message == "unknown option 'component' in pyproject.toml, line 1 (did you mean 'components'?)"
