"""Whose options count where a change is judged: the base's, wherever a change must not choose for itself."""

from __future__ import annotations

from decimal import Decimal

from covgate.config.option_values import AnnotationPolicy, CommentPolicy
from covgate.config.options import OPTIONS, Settings
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from covgate.config.whose import take_from_base, unused_options


def read(name: str, text: str) -> Settings:
    return resolve(
        toml=TomlFile(name=name, text=f"[tool.covgate]\n{text}"),
        inputs={"INPUT_HISTORY-BRANCH": "records", "INPUT_MIN-DIFF": "80"},
    )


OWN = read(
    "pyproject.toml",
    "min-total = 1\npython = 'evil'\ncomment = 'never'\ncoverage-data = 'forged.xml'\nname = 'same'\ntarget.total = 5",
)
BASE = read("the base's pyproject.toml", "name = 'same'\nannotations = 'notice'\nmin-total = 90\ngreen = 99")


def test_what_a_change_cannot_set_for_itself() -> None:
    assert {option.name for option in OPTIONS if option.of_base} == {
        "coverage-data", "junit", "python-version", "report-dir", "comment", "annotations", "publish", "name", "record",
        "history-branch", "history-dir", "history-limit", "python",
    }  # fmt: skip


def test_programs_and_publishing_are_as_the_base_says_and_the_rules_as_the_change_says() -> None:
    settings = take_from_base(OWN, BASE)
    assert (settings.python, settings.coverage_data, settings.comment) == (None, None, CommentPolicy.ON_CHANGE)
    assert (settings.annotations, settings.name) == (AnnotationPolicy.NOTICE, "same")
    assert (settings.min_total, settings.green, settings.target) == (Decimal(1), Decimal(80), OWN.target)
    names = ("python", "name", "annotations", "history-branch", "min-total", "min-diff", "green", "target.total")
    assert [settings.where(name) for name in names] == [
        "the default",
        "the base's pyproject.toml, line 2",
        "the base's pyproject.toml, line 3",
        "the input history-branch",
        "pyproject.toml, line 2",
        "the input min-diff",
        "the default",
        "pyproject.toml, line 7",
    ]


def test_the_options_that_are_not_used_are_named_with_their_places() -> None:
    assert unused_options(OWN, BASE) == (
        "coverage-data (pyproject.toml, line 5)",
        "comment (pyproject.toml, line 4)",
        "annotations (the default)",
        "python (pyproject.toml, line 3)",
    )
    assert unused_options(OWN, OWN) == ()
