"""The command line read: what each command takes, and a complaint in covgate's words about what none takes."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from covgate import __version__
from covgate.cli.entry import action, main
from covgate.errors import ExitCode

PAGE = "https://github.com/org/covgate-action/blob/v1/docs/troubleshooting.md"
CHECK = (
    "`covgate check --help` lists what there is; the test command stands after `--`, as in `covgate check -- pytest -q`"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, in no workflow."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in os.environ:
        if name.startswith(("GITHUB_", "INPUT_")) or name == "CI":
            monkeypatch.delenv(name)
    return tmp_path


def said(captured: pytest.CaptureFixture[str]) -> str:
    """Return what stands on standard error; nothing is on standard output."""
    out, err = captured.readouterr()
    assert out == ""
    return err


def test_what_cannot_be_read_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    for line, message, hint in (
        ("chekc", "no such command 'chekc'. Did you mean 'check'?", "`covgate --help` lists what there is"),
        ("--chekc", "unknown option '--chekc' on the command line", "`covgate --help` lists what there is"),
        ("check --min-dif 80", "unknown option '--min-dif' on the command line (did you mean '--min-diff'?)", CHECK),
        ("check --min-diff", "option '--min-diff' requires an argument", CHECK),
        ("check --record=1", "option '--record' does not take a value", CHECK),
        ("check extra", "got unexpected extra argument (extra)", CHECK),
        (
            "history --lim 5",
            "unknown option '--lim' on the command line (did you mean '--limit'?)",
            "`covgate history --help` lists what there is",
        ),
        (
            "history --limit 0",
            "invalid value for '--limit': 0 is not in the range 1<=x<=100000",
            "`covgate history --help` lists what there is",
        ),
        ("history --import", "option '--import' requires an argument", "`covgate history --help` lists what there is"),
        (
            "history -- pytest -q",
            "covgate history runs no command, and 'pytest' stands after `--`",
            "`covgate history --help` lists what there is",
        ),
        (
            "publish --comment always -- -q",
            "covgate publish runs no command, and '-q' stands after `--`",
            "`covgate publish --help` lists what there is",
        ),
        ("demo a b", "got unexpected extra argument (b)", "`covgate demo --help` lists what there is"),
    ):
        assert main(line.split()) == ExitCode.BAD_INPUT
        assert said(capsys) == f"covgate: {message}\n  {hint}\n  {PAGE}#unknown-option\n", line


def test_the_arguments_are_those_of_the_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["covgate", "chekc", "check"])
    assert main() == ExitCode.BAD_INPUT
    assert said(capsys).startswith("covgate: no such command 'chekc'")
    assert main([]) == ExitCode.BAD_INPUT
    assert said(capsys).lstrip().startswith("Usage: covgate ")


def test_without_arguments_the_help_is_shown_as_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.BAD_INPUT
    bare = said(capsys)
    assert main(["--help"]) == ExitCode.PASSED
    asked = capsys.readouterr().out
    assert bare.strip() == asked.strip()
    assert asked.splitlines()[-4:] == [
        "  check    Run the tests, measure the change, judge it.",
        "  demo     Make a sample project and run covgate on it.",
        "  history  Show what was recorded, or take an existing file in.",
        "  publish  Post the report of a run that had no right to, of a fork say.",
    ]
    assert main(["--version"]) == ExitCode.PASSED
    assert capsys.readouterr().out == f"covgate, version {__version__}\n"


def options_in(text: str) -> list[str]:
    """Return the options that a help lists, with what stands for their values."""
    return [line[2:].partition("  ")[0] for line in text.splitlines() if line.startswith("  -")]


def test_each_command_lists_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    helps = {}
    for command in ("check", "history", "publish", "demo"):
        assert main([command, "-h"]) == ExitCode.PASSED
        helps[command] = capsys.readouterr().out
    everybody, title, workflow = helps["check"].partition("\nOptions for workflows:\n")
    assert title
    assert options_in(workflow) == ["--comment WHEN", "--annotations LEVEL", "--publish HOW", "--name NAME"]
    listed = options_in(everybody)
    assert (listed[0], listed[-1]) == ("--data GLOB", "-h, --help")
    assert {"--record", "--min-diff PERCENT", "--base REF", "--directory DIR"} <= set(listed)
    # A default is told where there is one.
    defaults = re.findall(r"\[default:\s+([^\]]+)\]", everybody)
    assert defaults == [".", "strict", "80", "60", ".covgate", "covgate-data", "30"]
    assert options_in(helps["history"]) == [
        *("--json", "--import FILE", "--limit NUMBER", "--directory DIR", "--history-branch BRANCH"),
        *("--history-dir DIR", "--name NAME", "-h, --help"),
    ]
    assert options_in(helps["publish"]) == [
        *("--artifact NAME", "--name NAME", "--comment WHEN", "--publish HOW", "--report-dir DIR", "-h, --help"),
    ]
    assert options_in(helps["demo"]) == ["-h, --help"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("check --nope", ".covgate"),
        ("check --report-dir=out --nope", "out"),
        ("check --nope --report-dir out", "out"),
        ("check --report-dir first --nope --report-dir=out", "out"),
        ("check --nope --report-dir", ".covgate"),
    ],
)
def test_a_run_that_cannot_be_read_leaves_its_reason_where_its_report_goes(
    line: str, place: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == ExitCode.BAD_INPUT
    assert "--nope" in said(capsys)
    assert [path.name for path in folder.iterdir()] == [place]
    result = json.loads((folder / place / "result.json").read_text(encoding="utf-8"))
    assert result["error"]["message"] == "unknown option '--nope' on the command line (did you mean '--name'?)"
    assert (result["verdict"], result["exit_code"]) == ("cannot-judge", 2)


@pytest.mark.parametrize("line", ["chekc", "history --nope", "publish --nope", "demo --nope"])
def test_what_judges_nothing_leaves_nothing(line: str, folder: Path) -> None:
    assert main(line.split()) == ExitCode.BAD_INPUT
    assert not list(folder.iterdir())


def test_a_value_of_an_option_is_that_of_the_setting(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "min-diff = 120 (from --min-diff): a percent lies between 0 and 100"
    line = ["check", "--report-dir", "out", "--min-diff", "120", "--", "pytest", "--min-dif"]
    assert main(line) == ExitCode.BAD_INPUT
    assert said(capsys).splitlines()[0] == f"covgate: {wrong}"
    result = json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["error"]["message"], result["error"]["slug"]) == (wrong, "bad-option-value")
    monkeypatch.setenv("INPUT_MIN-DIFF", "130")
    assert action() == ExitCode.BAD_INPUT
    message = json.loads((folder / ".covgate" / "result.json").read_text(encoding="utf-8"))["error"]["message"]
    assert message.startswith("min-diff = 130 (from the input min-diff)")


def test_publishing_is_for_a_workflow(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "publishing is for the event workflow_run, and this is no workflow"
    assert main(["publish", "--report-dir", "out"]) == ExitCode.BAD_INPUT
    assert said(capsys).splitlines()[0] == f"covgate: {why}"
    assert json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))["error"]["message"] == why
    monkeypatch.setenv("INPUT_MODE", " publish ")
    assert action() == ExitCode.BAD_INPUT
    assert json.loads((folder / ".covgate" / "result.json").read_text(encoding="utf-8"))["error"]["message"] == why


def test_the_action_publishes_without_the_project_s_configuration_and_judges_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text("[tool.covgate]\nmin-dif = 80\n", encoding="utf-8")
    for mode, message in (
        ("", "unknown option 'min-dif' in pyproject.toml, line 2 (did you mean 'min-diff'?)"),
        ("publish", "publishing is for the event workflow_run, and this is no workflow"),
    ):
        monkeypatch.setenv("INPUT_MODE", mode)
        assert action() == ExitCode.BAD_INPUT
        result = json.loads((folder / ".covgate" / "result.json").read_text(encoding="utf-8"))
        assert result["error"]["message"] == message


def test_that_an_earlier_comment_could_not_be_told_of_it_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_x")
    assert main(["publish"]) == ExitCode.BAD_INPUT
    err = capsys.readouterr().err
    assert err.startswith(
        "covgate: The comment of an earlier run, if there is one, stands: publishing is for the event"
    )
    assert err.count("covgate: publishing is for the event") == 1
