"""What was diffed, measured and analysed is one text: else there is no figure, whatever the lines happen to say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.github.server import FakeGithub
from tests.support.pull_request import BASE, PullRequest
from tests.support.repositories import RUN_EVERYTHING, Gate, Repository

SHOP = """\
def price(count):
    if count > 1:
        return count
    # Nothing for one.
    return 0


def refund(count):
    return -count
"""
TESTED = "import shop\nshop.price(2)\n"
FILES = {".coveragerc": RUN_EVERYTHING, "run.py": TESTED, "shop.py": SHOP}

REPORTS = {"xml": "coverage.xml", "lcov": "coverage.lcov"}

ON_BOTH_SIDES = pytest.mark.parametrize("ci", [False, True], ids=["laptop", "workflow"])


def assert_refused(gate: Gate, *parts: str, comment: str = "") -> None:
    """There is no figure, the rule is not passed, the reason names what it is about, and so does the comment."""
    assert (gate.verdict, gate.exit_code, gate.diff["percent"]) == ("cannot-judge", 4, None), gate.stderr
    reason = str(gate.diff["reason"])
    for part in parts:
        assert part in reason
    for part in [comment] if comment else parts:
        assert part in gate.comment.replace("`", "").replace("\\", "")


def assert_judged(gate: Gate, lines: tuple[int, int]) -> None:
    assert gate.verdict in {"pass", "fail"}, gate.known
    assert gate.lines == lines


def later(path: Path, seconds: float = 60) -> None:
    """Make a file look as if it was written later (or, with less than 0, earlier) than the others."""
    at = path.stat().st_mtime + seconds
    os.utime(path, (at, at))


# --- reports and data that are not of this source ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A report made of `before`, and the source it is read beside."""

    after: str
    says: str
    before: str = SHOP


STALE: Mapping[str, Stale] = {
    "a-line-inserted-above": Stale(
        after=SHOP.replace("    if count > 1", "    count += 0\n    if count > 1"), says="shop.py line 5"
    ),
    "a-comment-that-became-a-statement": Stale(
        after=SHOP.replace("# Nothing for one.", "count += 1"), says="shop.py line 4 is a statement the report"
    ),
    "a-statement-that-became-a-comment": Stale(
        after=SHOP.replace("        return count\n", "        # No.\n        return 5\n"), says="shop.py line 3"
    ),
    "a-function-added": Stale(after=SHOP + "\n\ndef tax(count):\n    return 2 * count\n", says="shop.py line 12"),
    "lines-without-a-gap": Stale(
        before="a = 1\nb = 2\nc = 3\n",
        after="x = 0\na = 1\nb = 2\nc = 3\n",
        says="shop.py line 4 is a statement the report does not know",
    ),
}


def start_stale(repository: Repository, case: Stale) -> None:
    script = "import shop\n"
    repository.start({**FILES, "run.py": script, "shop.py": case.before})
    repository.measure()
    for kind, name in REPORTS.items():
        repository.report(kind, name)
    repository.write({".git/info/exclude": "coverage.*\n.coverage\n"})
    repository.commit({"shop.py": case.after})


@ON_BOTH_SIDES
@pytest.mark.parametrize("case", STALE.values(), ids=STALE)
def test_a_report_of_another_text_is_refused(repository: Repository, case: Stale, *, ci: bool) -> None:
    start_stale(repository, case)
    for name in REPORTS.values():
        # As fresh as can be by its time.
        report = repository.path / name
        report.write_bytes(report.read_bytes().replace(b' timestamp="', b' was="'))
        later(report)
        assert_refused(repository.check(data=name, ci=ci), f"{name} is not of this source", case.says, "make it again")


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_of_this_text_is_judged(repository: Repository, kind: str) -> None:
    repository.start(FILES)
    repository.commit({"shop.py": STALE["a-function-added"].after})
    repository.measure()
    repository.report(kind, REPORTS[kind])
    for ci in (False, True):
        assert_judged(repository.check(data=REPORTS[kind], ci=ci), (1, 2))


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_made_with_other_rules_of_exclusion_is_judged_where_the_change_is_elsewhere(
    repository: Repository, kind: str
) -> None:
    repository.start(FILES)
    repository.commit({"shop.py": SHOP.replace("return -count", "return 0 - count")})
    rules = "[report]\nexclude_lines = if count > 1\n"
    repository.write({"ci.rc": RUN_EVERYTHING + rules})
    repository.measure("--rcfile=ci.rc")
    repository.python("-m", "coverage", kind, "--rcfile=ci.rc", "-q", "-o", REPORTS[kind])
    assert_judged(repository.check(data=REPORTS[kind]), (0, 1))
    # The other way round: what the configuration here excludes is in the report.
    repository.write({".coveragerc": RUN_EVERYTHING + rules})
    repository.python("-m", "coverage", kind, "--rcfile=/dev/null", "-q", "-o", REPORTS[kind])
    assert_judged(repository.check(data=REPORTS[kind]), (0, 1))


@ON_BOTH_SIDES
def test_data_with_executed_lines_that_are_no_statements_now_is_refused(repository: Repository, *, ci: bool) -> None:
    repository.start(FILES)
    repository.measure()
    repository.commit({"shop.py": '"""A shop."""\n\n\n' + SHOP})
    later(repository.path / ".coverage")
    assert_judged(repository.check(ci=ci), (0, 0))
    repository.commit({"shop.py": '"""A shop."""\n\nLIMIT = 2\n' + SHOP})
    later(repository.path / ".coverage")
    assert_refused(repository.check(ci=ci), "shop.py was measured before the last edit (line", "run the tests again")


@pytest.mark.parametrize("data", [".coverage", *REPORTS.values()])
def test_on_a_laptop_what_is_older_than_the_last_edit_is_refused(repository: Repository, data: str) -> None:
    repository.start(FILES)
    repository.measure()
    for kind, name in REPORTS.items():
        repository.report(kind, name)
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    later(repository.path / "shop.py")
    assert_refused(repository.check(data=data), "shop.py was measured before the last edit", data)
    # In any CI, artifacts and checkouts have the time of their unpacking: there it says nothing.
    assert_judged(repository.check(data=data, environment={"CI": "true"}), (1, 1))
    repository.commit()
    later(repository.path / "shop.py")
    assert_judged(repository.check(data=data, ci=True), (1, 1))


@pytest.mark.parametrize("data", [".coverage", *REPORTS.values()])
def test_in_a_workflow_data_that_was_committed_before_the_change_is_refused(repository: Repository, data: str) -> None:
    repository.write({".git/info/exclude": ""})
    repository.write(FILES)
    repository.measure()
    for kind, name in REPORTS.items():
        repository.report(kind, name)
    repository.start({})
    repository.commit({"shop.py": SHOP.replace("return count", "return 1 * count")})
    assert_refused(repository.check(data=data, ci=True), f"{data} was committed before this change", "shop.py")
    # Made again it may come out just as it was.
    made = repository.path / data
    made.write_bytes(made.read_bytes())
    later(made)
    assert_judged(repository.check(data=data, ci=True), (1, 1))


def test_a_copy_of_a_cobertura_report_is_as_old_as_it_says(repository: Repository) -> None:
    repository.start(FILES)
    repository.measure()
    repository.report("xml", "coverage.xml")
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    later(repository.path / "shop.py")
    later(repository.path / "coverage.xml", 600)
    assert_refused(repository.check(data="coverage.xml"), "shop.py was measured before the last edit")


def test_older_data_of_another_file_is_no_reason_to_refuse(repository: Repository) -> None:
    repository.start({**FILES, "other.py": "x = 1\n", "other_run.py": "import other\n"})
    repository.write({".coveragerc": "[run]\nomit = *run.py\n"})
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    later(repository.path / "shop.py", -300)
    for first, known in (("other_run.py", True), ("run.py", False)):
        repository.measure("--data-file=.coverage.1", script=first)
        repository.measure("--data-file=.coverage.2")
        later(repository.path / ".coverage.1", -600)
        gate = repository.check(data=".coverage.*")
        if known:
            assert_judged(gate, (1, 1))
        else:
            assert_refused(gate, "shop.py", "(.coverage.1 is older)")


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_of_the_head_is_refused_where_the_merge_is_judged_and_moved_its_lines(
    tmp_path: Path, github: FakeGithub, kind: str
) -> None:
    pull_request = PullRequest(tmp_path, github)

    def report() -> None:
        for words in (["run", "--branch", "-m", "pytest", "-q", "-p", "no:cacheprovider"], [kind, "-o", REPORTS[kind]]):
            done = tools.run(sys.executable, "-m", "coverage", *words, directory=pull_request.folder)
            assert done.returncode == 0, done.stdout

    tools = Repository(tmp_path / "tools")
    (pull_request.folder / ".git/info").mkdir()
    (pull_request.folder / ".git/info/exclude").write_text("coverage.*\n.coverage\n")
    pull_request.git("checkout", "-q", "cheapest")
    report()
    pull_request.git("checkout", "-q", "main")
    cart = (pull_request.folder / "shop/cart.py").read_text()
    pull_request.commit({"shop/cart.py": '"""Sums."""\n\nLIMIT = 5\n\n\n' + cart}, "Say what it is")
    pull_request.merge()
    ran = pull_request.run(coverage_data=REPORTS[kind])
    assert (ran.exit_code, ran.outputs["verdict"], ran.outputs["diff-percent"]) == (4, "cannot-judge", ""), ran.log
    assert f"{REPORTS[kind]} is not of this source: shop/cart.py line" in ran.summary
    assert "Cannot judge" in ran.summary.splitlines()[0]
    report()
    fresh = pull_request.run(coverage_data=REPORTS[kind])
    assert (fresh.exit_code, fresh.outputs["verdict"]) == (1, "fail"), fresh.log


# --- what cannot be parsed, and what has no suffix -----------------------------------------------------------------

LCOV = "SF:{}\nDA:1,1\nDA:2,1\nend_of_record\n"


@ON_BOTH_SIDES
@pytest.mark.parametrize("name", ["shop.py", "bin/tool", "app.wsgi"])
def test_a_reported_file_that_cannot_be_parsed_is_named(repository: Repository, name: str, *, ci: bool) -> None:
    repository.start({name: "x = 1\n"})
    repository.commit({name: "x = 1\nsyntax of = the future\n"})
    repository.write({"coverage.lcov": LCOV.format(name)})
    assert_refused(
        repository.check(data="coverage.lcov", ci=ci),
        f"{name} cannot be analysed",
        f"(Python 3.{sys.version_info[1]})",
        comment=f"{name} has a syntax error in line 2",
    )


CALL = "def f():\n    return dict(\n        a=1,\n    )\n"


@ON_BOTH_SIDES
@pytest.mark.parametrize("name", ["bin/tool", "app.wsgi", "page.pyw"])
@pytest.mark.parametrize("data", [".coverage", *REPORTS.values()])
def test_an_edited_continuation_line_counts_in_a_measured_script_of_any_name(
    repository: Repository, name: str, data: str, *, ci: bool
) -> None:
    script = f"import runpy\nrunpy.run_path({name!r})\n"
    config = "[run]\nbranch = true\nomit = run.py\n"
    repository.start({".coveragerc": config, "run.py": script, name: CALL})
    repository.commit({name: CALL.replace("a=1", "a=2"), "notes.txt": "Not Python.\n"})
    repository.measure()
    for kind, report in REPORTS.items():
        repository.report(kind, report)
    gate = repository.check(data=data, ci=ci)
    assert_judged(gate, (0, 1))
    assert gate.missing == {name: [[2, 2]]}


def test_a_script_edited_while_the_tests_run_is_refused(repository: Repository) -> None:
    repository.start({".coveragerc": "[run]\nomit = run.py\n", "run.py": "", "bin/tool": CALL})
    repository.commit(
        {
            "bin/tool": CALL.replace("a=1", "a=2"),
            "run.py": "import runpy\nrunpy.run_path('bin/tool')\n"
            "with open('bin/tool', 'a') as file:\n    file.write('\\n\\nx = 1\\n')\n",
        }
    )
    assert_refused(run(repository), "bin/tool was edited while covgate ran")


@ON_BOTH_SIDES
@pytest.mark.parametrize("mode", ["run", "read"])
def test_a_changed_file_whose_errors_the_configuration_ignores_is_named(
    repository: Repository, mode: str, *, ci: bool
) -> None:
    config = RUN_EVERYTHING + "[report]\nignore_errors = true\n"
    repository.start({**FILES, ".coveragerc": config, "bad.py": "def f(:\n"})
    if mode == "read":
        repository.measure()
        assert repository.check(ci=ci).exit_code == 0, "an old one is none of the change's"
    repository.commit({"bad.py": "def g(:\n"})
    gate = repository.check(ci=ci) if mode == "read" else run(repository, ci=ci)
    assert_refused(gate, "the changed file bad.py cannot be analysed", comment="bad.py has a syntax error in line 1")


# --- the text that was diffed ---------------------------------------------------------------------------------------


def run(repository: Repository, *command: str, ci: bool = False, environment: Mapping[str, str] | None = None) -> Gate:
    """Run the tests under covgate: the script, or a shell command."""
    words = " && ".join([*command, f"{sys.executable} run.py"])
    return repository.check("--", "sh", "-c", words, data="", ci=ci, environment=environment)


FORMATTER = "from pathlib import Path\np = Path({!r})\np.write_text('# Formatted.\\n' + p.read_text())\n"
"""Stands for `black .`."""

EDITS: Mapping[str, tuple[str, str]] = {
    "the-test-command-formats": ("shop.py", f"{sys.executable} format.py"),
    "the-test-command-formats-another-file": ("other.py", f"{sys.executable} format.py"),
    "an-editor-saves-meanwhile": ("shop.py", f"({sys.executable} format.py &) ; sleep 1"),
}


@pytest.mark.parametrize(("name", "command"), EDITS.values(), ids=EDITS)
def test_a_file_that_changes_between_the_diff_and_the_analysis_is_refused(
    repository: Repository, name: str, command: str
) -> None:
    repository.start({**FILES, "format.py": FORMATTER.format(name), "other.py": "x = 1\n"})
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    assert_refused(run(repository, command), name, "un again")


def test_a_file_that_a_test_writes_just_as_it_was_is_judged(repository: Repository) -> None:
    repository.start(FILES)
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    assert_judged(run(repository, "cp shop.py copy && cp copy shop.py && touch run.py && rm copy"), (1, 1))


def test_a_changed_file_that_the_tests_remove_is_refused(repository: Repository) -> None:
    repository.start({**FILES, "run.py": TESTED + "import os\nos.remove('shop.py')\n"})
    repository.commit({"shop.py": SHOP.replace("return count", "return 1 * count")})
    gate = run(repository)
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "shop.py" in str(gate.diff["reason"])


HIDE = {
    "a-link-in-its-place": "mv pkg/rate.py {there} && ln -s {there} pkg/rate.py",
    "a-linked-folder": "mv pkg {there} && ln -s {there} pkg",
    "a-folder-in-its-place": "rm pkg/rate.py && mkdir pkg/rate.py",
}


@ON_BOTH_SIDES
@pytest.mark.parametrize("command", HIDE.values(), ids=HIDE)
def test_a_changed_file_that_the_tests_hide_is_refused(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, command: str, *, ci: bool
) -> None:
    there = tmp_path_factory.mktemp("elsewhere") / "it"
    repository.start({**FILES, "pkg/__init__.py": "", "pkg/rate.py": SHOP})
    repository.commit({"pkg/rate.py": SHOP.replace("return count", "return 1 * count")})
    gate = run(repository, command.format(there=there), ci=ci)
    assert (gate.verdict, gate.exit_code) == ("cannot-judge", 4)
    assert "pkg/rate.py" in str(gate.diff["reason"])


def test_a_changed_file_outside_a_sparse_checkout_is_none_of_the_project_s(repository: Repository) -> None:
    repository.start({**{f"api/{name}": text for name, text in FILES.items()}, "web/page.py": SHOP})
    edited = SHOP.replace("return count", "return 1 * count")
    repository.commit({"api/shop.py": edited, "web/page.py": edited})
    repository.git("sparse-checkout", "set", "api")
    assert not (repository.path / "web/page.py").exists()
    gate = repository.check("--directory", "api", "--", sys.executable, "run.py", data="", ci=True)
    assert gate.exit_code == 0, gate.stderr
    assert "the one changed line is covered" in gate.stdout.decode()


def test_a_link_to_a_changed_file_has_no_lines_of_its_own(repository: Repository) -> None:
    repository.start(FILES)
    (repository.path / "link.py").symlink_to("shop.py")
    repository.commit({"shop.py": SHOP.replace("return count", "return 1 * count")})
    assert_judged(run(repository), (1, 1))


MARKS = ["--skip-worktree", "--assume-unchanged"]


@pytest.mark.parametrize("mark", MARKS)
def test_local_edits_that_git_was_told_not_to_see_make_the_change_unknown(repository: Repository, mark: str) -> None:
    repository.start(FILES)
    repository.commit({"shop.py": SHOP.replace("return count", "return 1 * count")})
    repository.git("update-index", mark, "shop.py")
    assert_judged(run(repository), (1, 1))
    repository.write({"shop.py": "LIMIT = 1\n" + SHOP})
    assert_refused(run(repository), "git was told not to look at shop.py", "git update-index --no-skip-worktree")


FILTERS: Mapping[str, tuple[Mapping[str, str], str, bool]] = {
    "another-text": ({"clean": "tr a-z n-za-m", "smudge": "tr a-z n-za-m"}, "shop.py filter=x\n", False),
    "the-same-text": ({"clean": "cat", "smudge": "cat"}, "shop.py filter=x\n", True),
    "no-such-filter": ({}, "shop.py filter=x\n", True),
    "an-encoding": ({}, "shop.py working-tree-encoding=UTF-16\n", False),
}


@pytest.mark.parametrize(("programs", "attributes", "known"), FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "uncommitted"])
def test_a_clean_filter_is_looked_through_where_it_leaves_the_text_alone(
    repository: Repository, programs: Mapping[str, str], attributes: str, *, known: bool, committed: bool
) -> None:
    repository.start(FILES)
    for name, program in programs.items():
        repository.git("config", f"filter.x.{name}", program)
    edited = SHOP.replace("return count", "return 1 * count")
    text = edited.encode("utf-16" if "encoding" in attributes else "utf-8")
    repository.write({".git/info/attributes": attributes})
    repository.write({"shop.py": text})
    if committed:
        repository.git("add", "shop.py")
        repository.git("commit", "--quiet", "--message=filtered")
    lines = repository.lines()
    (digest,) = lines.digests.values()
    assert isinstance(digest, str) is known, digest
    if not known:
        assert "git keeps another text of shop.py" in str(digest)


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "uncommitted"])
def test_ident_moves_no_line(repository: Repository, *, committed: bool) -> None:
    start = "# $Id$\n"
    repository.start({**FILES, ".gitattributes": "*.py ident\n", "shop.py": start + SHOP})
    repository.commit({"shop.py": start + SHOP.replace("return count", "return 1 * count")})
    (repository.path / "shop.py").unlink()
    repository.git("checkout", "--", "shop.py")
    text = (repository.path / "shop.py").read_text()
    assert text.startswith("# $Id: ")
    if committed:
        assert_judged(run(repository, ci=True), (1, 1))
    else:
        repository.write({"shop.py": text + "\n\nrefund(1)\n"})
        assert_judged(run(repository), (2, 2))


# --- what git shows this user ----------------------------------------------------------------------------------------


def user(repository: Repository, settings: str) -> dict[str, str]:
    """Give the user of a laptop a configuration of git."""
    path = repository.path.parent / "gitconfig"
    path.write_text(settings)
    return {"GIT_CONFIG_GLOBAL": str(path)}


def windows(text: str) -> str:
    return text.replace("\n", "\r\n")


LINE_ENDS: Mapping[str, tuple[str, Callable[[str], str], Callable[[str], str], tuple[int, int]]] = {
    "autocrlf-as-on-windows": ("true", str, windows, (1, 1)),
    "autocrlf-input": ("input", str, windows, (1, 1)),
    "autocrlf-and-unix-files": ("true", str, str, (1, 1)),
    "autocrlf-and-windows-files-in-git": ("true", windows, windows, (1, 1)),
    "no-autocrlf": ("false", str, windows, (4, 6)),
}


@pytest.mark.parametrize(("setting", "kept", "here", "lines"), LINE_ENDS.values(), ids=LINE_ENDS)
def test_line_ends_are_as_the_users_git_sees_them(
    repository: Repository,
    setting: str,
    kept: Callable[[str], str],
    here: Callable[[str], str],
    lines: tuple[int, int],
) -> None:
    repository.start({**FILES, "shop.py": kept(SHOP)})
    repository.write({"shop.py": here(SHOP.replace("return count", "return 1 * count"))})
    mine = user(repository, f"[core]\n\tautocrlf = {setting}\n")
    gate = run(repository, environment=mine)
    shown = repository.run("git", "diff", "--numstat", environment=mine).stdout.split()
    assert int(shown[0]) == (1 if lines[1] == 1 else 9)
    assert_judged(gate, lines)


HIDDEN: Mapping[str, tuple[str, str]] = {
    "named": ("[core]\n\texcludesFile = ~/ignored\n", "ignored"),
    "by-default": ("", ".config/git/ignore"),
}


@pytest.mark.parametrize(("settings", "place"), HIDDEN.values(), ids=HIDDEN)
def test_what_the_users_git_hides_stays_hidden(repository: Repository, settings: str, place: str) -> None:
    repository.start(FILES)
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count"), "scratch.py": "x = 1\n" * 9})
    ignored = Path(repository.environment()["HOME"]) / place
    ignored.parent.mkdir(parents=True, exist_ok=True)
    assert_judged(run(repository, environment=user(repository, settings)), (1, 10))
    ignored.write_text("scratch.py\n")
    assert_judged(run(repository, environment=user(repository, settings)), (1, 1))
    # The settings of a machine do not enter where nothing says that it is a laptop.
    assert {"scratch.py"} <= {str(path) for path in repository.lines().files}


def test_a_setting_of_the_repository_wins_over_the_users(repository: Repository) -> None:
    repository.start(FILES)
    repository.git("config", "core.autocrlf", "false")
    repository.write({"shop.py": windows(SHOP)})
    assert_judged(run(repository, environment=user(repository, "[core]\n\tautocrlf = true\n")), (4, 6))


def test_no_program_of_the_users_configuration_is_started(repository: Repository) -> None:
    repository.start(FILES)
    trap = repository.path.parent / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {trap}.sprung\n")
    trap.chmod(0o755)
    repository.write({".git/info/attributes": "*.py diff=x filter=x\n"})
    repository.write({"shop.py": SHOP.replace("return count", "return 1 * count")})
    settings = f'[diff]\n\texternal = {trap}\n[diff "x"]\n\ttextconv = {trap}\n\tcommand = {trap}\n'
    settings += f'[filter "x"]\n\tclean = {trap}\n[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n'
    assert_judged(run(repository, environment=user(repository, settings)), (1, 1))
    assert not Path(f"{trap}.sprung").exists()


# --- the same through the action's entry point, in a pull request ----------------------------------------------------

OLD_LCOV = "SF:shop/cart.py\nDA:1,1\nDA:2,1\nend_of_record\n"
FORMAT = f"{sys.executable} -c \"open('shop/cart.py', 'a').write('# Formatted.\\n')\" && {sys.executable} -m pytest -q"


@dataclass(frozen=True, slots=True, kw_only=True)
class Untrue:
    """What a branch pushes, what a step before covgate leaves, covgate's inputs, and what the headline says."""

    pushed: Mapping[str, str]
    left: Mapping[str, str]
    inputs: Mapping[str, Any]
    says: str


IN_A_PULL_REQUEST: Mapping[str, Untrue] = {
    "a-report-made-before-the-change": Untrue(
        pushed={},
        left={"old.lcov": OLD_LCOV},
        inputs={"coverage_data": "old.lcov"},
        says="old.lcov is not of this source",
    ),
    "a-test-command-that-formats": Untrue(
        pushed={}, left={}, inputs={"test_command": FORMAT}, says="shop/cart.py was measured in another state"
    ),
    "ignore-errors": Untrue(
        pushed={
            "shop/bad.py": "def f(:\n",
            "pyproject.toml": BASE["pyproject.toml"] + "\n[tool.coverage.report]\nignore_errors = true\n",
        },
        left={},
        inputs={},
        says="shop/bad.py has a syntax error in line 1",
    ),
    "a-script-of-the-future": Untrue(
        pushed={"bin/tool": "syntax of = the future\n"},
        left={"tool.lcov": OLD_LCOV.replace("shop/cart.py", "bin/tool")},
        inputs={"coverage_data": "tool.lcov"},
        says="bin/tool has a syntax error in line 1",
    ),
}


@pytest.mark.parametrize("case", IN_A_PULL_REQUEST.values(), ids=IN_A_PULL_REQUEST)
def test_the_action_cannot_judge_what_is_not_one_text(tmp_path: Path, github: FakeGithub, case: Untrue) -> None:
    pull_request = PullRequest(tmp_path, github)
    if case.pushed:
        pull_request.push(dict(case.pushed), "More")
    for name, text in case.left.items():
        (pull_request.folder / name).write_text(text)
    ran = pull_request.run(**case.inputs)
    assert (ran.exit_code, ran.outputs["verdict"], ran.outputs["passed"]) == (4, "cannot-judge", "false"), ran.log
    assert ran.outputs["diff-percent"] == ""
    headline = ran.summary.splitlines()[0].replace("`", "").replace("\\", "")
    assert "Cannot judge" in headline
    assert case.says in headline
