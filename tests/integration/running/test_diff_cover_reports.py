"""diff-cover's own reports of what covgate judged: real runs, the numbers of `result.json`, and no more than those."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import pytest

from tests.support.repositories import RUN_EVERYTHING, Gate, Repository

KINDS = "--report=diff-cover-json,diff-cover-html,diff-cover-markdown"
FILES = ("diff-cover.html", "diff-cover.json", "diff-cover.md")
SECRET = "AUTHORIZATION: basic c2VjcmV0"  # noqa: S105  # the bait

BEFORE = "def grade(points):\n    if points > 90:\n        return 'a'\n    return 'b'\n"
AFTER = """\
def grade(
    points,
    most=90,
):
    if points > most:
        return 'A'

    # nothing else
    return (
        'b' +
        'c'
    )
"""
PROJECT = {".coveragerc": RUN_EVERYTHING, "run.py": "import shop\nshop.grade(1)\n", "shop.py": BEFORE}


def reports(repository: Repository) -> dict[str, str]:
    folder = repository.path / ".covgate"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("diff-cover.*"))}


def read_json(repository: Repository) -> dict[str, tuple[int, int]]:
    """Return {path: (covered, all) lines} of diff-cover's JSON, its totals held against the sum of its files."""
    report = json.loads(reports(repository)["diff-cover.json"])
    stats = report["src_stats"]
    assert report["total_num_lines"] == sum(len(f["covered_lines"]) + len(f["violation_lines"]) for f in stats.values())
    assert report["total_num_violations"] == sum(len(f["violation_lines"]) for f in stats.values())
    return {
        path: (len(file["covered_lines"]), len(file["covered_lines"]) + len(file["violation_lines"]))
        for path, file in stats.items()
    }


def of_result(gate: Gate) -> dict[str, tuple[int, int]]:
    lines = {str(file["path"]): cast("dict[str, int]", file["lines"]) for file in gate.files}
    return {path: (pair["covered"], pair["total"]) for path, pair in lines.items()}


@pytest.fixture
def changed(repository: Repository) -> Repository:
    repository.start(PROJECT)
    repository.commit({"shop.py": AFTER, "idle.py": "x = 1\ny = 2\n"})
    return repository


@pytest.mark.parametrize("ci", [False, True], ids=["laptop", "ci"])
@pytest.mark.parametrize("options", [(), ("--branch",)], ids=["statements", "branches"])
def test_the_numbers_are_those_of_the_result(changed: Repository, options: tuple[str, ...], *, ci: bool) -> None:
    changed.measure(*options)
    gate = changed.check(KINDS, ci=ci)
    assert of_result(gate) == {"shop.py": (3, 4), "idle.py": (0, 2)}
    assert read_json(changed) == of_result(gate)
    left = reports(changed)
    assert tuple(left) == FILES
    assert "- <code>shop.py</code> (75.0%): Missing lines 6".replace(".py", "&#46;py") in left["diff-cover.md"]
    assert "!  6         return 'A'" in left["diff-cover.md"]
    assert "<li><b>Missing</b>: 3 lines</li>" in left["diff-cover.html"]
    assert '<span class="hll">' in left["diff-cover.html"]


def test_an_ordinary_change_is_reported_as_by_diff_cover_itself(repository: Repository) -> None:
    """Where diff-cover reads a change rightly, its report is the same whoever fills its interfaces."""
    repository.start(PROJECT)
    repository.commit({"shop.py": BEFORE.replace("90", "95").replace("'b'", "'c'"), "pkg/__init__.py": "a = 1\n"})
    repository.measure()
    repository.report("xml", "coverage.xml")
    bare = repository.path / "bare.json"
    repository.diff_cover(options=(f"--format=json:{bare}",))
    repository.check("--report=diff-cover-json")
    ours, theirs = (json.loads(text) for text in (reports(repository)["diff-cover.json"], bare.read_text()))
    assert ours["src_stats"] == theirs["src_stats"]
    for name in ("total_num_lines", "total_num_violations", "total_percent_covered"):
        assert ours[name] == theirs[name]


def test_only_what_was_asked_for_is_left(changed: Repository) -> None:
    changed.measure()
    changed.check("--report=diff-cover-markdown")
    assert set(reports(changed)) == {"diff-cover.md"}


def test_a_report_made_elsewhere_will_do(changed: Repository) -> None:
    changed.measure()
    changed.report("xml", "coverage.xml")
    gate = changed.check(KINDS, data="coverage.xml")
    assert gate.exit_code == 1, gate.stderr
    assert read_json(changed) == of_result(gate) == {"shop.py": (3, 4), "idle.py": (0, 2)}


NAMES = ["a|b.py", "new\nline.py", "<script>alert(1)<!--.py", "`tick`.py", 'quo"te.py', "back\\slash.py", "@every.py"]


def test_names_of_strangers(repository: Repository) -> None:
    repository.start(PROJECT)
    broken = os.fsdecode(b"\xff.py")
    repository.commit({"shop.py": AFTER})
    repository.measure()
    # Coverage cannot write all of these names into its data.
    repository.commit(dict.fromkeys([*NAMES, broken], "x = 1\n"))
    gate = repository.check(KINDS)
    assert gate.exit_code == 1, gate.stderr
    counted = read_json(repository)
    assert counted == dict.fromkeys([*NAMES, broken], (0, 1)) | {"shop.py": (3, 4)}
    assert gate.lines == (3, 4 + len(NAMES) + 1)
    left = reports(repository)
    assert "<script" not in left["diff-cover.html"] + left["diff-cover.md"]
    assert "new\\nline.py" in left["diff-cover.html"]
    assert all(line[0] in "#-!` L*N\n" for line in left["diff-cover.md"].splitlines() if line)


# --- what is never read --------------------------------------------------------------------------------------------


def leave_a_secret(repository: Repository) -> Path:
    secret = repository.path.parent / "secret.py"
    secret.write_text(f"{BEFORE}# {SECRET}\n", encoding="utf-8")
    return secret


@pytest.mark.parametrize("ci", [False, True], ids=["laptop", "ci"])
def test_a_link_is_never_followed(changed: Repository, *, ci: bool) -> None:
    secret = leave_a_secret(changed)
    (changed.path / "leak.py").symlink_to(secret)
    (changed.path / "idle.py").unlink()
    (changed.path / "idle.py").symlink_to(secret)
    changed.commit()
    changed.measure()
    gate = changed.check(KINDS, ci=ci)
    assert gate.exit_code == 1, gate.texts
    assert SECRET not in "".join(reports(changed).values())
    assert read_json(changed) == {"shop.py": (3, 4)}


def test_a_file_that_became_a_link_meanwhile_is_not_shown(changed: Repository) -> None:
    secret = leave_a_secret(changed)
    swap = f"import os\nos.unlink('shop.py')\nos.symlink({str(secret)!r}, 'shop.py')\n"
    changed.commit({"run.py": PROJECT["run.py"] + swap})
    gate = changed.check(KINDS, "--", "python", "run.py", data="")
    assert SECRET not in gate.texts + "".join(reports(changed).values())


# --- nothing to report ---------------------------------------------------------------------------------------------


def test_an_empty_change_has_reports_that_say_so(changed: Repository) -> None:
    changed.measure()
    assert changed.check(KINDS, base="HEAD").exit_code == 0
    left = reports(changed)
    assert tuple(left) == FILES
    assert json.loads(left["diff-cover.json"])["total_num_lines"] == 0
    for name in ("diff-cover.html", "diff-cover.md"):
        assert "No lines with coverage information in this diff." in left[name]


def test_reports_of_an_unknown_change_are_not_made_and_those_of_the_run_before_go(changed: Repository) -> None:
    changed.measure()
    changed.check(KINDS)
    assert tuple(reports(changed)) == FILES
    changed.write({"shop.py": AFTER + "\n\n# edited since\nz = 1\n"})
    gate = changed.check(KINDS)
    assert (gate.exit_code, gate.diff["percent"]) == (4, None)
    assert reports(changed) == {}
    assert "Not made: diff-cover.json, diff-cover.html, diff-cover.md. Diff coverage is not available: " in gate.texts
    assert str(gate.diff["reason"]) in gate.texts


def test_a_run_without_a_change_says_that_there_is_none(changed: Repository, tmp_path: Path) -> None:
    changed.measure()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/feature", "after": changed.head()}), encoding="utf-8")
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": changed.head(),
        "GITHUB_REF": "refs/heads/feature",
        "GITHUB_REPOSITORY": "o/r",
    }
    gate = changed.check(KINDS, base="", environment=environment)
    assert gate.diff["reason"] == "this run has no change to judge"
    assert reports(changed) == {}
    assert "Not made: diff-cover.json, diff-cover.html, diff-cover.md. This run has no change to judge." in gate.texts


def test_a_file_of_the_users_own_stays_where_no_report_of_that_name_is_asked_for(changed: Repository) -> None:
    changed.measure()
    own = changed.path / ".covgate" / "diff-cover.json"
    own.parent.mkdir()
    own.write_text("{}", encoding="utf-8")
    changed.check("--report=diff-cover-html")
    assert own.read_text(encoding="utf-8") == "{}"
