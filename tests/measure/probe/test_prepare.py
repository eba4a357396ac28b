"""The configuration a suite is measured with: the project's own, or covgate's defaults."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import Any

import coverage
import pytest
from coverage import Coverage

from covgate.measure.probe.covgate_probe.analyst import DATA_PREFIX
from covgate.measure.probe.covgate_probe.packages import ALWAYS_ADDED
from tests.support.probe import Json, ProbedFolder

START_UP = ["*/sitecustomize.py", "*/usercustomize.py"]


def asked(folder: ProbedFolder, **more: object) -> Json:
    return folder.ask("prepare", data_file=folder.full("data/.coverage"), **more)


def prepared(folder: ProbedFolder, **more: object) -> Coverage:
    """coverage as every process of the suite has it."""
    answer = asked(folder, **more)
    assert "error" not in answer, answer
    assert answer["warnings"] == []
    return Coverage(data_file=None, config_file=DATA_PREFIX + answer["config"])


def option(cov: Coverage, name: str) -> Any:  # noqa: ANN401 - a text, a number or a list, as the option is
    return cov.get_option(f"run:{name}")


def told(cov: Coverage) -> Mapping[str, Any]:
    """What the analysis is told of the run."""
    return cov.config.plugin_options["covgate"]


def test_the_answer_tells_of_the_interpreter(folder: ProbedFolder) -> None:
    answer = asked(folder)
    assert (answer["coverage"], answer["hook"], answer["pytest_cov"]) == (coverage.__version__, True, True)
    assert answer["plugins_here"] is False


def test_without_a_configuration_the_folder_is_measured_with_branches(folder: ProbedFolder) -> None:
    cov = prepared(folder, tests=["check_*.py"])
    assert (option(cov, "branch"), option(cov, "source"), option(cov, "sigterm")) == (True, [str(folder.path)], True)
    assert (option(cov, "patch"), option(cov, "source_dirs")) == (["_exit", "fork"], [])
    assert {f"{folder.path}/**/{name}" for name in ("test_*.py", "tests/*", "check_*.py")} <= set(option(cov, "omit"))
    assert told(cov) == {"by_default": True, "source": [], "tests": ["check_*.py"], "added": []}


@pytest.mark.parametrize(
    ("more", "named"),
    [({"scoped": True, "source": ["shop"]}, ["shop"]), ({"scoped": True}, None)],
    ids=["named", "all"],
)
def test_pytest_cov_without_a_configuration_measures_what_it_names(
    folder: ProbedFolder, more: Json, named: list[str] | None
) -> None:
    cov = prepared(folder, **more)
    assert (option(cov, "source"), option(cov, "branch"), told(cov)["by_default"]) == (named, False, False)
    assert told(cov)["source"] == (named or [])


def test_a_configuration_is_the_projects(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nomit = gen/*\n[report]\nexclude_also = never\n", "m.py": ""})
    cov = prepared(folder)
    assert (option(cov, "branch"), option(cov, "source"), told(cov)["by_default"]) == (False, None, False)
    # Where everything is measured that runs, Python's own start is not meant.
    assert set(option(cov, "omit")) == {"gen/*", f"{folder.path}/gen/*", *START_UP}
    assert cov.get_option("report:exclude_also") == ["never"]


@pytest.mark.parametrize("named", ["source = shop", "source_pkgs = shop", "source_dirs = shop", "include = shop/*"])
def test_what_a_configuration_names_may_hold_pythons_own_start(folder: ProbedFolder, named: str) -> None:
    folder.write({".coveragerc": f"[run]\n{named}\n", "shop/__init__.py": ""})
    assert not option(prepared(folder), "omit")


def test_included_patterns_are_of_this_folder(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\ninclude = shop/*\n"})
    assert f"{folder.path}/shop/*" in option(prepared(folder), "include")


def test_a_named_configuration_file_is_read_instead(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nsource = one\n", "other.ini": "[run]\nsource = two\n"})
    assert option(prepared(folder, rcfile="other.ini"), "source") == ["two"]


def test_what_pytest_cov_names_replaces_the_configured_source(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nsource = one\n"})
    cov = prepared(folder, source=["two"])
    assert (option(cov, "source"), told(cov)["source"], option(cov, "branch")) == (["two"], ["two"], False)


def test_branches_are_measured_where_pytest_cov_is_told_to(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nsource = one\n"})
    assert option(prepared(folder, branch=True), "branch") is True


def test_every_process_writes_a_file_of_its_own_with_full_names(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nrelative_files = true\ndata_file = here\n"})
    cov = prepared(folder)
    found = [option(cov, name) for name in ("data_file", "parallel", "relative_files")]
    assert found == [folder.full("data/.coverage"), True, False]


@pytest.mark.parametrize("configured", [True, False])
def test_messages_name_the_configuration_file(folder: ProbedFolder, *, configured: bool) -> None:
    if configured:
        folder.write({".coveragerc": "[run]\nbranch = true\n"})
    found = prepared(folder).config.config_file
    assert found == folder.full(".coveragerc" if configured else "(covgate's defaults)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\nplugins = not_there\n", "not_there"),
        ("[run]\npatch = nonsense\n", "nonsense"),
        ("[run]\nconcurrency = nonsense\n", "nonsense"),
        ("[run]\nplugins = plug\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_would_break_every_process_is_an_error_now(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    folder.write({".coveragerc": text, "plug.py": "1 / 0\n"})
    monkeypatch.syspath_prepend(folder.path)
    answer = asked(folder)
    assert answer["kind"] in {"ConfigError", "PluginError"}
    assert said in answer["error"]
    sys.modules.pop("plug", None)


PLUGIN = "def coverage_init(reg, options):\n    pass\n"


@pytest.mark.parametrize(("where", "here"), [("here", True), ("elsewhere", False), ("both", False)])
def test_a_plugin_that_only_this_folder_has_is_told_of(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, where: str, *, here: bool
) -> None:
    folder.write({".coveragerc": "[run]\nplugins = plug_of_here.sub\n"})
    places = {"here": ["."], "elsewhere": ["../lib"], "both": [".", "../lib"]}[where]
    for place in places:
        folder.write({f"{place}/plug_of_here/__init__.py": "", f"{place}/plug_of_here/sub.py": PLUGIN})
    for place in reversed(places):
        monkeypatch.syspath_prepend(folder.full(place) if place != "." else folder.path)
    if "../lib" in places:
        monkeypatch.syspath_prepend((folder.path / "../lib").resolve())
    try:
        assert asked(folder)["plugins_here"] is here
    finally:
        for name in ("plug_of_here", "plug_of_here.sub"):
            sys.modules.pop(name, None)


def test_a_plugin_of_this_folder_is_found_beside_packages_that_are_looked_for_elsewhere(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({".coveragerc": "[run]\nplugins = plug_beside\nsource = src\n", "plug_beside.py": PLUGIN})
    folder.write({"src/shop/__init__.py": ""})
    monkeypatch.syspath_prepend(folder.path)
    try:
        answer = asked(folder, packages={"shop": "src/shop"})
        assert (answer.get("error"), answer["plugins_here"]) == (None, True)
    finally:
        sys.modules.pop("plug_beside", None)


# --- folders of packages ------------------------------------------------------------------------------------------


def test_folders_of_packages_are_measured_whole(folder: ProbedFolder) -> None:
    tracked = [
        "src/shop/__init__.py",
        "src/shop/sub/__init__.py",
        "a/b/c/deep/__init__.py",
        "tests/helpers/__init__.py",
        "lib/one.py",
        "gone/pkg/__init__.py",
        "x/y/init.py",
    ]
    folder.write(dict.fromkeys(tracked, ""))
    shutil.rmtree(folder.path / "gone")
    assert option(prepared(folder, tracked=tracked), "source_dirs") == [folder.full("src"), folder.full("a/b/c")]


def test_only_folders_below_the_projects_own_count(folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    tracked = ["backend/src/api/__init__.py", "backend/api/__init__.py", "front/src/x/__init__.py"]
    folder.write(dict.fromkeys(tracked, ""))
    monkeypatch.chdir(folder.path / "backend")
    assert option(prepared(folder, tracked=tracked), "source_dirs") == [folder.full("backend/src")]


def test_of_very_many_folders_the_nearest_are_named(folder: ProbedFolder) -> None:
    tracked = [f"z{number:03}/pkg/__init__.py" for number in range(202)] + ["a/deep/pkg/__init__.py"]
    folder.write(dict.fromkeys(tracked, ""))
    found = option(prepared(folder, tracked=tracked), "source_dirs")
    assert (len(found), found[0], found[-1]) == (200, folder.full("z000"), folder.full("z199"))


# --- the project's packages, wherever they are imported from -------------------------------------------------------


def test_packages_in_a_source_folder_are_measured_by_their_names_too(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nsource = src\nsource_pkgs = other\n", "src/shop/__init__.py": "", "x.py": ""})
    cov = prepared(folder, packages={"shop": "src/shop", "x": "x.py"})
    assert (option(cov, "source_pkgs"), told(cov)["added"]) == (["other", "shop"], ["shop"])
    quiet = {"module-not-imported", "module-not-measured", "module-not-python"}
    assert quiet <= set(option(cov, "disable_warnings"))


def test_a_package_that_is_named_already_is_not_added(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nsource = src\nsource_pkgs = shop\n", "src/shop/__init__.py": ""})
    cov = prepared(folder, packages={"shop": "src/shop"})
    assert (option(cov, "source_pkgs"), told(cov)["added"]) == (["shop"], [])


@pytest.mark.parametrize("run", ["branch = true", "source = lib", "source = src\nomit = src/*", "source_pkgs = a"])
def test_packages_outside_of_source_folders_are_left_to_the_configuration(folder: ProbedFolder, run: str) -> None:
    folder.write({".coveragerc": f"[run]\n{run}\n", "src/shop/__init__.py": "", "lib/x": ""})
    cov = prepared(folder, packages={"shop": "src/shop"})
    assert told(cov)["added"] == []
    assert "shop" not in (option(cov, "source_pkgs") or [])


def test_by_default_an_environment_is_left_out_only_where_no_copy_can_lie(folder: ProbedFolder) -> None:
    folder.write({"src/shop/__init__.py": ""})
    with_package = prepared(folder, packages={"shop": "src/shop"}, tracked=["src/shop/__init__.py"])
    without = prepared(folder)
    environments = f"{folder.path}/**/site-packages/*"
    assert environments in option(without, "omit")
    assert told(with_package)["added"] == ["shop"]
    assert environments in option(with_package, "omit")
    assert f"{folder.path}/**/tests/*" in option(with_package, "omit")


def test_a_copy_in_an_environment_of_the_project_is_not_left_out(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = "env/lib/site-packages/shopcopy/__init__.py"
    folder.write({"shopcopy/__init__.py": "", copy: "", "env/pyvenv.cfg": ""})
    monkeypatch.syspath_prepend(folder.path / "env/lib/site-packages")
    omit = option(prepared(folder, packages={"shopcopy": "shopcopy"}), "omit")
    assert f"{folder.path}/**/site-packages/*" not in omit
    assert f"{folder.path}/env/*" not in omit
    assert f"{folder.path}/**/test_*.py" in omit


def test_of_very_many_packages_those_found_elsewhere_are_named_too(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"pack{number:02}" for number in range(ALWAYS_ADDED + 2)]
    folder.write({f"src/{name}/__init__.py": "" for name in names})
    folder.write({".coveragerc": "[run]\nsource = src\n", f"../venv/{names[-1]}/__init__.py": ""})
    monkeypatch.syspath_prepend(folder.path.parent / "venv")
    cov = prepared(folder, packages={name: f"src/{name}" for name in names})
    assert told(cov)["added"] == [*names[:ALWAYS_ADDED], names[-1]]


def test_a_package_that_is_found_at_its_own_place_is_not_found_elsewhere(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"mine{number:02}" for number in range(ALWAYS_ADDED + 1)]
    folder.write({f"src/{name}/__init__.py": "" for name in names})
    folder.write({".coveragerc": "[run]\nsource = src\n"})
    monkeypatch.syspath_prepend(folder.path / "src")
    assert told(prepared(folder, packages={name: f"src/{name}" for name in names}))["added"] == names[:ALWAYS_ADDED]


def test_the_analysis_knows_what_the_run_was_told(folder: ProbedFolder) -> None:
    """Nobody named a source: what the run measured by default decides nothing of a file that no test loads."""
    folder.write({"m.py": "a = 1\n", "tool.py": "a = 1\n"})
    config = asked(folder)["config"]
    data = folder.data("recorded", {folder.full("m.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=["m.py"], changed=["tool.py"], config=config, own_run=True)
    assert answer["changed"]["tool.py"]["gap"] == "undecided"
