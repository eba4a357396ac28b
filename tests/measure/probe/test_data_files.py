"""Which data files are used, where each recorded file lies, and what is left out when they are united."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.probe import Json, ProbedFolder

TWO = "a = 1\nb = 2\n"


def of(answer: Json, name: str) -> Json:
    """What is to be settled of a recorded name."""
    found: Json = next(one for data in answer["foreign"] for one in data["foreign"] if one["name"] == name)
    return found


# --- which are used -----------------------------------------------------------------------------------------------


def test_a_file_that_covgates_own_run_left_half_written_is_counted_as_lost(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "half": "SQLite form"})
    whole = folder.data("whole", {folder.full("m.py"): [1]})
    answer = folder.ask("analyse", data=[folder.full("half"), whole], own_run=True, local=["m.py"])
    assert answer["lost"] == 1
    assert answer["files"] == {"m.py": {"s": [1, 2], "m": [2], "x": [], "b": []}}


@pytest.mark.parametrize("own_run", [True, False])
def test_nothing_is_lost_of_whole_files(folder: ProbedFolder, *, own_run: bool) -> None:
    folder.write({"m.py": TWO})
    data = [folder.data(name, {folder.full("m.py"): [line]}) for name, line in (("one", 1), ("two", 2))]
    answer = folder.ask("analyse", data=data, own_run=own_run, local=["m.py"])
    assert (answer["lost"], answer["files"]["m.py"]["m"]) == (0, [])


def test_a_file_of_an_earlier_job_that_is_half_written_is_an_error(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "half": "SQLite form"})
    whole = folder.data("whole", {folder.full("m.py"): [1]})
    answer = folder.ask("analyse", data=[whole, folder.full("half")], local=["m.py"])
    assert answer["kind"] == "CoverageException"
    assert f"{folder.full('half')!r} is no coverage data file" in answer["error"]


def test_a_run_that_left_no_whole_file_has_no_data(folder: ProbedFolder) -> None:
    folder.write({"one": "SQLite form", "two": "SQLite form"})
    answer = folder.ask("analyse", data=[folder.full("one"), folder.full("two")], own_run=True)
    assert (answer["kind"], answer["error"]) == ("NoDataError", "no data file of this run is whole")


def test_the_data_of_another_format_is_refused_in_coverages_words(folder: ProbedFolder) -> None:
    data = folder.data("data", {folder.full("m.py"): [1]})
    with sqlite3.connect(data) as database:
        database.execute("update coverage_schema set version = 99")
    database.close()
    answer = folder.ask("analyse", data=[data])
    assert answer["kind"] == "DataError"
    assert "wrong schema" in answer["error"]


def test_data_of_another_format_that_covgates_own_run_left_is_counted_as_lost(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = [folder.data(name, {folder.full("m.py"): [1]}) for name in ("one", "two")]
    with sqlite3.connect(data[0]) as database:
        database.execute("update coverage_schema set version = 99")
    database.close()
    answer = folder.ask("analyse", data=data, own_run=True, local=["m.py"])
    assert (answer["lost"], answer["files"]["m.py"]["m"]) == (1, [2])


def test_another_programs_database_is_no_data_and_stays_as_it_was(folder: ProbedFolder) -> None:
    with sqlite3.connect(folder.full("data")) as database:
        database.execute("create table notes (text)")
    database.close()
    before = Path(folder.full("data")).read_bytes()
    answer = folder.ask("analyse", data=[folder.full("data")])
    assert "is no coverage data file: no such table: coverage_schema" in answer["error"]
    assert Path(folder.full("data")).read_bytes() == before


# --- where recorded names lie -------------------------------------------------------------------------------------


def test_names_of_the_checkout_need_no_settling(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "idle.py": TWO})
    data = folder.data("data", {folder.full("m.py"): [1], folder.full("idle.py"): []})
    answer = folder.ask("analyse", data=[data], local=["m.py", "idle.py"])
    assert answer["foreign"] == []
    assert {path: record["m"] for path, record in answer["files"].items()} == {"idle.py": [1, 2], "m.py": [2]}


def test_what_is_known_and_what_ran_is_said_beside_what_is_to_be_settled(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "idle.py": TWO, "n.py": TWO})
    names = {folder.full("m.py"): [1], folder.full("idle.py"): [], "/elsewhere/n.py": [2], "/elsewhere/o.py": []}
    answer = folder.ask("analyse", data=[folder.data("data", names)], local=["m.py", "idle.py", "n.py"])
    (found,) = answer["foreign"]
    assert (found["data"], found["known"], found["executed"]) == (folder.full("data"), 2, ["m.py"])
    assert found["places"] == {name: name for name in names}
    nothing = {"place": None, "alias": None, "here": False, "added": False}
    assert found["foreign"] == [
        {"name": "/elsewhere/n.py", **nothing, "executed": True},
        {"name": "/elsewhere/o.py", **nothing, "executed": False},
    ]
    assert "files" not in answer


def test_branch_data_says_what_ran_too(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = folder.arcs("data", {folder.full("m.py"): [(-1, 1), (1, 2)], "/elsewhere/n.py": [(-1, 1)], "/e/o.py": []})
    answer = folder.ask("analyse", data=[data], local=["m.py"])
    assert {name: of(answer, name)["executed"] for name in ("/elsewhere/n.py", "/e/o.py")} == {
        "/elsewhere/n.py": True,
        "/e/o.py": False,
    }
    assert answer["foreign"][0]["executed"] == ["m.py"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # Two of the names are files below the data file's folder, one is below the working directory.
        pytest.param(["one/a.py", "one/b.py", "a.py"], {"one/a.py", "one/b.py"}, id="from-the-data-files-folder"),
        pytest.param(["one/a.py", "a.py", "b.py"], {"a.py", "b.py"}, id="from-the-working-directory"),
        pytest.param(["one/a.py", "one/b.py", "a.py", "b.py"], {"one/a.py", "one/b.py"}, id="both"),
        pytest.param(["one/a.py", "b.py"], {"one/a.py", "b.py"}, id="one-of-each"),
        # A folder is no measured file.
        pytest.param(["one/a.py/x", "one/b.py/x", "one/c.py", "a.py", "b.py"], {"a.py", "b.py"}, id="folders"),
    ],
)
def test_relative_names_are_taken_from_where_more_of_them_exist(
    folder: ProbedFolder, files: list[str], expected: set[str]
) -> None:
    folder.write(dict.fromkeys(files, TWO))
    (folder.path / "one").mkdir(exist_ok=True)
    data = folder.data("one/data", {"a.py": [1], "b.py": [2]})
    assert set(folder.ask("analyse", data=[data], local=files)["files"]) == expected


def test_a_data_file_that_is_a_link_lies_where_it_leads(folder: ProbedFolder) -> None:
    folder.write({"one/a.py": TWO})
    folder.data("one/data", {"a.py": [1]})
    (folder.path / "link").symlink_to("one/data")
    assert list(folder.ask("analyse", data=[folder.full("link")], local=["one/a.py"])["files"]) == ["one/a.py"]


def test_a_relative_name_of_windows_is_one_of_folders(folder: ProbedFolder) -> None:
    folder.write({"shop/a.py": TWO})
    answer = folder.ask("analyse", data=[folder.data("data", {"shop\\a.py": [1]})], local=["shop/a.py"])
    assert answer["files"]["shop/a.py"]["m"] == [2]


def test_a_file_of_the_checkout_that_is_gone_is_for_coverage_to_judge(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = folder.data("data", {folder.full("m.py"): [1], folder.full("gone.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=["m.py"])
    assert (answer["foreign"], [problem[:2] for problem in answer["problems"]]) == ([], [["no-source", "gone.py"]])


@pytest.mark.parametrize(
    ("name", "own_run", "gone"),
    [("/of-a-test/t.py", True, True), ("/of-a-test/t.py", False, False), ("t.py", True, True)],
)
def test_a_file_elsewhere_that_is_gone_was_a_temporary_one_only_in_covgates_own_run(
    folder: ProbedFolder, name: str, *, own_run: bool, gone: bool
) -> None:
    folder.write({"m.py": TWO})
    data = folder.data("data", {folder.full("m.py"): [1], name: [1]})
    answer = folder.ask("analyse", data=[data], local=["m.py"], own_run=own_run)
    if gone:
        assert (answer["gone"], list(answer["files"]), answer["problems"]) == ([name], ["m.py"], [])
    else:
        assert of(answer, name)["place"] is None


@pytest.mark.parametrize(
    ("elsewhere", "asked"),
    [
        pytest.param("other/m.py", True, id="the-name-of-a-file-here"),
        pytest.param("other/n.py", False, id="another-name"),
        pytest.param("other/shop/__init__.py", True, id="a-package-of-that-name"),
        pytest.param("other/till/__init__.py", False, id="a-package-of-another-name"),
    ],
)
def test_a_file_elsewhere_is_to_be_settled_when_it_may_be_a_copy(
    folder: ProbedFolder, elsewhere: str, *, asked: bool
) -> None:
    local = ["m.py", "shop/__init__.py", "__init__.py"]
    folder.write({**dict.fromkeys(local, TWO), f"../{elsewhere}": TWO})
    full = str(folder.path.parent / elsewhere)
    data = folder.data("data", {folder.full("m.py"): [1], full: [1]})
    answer = folder.ask("analyse", data=[data], local=local)
    if asked:
        assert of(answer, full) == {
            "name": full, "place": full, "alias": None, "executed": True, "here": False, "added": False
        }  # fmt: skip
    else:
        assert set(answer["files"]) == {"m.py", full}


def test_given_places_are_the_last_word_and_nowhere_is_left_out(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "n.py": TWO})
    names = {"/ci/n.py": [1], "/ci/m.py": [2], "/ci/left.py": [1], folder.full("m.py"): [1]}
    data = folder.data("data", names)
    places = {"/ci/n.py": folder.full("n.py"), "/ci/m.py": folder.full("m.py"), "/ci/left.py": None}
    answer = folder.ask("analyse", data=[data], local=["m.py", "n.py"], places={data: places})
    assert (answer["foreign"], answer["problems"]) == ([], [])
    assert {path: record["m"] for path, record in answer["files"].items()} == {"m.py": [], "n.py": [2]}


def test_one_file_to_settle_in_one_of_two_data_files_is_enough(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = [folder.data("one", {folder.full("m.py"): [1]}), folder.data("two", {"/ci/m.py": [2]})]
    answer = folder.ask("analyse", data=data, local=["m.py"])
    assert [[one["name"] for one in found["foreign"]] for found in answer["foreign"]] == [[], ["/ci/m.py"]]
    assert "files" not in answer


def test_data_that_belongs_nowhere_at_all_holds_nothing(folder: ProbedFolder) -> None:
    names = ["/ci/left.py", "/ci/left_too.py", "left.py"]
    data = folder.data("data", {name: [1] for name in names})
    answer = folder.ask("analyse", data=[data], places={data: dict.fromkeys(names)})
    assert (answer["files"], answer["problems"]) == ({}, [])


def test_branch_data_that_belongs_nowhere_is_left_out(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = folder.arcs("data", {folder.full("m.py"): [(-1, 1)], "/ci/left.py": [(-1, 1)]})
    answer = folder.ask("analyse", data=[data], local=["m.py"], places={data: {"/ci/left.py": None}})
    assert (list(answer["files"]), answer["branches"]) == (["m.py"], True)


def test_data_files_that_are_settled_need_no_places(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    one = folder.data("one", {folder.full("m.py"): [1]})
    two = folder.data("two", {"/ci/m.py": [2]})
    places = {two: {"/ci/m.py": folder.full("m.py")}}
    answer = folder.ask("analyse", data=[one, two], local=["m.py"], places=places)
    assert answer["files"]["m.py"]["m"] == []


@pytest.mark.parametrize("there", [True, False], ids=["existing", "gone"])
def test_an_alias_of_the_configuration_is_a_fact_about_a_name(folder: ProbedFolder, *, there: bool) -> None:
    folder.write({".coveragerc": "[paths]\nsource =\n    src\n    */site-packages\n", "src/m.py": TWO})
    full = str(folder.path.parent / "site-packages" / "m.py")
    if there:
        folder.write({"../site-packages/m.py": TWO})
    data = folder.data("data", {folder.full("src/m.py"): [1], full: [1]})
    answer = folder.ask("analyse", data=[data], local=["src/m.py"])
    found = of(answer, full)
    assert (found["alias"], found["place"]) == (folder.full("src/m.py"), full if there else None)


def test_an_alias_of_a_file_of_the_checkout_is_to_be_settled_too(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[paths]\nsource =\n    src\n    */build\n", "src/m.py": TWO, "build/m.py": TWO})
    data = folder.data("data", {folder.full("build/m.py"): [1]})
    found = of(folder.ask("analyse", data=[data], local=["src/m.py", "build/m.py"]), folder.full("build/m.py"))
    assert (found["alias"], found["here"]) == (folder.full("src/m.py"), True)


def test_a_relative_name_that_an_alias_leaves_alone_has_none(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[paths]\nsource =\n    src\n    /elsewhere/src\n", "src/m.py": TWO})
    answer = folder.ask("analyse", data=[folder.data("data", {"src/m.py": [1]})], local=["src/m.py"])
    assert list(answer["files"]) == ["src/m.py"]


def test_places_are_relative_where_the_configuration_wants_relative_files(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[run]\nrelative_files = true\n", "shop/m.py": TWO})
    answer = folder.ask("analyse", data=[folder.data("data", {"shop/m.py": [1]})], local=["shop/m.py"])
    assert answer["files"]["shop/m.py"]["m"] == [2]


# --- what was measured for its package's name only ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("elsewhere", "added"),
    [
        pytest.param("venv/lib/shop/a.py", True, id="in-the-package"),
        pytest.param("venv/lib/till.py", True, id="the-module"),
        pytest.param("venv/lib/bookshop/a.py", False, id="another-package"),
        pytest.param("project/shop/site-packages/shop/a.py", True, id="an-environment-in-the-source"),
        pytest.param("project/shop/dist-packages/shop/a.py", True, id="debians-environment-in-the-source"),
        pytest.param("project/shop/copy/shop/a.py", False, id="in-the-source-itself"),
    ],
)
def test_a_copy_that_covgate_had_measured_is_known_as_such(
    folder: ProbedFolder, elsewhere: str, *, added: bool
) -> None:
    packages = {"shop": "shop", "till": "till.py"}
    local = ["shop/__init__.py", "shop/a.py", "till.py"]
    config = "[run]\nsource = .\n"
    folder.write({".coveragerc": config, **dict.fromkeys(local, TWO), f"../{elsewhere}": TWO})
    full = str(folder.path.parent / elsewhere)
    data = folder.data("data", {folder.full("shop/a.py"): [1], full: [1]})
    answer = folder.ask("analyse", data=[data], local=local, packages=packages)
    assert of(answer, full)["added"] is added


def test_a_file_of_such_a_package_that_no_file_here_can_be_is_left_out(folder: ProbedFolder) -> None:
    local = ["shop/__init__.py", "shop/a.py"]
    folder.write({".coveragerc": "[run]\nsource = shop\n", **dict.fromkeys(local, TWO), "../venv/shop/z.py": TWO})
    data = folder.data("data", {folder.full("shop/a.py"): [1], str(folder.path.parent / "venv/shop/z.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=local, packages={"shop": "shop"})
    assert (list(answer["files"]), answer["gone"]) == (["shop/a.py"], [])


# --- names that are easily taken for others -----------------------------------------------------------------------


def test_an_alias_is_asked_for_the_place_of_a_relative_name(folder: ProbedFolder) -> None:
    paths = "[paths]\nsource =\n    src\n    */one/build\n"
    folder.write({".coveragerc": paths, "src/m.py": TWO, "one/build/m.py": TWO})
    data = folder.data("one/data", {"build/m.py": [1]})
    found = of(folder.ask("analyse", data=[data], local=["src/m.py", "one/build/m.py"]), "build/m.py")
    assert (found["alias"], found["place"]) == (folder.full("src/m.py"), folder.full("one/build/m.py"))


def test_an_alias_of_what_is_gone_is_asked_for_in_covgates_own_run_too(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[paths]\nsource =\n    src\n    */build\n", "src/m.py": TWO})
    data = folder.data("data", {folder.full("src/m.py"): [1], "/container/build/m.py": [2]})
    answer = folder.ask("analyse", data=[data], local=["src/m.py"], own_run=True)
    assert of(answer, "/container/build/m.py")["alias"] == folder.full("src/m.py")


def test_a_file_that_git_knows_and_that_is_gone_is_none_of_the_known(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO})
    data = folder.data("data", {folder.full("gone.py"): [1], "/elsewhere/m.py": [1]})
    (found,) = folder.ask("analyse", data=[data], local=["m.py", "gone.py"])["foreign"]
    assert (found["known"], found["executed"]) == (0, [])


def test_a_copy_that_is_settled_nowhere_stays_where_it_is_beside_its_data_file(folder: ProbedFolder) -> None:
    folder.write({"m.py": TWO, "one/two/x": "", "other/m.py": TWO})
    data = folder.data("one/two/data", {"../../other/m.py": [1], folder.full("m.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=["m.py"], places={data: {}})
    assert set(answer["files"]) == {"m.py", "other/m.py"}


def test_a_file_of_the_checkout_is_never_left_out_for_its_packages_name(folder: ProbedFolder) -> None:
    local = ["lib/shop/__init__.py", "lib/shop/a.py", "old/shop/b.py"]
    folder.write({".coveragerc": "[run]\nsource = lib\n", **dict.fromkeys(local, TWO)})
    data = folder.data("data", {folder.full("lib/shop/a.py"): [1], folder.full("old/shop/b.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=local, packages={"shop": "lib/shop"})
    assert {"lib/shop/a.py", "old/shop/b.py"} <= set(answer["files"])
