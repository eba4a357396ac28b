"""One table of options: it feeds the command line, the action's inputs, `[tool.covgate]` and the README."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from covgate.config.option_values import (
    CommentPolicy,
    PublishPolicy,
    did_you_mean,
    parse_branch_name,
    parse_choice,
    parse_folder,
    parse_limit,
    parse_lines,
    parse_minutes,
    parse_percent,
    parse_points,
    parse_report_name,
    parse_reports,
    parse_switch,
    parse_text,
)
from covgate.errors import InputError
from covgate.model import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: its name in every place it can be given, how its text is read, and what it means.

    `on_command_line`: whether it is an option there; `spelled`: how, when not `--name`; `action`: whether it is an
    input of the action; `toml`: whether `[tool.covgate]` may hold it. `default` is text, read by `parse` like any other
    value; an empty one stands for "not set".
    """

    name: str
    parse: Callable[[str], object]
    help: str
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

    @property
    def boolean(self) -> bool:
        """Whether it is on or off: in TOML, `true` or `false` without quotes."""
        return self.parse is parse_switch


OPTIONS: tuple[Option, ...] = (
    Option(
        name="test-command",
        on_command_line=False,
        parse=parse_text,
        default="pytest",
        metavar="COMMAND",
        help="The command that runs the tests, in a shell that ends at the first failure, in a pipe too (`bash -eo "
        "pipefail`; `sh -e` where there is no bash); a list in `pyproject.toml` is run as it is. On the command line "
        "it stands after `--`.",
    ),
    Option(
        name="coverage-data",
        parse=parse_lines,
        metavar="GLOB",
        spelled="--data",
        repeatable=True,
        help="Read these coverage data files (several are combined), or Cobertura or LCOV reports, instead of running "
        "the tests. One glob a line.",
    ),
    Option(
        name="install-command",
        on_command_line=False,
        parse=parse_text,
        metavar="COMMAND",
        toml=False,
        help="Run first, in a shell like `test-command`'s, in a fresh virtual environment the tests then use. `uv` and "
        "`pip` are there.",
    ),
    Option(
        name="working-directory",
        parse=parse_folder,
        default=".",
        metavar="DIR",
        spelled="--directory",
        toml=False,
        help="The project's folder inside the checkout, for a monorepo. Its settings are those of the nearest "
        "`pyproject.toml` with `[tool.covgate]`, there or above.",
    ),
    Option(
        name="base",
        parse=parse_text,
        metavar="REF",
        toml=False,
        help="Compare with the merge base of this branch or commit. Without it covgate finds the base itself.",
    ),
    Option(
        name="min-total",
        parse=parse_percent,
        metavar="PERCENT",
        help="Fail when total coverage is below this.",
    ),
    Option(
        name="min-diff",
        parse=parse_percent,
        metavar="PERCENT",
        help="Fail when diff coverage, of the lines the change adds or modifies, is below this.",
    ),
    Option(
        name="max-drop",
        parse=parse_points,
        metavar="POINTS",
        help="Fail when total coverage fell by more than this many percentage points below the baseline: the record of "
        "the base commit or its nearest recorded ancestor. Deleting covered code is no drop.",
    ),
    Option(
        name="green",
        parse=parse_percent,
        default="80",
        metavar="PERCENT",
        help="Coverage is shown green from here.",
    ),
    Option(
        name="orange",
        parse=parse_percent,
        default="60",
        metavar="PERCENT",
        help="Coverage is shown orange from here, red below.",
    ),
    Option(
        name="reports",
        parse=parse_reports,
        metavar="KINDS",
        spelled="--report",
        repeatable=True,
        help="Also leave `html` (a folder) and `xml` (Cobertura) of the whole project in the report folder, and "
        "`diff-cover-json`, `diff-cover-html` and `diff-cover-markdown`: diff-cover's own reports of the lines covgate "
        "judged.",
    ),
    Option(
        name="report-dir",
        parse=parse_folder,
        default=".covgate",
        metavar="DIR",
        help="Where `result.json`, `comment.md` and `summary.md` are written.",
    ),
    Option(
        name="comment",
        parse=parse_choice(CommentPolicy),
        default="on-change",
        metavar="WHEN",
        workflow=True,
        help="When a pull request gets a comment: `always`; `on-change`, unless all is well and covgate has not "
        "commented before; `on-failure`; `never`.",
    ),
    Option(
        name="publish",
        parse=parse_choice(PublishPolicy),
        default="best-effort",
        metavar="HOW",
        workflow=True,
        help="`best-effort`: a comment that cannot be posted is a warning. `required`: it is exit code 6.",
    ),
    Option(
        name="name",
        parse=parse_report_name,
        metavar="NAME",
        workflow=True,
        help="Names this report, so that several projects of a monorepo keep a comment and a history each.",
    ),
    Option(
        name="record",
        parse=parse_switch,
        metavar="BOOL",
        switch=True,
        help="Record this run in the history. In a workflow, runs of the default branch are recorded anyway, unless "
        "this is `false`.",
    ),
    Option(
        name="history-branch",
        parse=parse_branch_name,
        default="covgate-data",
        metavar="BRANCH",
        help="The branch that holds the history; it is made when it is missing.",
    ),
    Option(
        name="history-dir",
        parse=parse_folder,
        metavar="DIR",
        help="Keep the history in this folder instead of a branch. Without it a laptop reads the branch as it was "
        "fetched, and records in `.covgate/history`.",
    ),
    Option(
        name="history-limit",
        parse=parse_limit,
        default="30",
        metavar="NUMBER",
        help="For how many commits the state of every line is kept; their totals are kept for ever.",
    ),
    Option(
        name="ratchet",
        on_command_line=False,
        parse=parse_switch,
        default="false",
        metavar="BOOL",
        help="On the default branch, open or update one pull request that raises `min-total` in `pyproject.toml` when "
        "coverage has stayed above it for five records.",
    ),
    Option(
        name="timeout-minutes",
        parse=parse_minutes,
        metavar="MINUTES",
        help="Stop the tests after this long, and `install-command` before them.",
    ),
    Option(
        name="python",
        parse=parse_text,
        metavar="PATH",
        action=False,
        help="The interpreter the project runs in. Default: the active virtual environment's, `.venv` of the project, "
        "conda's, covgate's own.",
    ),
    Option(
        name="github-token",
        on_command_line=False,
        parse=lambda text: Secret(value=text.strip()),
        metavar="TOKEN",
        action_default="${{ github.token }}",
        toml=False,
        help="The token covgate comments with. In the action the project's code runs as another user, without it.",
    ),
)


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
