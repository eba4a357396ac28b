"""One table of options: it feeds the command line, the action's inputs, `[tool.covgate]` and the README."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar, cast

from covgate.context import Secret
from covgate.errors import InputError
from covgate.goals import Component, Target

_Choice = TypeVar("_Choice", bound=StrEnum)


class CommentPolicy(StrEnum):
    """When a pull request gets a comment. A comment that exists is always kept up to date, except under `never`."""

    ALWAYS = "always"
    ON_CHANGE = "on-change"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class PublishPolicy(StrEnum):
    """What happens when GitHub refuses the comment."""

    BEST_EFFORT = "best-effort"
    REQUIRED = "required"


class ReportKind(StrEnum):
    """The reports made on demand."""

    HTML = "html"
    XML = "xml"


_PLACES = 30
"""Decimals of a percent: more than anyone means, and few enough to be printed."""

_MOST_MINUTES = 50_000
"""GitHub: a job on a runner of one's own ends after five days, a workflow after 35: 50,400 minutes."""


def _text(text: str) -> str:
    return text.strip()


def _percent(text: str) -> Decimal:
    try:
        value = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        msg = "expected a number from 0 to 100"
        raise ValueError(msg) from None
    if not value.is_finite() or not 0 <= value <= 100:  # noqa: PLR2004  # the ends of a percent
        msg = "a percent lies between 0 and 100"
        raise ValueError(msg)
    if cast("int", value.as_tuple().exponent) < -_PLACES:
        msg = f"a percent has at most {_PLACES} decimals"
        raise ValueError(msg)
    return value


def _points(text: str) -> Decimal:
    try:
        return _percent(text)
    except ValueError as exc:
        msg = str(exc).replace("a percent lies", "a drop in percentage points lies")
        raise ValueError(msg) from None


def _switch(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    try:
        return words[text.strip().lower()]
    except KeyError:
        msg = "expected `true` or `false`"
        raise ValueError(msg) from None


_MOST_LINE_RECORDS = 1000


def _limit(text: str) -> int:
    number = int(text) if text.strip().isdecimal() else 0
    if not 1 <= number <= _MOST_LINE_RECORDS:
        msg = f"expected a whole number from 1 to {_MOST_LINE_RECORDS}"
        raise ValueError(msg)
    return number


def _branch_name(text: str) -> str:
    name = text.strip().removeprefix("refs/heads/")
    # https://git-scm.com/docs/git-check-ref-format, and no more than anyone needs.
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}", name)
    if not plain or re.search(r"\.\.|//|/\.|\.lock(/|\Z)|[./]\Z", name):
        msg = "expected the name of a branch"
        raise ValueError(msg)
    return name


def _minutes(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        msg = "expected a number of minutes"
        raise ValueError(msg) from None
    if not value.is_finite() or value <= 0:
        msg = "a time-out is more than 0 minutes"
        raise ValueError(msg)
    if value > _MOST_MINUTES:
        msg = f"a time-out is at most {_MOST_MINUTES} minutes"
        raise ValueError(msg)
    return value


def _words(text: str) -> tuple[str, ...]:
    """Split at line ends (action inputs) and commas."""
    return tuple(word for part in text.splitlines() for word in (w.strip() for w in part.split(",")) if word)


def _lines(text: str) -> tuple[str, ...]:
    """Split at line ends only: a glob may hold a comma."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _choice(kind: type[_Choice]) -> Callable[[str], _Choice]:
    def parse(text: str) -> _Choice:
        try:
            return kind(text.strip())
        except ValueError:
            names = [member.value for member in kind]
            msg = f"expected one of {', '.join(names)}{did_you_mean(text.strip(), names)}"
            raise ValueError(msg) from None

    return parse


def _reports(text: str) -> tuple[ReportKind, ...]:
    parse = _choice(ReportKind)
    return tuple(dict.fromkeys(parse(word) for word in _words(text)))


def _report_name(text: str) -> str:
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9._/ -]{0,60}", name):
        msg = "expected at most 60 letters, digits, spaces or any of . _ / -"
        raise ValueError(msg)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: its name in every place it can be given, how its text is read, and what it means.

    `flag` is the command line's spelling (None: not there), `action` whether it is an input of the action and `toml`
    whether `[tool.covgate]` may hold it. `default` is text, read by `parse` like any other value; an empty default
    stands for "not set".
    """

    name: str
    parse: Callable[[str], object]
    help: str
    default: str = ""
    metavar: str = "TEXT"
    flag: str | None = None
    repeatable: bool = False
    switch: bool = False
    """On the command line it takes no value: there, it is on."""
    action: bool = True
    action_default: str | None = None
    toml: bool = True

    @property
    def field(self) -> str:
        """The name of the attribute of `Settings`."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The variable GitHub passes the input in: upper case, hyphens kept."""
        return f"INPUT_{self.name.upper()}"


OPTIONS: tuple[Option, ...] = (
    Option(
        name="test-command",
        parse=_text,
        default="pytest",
        metavar="COMMAND",
        help="The command that runs the tests, in a shell. On the command line it stands after `--`.",
    ),
    Option(
        name="coverage-data",
        parse=_lines,
        metavar="GLOB",
        flag="--data",
        repeatable=True,
        help="Read these coverage data files (several are combined), or Cobertura or LCOV reports, instead of running "
        "the tests. One glob a line.",
    ),
    Option(
        name="install-command",
        parse=_text,
        metavar="COMMAND",
        toml=False,
        help="Run first, in a shell, in a fresh virtual environment the tests then use. `uv` and `pip` are there.",
    ),
    Option(
        name="working-directory",
        parse=_text,
        default=".",
        metavar="DIR",
        flag="--directory",
        toml=False,
        help="The project's folder inside the checkout, for a monorepo.",
    ),
    Option(
        name="base",
        parse=_text,
        metavar="REF",
        flag="--base",
        toml=False,
        help="Compare with the merge base of this branch or commit. Without it covgate finds the base itself.",
    ),
    Option(
        name="min-total",
        parse=_percent,
        metavar="PERCENT",
        flag="--min-total",
        help="Fail when total coverage is below this.",
    ),
    Option(
        name="min-diff",
        parse=_percent,
        metavar="PERCENT",
        flag="--min-diff",
        help="Fail when diff coverage, of the lines the change adds or modifies, is below this.",
    ),
    Option(
        name="max-drop",
        parse=_points,
        metavar="POINTS",
        flag="--max-drop",
        help="Fail when total coverage fell by more than this many percentage points below the baseline: the record of "
        "the base commit or its nearest recorded ancestor. Deleting covered code is no drop.",
    ),
    Option(
        name="green",
        parse=_percent,
        default="80",
        metavar="PERCENT",
        flag="--green",
        help="Coverage is shown green from here.",
    ),
    Option(
        name="orange",
        parse=_percent,
        default="60",
        metavar="PERCENT",
        flag="--orange",
        help="Coverage is shown orange from here, red below.",
    ),
    Option(
        name="reports",
        parse=_reports,
        metavar="KINDS",
        flag="--report",
        repeatable=True,
        help="Also leave `html` (a folder) and `xml` (Cobertura) in the report folder.",
    ),
    Option(
        name="report-dir",
        parse=_text,
        default=".covgate",
        metavar="DIR",
        flag="--report-dir",
        help="Where `result.json`, `comment.md` and `summary.md` are written.",
    ),
    Option(
        name="comment",
        parse=_choice(CommentPolicy),
        default="on-change",
        metavar="WHEN",
        flag="--comment",
        help="When a pull request gets a comment: `always`; `on-change`, unless all is well and covgate has not "
        "commented before; `on-failure`; `never`.",
    ),
    Option(
        name="publish",
        parse=_choice(PublishPolicy),
        default="best-effort",
        metavar="HOW",
        flag="--publish",
        help="`best-effort`: a comment that cannot be posted is a warning. `required`: it is exit code 6.",
    ),
    Option(
        name="name",
        parse=_report_name,
        metavar="NAME",
        flag="--name",
        help="Names this report, so that several projects of a monorepo keep one comment each.",
    ),
    Option(
        name="record",
        parse=_switch,
        metavar="BOOL",
        flag="--record",
        switch=True,
        help="Record this run in the history. In a workflow, runs of the default branch are recorded anyway, unless "
        "this is `false`.",
    ),
    Option(
        name="history-branch",
        parse=_branch_name,
        default="covgate-data",
        metavar="BRANCH",
        flag="--history-branch",
        help="The branch that holds the history; it is made when it is missing.",
    ),
    Option(
        name="history-dir",
        parse=_text,
        metavar="DIR",
        flag="--history-dir",
        help="Keep the history in this folder instead of a branch. Without it a laptop reads the branch as it was "
        "fetched, and records in `.covgate/history`.",
    ),
    Option(
        name="history-limit",
        parse=_limit,
        default="30",
        metavar="NUMBER",
        flag="--history-limit",
        help="For how many commits the state of every line is kept; their totals are kept for ever.",
    ),
    Option(
        name="ratchet",
        parse=_switch,
        default="false",
        metavar="BOOL",
        help="On the default branch, open or update one pull request that raises `min-total` in `pyproject.toml` when "
        "coverage has stayed above it for five records.",
    ),
    Option(
        name="timeout-minutes",
        parse=_minutes,
        metavar="MINUTES",
        flag="--timeout-minutes",
        help="Stop the tests after this long.",
    ),
    Option(
        name="python",
        parse=_text,
        metavar="PATH",
        flag="--python",
        action=False,
        help="The interpreter the project runs in. Default: the active virtual environment's.",
    ),
    Option(
        name="github-token",
        parse=lambda text: Secret(value=text.strip()),
        metavar="TOKEN",
        action_default="${{ github.token }}",
        toml=False,
        help="The token covgate comments with. The tests never see it.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every option's value; `None` stands for an option that was not set. `sources` says who set each."""

    test_command: str | tuple[str, ...]
    """A shell command, or an argument vector when it was given after `--`."""
    coverage_data: tuple[str, ...] | None
    install_command: str | None
    working_directory: str
    base: str | None
    min_total: Decimal | None
    min_diff: Decimal | None
    max_drop: Decimal | None
    green: Decimal
    orange: Decimal
    reports: tuple[ReportKind, ...] | None
    report_dir: str
    comment: CommentPolicy
    publish: PublishPolicy
    name: str | None
    record: bool | None
    history_branch: str
    history_dir: str | None
    history_limit: int
    ratchet: bool
    timeout_minutes: Decimal | None
    python: str | None
    github_token: Secret | None
    sources: Mapping[str, str]
    components: tuple[Component, ...] = ()
    """`[tool.covgate.components.NAME]`, in the order of the file."""
    target: Target | None = None
    """`[tool.covgate.target]`."""

    def where(self, name: str) -> str:
        """Who set the option `name`, for messages: `--min-diff`, `pyproject.toml, line 31`, `the default`."""
        return self.sources[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """The text of a pyproject.toml and the name to call it by."""

    name: str
    text: str


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for a near miss, else an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def resolve(
    *,
    command_line: Mapping[str, str] | None = None,
    command: tuple[str, ...] = (),
    inputs: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    toml: TomlFile | None = None,
) -> Settings:
    """Merge the places a setting can come from; the later wins: defaults, TOML, inputs, the command line.

    `command_line` maps option names to text, `command` is what stood after `--`, `inputs` the `INPUT_*` variables (for
    the action only), `environment` everything else. Raises InputError that names the value and where it came from.
    """
    given: dict[str, tuple[str, str]] = {o.name: (o.default, "the default") for o in OPTIONS}
    given |= _from_toml(toml) if toml else {}
    given |= _from_inputs(inputs or {})
    given |= {name: (text, _flag(name)) for name, text in (command_line or {}).items()}
    if not given["github-token"][0] and (environment or {}).get("GITHUB_TOKEN"):
        given["github-token"] = ((environment or {})["GITHUB_TOKEN"], "GITHUB_TOKEN")
    values: dict[str, object] = {o.field: _parse(o, *given[o.name]) for o in OPTIONS}
    sources = {name: source for name, (_, source) in given.items()}
    if command:
        values["test_command"], sources["test-command"] = command, "the command line"
    settings = Settings(**values, sources=sources)  # type: ignore[arg-type]  # fields and options are held equal by a test
    return _checked(settings)


def _checked(settings: Settings) -> Settings:
    """Reject settings that contradict each other."""
    if settings.orange > settings.green:
        msg = (
            f"orange = {settings.orange} (from {settings.where('orange')}) is above "
            f"green = {settings.green} (from {settings.where('green')})"
        )
        raise InputError(msg, hint="green must be at least orange", slug="bad-option-value")
    if settings.coverage_data and settings.sources["test-command"] == "the command line":
        raise InputError(
            "both --data and a test command were given",
            hint="give `--data` to read measurements made before, or a command after `--` to make them now",
            slug="bad-option-value",
        )
    return settings


def _parse(option: Option, text: str, source: str) -> object:
    if not text.strip():
        return option.parse(option.default) if option.default else None
    try:
        return option.parse(text)
    except ValueError as exc:
        raise InputError(
            f"{option.name} = {text.strip()} (from {source}): {exc}",
            hint=f"{option.name}: {option.help}",
            slug="bad-option-value",
        ) from None


def _flag(name: str) -> str:
    return next(o.flag or o.name for o in OPTIONS if o.name == name)


def _from_inputs(inputs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Read `INPUT_*`; an empty input is one that was not given. GitHub passes misspelt inputs on, so they are found."""
    known = {o.variable: o.name for o in OPTIONS if o.action}
    given: dict[str, tuple[str, str]] = {}
    for variable, text in inputs.items():
        if not variable.startswith("INPUT_") or variable in {"INPUT_ARGS", "INPUT_ENTRYPOINT"}:
            continue
        if variable not in known:
            name = variable.removeprefix("INPUT_").lower()
            raise _unknown(name, "the workflow's `with:`", known.values())
        if text.strip():
            given[known[variable]] = (text, f"the input {known[variable]}")
    return given


def _unknown(name: str, source: str, known: Iterable[str]) -> InputError:
    names = sorted(known)
    return InputError(
        f"unknown option {name!r} in {source}{did_you_mean(name, names)}",
        hint=f"the options are: {', '.join(names)}",
        slug="unknown-option",
    )


def _from_toml(toml: TomlFile) -> dict[str, tuple[str, str]]:
    try:
        # Decimal keeps 99.95 exact: a gate compares exact numbers.
        document = cast("dict[str, object]", tomllib.loads(toml.text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as exc:
        raise InputError(f"{toml.name} is not valid TOML: {exc}", hint="mend the file", slug="bad-toml") from None
    tool = document.get("tool")
    table = tool.get("covgate") if isinstance(tool, dict) else None
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise InputError(
            f"tool.covgate in {toml.name} is not a table",
            hint="write `[tool.covgate]` on a line of its own",
            slug="bad-toml",
        )
    known = [o.name for o in OPTIONS if o.toml]
    given: dict[str, tuple[str, str]] = {}
    for key, value in cast("dict[str, object]", table).items():
        source = f"{toml.name}{_line_of(toml.text, key)}"
        if key not in known:
            raise _unknown(key, source, known)
        given[key] = (_toml_text(key, value, source), source)
    return given


def _toml_text(key: str, value: object, source: str) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(cast("list[str]", value))
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise InputError(
        f"{key} = {value!r} (from {source}): expected text, a number or a list of texts",
        hint=next(f"{o.name}: {o.help}" for o in OPTIONS if o.name == key),
        slug="bad-option-value",
    )


def _line_of(text: str, key: str) -> str:
    """`, line N` of `key` under `[tool.covgate]`, for messages; empty when it is written another way."""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            inside = header[1].replace(" ", "") == "tool.covgate"
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f", line {number}"
    return ""
