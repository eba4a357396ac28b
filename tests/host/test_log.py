"""The runner's protocols, read back the way the runner reads them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.host.github.log import SUMMARY_LIMIT, Level, Runner
from covgate.model.coverage import Span
from covgate.model.secret import Secret

FIELDS = ("verdict", "comment-url")


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """Read one line as the runner does: `::name key=value,key=value::data`, escapes undone, `%25` last."""
    match = re.fullmatch(r"::([a-z-]+)(?: (.*?))?::(.*)\n", line)
    assert match, line
    pairs = [pair.partition("=") for pair in (match[2] or "").split(",") if pair]
    return match[1], {key: unescape(value) for key, _, value in pairs}, unescape(match[3])


def unescape(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def parse_outputs(text: str) -> dict[str, str]:
    """Read GITHUB_OUTPUT as the runner does: `name<<D`, lines, `D`."""
    found: dict[str, str] = {}
    lines: Iterator[str] = iter(text.split("\n")[:-1])
    for head in lines:
        name, mark, delimiter = head.partition("<<")
        assert mark, head
        value: list[str] = []
        for line in lines:
            if line == delimiter:
                break
            value.append(line)
        else:
            pytest.fail(f"no {delimiter}")
        found[name] = "\n".join(value)
    return found


def said(level: Level, message: str, title: str = "") -> str:
    stream = io.StringIO()
    Runner(stream=stream).annotate(level, message, title=title)
    return stream.getvalue()


def test_an_annotation_has_the_lines_it_is_about() -> None:
    stream = io.StringIO()
    place = (PurePosixPath("src/a, b: 100%.py"), Span(start=3, end=7))
    Runner(stream=stream).annotate(Level.NOTICE, "one\ntwo", title="a: b", place=place)
    assert parse_command(stream.getvalue()) == (
        "notice",
        {"title": "a: b", "file": "src/a, b: 100%.py", "line": "3", "endLine": "7"},
        "one\ntwo",
    )
    assert stream.getvalue().count("\n") == 1


def fail_inside(context: AbstractContextManager[None], stream: io.StringIO, text: str) -> None:
    def fail() -> None:
        with context:
            stream.write(text)
            raise KeyError

    with pytest.raises(KeyError):
        fail()


def test_annotation_without_properties_has_no_space() -> None:
    assert said(Level.ERROR, "x") == "::error::x\n"


@pytest.mark.parametrize(
    ("text", "data", "prop"),
    [
        ("100 %", "100 %25", "100 %25"),
        ("a\nb", "a%0Ab", "a%0Ab"),
        ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("%0A", "%250A", "%250A"),
        ("::set-env name=X::y", "::set-env name=X::y", "%3A%3Aset-env name=X%3A%3Ay"),
    ],
    ids=["percent", "newline", "carriage-return", "separators", "escape-lookalike", "command-lookalike"],
)
def test_escapes(text: str, data: str, prop: str) -> None:
    assert said(Level.NOTICE, text, title=text) == f"::notice title={prop}::{data}\n"


@given(message=st.text(), title=st.text(min_size=1))
def test_any_text_stays_one_command(message: str, title: str) -> None:
    line = said(Level.ERROR, message, title)
    assert line.count("\n") == 1
    # What `%25` followed by digits decodes to is the runner's business; texts without percent must come back whole.
    if "%" not in message + title:
        assert parse_command(line) == ("error", {"title": title}, message)


def test_commands_resume_on_a_line_of_their_own() -> None:
    stream = io.StringIO()
    runner = Runner(stream=stream, make_token=lambda: "t0k")
    fail_inside(runner.stopped_commands(), stream, "::error::a stranger's, without a line end")
    assert stream.getvalue() == "::stop-commands::t0k\n::error::a stranger's, without a line end\n::t0k::\n"


def test_stop_token_is_another_each_time() -> None:
    stream = io.StringIO()
    runner = Runner(stream=stream)
    for _ in range(2):
        with runner.stopped_commands():
            pass
    tokens = re.findall(r"::stop-commands::(\w{32,})\n", stream.getvalue())
    assert len(set(tokens)) == 2


def test_mask() -> None:
    stream = io.StringIO()
    runner = Runner(stream=stream)
    runner.mask(Secret(value="s%cret"))
    runner.mask(Secret(value=""))
    assert stream.getvalue() == "::add-mask::s%25cret\n"


def test_outputs_are_appended(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("earlier<<E\nx\nE\n")
    assert Runner(output=file).write_outputs({"verdict": "pass", "comment-url": ""}) is None
    assert parse_outputs(file.read_text()) == {"earlier": "x", "verdict": "pass", "comment-url": ""}


@given(values=st.fixed_dictionaries(dict.fromkeys(FIELDS, st.text(st.characters(exclude_categories=["Cs"])))))
def test_any_output_comes_back_whole(values: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("out") / "out"
    Runner(output=file).write_outputs(values)
    assert parse_outputs(file.read_bytes().decode()) == values


def test_a_delimiter_in_the_value_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "out"
    tokens = iter(["seen", "fresh"])
    value = "a\ncovgate_seen\nverdict=pass"
    Runner(output=file, make_token=lambda: next(tokens)).write_outputs({"verdict": value})
    assert file.read_text() == f"verdict<<covgate_fresh\n{value}\ncovgate_fresh\n"


def test_a_generator_that_repeats_itself_is_a_bug_not_a_loop(tmp_path: Path) -> None:
    runner = Runner(output=tmp_path / "out", make_token=lambda: "same")
    with pytest.raises(RuntimeError):
        runner.write_outputs({"verdict": "covgate_same"})


def test_unknown_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="percent"):
        Runner().write_outputs({"percent": "1"})


def test_summary_is_appended_with_a_line_end(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    runner = Runner(summary=file)
    assert [runner.write_summary("# One"), runner.write_summary("Zwei ✅\n")] == [None, None]
    assert file.read_text(encoding="utf-8") == "# One\nZwei ✅\n"


def test_summary_counts_bytes_and_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * (SUMMARY_LIMIT - 7))
    runner = Runner(summary=file)
    assert runner.summary_room() == 7
    note = runner.write_summary("ééé")  # six bytes, seven with the line end
    assert note is None
    assert runner.summary_room() == 0
    note = runner.write_summary("x")
    assert note == "the step summary was left out: it has 2 bytes and GitHub takes 0 more"
    assert file.stat().st_size == SUMMARY_LIMIT


def test_names_that_are_not_utf8_do_not_stop_the_summary(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    assert Runner(summary=file).write_summary("caf\udce9.py") is None
    assert file.read_text(encoding="utf-8") == "caf\\udce9.py\n"


def test_a_file_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    missing = tmp_path / "none" / "file"
    runner = Runner(output=missing, summary=missing)
    assert (
        runner.write_outputs({"passed": "true"})
        == f"the step's outputs could not be written to {missing}: No such file or directory"
    )
    assert runner.write_summary("x") == f"the step summary could not be written to {missing}: No such file or directory"


def test_a_laptop_hears_nothing() -> None:
    stream = io.StringIO()
    runner = Runner.from_environment({"GITHUB_OUTPUT": "/nowhere/out"}, stream)
    runner.annotate(Level.ERROR, "x")
    runner.mask(Secret(value="x"))
    with runner.stopped_commands():
        pass
    assert [runner.write_outputs({"passed": "true"}), runner.write_summary("x")] == [None, None]
    assert (stream.getvalue(), runner.summary_room()) == ("", 0)


def test_the_environment_names_the_files(tmp_path: Path) -> None:
    env = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": f"{tmp_path}/o", "GITHUB_STEP_SUMMARY": f"{tmp_path}/s"}
    stream = io.StringIO()
    runner = Runner.from_environment(env, stream)
    runner.write_outputs({"passed": "true"})
    runner.write_summary("x")
    runner.annotate(Level.NOTICE, "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o", "s"]
    assert stream.getvalue() == "::notice::x\n"


def test_a_group_ends_whatever_happens_in_it() -> None:
    stream = io.StringIO()
    runner = Runner(stream=stream)
    with runner.group("the tests: 100%"):
        stream.write("inside\n")
    fail_inside(runner.group("more"), stream, "")
    assert stream.getvalue() == ("::group::the tests: 100%25\ninside\n::endgroup::\n::group::more\n::endgroup::\n")
    assert [runner.folds, Runner().folds] == [True, False]


def test_a_runner_without_files_takes_commands_alone() -> None:
    stream = io.StringIO()
    for files in ({}, {"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""}):
        runner = Runner.from_environment({"GITHUB_ACTIONS": "true", **files}, stream)
        assert (runner.output, runner.summary, runner.stream) == (None, None, stream)


def test_a_summary_holds_a_mebibyte_and_not_a_byte_more(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    runner = Runner(summary=file)
    assert runner.summary_room() == 1_048_576
    assert runner.write_summary("x" * 1_048_576) == (
        "the step summary was left out: it has 1,048,577 bytes and GitHub takes 1,048,576 more"
    )
    assert not file.exists()
    file.write_bytes(b"x" * 1_048_577)
    assert runner.summary_room() == 0


def test_outputs_that_are_none_are_named_in_order() -> None:
    with pytest.raises(ValueError, match=r"^not outputs of the action: a, b, c, d$"):
        Runner().write_outputs({"d": "", "b": "", "verdict": "", "a": "", "c": ""})


def test_what_is_said_before_the_tests_start_is_out_by_then() -> None:
    pipe = io.BytesIO()
    with io.TextIOWrapper(pipe, encoding="utf-8") as stream:
        Runner(stream=stream).annotate(Level.NOTICE, "x")
        assert pipe.getvalue() == b"::notice::x\n"
