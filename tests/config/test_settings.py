"""One option table: who wins, how texts are read, and how a mistake is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.goals import Target
from covgate.config.option_values import CommentPolicy, PublishPolicy, did_you_mean
from covgate.config.options import OPTIONS
from covgate.config.report_files import ALL_EXPORTS, ReportKind, names_of
from covgate.config.settings import guess, resolve
from covgate.config.toml_file import TomlFile
from covgate.errors import InputError


def toml(text: str) -> TomlFile:
    return TomlFile(name="pyproject.toml", text=text)


def table(text: str) -> TomlFile:
    return toml(f"[tool.covgate]\n{text}\n")


def refused(**places: object) -> InputError:
    with pytest.raises(InputError) as caught:
        resolve(**places)  # type: ignore[arg-type]  # each caller names real parameters
    return caught.value


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_can_be_given_somewhere_and_is_explained(option: object) -> None:
    assert option in OPTIONS
    one = next(o for o in OPTIONS if o is option)
    assert one.flag or one.action or one.toml
    assert one.help.endswith(".")
    assert one.flag is None or one.flag.startswith("--")


# --- who wins ------------------------------------------------------------------------------------------------------

FILE = table("min-diff = 70")
INPUTS = {"INPUT_MIN-DIFF": "80"}
LINE = {"min-diff": "90"}


@pytest.mark.parametrize(
    ("places", "value", "source"),
    [
        pytest.param({}, None, "the default", id="nowhere"),
        pytest.param({"toml": FILE}, 70, "pyproject.toml, line 2", id="toml"),
        pytest.param({"inputs": INPUTS}, 80, "the input min-diff", id="input"),
        pytest.param({"command_line": LINE}, 90, "--min-diff", id="command-line"),
        pytest.param({"toml": FILE, "inputs": INPUTS}, 80, "the input min-diff", id="input-before-toml"),
        pytest.param({"toml": FILE, "command_line": LINE}, 90, "--min-diff", id="command-line-before-toml"),
        pytest.param(
            {"toml": FILE, "inputs": {"INPUT_MIN-DIFF": " "}}, 70, "pyproject.toml, line 2", id="an-empty-input-is-none"
        ),
        pytest.param({"toml": toml("[tool.other]\nmin-diff = 1")}, None, "the default", id="another-tool's-table"),
        pytest.param({"toml": toml("")}, None, "the default", id="an-empty-file"),
    ],
)
def test_the_later_place_wins(places: dict[str, object], value: int | None, source: str) -> None:
    settings = resolve(**places)  # type: ignore[arg-type]  # the table names real parameters
    assert (settings.min_diff, settings.where("min-diff")) == (None if value is None else Decimal(value), source)


def test_the_words_after_the_dashes_are_the_test_command() -> None:
    settings = resolve(command=("tox", "-e", "py"), toml=table("test-command = 'pytest'"))
    assert (settings.test_command, settings.where("test-command")) == (("tox", "-e", "py"), "the command line")


@pytest.mark.parametrize(
    ("inputs", "environment", "token"),
    [
        pytest.param({}, {}, None, id="none"),
        pytest.param({}, {"GITHUB_TOKEN": "of-the-job"}, "of-the-job", id="the-job's"),
        pytest.param({"INPUT_GITHUB-TOKEN": " own "}, {"GITHUB_TOKEN": "of-the-job"}, "own", id="the-input's"),
        pytest.param({"INPUT_GITHUB-TOKEN": ""}, {"GITHUB_TOKEN": "of-the-job"}, "of-the-job", id="an-empty-input"),
    ],
)
def test_the_token(inputs: dict[str, str], environment: dict[str, str], token: str | None) -> None:
    settings = resolve(inputs=inputs, environment=environment)
    assert (settings.github_token.reveal() if settings.github_token else None) == token
    assert "of-the-job" not in repr(settings)
    assert "own" not in repr(settings.github_token)


def test_a_command_that_is_a_list_in_toml_is_run_as_it_is() -> None:
    listed = table("test-command = ['tox', '-e', 'a b']")
    settings = resolve(toml=listed, inputs={"INPUT_TEST-COMMAND": " "})
    assert (settings.test_command, settings.where("test-command")) == (
        ("tox", "-e", "a b"),
        "pyproject.toml, line 2",
    )
    assert resolve(toml=listed, inputs={"INPUT_TEST-COMMAND": "make"}).test_command == "make"
    assert resolve(toml=listed, inputs={"INPUT_TEST-COMMAND": "tox -e 'a b'"}).test_command == "tox -e 'a b'"
    assert resolve(toml=listed, command=("nox",)).test_command == ("nox",)


def test_where_nothing_is_set() -> None:
    settings = resolve()
    found = {option.name: getattr(settings, option.field) for option in OPTIONS}
    assert {name: value for name, value in found.items() if value is not None} == {
        "mode": "check",
        "artifact": "covgate",
        "test-command": "pytest",
        "working-directory": ".",
        "guard": "strict",
        "green": Decimal(80),
        "orange": Decimal(60),
        "report-dir": ".covgate",
        "comment": "on-change",
        "annotations": "off",
        "publish": "best-effort",
        "history-branch": "covgate-data",
        "history-limit": 30,
        "ratchet": False,
    }
    blank = resolve(command_line={option.name: " " for option in OPTIONS})
    assert replace(blank, sources={}) == replace(settings, sources={})


@pytest.mark.parametrize(
    ("name", "places", "text", "at_start"),
    [
        pytest.param("report-dir", {"command_line": " a "}, "a", True, id="command-line"),
        pytest.param("report-dir", {"command_line": " ", "inputs": " b ", "toml": "'c'"}, "b", True, id="input"),
        pytest.param("report-dir", {"inputs": " ", "toml": "' c '"}, "c", False, id="toml"),
        pytest.param("report-dir", {"toml": "' '"}, ".covgate", False, id="blank-in-toml"),
        pytest.param("report-dir", {"toml": "7"}, ".covgate", False, id="no-text-in-toml"),
        pytest.param("report-dir", {"toml": "= ="}, ".covgate", False, id="no-toml"),
        pytest.param("working-directory", {"toml": "'sub'"}, ".", False, id="what-a-file-may-not-set"),
        pytest.param("name", {}, "", False, id="nothing"),
    ],
)
def test_an_option_of_a_run_that_could_not_start(
    name: str,
    places: dict[str, str],
    text: str,
    at_start: bool,  # noqa: FBT001  # what is expected
) -> None:
    line = {name: places["command_line"]} if "command_line" in places else {}
    inputs = {f"INPUT_{name.upper()}": places["inputs"]} if "inputs" in places else {}
    file = table(f"{name} = {places['toml']}\nmin-dif = 1") if "toml" in places else None
    assert guess(name, command_line=line, inputs=inputs, toml=file) == (text, at_start)


def test_an_option_of_a_run_whose_table_is_none() -> None:
    assert guess("name", command_line={}, inputs={}, toml=toml("tool.covgate = 'x'")) == ("", False)


# --- how texts are read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("min-diff", "80", Decimal(80)),
        ("min-diff", " 99.95 % ", Decimal("99.95")),
        ("min-diff", " 0.5 % ", Decimal("0.5")),
        ("min-diff", "0", Decimal(0)),
        ("min-diff", "1", Decimal(1)),
        ("min-total", "100", Decimal(100)),
        ("record", "yes", True),
        ("record", " FALSE", False),
        ("min-diff", "0." + "1" * 30 + "%", Decimal("0." + "1" * 30)),
        ("record", "1", True),
        ("record", "0", False),
        ("record", "on", True),
        ("record", "off", False),
        ("record", "No", False),
        ("min-total", "99.999999999", Decimal("99.999999999")),
        ("coverage-data", "a,b.cov\n \n  c/*.xml ", ("a,b.cov", "c/*.xml")),
        ("reports", "html, xml\nhtml", (ReportKind.HTML, ReportKind.XML)),
        ("reports", "html, xml ,\n \n", (ReportKind.HTML, ReportKind.XML)),
        ("comment", "on-failure", CommentPolicy.ON_FAILURE),
        ("publish", " required ", PublishPolicy.REQUIRED),
        ("name", " api / v2 ", "api / v2"),
        ("artifact", " covgate (3.12) ", "covgate (3.12)"),
        ("timeout-minutes", "0.5", Decimal("0.5")),
        ("timeout-minutes", " 50000 ", Decimal(50000)),
        ("history-limit", " 1000 ", 1000),
        ("history-limit", "1", 1),
        ("history-branch", "b" * 100, "b" * 100),
        ("history-branch", " refs/heads/data/cov ", "data/cov"),
        ("python-version", "3.9", "3.9"),
        ("python-version", " 3.12 ", "3.12"),
        ("python-version", "3.13.1", "3.13.1"),
        ("python-version", "3.14t", "3.14t"),
        ("python-version", "3.15.0rc1", "3.15.0rc1"),
        ("report-dir", " out ", "out"),
        ("test-command", "  make test ", "make test"),
    ],
)
def test_an_option_reads_its_text(name: str, text: str, value: object) -> None:
    settings = resolve(inputs={f"INPUT_{name.upper()}": text})
    assert getattr(settings, name.replace("-", "_")) == value


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("min-diff", "120", "between 0 and 100"),
        ("min-diff", "-0.1", "between 0 and 100"),
        ("min-diff", "100.0000000000000000000000000000001", "between 0 and 100"),
        ("min-diff", "nan", "between 0 and 100"),
        ("min-diff", "inf", "between 0 and 100"),
        ("min-diff", "eighty", "expected a number from 0 to 100"),
        ("min-diff", "80,5", "expected a number from 0 to 100"),
        ("min-diff", "1e-999999", "at most 30 decimals"),
        ("max-drop", "101", "a drop in percentage points lies between 0 and 100"),
        ("max-drop", "1e-31", "a drop in percentage points has at most 30 decimals"),
        ("history-limit", "0", "expected a whole number from 1 to 1000"),
        ("history-limit", "1001", "expected a whole number from 1 to 1000"),
        ("history-limit", "2.5", "expected a whole number from 1 to 1000"),
        ("history-limit", "-1", "expected a whole number from 1 to 1000"),
        ("record", "2", "expected `true` or `false`"),
        ("history-branch", "a..b", "expected the name of a branch"),
        ("history-branch", "a//b", "expected the name of a branch"),
        ("history-branch", "a/.b", "expected the name of a branch"),
        ("history-branch", "a.lock/b", "expected the name of a branch"),
        ("history-branch", "a.lock", "expected the name of a branch"),
        ("history-branch", "a/", "expected the name of a branch"),
        ("history-branch", "b" * 101, "expected the name of a branch"),
        ("history-branch", "--force", "expected the name of a branch"),
        ("python-version", "3", "expected a version such as 3.12"),
        ("python-version", "2.7", "expected a version such as 3.12"),
        ("python-version", "3.12 --x", "expected a version such as 3.12"),
        ("python-version", "3.1", "without quotes YAML reads 3.10 as the number 3.1"),
        ("timeout-minutes", "0", "more than 0 minutes"),
        ("timeout-minutes", "-1", "more than 0 minutes"),
        ("timeout-minutes", "soon", "expected a number of minutes"),
        ("timeout-minutes", "nan", "more than 0 minutes"),
        ("timeout-minutes", "1e999", "at most 50000 minutes"),
        ("timeout-minutes", "50000.1", "at most 50000 minutes"),
        ("comment", "on-changes", "(did you mean 'on-change'?)"),
        ("publish", "yes", "expected one of best-effort, required"),
        ("reports", "html,xmll", "(did you mean 'xml'?)"),
        ("name", "<!-- x -->", "expected at most 60 letters"),
        ("name", "n" * 61, "expected at most 60 letters"),
        ("mode", "publsh", "expected one of check, publish (did you mean 'publish'?)"),
    ],
)
def test_a_text_that_makes_no_sense_is_told_with_value_and_place(name: str, text: str, part: str) -> None:
    error = refused(command_line={name: f" {text} "})
    flag = next(option.flag for option in OPTIONS if option.name == name)
    assert error.message.startswith(f"{name} = {text} (from {flag or name}): ")
    assert part in error.message
    assert error.slug == "bad-option-value"
    assert name in error.hint


@given(number=st.decimals(min_value=0, max_value=100, places=6, allow_nan=False))
def test_a_percent_is_read_exactly(number: Decimal) -> None:
    assert resolve(command_line={"min-diff": f"{number}%"}).min_diff == number
    assert resolve(command_line={"max-drop": str(number)}).max_drop == number
    if number == 0 or number >= 1:
        assert resolve(toml=table(f"min-diff = {number:f}")).min_diff == number


@pytest.mark.parametrize("name", ["min-total", "min-diff", "green", "orange"])
@pytest.mark.parametrize(
    ("text", "meant"),
    [("0.8", "did you mean 80?"), (".995", "did you mean 99.5?"), (".01", "did you mean 1?"), ("0.00995", "")],
)
def test_a_share_is_not_taken_for_a_percent(name: str, text: str, meant: str) -> None:
    error = refused(command_line={name: text})
    assert meant in error.message
    assert f"write `{text}%`" in error.message
    assert ("did you mean" in error.message) is bool(meant)


@pytest.mark.parametrize("name", ["working-directory", "report-dir", "history-dir"])
@pytest.mark.parametrize(("text", "shown"), [("./a/../b/", "b"), (".", "."), ("../x//y", "../x/y"), ("/a/./b", "/a/b")])
def test_a_folder_is_shown_normalised(name: str, text: str, shown: str) -> None:
    settings = resolve(command_line={name: text})
    assert getattr(settings, name.replace("-", "_")) == shown


def test_a_toml_number_is_not_a_float() -> None:
    settings = resolve(toml=table("min-diff = 99.9500000000000000000001"))
    assert settings.min_diff == Decimal("99.9500000000000000000001")


# --- TOML ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("[tool.covgate]\nmin-diff = 120", ", line 2", id="bare"),
        pytest.param("[tool.x]\nmin-diff = 1\n\n[tool.covgate]\n'min-diff' = 120", ", line 5", id="second-table"),
        pytest.param("[ tool . covgate ]\n\n# min-diff = 1\n min-diff=120", ", line 4", id="spaces-and-a-comment"),
        pytest.param("[tool]\ncovgate.min-diff = 120", ", line 2", id="dotted"),
        pytest.param("tool = {covgate = {min-diff = 120}}", ", line 1", id="inline"),
    ],
)
def test_the_line_of_a_toml_value_is_named(text: str, line: str) -> None:
    error = refused(toml=toml(text))
    assert error.message == f"min-diff = 120 (from pyproject.toml{line}): a percent lies between 0 and 100"


@pytest.mark.parametrize(
    ("text", "message", "slug"),
    [
        pytest.param("[tool.covgate]\nmin-dif = 1", "unknown option 'min-dif'", "unknown-option", id="misspelt"),
        pytest.param("[tool.covgate]\nmin_diff = 1", "(did you mean 'min-diff'?)", "unknown-option", id="underscore"),
        pytest.param(
            "[tool.covgate]\nbase = 'main'",
            "option 'base' does not belong in pyproject.toml, line 2: no file of the repository sets it",
            "unknown-option",
            id="not-for-toml",
        ),
        pytest.param("[tool.covgate.rules]\nx = 1", "unknown option 'rules'", "unknown-option", id="a-table-in-it"),
        pytest.param("[tool]\ncovgate = 1", "is not a table", "bad-toml", id="no-table"),
        pytest.param("[[tool.covgate]]\n", "is not a table", "bad-toml", id="a-list-of-tables"),
        pytest.param("min-diff = = 1", "is not valid TOML", "bad-toml", id="no-toml"),
        pytest.param(
            "[tool.covgate]\nmin-diff = true",
            "min-diff = true (from pyproject.toml, line 2): expected text, a number or a list of texts",
            "bad-option-value",
            id="boolean",
        ),
        pytest.param(
            "[tool.covgate]\nhistory-branch = false",
            "history-branch = false (from pyproject.toml, line 2): expected text, a number or a list of texts",
            "bad-option-value",
            id="a-boolean-for-a-name",
        ),
        pytest.param(
            "[tool.covgate]\nmin-diff = 1979-05-27",
            "min-diff = 1979-05-27 (from pyproject.toml, line 2): expected text, a number or a list of texts",
            "bad-option-value",
            id="date",
        ),
        pytest.param(
            "[tool.covgate]\nreports = [1, 'xml', {a = 1}]",
            'reports = [1, "xml", {…}] (from pyproject.toml, line 2): expected text, a number or a list of texts',
            "bad-option-value",
            id="a-list-of-numbers",
        ),
        pytest.param(
            "[tool.covgate]\nratchet = 1",
            "ratchet = 1 (from pyproject.toml, line 2): expected `true` or `false`",
            "bad-option-value",
            id="a-number-for-a-switch",
        ),
        pytest.param(
            "[tool.covgate]\nrecord = 'maybe'",
            "record = maybe (from pyproject.toml, line 2): expected `true` or `false`",
            "bad-option-value",
            id="a-word-for-a-switch",
        ),
        pytest.param("x = 1" + "0" * 5000, "is not valid TOML: Exceeds the limit", "bad-toml", id="a-huge-number"),
        pytest.param("x = " + "[" * 9000, "is not valid TOML", "bad-toml", id="nested-beyond-reason"),
    ],
)
def test_a_toml_mistake(text: str, message: str, slug: str) -> None:
    error = refused(toml=toml(text))
    assert message in error.message
    assert "pyproject.toml" in error.message
    assert error.slug == slug


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("'on'", True), ("'off'", False)])
def test_a_switch_in_toml(text: str, value: bool) -> None:  # noqa: FBT001  # what the switch is set to
    settings = resolve(toml=table(f"record = {text}\nratchet = {text}"))
    assert (settings.record, settings.ratchet) == (value, value)
    assert settings.where("record") == "pyproject.toml, line 2"


def test_the_goals_leave_the_options_alone() -> None:
    settings = resolve(
        toml=toml("[tool.covgate]\nmin-total = 1\n[tool.covgate.target]\ntotal = 80"), command_line={"min-total": "2"}
    )
    assert (settings.min_total, settings.where("min-total")) == (Decimal(2), "--min-total")
    assert (settings.target, settings.where("target")) == (Target(total=Decimal(80)), "pyproject.toml, line 3")


def test_a_list_in_toml_is_one_item_a_line() -> None:
    settings = resolve(toml=table("coverage-data = ['a b', 'c,d']\nreports = ['xml', 'html']"))
    assert settings.coverage_data == ("a b", "c,d")
    assert settings.reports == (ReportKind.XML, ReportKind.HTML)


# --- misspelt names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.action], ids=lambda option: option.name)
def test_a_misspelt_input_proposes_the_right_one(option: object) -> None:
    name = next(o.name for o in OPTIONS if o is option)
    error = refused(inputs={f"INPUT_{name.upper()}S": "1"})
    assert f"unknown option '{name}s' in the workflow's `with:` (did you mean {name!r}?)" in error.message
    assert error.slug == "unknown-option"


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.toml], ids=lambda option: option.name)
def test_a_misspelt_key_proposes_the_right_one(option: object) -> None:
    name = next(o.name for o in OPTIONS if o is option)
    error = refused(toml=table(f"{name}s = 1"))
    assert f"unknown option '{name}s' in pyproject.toml, line 2 (did you mean {name!r}?)" in error.message


def test_the_options_there_are_stand_in_the_hint_in_order() -> None:
    error = refused(inputs={"INPUT_PYTHON": "/usr/bin/python3"})
    assert error.message == "unknown option 'python' in the workflow's `with:` (did you mean 'python-version'?)"
    assert error.hint == f"the options are: {', '.join(sorted(option.name for option in OPTIONS if option.action))}"


def test_the_command_line_spells_most_options_by_their_names() -> None:
    others = {option.name: option.flag for option in OPTIONS if option.flag != f"--{option.name}"}
    assert others == {
        "coverage-data": "--data",
        "working-directory": "--directory",
        "reports": "--report",
        **dict.fromkeys(
            ("mode", "artifact", "test-command", "install-command", "setup-command", "python-version", "ratchet")
        ),
        "github-token": None,
    }


def test_each_kind_of_report_has_its_file() -> None:
    files = {kind.value: names_of([kind]) for kind in ReportKind}
    assert files == {
        "html": ("index.html",),
        "coverage-html": ("coverage-html",),
        "xml": ("coverage.xml",),
        "lcov": ("coverage.lcov",),
        "json": ("coverage.json",),
        "markdown": ("coverage.md",),
        "diff-cover-json": ("diff-cover.json",),
        "diff-cover-html": ("diff-cover.html",),
        "diff-cover-markdown": ("diff-cover.md",),
    }
    assert frozenset(name for (name,) in files.values()) == ALL_EXPORTS
    assert names_of([ReportKind.LCOV, ReportKind.HTML]) == ("coverage.lcov", "index.html")


def test_what_the_runner_adds_is_no_input() -> None:
    assert resolve(inputs={"INPUT_ARGS": "x", "INPUT_ENTRYPOINT": "y", "PATH": "z"}).min_diff is None


def test_nothing_is_proposed_for_a_name_like_none() -> None:
    assert did_you_mean("frobnicate", ["min-diff", "base"]) == ""


# --- contradictions ------------------------------------------------------------------------------------------------


def test_orange_above_green_is_refused() -> None:
    error = refused(command_line={"orange": "90"}, toml=table("green = 85"))
    assert error.message == "orange = 90 (from --orange) is above green = 85 (from pyproject.toml, line 2)"


def test_orange_may_be_green() -> None:
    settings = resolve(command_line={"orange": "80"})
    assert settings.orange == settings.green


def test_data_and_a_command_are_refused() -> None:
    error = refused(command_line={"coverage-data": ".coverage"}, command=("pytest",))
    assert "both --data and a test command" in error.message


def test_data_on_the_command_line_outdoes_the_command_of_the_file() -> None:
    settings = resolve(command_line={"coverage-data": ".coverage"}, toml=table("test-command = 'tox'"))
    assert settings.coverage_data == (".coverage",)


def test_a_negative_zero_is_none() -> None:
    assert str(resolve(command_line={"min-diff": "-0.0"}).min_diff) == "0.0"
