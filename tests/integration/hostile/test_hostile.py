"""A change by someone who wants another verdict, a secret, or a broken runner: none of it works."""

from __future__ import annotations

import html
import os
import re
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from covgate.system.git import GitCommand
from tests.support.repositories import RUN_EVERYTHING, Gate, Json, Repository

UNTESTED = "def f():\n    return 1\n"

PROJECT = {".coveragerc": RUN_EVERYTHING, "run.py": "import m\n", "m.py": "x = 1\n"}

SECRET = "AUTHORIZATION: basic c2VjcmV0"  # noqa: S105  # the bait


@pytest.fixture
def changed(repository: Repository) -> Repository:
    """A project whose change is half covered: one of two statements."""
    repository.start(PROJECT)
    repository.commit({"m.py": UNTESTED})
    return repository


def assert_half(gate: Gate) -> None:
    assert (gate.lines, gate.missing, gate.exit_code) == ((1, 2), {"m.py": [[2, 2]]}, 1)


def assert_refused(gate: Gate, words: str) -> None:
    """Exit code 4, one message, and no traceback."""
    assert gate.exit_code == 4, gate.stderr
    assert (gate.verdict, gate.diff["percent"]) == ("cannot-judge", None)
    assert words in str(gate.diff["reason"])
    assert gate.stderr.count(words) == 1
    assert "Traceback" not in gate.texts


# --- options -------------------------------------------------------------------------------------------------------


def test_a_base_that_looks_like_an_option_is_bad_input_and_writes_nothing(changed: Repository, tmp_path: Path) -> None:
    changed.measure()
    changed.report("xml", "coverage.xml")
    target = tmp_path / "written"
    bare = changed.diff_cover(base=f"--output={target}")
    gate = changed.check(base=f"--output={target}")
    assert (bare.exit_code, bare.percent) == (0, 100), "git wrote a file, and the diff was empty"
    assert [path.name for path in tmp_path.glob("written*")] == ["written...HEAD"]
    assert (gate.exit_code, gate.verdict) == (2, "cannot-judge")
    assert "does not exist" in gate.stderr


def test_a_base_that_is_no_commit_is_bad_input(changed: Repository) -> None:
    git = GitCommand(changed.path, changed.environment())
    for ref in ("--help", "-x", "main..HEAD", "main:m.py", "^main", ":/x", "HEAD^{/x}", "main\n", ""):
        assert (ref, git.resolve(ref)) == (ref, None)
    changed.measure()
    gate = changed.check(base="^main")
    assert (gate.exit_code, gate.verdict) == (2, "cannot-judge")
    assert "Traceback" not in gate.stderr


# --- secrets -------------------------------------------------------------------------------------------------------


def leak(repository: Repository) -> None:
    repository.start(PROJECT)
    repository.git("config", "http.https://github.com/.extraheader", SECRET)
    (repository.path / "leak.py").symlink_to(".git/config")
    repository.commit({"m.py": UNTESTED})
    repository.measure()


def test_a_link_to_a_secret_is_not_counted_and_its_text_appears_nowhere(repository: Repository) -> None:
    leak(repository)
    lines = "".join(f'<line number="{n}" hits="0"/>' for n in range(1, 12))
    files = f'<class filename="leak.py"><lines>{lines}</lines></class>'
    files += '<class filename="m.py"><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>'
    repository.write({"coverage.xml": f"<coverage><packages><package>{files}</package></packages></coverage>"})
    repository.diff_cover(options=("--format=markdown:bare.md",))
    assert "repositoryformatversion" in (repository.path / "bare.md").read_text(encoding="utf-8"), "it follows the link"
    gate = repository.check(data="coverage.xml")
    for text in (SECRET, "repositoryformatversion"):
        assert text not in gate.texts
    assert "leak.py" not in gate.missing
    assert gate.lines == (1, 2)


def test_data_that_names_a_link_to_a_secret_does_not_print_it(repository: Repository) -> None:
    leak(repository)
    with sqlite3.connect(repository.path / ".coverage") as database:
        database.execute("UPDATE file SET path = replace(path, 'm.py', 'leak.py')")
    database.close()
    gate = repository.check()
    assert SECRET not in gate.texts
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "`.git/config` is not valid Python" in str(gate.diff["reason"])


# --- attributes and configuration of the clone ---------------------------------------------------------------------

PROGRAM = """#!/bin/sh
echo "$0 $*" >> {marker}
cat
"""

HOOKS = ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout", "pre-auto-gc")

SETTINGS = {
    "diff.relative": "true",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.srcPrefix": "x/",
    "diff.dstPrefix": "x/",
    "diff.renames": "false",
    "diff.renameLimit": "1",
    "diff.context": "7",
    "diff.interHunkContext": "7",
    "diff.algorithm": "patience",
    "diff.indentHeuristic": "false",
    "diff.orderFile": "no-such-file",
    "diff.ignoreSubmodules": "none",
    "diff.submodule": "log",
    "diff.wsErrorHighlight": "all",
    "diff.colorMoved": "zebra",
    "color.ui": "always",
    "core.quotePath": "false",
    "core.abbrev": "4",
    "core.bigFileThreshold": "1",
    "core.whitespace": "cr-at-eol",
    "core.ignoreCase": "true",
    "core.precomposeUnicode": "true",
}
"""Settings of a clone that change what `git diff` prints."""


def a_change_of_every_kind(repository: Repository) -> dict[str, list[int]]:
    ten = "".join(f"x{n} = {n}\n" for n in range(10))
    repository.start(
        {"old.py": ten, "other.py": ten.replace("x", "z"), "m.py": ten.replace("x", "w"), "ü b.py": ten[10:]}
    )
    repository.git("mv", "old.py", "new.py")
    repository.git("mv", "other.py", "another.py")
    repository.commit(
        {
            "new.py": ten.replace("x3", "y3"),
            "another.py": ten.replace("x", "z").replace("z5", "y5"),
            "m.py": ten.replace("x", "w").replace("w2", "y2").replace("w4", "y4"),
            "ü b.py": ten[10:] + "end",
        }
    )
    return {"new.py": [4], "another.py": [6], "m.py": [3, 5], "ü b.py": [10]}


def test_no_setting_of_the_clone_moves_the_changed_lines(repository: Repository) -> None:
    expected = a_change_of_every_kind(repository)
    assert repository.changed() == repository.changed(head=None) == expected
    for name, value in SETTINGS.items():
        repository.git("config", name, value)
        assert (name, repository.changed()) == (name, expected)
        assert (name, repository.changed(head=None)) == (name, expected)
        repository.git("config", "--unset", name)


def test_no_environment_variable_moves_the_changed_lines(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = a_change_of_every_kind(repository)
    plain = repository.environment()
    hostile = {
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_DIFF_OPTS": "--unified=7",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "diff.noprefix",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_LITERAL_PATHSPECS": "0",
        "GIT_GLOB_PATHSPECS": "1",
    }
    monkeypatch.setattr(repository, "environment", lambda: plain | hostile)
    assert repository.changed() == expected


def test_attributes_and_programs_of_the_clone_neither_run_nor_hide_a_line(changed: Repository, tmp_path: Path) -> None:
    changed.measure()
    marker, program = tmp_path / "marker", tmp_path / "program"
    for path in (program, *(tmp_path / "hooks" / name for name in HOOKS)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM.format(marker=marker), encoding="utf-8")
        path.chmod(0o755)
    attributes = "*.py binary -diff diff=evil filter=evil -text eol=crlf working-tree-encoding=UTF-16 ident\n"
    changed.write({".git/info/attributes": attributes, ".gitattributes": attributes, "attributes": attributes})
    programs = (
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.pager",
        "pager.diff",
    )
    for name in (*programs, "filter.evil.clean", "filter.evil.smudge", "core.sshCommand", "credential.helper"):
        changed.git("config", name, str(program))
    changed.git("config", "core.attributesFile", str(changed.path / "attributes"))
    changed.git("config", "core.hooksPath", str(tmp_path / "hooks"))
    changed.run("git", "diff", "main", "HEAD")
    assert marker.exists(), "git on its own runs them"
    marker.unlink()
    assert_half(changed.check(ci=True))
    assert not marker.exists()


def test_replaced_objects_do_not_move_the_answer(changed: Repository) -> None:
    changed.measure()
    changed.git("replace", "main", "feature")
    changed.run("git", "replace", changed.git("rev-parse", "main:m.py").decode().strip(), changed.head())
    assert_half(changed.check(ci=True))


def test_a_coverage_plugin_of_the_workspace_runs_in_the_probe_only(repository: Repository) -> None:
    plugin = (
        "import sys\n"
        "open('ran.txt', 'a').write(' '.join(sys.orig_argv) + '\\n')\n"
        "def coverage_init(reg, options):\n    pass\n"
    )
    config = "[run]\nsource = .\nomit =\n    run.py\n    plug.py\nplugins = plug\n"
    repository.start({**PROJECT, ".coveragerc": config, "plug.py": plugin})
    repository.commit({"m.py": UNTESTED})
    repository.measure()
    (repository.path / "ran.txt").unlink()
    # A seed is for processes that are started: the command line of one that starts warm is another's.
    gate = repository.check(environment={"PYTHONHASHSEED": "0"})
    commands = (repository.path / "ran.txt").read_text(encoding="utf-8").splitlines()
    assert_half(gate)
    assert len(commands) == 1
    assert re.search(r"/measure/probe/__main__\.py \d+$", commands[0])


# --- reports made elsewhere ----------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE coverage [<!ENTITY a0 "ha">{entities}]><coverage><source>&a30;</source></coverage>'.format(
    entities="".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 31))
)

BAD_XML = {
    "billion-laughs": (LAUGHS, "declares XML entities"),
    "external-entity": (
        '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><coverage><source>&x;</source></coverage>',
        "declares XML entities",
    ),
    "parameter-entity": ('<!DOCTYPE c [<!ENTITY % x SYSTEM "x.dtd"> %x;]><coverage/>', "declares XML entities"),
    "not-closed": ("<coverage><packages>", "is not well-formed XML"),
    "another-kind": ("<report name='jacoco'/>", "is not a Cobertura report"),
    "no-number": ('<coverage><class filename="m.py"><line hits="1"/></class></coverage>', "without a usable number"),
    "no-files": ("<coverage/>", "no measured file"),
}


@pytest.mark.parametrize(("text", "words"), BAD_XML.values(), ids=BAD_XML)
def test_a_bad_xml_report_is_refused_quickly(changed: Repository, text: str, words: str) -> None:
    changed.write({"coverage.xml": text})
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    # With a variable of Python it is started by this process and counts as its child, which a warm one does not.
    assert_refused(changed.check(data="coverage.xml", environment={"PYTHONHASHSEED": "random"}), words)
    # Seconds of the processor, not of the clock: the machine may have other things to do.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


BAD_LCOV = {
    "no-hits": ("SF:m.py\nDA:1\nend_of_record\n", "malformed record DA"),
    "word": ("SF:m.py\nDA:1,many\nend_of_record\n", "malformed record DA"),
    "branch": ("SF:m.py\nBRDA:1,2\nend_of_record\n", "malformed record BRDA"),
    "outside": ("TN:\nDA:1,1\n", "outside a file"),
    "elsewhere": ("SF:/etc/passwd\nDA:1,1\nend_of_record\n", "no measured file"),
    "above": (f"SF:{'../' * 12}etc/passwd\nDA:1,1\nend_of_record\n", "no measured file"),
}


@pytest.mark.parametrize(("text", "words"), BAD_LCOV.values(), ids=BAD_LCOV)
def test_a_bad_lcov_report_is_refused(changed: Repository, text: str, words: str) -> None:
    changed.write({"lcov.info": text})
    assert_refused(changed.check(data="lcov.info"), words)


def test_an_lcov_report_with_an_endless_number_is_refused(changed: Repository) -> None:
    changed.write({"lcov.info": f"SF:m.py\nDA:1,{'9' * 5000}\nend_of_record\n"})
    assert_refused(changed.check(data="lcov.info"), "malformed record DA")


ODD_PLACES = (
    *("/etc/passwd", "../" * 12 + "etc/passwd", "a/../../../etc/passwd", "..", ".", "/", "", "~/m.py"),
    *(
        "m\0.py",
        "loop.py",
        "dir/",
        "x" * 5000,
        "outside.py",
        "\x1b[31mred",
        "@x|`<img src=x>`",
        "C:\\m\\x.py",
        "\udcff",
    ),
)


@pytest.mark.parametrize("kind", ["xml", "lcov"])
def test_odd_file_names_of_a_report_lead_nowhere(changed: Repository, tmp_path: Path, kind: str) -> None:
    (changed.path / "loop.py").symlink_to("loop.py")
    (tmp_path / "outside.py").write_text("x = 1\n", encoding="utf-8")
    (changed.path / "outside.py").symlink_to(tmp_path / "outside.py")
    if kind == "lcov":
        records = [f"SF:{name}\nDA:1,0\nDA:2,0\nend_of_record\n" for name in ODD_PLACES]
        text = "".join(records) + "SF:m.py\nDA:1,1\nDA:2,0\nend_of_record\n"
    else:
        names = [name for name in ODD_PLACES if name.isprintable() and name.isascii()]
        record = '<class filename="{}"><line number="1" hits="0"/></class>'
        text = "<coverage>" + "".join(record.format(html.escape(name)) for name in names)
        text += '<class filename="m.py"><line number="1" hits="1"/><line number="2" hits="0"/></class></coverage>'
    changed.write({"report": os.fsencode(text)})
    gate = changed.check(data="report")
    assert_half(gate)
    assert cast("Json", gate.known["total"])["lines"] == {"covered": 1, "total": 2}
    assert "not in the checkout and left out" in str(gate.known["notes"])


# --- data files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda data: data[:5000], "database disk image is malformed", id="cut"),
        pytest.param(lambda data: data[:60], "is no coverage data file", id="header-only"),
        pytest.param(lambda data: data[:100] + b"\xaa" * len(data), "is no coverage data file", id="scribbled-over"),
        pytest.param(lambda data: b"\x80" + data, "is neither coverage data nor", id="other-bytes"),
        pytest.param(lambda _: b"", ".coverage is empty", id="empty"),
    ],
)
def test_a_damaged_data_file_is_refused(changed: Repository, damage: Callable[[bytes], bytes], words: str) -> None:
    changed.measure()
    path = changed.path / ".coverage"
    path.write_bytes(damage(path.read_bytes()))
    assert_refused(changed.check(), words)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("CREATE TABLE t (a)", "is no coverage data file"),
        ("CREATE TABLE coverage_schema (version integer)", "isn't a coverage data file"),
        ("CREATE TABLE coverage_schema (version integer); INSERT INTO coverage_schema VALUES (99)", "wrong schema: 99"),
    ],
    ids=["another-program", "no-tables", "newer-schema"],
)
def test_a_database_with_another_schema_is_refused_and_left_alone(changed: Repository, script: str, words: str) -> None:
    path = changed.path / "other.db"
    with sqlite3.connect(path) as database:
        database.executescript(script)
    database.close()
    before = path.read_bytes()
    assert_refused(changed.check(data="other.db"), words)
    if words == "is no coverage data file":
        assert path.read_bytes() == before


def test_data_with_broken_lines_is_refused(changed: Repository) -> None:
    changed.measure()
    with sqlite3.connect(changed.path / ".coverage") as database:
        database.execute("UPDATE line_bits SET numbits = 'text'")
    database.close()
    assert_refused(changed.check(), "coverage could not use the data")


# --- names in the report -------------------------------------------------------------------------------------------

LOUD_NAMES = (
    *("a|b.py", "<img src=x onerror=y>.py", "@torvalds.py", "`code`.py", "```.py", "[x](http:evil).py", "line\nend.py"),
    *(
        "**bold**.py",
        "&lt;b&gt;.py",
        "</details>.py",
        "<!-- covgate -->.py",
        "\x1b[31mred\x07.py",
        "x\r\n::error::y.py",
    ),
    *("\u202edrawkcab.py", "#1.py", "www.example.org.py", "tab\t.py", "trailing\\.py", "$x$.py", "[bold]rich[/].py"),
)


def loud(repository: Repository, names: tuple[str, ...]) -> Gate:
    repository.start({".coveragerc": "[run]\nomit = run.py\n", "run.py": "import m\n", "m.py": "x = 1\n"})
    repository.commit(dict.fromkeys(names, UNTESTED))
    repository.measure()
    return repository.check(ci=True)


def test_loud_file_names_neither_break_the_report_nor_reach_the_terminal(repository: Repository) -> None:
    gate = loud(repository, LOUD_NAMES)
    counted = set(LOUD_NAMES)
    assert gate.lines == (0, 2 * len(counted))
    assert gate.omitted == {}
    for text in (gate.comment, gate.summary):
        rows = [line for line in text.splitlines() if line.startswith("|")]
        shown = 10 if text is gate.comment else len(counted)
        head, files = rows[:4], rows[4 : 6 + shown]
        assert ({row.count("|") for row in head}, {row.count("|") for row in files}) == ({5}, {4})
        assert (files[0], len(files)) == ("| File | Diff | Uncovered |", 2 + shown)
        assert [row for row in rows[4 + len(files) :] if "no test imports" in row] == []
        # Between backticks nothing is markup: tests/test_markdown.py asks a renderer.
        prose = re.sub(r"<code>.*?</code>|`[^`\n]*`", "", text)
        assert set(re.findall(r"</?[a-z!][^\s>]*", prose)) <= {
            *("<details", "</details", "<summary", "</summary", "<sub", "</sub", "<br", "<code", "</code"),
        }
        assert prose.count("<details>") == prose.count("</details>")
        for mark in ("@torvalds", "**bold**", "](http:evil", "covgate -->", "```", "www.example"):
            assert mark not in prose
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", gate.stdout + gate.stderr.encode())
    assert "\u202e" not in gate.texts
    assert "[bold]rich[/].py" in gate.stdout.decode()
    assert {str(file["path"]) for file in gate.files} == counted


@pytest.mark.parametrize("name", ["::error::pwned.py", "##[error]pwned.py"])
def test_a_file_name_is_no_workflow_command(repository: Repository, name: str) -> None:
    """The runner takes a line for a command when it starts with `::` after spaces, or holds `##[`."""
    gate = loud(repository, (name,))
    assert gate.lines == (0, 2)
    commands = [
        line
        for line in (gate.stdout.decode() + gate.stderr).splitlines()
        if line.lstrip().startswith("::") or "##[" in line
    ]
    # One is covgate's own, of the red gate: there the name stands in the message.
    assert [line for line in commands if "pwned" in line and not line.startswith("::error title=covgate::Diff")] == []
