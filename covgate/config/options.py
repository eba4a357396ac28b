"""The options, each a field of `Settings`: the command line, the action's inputs, `[tool.covgate]` and the README."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, ParamSpec

from covgate.config.goals import Component, Target
from covgate.config.option_values import (
    AnnotationPolicy,
    CommentPolicy,
    GuardPolicy,
    Mode,
    PublishPolicy,
    did_you_mean,
    parse_artifact_name,
    parse_branch_name,
    parse_choice,
    parse_folder,
    parse_limit,
    parse_lines,
    parse_minutes,
    parse_percent,
    parse_points,
    parse_python_version,
    parse_report_name,
    parse_reports,
    parse_switch,
    parse_text,
)
from covgate.config.report_files import ReportKind
from covgate.errors import InputError
from covgate.model import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: where it can be given, how its text is read, and what it means.

    `on_command_line`: whether it is an option there; `spelled`: how, when not `--name`; `action`: whether it is an
    input of the action; `toml`: whether `[tool.covgate]` may hold it. `default` is text, read by `parse` like any other
    value; an empty one stands for "not set".
    """

    parse: Callable[[str], object]
    help: str
    name: str = ""
    """The field's, with hyphens: `min-total`."""
    default: str = ""
    metavar: str = "TEXT"
    on_command_line: bool = True
    spelled: str = ""
    repeatable: bool = False
    switch: bool = False
    """On the command line it takes no value: there, it is on."""
    workflow: bool = False
    """On the command line it matters in a workflow only."""
    action: bool = True
    action_default: str | None = None
    toml: bool = True
    of_base: bool = False
    """It concerns programs, publishing or places: in a workflow that judges a change, the change's own `[tool.covgate]`
    does not set it, the base commit's does.
    """

    @property
    def field(self) -> str:
        """The name of the attribute of `Settings`."""
        return self.name.replace("-", "_")

    @property
    def flag(self) -> str | None:
        """The command line's spelling; None: not there."""
        return (self.spelled or f"--{self.name}") if self.on_command_line else None

    @property
    def variable(self) -> str:
        """The variable GitHub passes the input in: upper case, hyphens kept."""
        return f"INPUT_{self.name.upper()}"

    def bad(self, text: str, source: str, problem: str) -> InputError:
        """Return the error for a value of it; `source` is who gave it."""
        return bad_value(self.name, text, source, problem, hint=f"{self.name}: {self.help}")

    @property
    def boolean(self) -> bool:
        """Whether it is on or off: in TOML, `true` or `false` without quotes."""
        return self.parse is parse_switch


_P = ParamSpec("_P")


def _as_field(row: Callable[_P, Option]) -> Callable[_P, Any]:
    """Return what declares a field of `Settings`, with its row of the table as metadata."""
    return lambda *args, **kwargs: field(metadata={"option": row(*args, **kwargs)})


_option = _as_field(Option)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every option's value; `None` stands for an option that was not set. `sources` says who set each."""

    mode: Mode = _option(
        on_command_line=False,
        parse=parse_choice(Mode),
        default="check",
        metavar="MODE",
        toml=False,
        help="`check`: measure and judge. `publish`: post what another run found, of a fork's pull request say, in a "
        "workflow `on: workflow_run`; then only `artifact`, `name`, `comment`, `publish`, `report-dir` and "
        "`github-token` mean anything.",
    )
    artifact: str = _option(
        on_command_line=False,
        parse=parse_artifact_name,
        default="covgate",
        metavar="NAME",
        toml=False,
        help="With `mode: publish`, the name of the artifact that holds `result.json`.",
    )
    test_command: str | tuple[str, ...] = _option(
        on_command_line=False,
        parse=parse_text,
        default="pytest",
        metavar="COMMAND",
        help="The command that runs the tests, in a shell that ends at the first failure, in a pipe too (`bash -eo "
        "pipefail`; `sh -e` where there is no bash); a list in `pyproject.toml` is run as it is. On the command line "
        "it stands after `--`.",
    )
    """A shell command, or an argument vector when it was given after `--` or as a list in TOML."""
    coverage_data: tuple[str, ...] | None = _option(
        of_base=True,
        parse=parse_lines,
        metavar="GLOB",
        spelled="--data",
        repeatable=True,
        help="Read these coverage data files (several are combined), or Cobertura or LCOV reports, instead of running "
        "the tests. One glob a line.",
    )
    junit: tuple[str, ...] | None = _option(
        of_base=True,
        parse=parse_lines,
        metavar="GLOB",
        repeatable=True,
        help="JUnit files with the results of the tests, which the report counts and names. One glob a line. Where the "
        "command is pytest's it need not be set: `--junitxml` is added, or the file read that the project's own names. "
        "`off`: none is written or read.",
    )
    install_command: str | None = _option(
        on_command_line=False,
        parse=parse_text,
        metavar="COMMAND",
        toml=False,
        help="Run in place of what covgate finds, in a shell like `test-command`'s, in a fresh virtual environment the "
        "tests then use. `uv` and `pip` are there.",
    )
    setup_command: str | None = _option(
        on_command_line=False,
        parse=parse_text,
        metavar="COMMAND",
        toml=False,
        help="Run before anything else, as root and outside of the checkout: `apt-get update && apt-get install -y "
        "gcc`, say. It must run nothing that a pull request wrote.",
    )
    python_version: str | None = _option(
        of_base=True,
        on_command_line=False,
        parse=parse_python_version,
        metavar="VERSION",
        help="The Python of the environment covgate makes, such as `3.12`. Default: `.python-version`, the project's "
        "`requires-python`, the image's.",
    )
    working_directory: str = _option(
        parse=parse_folder,
        default=".",
        metavar="DIR",
        spelled="--directory",
        toml=False,
        help="The project's folder inside the checkout, for a monorepo. Its settings are those of the nearest "
        "`pyproject.toml` with `[tool.covgate]`, there or above.",
    )
    base: str | None = _option(
        parse=parse_text,
        metavar="REF",
        toml=False,
        help="Compare with the merge base of this branch or commit. Without it covgate finds the base itself.",
    )
    min_total: Decimal | None = _option(
        parse=parse_percent,
        metavar="PERCENT",
        help="Fail when total coverage is below this.",
    )
    min_diff: Decimal | None = _option(
        parse=parse_percent,
        metavar="PERCENT",
        help="Fail when diff coverage, of the lines the change adds or modifies, is below this.",
    )
    max_drop: Decimal | None = _option(
        parse=parse_points,
        metavar="POINTS",
        help="Fail when total coverage fell by more than this many percentage points below the baseline: the record of "
        "the base commit or its nearest recorded ancestor. Deleting covered code is no drop.",
    )
    guard: GuardPolicy = _option(
        parse=parse_choice(GuardPolicy),
        default="strict",
        metavar="HOW",
        toml=False,
        help="When a pull request changes its own rules. `strict`: the stricter of the base commit's and its own "
        "judge, rule by rule, and the report lists what it changes. `warn`: its own judge, and the list stays. `off`: "
        "neither. On a laptop only where it is given.",
    )
    green: Decimal = _option(
        parse=parse_percent,
        default="80",
        metavar="PERCENT",
        help="Coverage is shown green from here.",
    )
    orange: Decimal = _option(
        parse=parse_percent,
        default="60",
        metavar="PERCENT",
        help="Coverage is shown orange from here, red below.",
    )
    reports: tuple[ReportKind, ...] | None = _option(
        parse=parse_reports,
        metavar="KINDS",
        spelled="--report",
        repeatable=True,
        help="Also leave in the report folder: `html`, the change's gaps as one page; of the whole project, written by "
        "coverage itself, `coverage-html` (a folder), `xml` (Cobertura), `lcov`, `json` and `markdown` (a table); "
        "`diff-cover-json`, `diff-cover-html` and `diff-cover-markdown`, diff-cover's own reports of the lines covgate "
        "judged.",
    )
    report_dir: str = _option(
        of_base=True,
        parse=parse_folder,
        default=".covgate",
        metavar="DIR",
        help="Where `result.json`, `comment.md` and `summary.md` are written.",
    )
    comment: CommentPolicy = _option(
        of_base=True,
        parse=parse_choice(CommentPolicy),
        default="on-change",
        metavar="WHEN",
        workflow=True,
        help="When a pull request gets a comment: `always`; `on-change`, unless all is well and covgate has not "
        "commented before; `on-failure`; `never`.",
    )
    annotations: AnnotationPolicy = _option(
        of_base=True,
        parse=parse_choice(AnnotationPolicy),
        default="off",
        metavar="LEVEL",
        workflow=True,
        help="Mark the change's uncovered lines where it is read: `off`, `notice` or `warning`. GitHub shows ten a "
        "step, so the most useful ones are marked and the others counted.",
    )
    publish: PublishPolicy = _option(
        of_base=True,
        parse=parse_choice(PublishPolicy),
        default="best-effort",
        metavar="HOW",
        workflow=True,
        help="`best-effort`: a comment that cannot be posted is a warning. `required`: it is exit code 6. With "
        "`mode: publish` it is `required` unless it is set.",
    )
    name: str | None = _option(
        of_base=True,
        parse=parse_report_name,
        metavar="NAME",
        workflow=True,
        help="Names this report, so that several projects of a monorepo keep a comment and a history each.",
    )
    record: bool | None = _option(
        of_base=True,
        parse=parse_switch,
        metavar="BOOL",
        switch=True,
        help="Record this run in the history. In a workflow, runs of the default branch are recorded anyway, unless "
        "this is `false`.",
    )
    history_branch: str = _option(
        of_base=True,
        parse=parse_branch_name,
        default="covgate-data",
        metavar="BRANCH",
        help="The branch that holds the history; it is made when it is missing.",
    )
    history_dir: str | None = _option(
        of_base=True,
        parse=parse_folder,
        metavar="DIR",
        help="Keep the history in this folder instead of a branch. Without it a laptop reads the branch as it was "
        "fetched, and records in `.covgate/history`.",
    )
    history_limit: int = _option(
        of_base=True,
        parse=parse_limit,
        default="30",
        metavar="NUMBER",
        help="For how many commits the state of every line is kept; their totals are kept for ever.",
    )
    ratchet: bool = _option(
        on_command_line=False,
        parse=parse_switch,
        default="false",
        metavar="BOOL",
        help="On the default branch, open or update one pull request that raises `min-total` in `pyproject.toml` when "
        "coverage has stayed above it for five records.",
    )
    timeout_minutes: Decimal | None = _option(
        parse=parse_minutes,
        metavar="MINUTES",
        help="Stop the tests after this long, and `install-command` before them.",
    )
    python: str | None = _option(
        of_base=True,
        parse=parse_text,
        metavar="PATH",
        action=False,
        help="The interpreter the project runs in. Default: the active virtual environment's, `.venv` of the project, "
        "conda's, covgate's own.",
    )
    github_token: Secret | None = _option(
        on_command_line=False,
        parse=lambda text: Secret(value=text.strip()),
        metavar="TOKEN",
        action_default="${{ github.token }}",
        toml=False,
        help="The token covgate comments with. In the action the project's code runs as another user, without it.",
    )
    sources: Mapping[str, str]
    components: tuple[Component, ...] = ()
    """`[tool.covgate.components.NAME]`, in the order of the file."""
    target: Target | None = None
    """`[tool.covgate.target]`."""

    def where(self, name: str) -> str:
        """Who set the option `name`, for messages: `--min-diff`, `pyproject.toml, line 31`, `the default`.

        Of goals, the tables and what stands in them have names too: `components.api`, `components.api.min-diff`,
        `target`, `target.by`.
        """
        return self.sources[name]


OPTIONS: tuple[Option, ...] = tuple(
    replace(place.metadata["option"], name=place.name.replace("_", "-")) for place in fields(Settings) if place.metadata
)


def bad_value(name: str, text: str, source: str, problem: str, *, hint: str) -> InputError:
    """Return the error for a value that makes no sense, of an option or of a goal."""
    return InputError(f"{name} = {text} (from {source}): {problem}", hint=hint, slug="bad-option-value")


def unknown_option(name: str, source: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is none of `known`, with the nearest one as a proposal."""
    names = sorted(known)
    return InputError(
        f"unknown option {name!r} in {source}{did_you_mean(name, names)}",
        hint=f"the options are: {', '.join(names)}",
        slug="unknown-option",
    )


def option_named(name: str) -> Option:
    """Return the row of an option."""
    return next(option for option in OPTIONS if option.name == name)
