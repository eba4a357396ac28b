"""After the run: the records of all reported files, and what cannot be analysed."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from coverage import CoverageData
from coverage.exceptions import NoDataError

from covgate.measure.probe.covgate_probe import analyse
from covgate.measure.probe.covgate_probe.analyst import Analyst, Patterns, listed, literal, open_data, relative
from covgate.measure.probe.covgate_probe.record import digest_of
from tests.support.probe import NOTHING_MORE, Json, ProbedFolder

TWO = "a = 1\nb = 2\n"


def ask(folder: ProbedFolder, files: dict[str, str], executed: dict[str, list[int]], **more: object) -> Json:
    folder.write(files)
    data = folder.data("data", {folder.full(name): lines for name, lines in executed.items()})
    return folder.ask("analyse", data=[data], local=[*files], **more)


# --- which files are reported -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "reported"),
    [
        pytest.param("", ["a.py", "gen/b.py", "z.py"], id="all"),
        pytest.param("[report]\ninclude = gen/*\n    z.py\n", ["gen/b.py", "z.py"], id="include"),
        pytest.param("[report]\nomit = gen/*\n", ["a.py", "z.py"], id="omit"),
        pytest.param("[report]\ninclude = gen/*\n    a.py\nomit = a.py\n", ["gen/b.py"], id="both"),
    ],
)
def test_the_files_of_coverages_report_have_records(
    folder: ProbedFolder, configuration: str, reported: list[str]
) -> None:
    files = dict.fromkeys(["z.py", "gen/b.py", "a.py"], TWO)
    answer = ask(folder, {**files, ".coveragerc": configuration}, {name: [1] for name in files})
    assert (list(answer["files"]), answer["problems"]) == (reported, [])


def test_a_checkout_that_is_entered_through_a_link_is_the_same(folder: ProbedFolder) -> None:
    (folder.path.parent / "link").symlink_to(folder.path)
    answer = ask(folder, {"a.py": TWO}, {"a.py": [1]}, changed=["a.py"], root=str(folder.path.parent / "link"))
    assert (list(answer["files"]), answer["changed"]) == (["a.py"], {})


def test_only_changed_files_have_details(folder: ProbedFolder) -> None:
    answer = ask(folder, {"a.py": TWO, "b.py": TWO}, {"a.py": [1], "b.py": [1]}, changed=["b.py"])
    assert {path: "first" in record for path, record in answer["files"].items()} == {"a.py": False, "b.py": True}


@pytest.mark.parametrize("branch", [True, False])
def test_whether_branches_were_measured_is_told(folder: ProbedFolder, *, branch: bool) -> None:
    folder.write({"a.py": TWO})
    name = folder.full("a.py")
    data = folder.arcs("data", {name: [(-1, 1)]}) if branch else folder.data("data", {name: [1]})
    assert folder.ask("analyse", data=[data], local=["a.py"])["branches"] is branch


def test_only_the_contexts_of_the_report_count(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[report]\ncontexts = one\n", "a.py": TWO})
    data = [folder.data(name, {folder.full("a.py"): [n]}, context=name) for n, name in enumerate(("one", "two"), 1)]
    answer = folder.ask("analyse", data=data, local=["a.py"])
    assert answer["files"]["a.py"]["m"] == [2]


def test_the_configuration_of_the_run_is_used_where_there_is_one(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[report]\nexclude_lines = a\n"})
    prepared = folder.ask("prepare", data_file=folder.full("x"))
    folder.write({".coveragerc": "[report]\nexclude_lines = b\n"})
    answer = ask(folder, {"a.py": TWO}, {"a.py": [1]}, config=prepared["config"], own_run=True)
    assert answer["files"]["a.py"]["x"] == [1]
    assert folder.ask("analyse", data=[folder.full("data")], local=["a.py"])["files"]["a.py"]["x"] == [2]


def test_a_configuration_that_cannot_be_used_is_an_error(folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(folder.path)
    files = {"a.py": TWO, ".coveragerc": "[run]\nplugins = plug_that_breaks\n", "plug_that_breaks.py": "1 / 0\n"}
    answer = ask(folder, files, {"a.py": [1]})
    assert (answer["kind"], answer["error"]) == ("ConfigError", "ZeroDivisionError: division by zero")


def test_warnings_of_coverage_are_told_once(folder: ProbedFolder) -> None:
    answer = ask(folder, {"a.py": TWO}, {})
    assert (answer["warnings"], answer["files"]) == ([], {})


PAGES = """\
from coverage import CoveragePlugin, FileReporter
from coverage.plugin import CodeRegion

class Page(FileReporter):
    def source(self):
        return open(self.filename, encoding="utf-8").read()

    def lines(self):
        return {1, 2, 4}

    def excluded_lines(self):
        return {5}

    def translate_lines(self, lines):
        return {2 if line == 3 else line for line in lines}

    def code_regions(self):
        return [CodeRegion(kind="function", name="block", start=2, lines={2, 3, 4})]

class Pages(CoveragePlugin):
    def file_reporter(self, filename):
        return Page(filename)

def coverage_init(registry, options):
    registry.add_file_tracer(Pages())
"""


def test_a_changed_template_has_what_its_plugin_knows_of_it(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No reason and no stray line: what its text means is not known here, though it be Python by chance."""
    monkeypatch.syspath_prepend(folder.path)
    text = "if a:\n    b(\n    c)\nd = 1\n# e\n\n"
    folder.write({".coveragerc": "[run]\nplugins = plug_of_pages\n", "plug_of_pages.py": PAGES, "page.html": text})
    data = folder.data("data", {folder.full("page.html"): [1, 3, 6]})
    recorded = CoverageData(data)
    recorded.read()
    recorded.add_file_tracers({folder.full("page.html"): "plug_of_pages.Pages"})
    recorded.write()
    recorded.close()
    answer = folder.ask("analyse", data=[data], local=["page.html"], changed=["page.html"])
    assert answer["files"] == {
        "page.html": {
            "s": [1, 2, 4],
            "m": [4],
            "x": [5],
            "b": [],
            "first": [[3, 2]],
            "sha256": digest_of(folder.full("page.html")),
            "reasons": [],
            "functions": [["block", 2, 4, 2]],
            "stray": [],
        }
    }
    assert (answer["problems"], answer["changed"]) == ([], {})


# --- what cannot be analysed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "name", "text", "problem", "said_of_changed"),
    [
        ("", "a.py", None, "no-source", False),
        ("", "a.py", "def f(:\n", "not-python", False),
        # coverage takes it for what a template was compiled to.
        ("", "a.html", "{{ (", None, False),
        ("", "a.html", None, "no-source", False),
        ("", "a.wsgi", "def f(:\n", None, True),
        ("[report]\nignore_errors = true\n", "a.py", None, None, True),
        ("[report]\nignore_errors = true\n", "a.py", "def f(:\n", None, True),
        ("[report]\nignore_errors = true\n", "a.html", "{{ (", None, False),
    ],
)
@pytest.mark.parametrize("changed", [True, False])
def test_a_file_that_cannot_be_analysed_is_a_problem_unless_the_configuration_ignores_it(
    folder: ProbedFolder,
    configuration: str,
    name: str,
    text: str | None,
    problem: str | None,
    *,
    said_of_changed: bool,
    changed: bool,
) -> None:
    files = {"b.py": TWO, ".coveragerc": configuration, **({} if text is None else {name: text})}
    answer = ask(folder, files, {"b.py": [1], name: [1]}, changed=[name] if changed else [])
    assert [one[:2] for one in answer["problems"]] == ([] if problem is None else [[problem, name]])
    assert list(answer["files"]) == ["b.py"]
    gap = answer["changed"].get(name, {}).get("gap")
    assert gap == ("unparsable" if changed and said_of_changed else None)
    if problem or gap:
        assert name in (answer["problems"][0][2] if problem else answer["changed"][name]["why"])


# --- many files ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("cores", [1, 3, 20])
def test_many_files_are_analysed_in_several_processes(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(analyse, "FORK_FROM", 5)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(cores)))
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        process = fork()
        if process:
            forks.append(process)
        return process

    monkeypatch.setattr(os, "fork", counted)
    files = {f"m{number}.py": TWO for number in range(5)}
    files["broken.py"] = "def f(:\n"
    answer = ask(folder, files, {name: [1] for name in files}, changed=["m3.py"])
    del files["broken.py"]
    assert set(answer["files"]) == set(files)
    assert all(record["m"] == [2] for record in answer["files"].values())
    assert "first" in answer["files"]["m3.py"]
    assert [one[:2] for one in answer["problems"]] == [["not-python", "broken.py"]]
    assert len(forks) == {1: 0, 3: 3, 20: 8}[cores]
    forks.clear()
    ask(folder, {}, {})
    folder.ask("analyse", data=[folder.data("few", {folder.full("m1.py"): [1]})], local=["m1.py"])
    assert not forks


def test_a_process_that_cannot_analyse_its_part_is_no_silent_gap(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyse, "FORK_FROM", 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    first = os.getpid()
    load = Analyst.load

    def breaks_elsewhere(analyst: Analyst) -> None:
        if os.getpid() != first:
            raise MemoryError
        load(analyst)

    monkeypatch.setattr(Analyst, "load", breaks_elsewhere)
    with pytest.raises(RuntimeError, match="ended with status"):
        ask(folder, {"a.py": TWO, "b.py": TWO}, {"a.py": [1], "b.py": [1]})


# --- reports on demand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [(), ("coverage-html",), ("xml",), ("coverage-html", "lcov", "json", "markdown")])
def test_reports_are_made_where_they_are_asked_for(folder: ProbedFolder, asked: tuple[str, ...]) -> None:
    places = {kind: folder.full(f"out-{kind}") for kind in asked}
    answer = ask(folder, {"a.py": TWO}, {"a.py": [1]}, exports=places)
    assert answer["files"]["a.py"]["m"] == [2]
    for kind in ("coverage-html", "xml", "lcov", "json", "markdown"):
        assert Path(folder.full(f"out-{kind}")).exists() is (kind in asked)
    if "xml" in asked:
        assert 'lines-covered="1"' in Path(places["xml"]).read_text(encoding="utf-8")


def test_reports_for_other_tools_name_files_as_the_repository_does(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project is a folder of the repository; what lies outside of that has no such name and is left out."""
    root = ProbedFolder(folder.path / "a & b")
    root.write({"api/.coveragerc": "[run]\nsource = .\n", "api/m.py": TWO, "lib/m.py": TWO, "../far.py": TWO})
    monkeypatch.chdir(root.path / "api")
    names = [root.full("api/m.py"), root.full("lib/m.py"), folder.full("far.py")]
    data = root.data("data", {name: [1] for name in names})
    kinds = ("xml", "lcov", "json", "markdown")
    places = {kind: folder.full(f"out-{kind}") for kind in kinds}
    answer = root.ask("analyse", data=[data], local=["api/m.py", "lib/m.py"], exports=places)
    assert set(answer["files"]) == {"api/m.py", "lib/m.py", folder.full("far.py")}
    xml, lcov, in_json, markdown = (Path(places[kind]).read_text(encoding="utf-8") for kind in kinds)
    assert re.findall(r'filename="(.*?)"', xml) == ["api/m.py", "lib/m.py"]
    assert re.findall(r"<source>(.*?)</source>", xml) == ["."]
    assert re.findall(r"^SF:(.*)$", lcov, re.MULTILINE) == ["api/m.py", "lib/m.py"]
    assert list(json.loads(in_json)["files"]) == ["api/m.py", "lib/m.py"]
    assert re.findall(r"^\| (\S+m\.py|far\.py)", markdown, re.MULTILINE) == ["api/m.py", "lib/m.py"]


def test_of_files_outside_of_the_repository_alone_no_report_for_other_tools_is_made(folder: ProbedFolder) -> None:
    folder.write({"../far.py": TWO})
    data = folder.data("data", {str(folder.path.parent / "far.py"): [1]})
    places = {kind: folder.full(kind) for kind in ("coverage-html", "xml")}
    answer = folder.ask("analyse", data=[data], exports=places)
    assert (answer.get("error"), list(answer["files"])) == (None, [str(folder.path.parent / "far.py")])
    assert [kind for kind, place in places.items() if Path(place).exists()] == ["coverage-html"]


@pytest.mark.parametrize("kind", ["coverage-html", "xml", "lcov", "json", "markdown"])
def test_every_report_passes_over_what_a_template_was_compiled_to(folder: ProbedFolder, kind: str) -> None:
    place = Path(folder.full("out"))
    answer = ask(folder, {"a.py": TWO, "a.html": "{{ ("}, {"a.py": [1], "a.html": [1]}, exports={kind: str(place)})
    assert (answer.get("error"), list(answer["files"]), answer["problems"]) == (None, ["a.py"], [])
    text = (place / "index.html" if place.is_dir() else place).read_text(encoding="utf-8")
    assert ("a.py" in text, "a.html" in text) == (True, False)


def test_no_report_is_made_of_what_cannot_be_analysed(folder: ProbedFolder) -> None:
    answer = ask(folder, {"a.py": "def f(:\n"}, {"a.py": [1]}, exports={"xml": folder.full("out.xml")})
    assert answer["problems"]
    assert not Path(folder.full("out.xml")).exists()


@pytest.mark.parametrize("remembers", [True, False])
def test_a_source_is_analysed_once_however_many_reports_are_made_of_it(
    folder: ProbedFolder, *, remembers: bool
) -> None:
    folder.write({"a.py": TWO})
    cov = Analyst(data_file=folder.data("data", {folder.full("a.py"): [1]}), config_file=False)
    cov.load()
    cov.remembers = remembers
    reporter = cov.reporter_of(folder.full("a.py"))
    assert cov.reporter_of(folder.full("a.py")) is reporter
    assert (cov.analysis_of(reporter) is cov.analysis_of(reporter)) is remembers


# --- counted otherwise --------------------------------------------------------------------------------------------

COUNTED = """\
def f(a):
    if a:
        return 1
    debug(a)
    return 2
"""


@pytest.mark.parametrize(
    ("otherwise", "counts"),
    [
        # Statements covered, statements, branches taken, branches: 4 of 5, and one of 2 ways, are in m.py. coverage
        # counts no way that leads to an excluded line, and takes all ways of a partial branch that is meant.
        pytest.param({}, [5, 7, 1, 2], id="as-coverage-does"),
        pytest.param({"exclude_also": ["debug"]}, [4, 6, 0, 0], id="exclude-also"),
        pytest.param({"exclude_lines": ["return 1"]}, [5, 6, 0, 0], id="exclude-lines"),
        pytest.param({"exclude_lines": ["return 1"], "exclude_also": ["debug"]}, [4, 5, 0, 0], id="both"),
        pytest.param({"partial_also": ["if a"]}, [5, 7, 2, 2], id="partial-also"),
        pytest.param({"[report] omit": ["gen.py"]}, [4, 5, 1, 2], id="omit"),
        pytest.param({"[report] include": ["gen.py"]}, [1, 2, 0, 0], id="include"),
        pytest.param({"contexts": ["another"]}, [0, 7, 0, 2], id="contexts"),
        pytest.param({"exclude_also": ["("]}, None, id="no-pattern"),
    ],
)
def test_the_total_by_another_report_section(
    folder: ProbedFolder, otherwise: dict[str, list[str]], counts: list[int] | None
) -> None:
    folder.write({"m.py": COUNTED, "gen.py": TWO, ".coveragerc": "[report]\nexclude_also = return 2\n"})
    steps = {"m.py": [(-1, 1), (1, -1), (-1, 2), (2, 4), (4, 5), (5, -1)], "gen.py": [(-1, 1)]}
    data = folder.arcs("data", {folder.full(name): arcs for name, arcs in steps.items()})
    answer = folder.ask("analyse", data=[data], local=["m.py", "gen.py"], otherwise=otherwise)
    assert answer["otherwise"] == counts
    # What the report itself is made of stays the project's own.
    assert answer["files"]["m.py"]["x"] == [5]


def test_the_total_is_counted_otherwise_without_branches_and_only_where_it_is_asked(folder: ProbedFolder) -> None:
    answer = ask(folder, {"a.py": TWO}, {"a.py": [1]}, otherwise={})
    assert answer["otherwise"] == [1, 2, 0, 0]
    assert "otherwise" not in folder.ask("analyse", data=[folder.full("data")], local=["a.py"])


def test_what_cannot_be_analysed_cannot_be_counted_otherwise(folder: ProbedFolder) -> None:
    assert ask(folder, {"a.py": "def f(:\n"}, {"a.py": [1]}, otherwise={})["otherwise"] is None


# --- packages whose copy is not seen ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configuration", "executed", "copy", "hidden"),
    [
        pytest.param("[run]\ninclude = shopper/*\n", [], "venv/shopper", True, id="include"),
        pytest.param("", [], "venv/shopper", True, id="no-configuration"),
        pytest.param("[run]\ninclude = shopper/*\n", [1], "venv/shopper", False, id="the-checkouts-own-ran"),
        pytest.param("[run]\ninclude = shopper/*\n", [], None, False, id="no-copy"),
        pytest.param("[run]\ninclude = other/*\n", [], "venv/shopper", False, id="not-included"),
        pytest.param("[run]\nomit = shopper/*\n", [], "venv/shopper", False, id="omitted"),
        pytest.param("[run]\nsource = .\n", [], "venv/shopper", True, id="source"),
        pytest.param("[run]\nsource = other\n", [], "venv/shopper", False, id="not-in-the-source"),
        pytest.param("[run]\nsource = .\nsource_pkgs = shopper\n", [], "venv/shopper", False, id="seen-by-name"),
        pytest.param(
            "[run]\nsource = .\nsource_pkgs = shopper\nomit = */venv/*\n", [], "venv/shopper", True,
            id="seen-by-name-but-omitted-there",
        ),
        pytest.param("[run]\ninclude = shopper/*\n", [], "project/other/shopper", False, id="a-file-of-the-checkout"),
    ],
)  # fmt: skip
def test_a_package_that_is_found_elsewhere_and_left_unmeasured_there_is_hidden(
    folder: ProbedFolder,
    monkeypatch: pytest.MonkeyPatch,
    configuration: str,
    executed: list[int],
    copy: str | None,
    *,
    hidden: bool,
) -> None:
    local = ["shopper/__init__.py", "shopper/a.py", "shopper_too/x.py", "other/shopper/__init__.py"]
    folder.write({**dict.fromkeys(local, TWO), ".coveragerc": configuration})
    where = None
    if copy is not None:
        where = folder.path.parent / copy / "__init__.py"
        folder.write({f"../{copy}/__init__.py": TWO})
        monkeypatch.syspath_prepend(where.parent.parent)
    # A neighbour whose name begins alike has run.
    names = {folder.full("shopper/a.py"): executed, folder.full("shopper_too/x.py"): [1]}
    data = folder.data("data", names)
    answer = folder.ask("analyse", data=[data], local=local, packages={"shopper": "shopper"})
    assert answer["hidden"] == ([["shopper", str(where)]] if hidden else [])


@pytest.mark.parametrize("here", ["", "."])
def test_a_copy_is_hidden_behind_the_working_directory_too(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    """Python looks there first in this process, and not in every process of a suite."""
    folder.write({"hiddenshop/__init__.py": TWO, "b.py": TWO, "../venv/hiddenshop/__init__.py": TWO})
    monkeypatch.setattr(sys, "path", [here, str(folder.path), str(folder.path.parent / "venv"), *sys.path])
    data = folder.data("data", {folder.full("b.py"): [1]})
    local = ["hiddenshop/__init__.py", "b.py"]
    answer = folder.ask("analyse", data=[data], local=local, packages={"hiddenshop": "hiddenshop"})
    assert answer["hidden"] == [["hiddenshop", str(folder.path.parent / "venv/hiddenshop/__init__.py")]]


def test_a_module_that_is_found_elsewhere_is_hidden_too(folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write({"tillery.py": TWO, "b.py": TWO, "../venv/tillery.py": TWO})
    monkeypatch.syspath_prepend(folder.path.parent / "venv")
    ran = {"b.py": [1], "tillery.py": [1]}
    for names, hidden in (({"b.py": [1]}, [["tillery.py", str(folder.path.parent / "venv/tillery.py")]]), (ran, [])):
        data = folder.data(f"data{len(names)}", {folder.full(name): lines for name, lines in names.items()})
        answer = folder.ask("analyse", data=[data], local=["tillery.py", "b.py"], packages={"tillery": "tillery.py"})
        assert answer["hidden"] == hidden


# --- paths and patterns -------------------------------------------------------------------------------------------


def test_paths_are_relative_inside_the_checkout_only(tmp_path: Path) -> None:
    root = str(tmp_path.resolve())
    assert relative(f"{root}/a/b.py", root) == "a/b.py"
    assert relative(f"{root}x/b.py", root) == f"{root}x/b.py"
    assert relative(root, root) == root
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert relative(f"{root}/link/b.py", root) == "a/b.py"


def test_a_pattern_is_named_by_the_first_that_fits(folder: ProbedFolder) -> None:
    patterns = Patterns(["b/*", "a/*", "a/b.py", "a/*"])
    assert patterns.given == ("b/*", "a/*", "a/b.py")
    assert patterns.match(folder.full("a/b.py")) == "a/*"
    assert patterns.match(folder.full("c.py")) == ""
    assert (Patterns(None).given, Patterns([]).match(folder.full("a/b.py"))) == ((), "")


def test_patterns_are_listed_as_they_were_written(folder: ProbedFolder) -> None:
    assert Patterns(["a/*", folder.full("a/*")]).listed() == "a/*"
    assert Patterns([folder.full("a/*")]).listed() == folder.full("a/*")
    assert listed("abc") == "a, b, c"
    assert listed("abcd") == "a, b, c, ..."
    assert literal("a[1]*b?.py") == "a?1??b?.py"


def test_data_of_another_configuration_is_opened_alone(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nparallel = true\ndata_file = other\n"})
    data = folder.data("data", {folder.full("a.py"): [1]})
    cov = open_data({**NOTHING_MORE, "root": str(folder.path)}, data)
    cov.load()
    assert cov.get_data().measured_files() == {folder.full("a.py")}
    assert cov.config.parallel is False
    with pytest.raises(NoDataError):
        open_data({**NOTHING_MORE, "root": str(folder.path)}, folder.full("none")).html_report(directory="out")
