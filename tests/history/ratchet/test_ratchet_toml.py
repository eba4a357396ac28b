"""Raising floors in a pyproject.toml: the number changes and nothing else, however the file is written."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import InputError
from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.toml_edit import Edited, NotInFile, raise_in_toml


def wanted(new: str, component: str | None = None, old: str = "80") -> Raise:
    return Raise(
        component=component, old=Decimal(old), new=Decimal(new), lowest=Fraction(Decimal(new)), noise=Fraction(0)
    )


def edit(text: str, **floors: str) -> Edited:
    """`total` stands for the project's floor, any other name for a component's."""
    named = {None if name == "total" else name: new for name, new in floors.items()}
    return raise_in_toml(text, [wanted(new, name) for name, new in named.items()])


@pytest.mark.parametrize(
    ("before", "floors", "after"),
    [
        pytest.param(
            "# ours\n[tool.covgate]  # gate\n# why 80?\n  min-total   =   80\t# see the minutes\nmin-diff = 80\n\n\n",
            {"total": "84"},
            "# ours\n[tool.covgate]  # gate\n# why 80?\n  min-total   =   84\t# see the minutes\nmin-diff = 80\n\n\n",
            id="comments-and-blanks",
        ),
        pytest.param(
            "[tool.covgate]\r\nmin-total=80 # x\r\n\r\n[project]\r\nname = 'a'",
            {"total": "84"},
            "[tool.covgate]\r\nmin-total=84 # x\r\n\r\n[project]\r\nname = 'a'",
            id="line-ends-of-windows-and-none-at-the-end",
        ),
        pytest.param(
            "[tool.covgate]\r\nmin-total=80\nmin-diff=1\r\n",
            {"total": "84"},
            "[tool.covgate]\r\nmin-total=84\nmin-diff=1\r\n",
            id="mixed-line-ends",
        ),
        pytest.param(
            "[tool]\ncovgate = { min-diff = 80, min-total = 80 } # x\n",
            {"total": "84"},
            "[tool]\ncovgate = { min-diff = 80, min-total = 84 } # x\n",
            id="inline-table",
        ),
        pytest.param(
            "tool.covgate = { min-total = 80, components = { api = { paths = ['a'], min-total = 80 } } }\n",
            {"api": "84"},
            "tool.covgate = { min-total = 80, components = { api = { paths = ['a'], min-total = 84 } } }\n",
            id="inline-component-beside-the-same-number",
        ),
        pytest.param(
            "[tool.covgate]\ncomponents.api.min-total = 80\nmin-total = 80\ncomponents.api.paths = ['a']\n",
            {"total": "84", "api": "85"},
            "[tool.covgate]\ncomponents.api.min-total = 85\nmin-total = 84\ncomponents.api.paths = ['a']\n",
            id="dotted-keys",
        ),
        pytest.param(
            "tool.covgate.min-total = 80\ntool.covgate.components.api.min-total = 80\ntool.ruff.x = 1\n",
            {"api": "84"},
            "tool.covgate.min-total = 80\ntool.covgate.components.api.min-total = 84\ntool.ruff.x = 1\n",
            id="dotted-keys-at-the-top",
        ),
        pytest.param(
            "[tool.covgate.components.web]\nmin-total = 80\n[tool.covgate.components.api]\nmin-total = 80\n"
            "[tool.covgate]\nmin-total = 80\n",
            {"api": "84", "total": "82"},
            "[tool.covgate.components.web]\nmin-total = 80\n[tool.covgate.components.api]\nmin-total = 84\n"
            "[tool.covgate]\nmin-total = 82\n",
            id="tables-in-any-order",
        ),
        pytest.param(
            "[tool.ruff]\nx = 1\n[[project.people]]\nname = 'a'\n[tool.covgate]\nmin-total = 80\n",
            {"total": "84"},
            "[tool.ruff]\nx = 1\n[[project.people]]\nname = 'a'\n[tool.covgate]\nmin-total = 84\n",
            id="an-array-of-tables-between-tools",
        ),
        pytest.param(
            "[tool.covgate]\nmin-total = ' 80 %'\n",
            {"total": "84"},
            "[tool.covgate]\nmin-total = ' 84 %'\n",
            id="percent",
        ),
        pytest.param(
            '[tool.covgate]\nmin-total = """80"""\n',
            {"total": "84"},
            '[tool.covgate]\nmin-total = """84"""\n',
            id="long",
        ),
        pytest.param(
            "[tool.covgate]\nmin-total = 80.25\n",
            {"total": "84.5"},
            "[tool.covgate]\nmin-total = 84.50\n",
            id="decimals",
        ),
        pytest.param(
            "[tool.covgate]\n# min-total = 80\nname = '''\nmin-total = 80'''\nmin-total = 80\n",
            {"total": "84"},
            "[tool.covgate]\n# min-total = 80\nname = '''\nmin-total = 80'''\nmin-total = 84\n",
            id="what-only-looks-like-a-floor",
        ),
        pytest.param(
            '[tool.covgate.components."my api"]\nmin-total = 80\n',
            {"my api": "84"},
            '[tool.covgate.components."my api"]\nmin-total = 84\n',
            id="a-name-in-quotes",
        ),
        pytest.param(
            "[tool.x]\nmin-total = 1979-05-27\n[tool.covgate]\nmin-total = 1\n",
            {"total": "84"},
            "[tool.x]\nmin-total = 1979-05-27\n[tool.covgate]\nmin-total = 84\n",
            id="a-date-that-begins-alike",
        ),
        pytest.param(
            "[tool.x]\nmin-total = 07:32:00\n[tool.covgate]\nmin-total = 7\n",
            {"total": "84"},
            "[tool.x]\nmin-total = 07:32:00\n[tool.covgate]\nmin-total = 84\n",
            id="a-time-that-begins-with-the-same-number",
        ),
        pytest.param(
            "[tool.x]\nempty = nan\n[tool.covgate]\nmin-total = 80\n",
            {"total": "84"},
            "[tool.x]\nempty = nan\n[tool.covgate]\nmin-total = 84\n",
            id="not-a-number-elsewhere",
        ),
    ],
)
def test_the_number_changes_and_nothing_else(before: str, floors: dict[str, str], after: str) -> None:
    found = edit(before, **floors)
    assert found.text == after
    assert not found.left
    assert {raised.component for raised in found.raised} == {None if name == "total" else name for name in floors}


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("min-total = 80", "84", "min-total = 84"),
        ("min-total = 9", "100", "min-total = 100"),
        ("min-total = 80", "84.9", "min-total = 84"),
        ("min-total = 80.0", "84", "min-total = 84.0"),
        ("min-total = 80.25", "84.5", "min-total = 84.50"),
        ("min-total = 8e1", "84", "min-total = 84"),
        ("min-total = 8_0", "84", "min-total = 84"),
        ("'min-total' = \"80\"", "84", "'min-total' = \"84\""),
        ("\"min-total\" = '80'", "84", "\"min-total\" = '84'"),
        ("min-total = ' 80.5 %'", "84", "min-total = ' 84.0 %'"),
        ("min-total = '80 % '", "84", "min-total = '84 % '"),
        ('min-total = """80"""', "84", 'min-total = """84"""'),
    ],
)
def test_a_number_keeps_its_decimals_and_text_stays_text(before: str, new: str, after: str) -> None:
    assert edit(f"[tool.covgate]\n{before}\n", total=new).text == f"[tool.covgate]\n{after}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not set it"),
        ("[tool.covgate]\nmin-diff = 80\n", "does not set it"),
        ("[tool]\ncovgate = 3\n", "does not set it"),
        ("[tool.covgate]\ncomponents.api.min-total = 80\n", "does not set it"),
        ("[tool.covgate]\nmin-total = ''\n", "to '', which is no number"),
        ("[tool.covgate]\nmin-total = 'e'\n", "to 'e', which is no number"),
        ("[tool.covgate]\nmin-total = true\n", "to true, which is no number"),
        ("[tool.covgate]\nmin-total = 'nan'\n", "to 'nan', which is no number"),
        ("[tool.covgate]\nmin-total = '-inf %'\n", "to '-inf %', which is no number"),
        ("[tool.covgate]\nmin-total = inf\n", "which is no number"),
        ("[tool.covgate]\nmin-total = [80]\n", "to [80], which is no number"),
        ('[tool.covgate]\n"min\\u002dtotal" = 80\n', "an unusual spelling"),
    ],
)
def test_a_floor_the_file_does_not_hold_is_not_added(text: str, reason: str) -> None:
    found = edit(text, total="84")
    assert (found.text, found.raised) == (text, ())
    (left,) = found.left
    assert isinstance(left, NotInFile)
    assert left.component is None
    assert reason in left.reason


@pytest.mark.parametrize("there", ["84", "84.0", "85", "'90 %'", "100"])
def test_the_file_is_never_lowered_whatever_was_assumed(there: str) -> None:
    text = f"[tool.covgate]\nmin-total = {there}\n"
    assert edit(text, total="84") == Edited(text=text)


def test_what_was_raised_is_told_as_the_file_had_it() -> None:
    found = raise_in_toml("[tool.covgate]\nmin-total = 70\n", [wanted("84.5", old="80.5")])
    assert [(str(raised.old), str(raised.new)) for raised in found.raised] == [("70", "84")]


def test_some_floors_may_be_there_and_others_not() -> None:
    found = edit("[tool.covgate]\nmin-total = 80\n", total="84", api="70")
    assert [raised.component for raised in found.raised] == [None]
    assert [left.component for left in found.left] == ["api"]


@pytest.mark.parametrize("text", ["[tool.covgate\n", "a = 1\na = 2\n", "[a]\nb = \n"])
def test_a_file_that_is_not_toml_is_one_clear_error(text: str) -> None:
    with pytest.raises(InputError, match=r"pyproject\.toml is not valid TOML") as caught:
        edit(text, total="84")
    assert caught.value.slug == "bad-toml"


@pytest.mark.slow
def test_a_file_full_of_what_looks_like_floors_ends_the_search() -> None:
    text = "[tool.covgate]\nname = '''" + "min-total = 80\n" * 2000 + "'''\nmin-total = 80\n"
    found = edit(text, total="84")
    assert found.text == text
    assert len(found.left) == 1


LINES = st.lists(
    st.sampled_from(
        [
            "# min-total = 80",
            "",
            "[[extra.list]]",
            "[other]",
            "[tool.ruff]",
            "[[tool.mypy.overrides]]",
            "[tool.covgate.components.web]",
            "min-total = 80",
            "  min-total=80  # kept",
            "x = { min-total = 80 }",
            "y.min-total = '80'",
        ]
    ),
    max_size=9,
)


@given(above=LINES, below=LINES, end=st.sampled_from(["\n", "\r\n"]), new=st.integers(min_value=81, max_value=100))
def test_whatever_stands_around_it_only_the_floor_changes(
    above: list[str], below: list[str], end: str, new: int
) -> None:
    text = end.join([*above, "[tool.covgate.components.api]", "min-total = 80 # here", *below])
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = edit(text, api=str(new))
    assert found.text == end.join([*above, "[tool.covgate.components.api]", f"min-total = {new} # here", *below])
