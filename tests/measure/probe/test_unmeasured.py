"""Changed files without data: which should have been measured, and what leaves out the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from covgate.measure.probe.covgate_probe import unmeasured
from tests.support.probe import Json, ProbedFolder

CODE = "import sys\n\nprint(sys.argv)\n"

UNMEASURED, UNDECIDED, PARSED = "unmeasured", "undecided", "measured"


def told(changed: Json) -> dict[str, str]:
    """Each file's gap; of an omitted one what leaves it out, and where that stands."""
    return {
        path: f"{one['rule']} @ {one['where']}" if one["gap"] == "omitted" else str(one["gap"])
        for path, one in changed.items()
    }


RUN = "[run]\n"

SCOPES: Mapping[str, tuple[str, dict[str, str]]] = {
    # id: the .coveragerc (or none), then each changed file and what is said of it
    "no-configuration": (
        "",
        {
            "shop/a.py": UNDECIDED,
            "b.pyw": UNDECIDED,
            "tests/a.py": "tests/ @ a default: tests",
            "shop/tests/deep/a.py": "tests/ @ a default: tests",
            "shop/test_a.py": "test_*.py @ a default: tests",
            "setup.py": "/setup.py @ a default: run by tools only",
            "docs/conf.py": "/docs/ @ a default: documentation",
            "shop/docs/conf.py": UNDECIDED,
            "shop/setup.py": UNDECIDED,
        },
    ),
    "source-a-folder": (
        RUN + "source = shop\n",
        {
            "shop/a.py": UNMEASURED,
            "shop/tests/a.py": UNMEASURED,
            "shopping/a.py": "source = shop @ .coveragerc line 2",
            "tests/a.py": "source = shop @ .coveragerc line 2",
        },
    ),
    "source-several": (
        RUN + "source =\n    shop\n    till\n    a\n    b\n",
        {
            "till/a.py": UNMEASURED,
            "x.py": "source = shop, till, a, ... @ .coveragerc line 2",
        },
    ),
    "source-dirs": (
        RUN + "source_dirs = shop\n",
        {"shop/a.py": UNMEASURED, "x.py": "source_dirs = shop @ .coveragerc line 2"},
    ),
    "source-pkgs": (
        RUN + "source_pkgs = shop\n",
        {"shop/a.py": UNMEASURED, "x.py": "source_pkgs = shop @ .coveragerc line 2"},
    ),
    "omit": (
        RUN + "source = .\nomit =\n    shop/gen/*\n    */old.py\n",
        {
            "shop/a.py": UNMEASURED,
            "shop/gen/a.py": "omit = shop/gen/* @ .coveragerc line 4",
            "shop/old.py": "omit = */old.py @ .coveragerc line 5",
        },
    ),
    "omit-without-source": (
        RUN + "omit = shop/gen/*\n",
        {
            "shop/a.py": UNDECIDED,
            "shop/gen/a.py": "omit = shop/gen/* @ .coveragerc line 2",
            "tests/a.py": "tests/ @ a default: tests",
        },
    ),
    "include": (
        RUN + "include =\n    shop/*\n    till/*\n",
        {
            "shop/a.py": UNMEASURED,
            "shop/tests/a.py": UNMEASURED,
            "x.py": "include = shop/*, till/* @ .coveragerc line 2",
        },
    ),
    "report-omit": (
        "[report]\nomit = shop/gen/*\n",
        {
            "shop/a.py": UNDECIDED,
            "shop/gen/a.py": "[report] omit = shop/gen/* @ .coveragerc line 2",
        },
    ),
    "report-include": (
        "[report]\ninclude = shop/*\n",
        {"shop/a.py": UNDECIDED, "x.py": "[report] include = shop/* @ .coveragerc line 2"},
    ),
    "report-before-run": (
        "[run]\nomit = shop/*\n[report]\nomit = shop/*\n",
        {"shop/a.py": "[report] omit = shop/* @ .coveragerc line 4"},
    ),
    "omit-before-source": (
        "[run]\nsource = till\nomit = shop/*\n",
        {"shop/a.py": "omit = shop/* @ .coveragerc line 3"},
    ),
}


@pytest.mark.parametrize(("configuration", "files"), SCOPES.values(), ids=SCOPES)
def test_what_leaves_out_a_changed_file(folder: ProbedFolder, configuration: str, files: dict[str, str]) -> None:
    folder.write({**({".coveragerc": configuration} if configuration else {}), **dict.fromkeys(files, CODE)})
    folder.write({"shop/__init__.py": "", "till/__init__.py": ""})
    answer = folder.ask("static", changed=[*files], tracked=[*files, "shop/__init__.py", "till/__init__.py"])
    assert told(answer["changed"]) == files


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        pytest.param("", "--cov=shop --cov=till @ an option of pytest-cov", id="alone"),
        # Data that was there may come from another command.
        pytest.param(RUN + "source = shop\n", "source = shop @ .coveragerc line 2", id="configured-too"),
        pytest.param(RUN + "source_pkgs = shop\n", "source_pkgs = shop @ .coveragerc line 2", id="configured-packages"),
    ],
)
def test_what_pytest_cov_names_is_measured(folder: ProbedFolder, configuration: str, expected: str) -> None:
    folder.write({".coveragerc": configuration, "shop/a.py": CODE, "shop/__init__.py": "", "x.py": CODE})
    answer = folder.ask("static", changed=["shop/a.py", "x.py"], source=["shop", "till"], tracked=["shop/__init__.py"])
    assert told(answer["changed"]) == {"shop/a.py": UNMEASURED, "x.py": expected}


def test_a_folder_that_is_named_in_full_is_shown_as_one_of_the_project(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": RUN + f"source = {folder.full('shop')}\n", "shop/a.py": CODE, "x.py": CODE})
    answer = folder.ask("static", changed=["shop/a.py", "x.py"])
    assert told(answer["changed"]) == {"shop/a.py": UNMEASURED, "x.py": "source = shop @ .coveragerc line 2"}


def test_what_covgate_has_a_run_leave_out_is_a_default_and_no_setting_of_the_project(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": RUN + "branch = true\nomit = gen/*\n", "a.py": CODE})
    changed = ["lib/sitecustomize.py", "usercustomize.py", "gen/b.py"]
    folder.write(dict.fromkeys(changed, CODE))
    prepared = folder.ask("prepare", data_file=folder.full("x"))
    data = folder.arcs("data", {folder.full("a.py"): [(-1, 1)]})
    answer = folder.ask(
        "analyse", data=[data], local=["a.py"], changed=changed, config=prepared["config"], own_run=True
    )
    assert told(answer["changed"]) == {
        "lib/sitecustomize.py": "sitecustomize.py @ a default: Python's own start",
        "usercustomize.py": "usercustomize.py @ a default: Python's own start",
        "gen/b.py": "omit = gen/* @ .coveragerc line 3",
    }


def test_what_pytest_collects_by_its_configuration_are_tests(folder: ProbedFolder) -> None:
    folder.write({"shop/check_a.py": CODE, "shop/a.py": CODE})
    answer = folder.ask("static", changed=["shop/check_a.py", "shop/a.py"], tests=["check_*.py", "*.py"])
    told_of = told(answer["changed"])
    assert told_of == {"shop/check_a.py": "check_*.py @ a default: tests", "shop/a.py": UNDECIDED}


def test_the_environment_in_the_projects_folder_is_none_of_it(folder: ProbedFolder) -> None:
    folder.write({"env/pyvenv.cfg": "", "env/lib/a.py": CODE, "manage.py": CODE, "shop/wsgi.py": CODE, "e/a.py": CODE})
    changed = ["env/lib/a.py", "manage.py", "shop/wsgi.py", "e/a.py"]
    assert told(folder.ask("static", changed=changed)["changed"]) == {
        "env/lib/a.py": "/env/ @ a default: an environment",
        "manage.py": "/manage.py @ a default: run by tools only",
        "shop/wsgi.py": "wsgi.py @ a default: run by tools only",
        "e/a.py": UNDECIDED,
    }


def test_without_django_a_wsgi_module_is_like_any_other(folder: ProbedFolder) -> None:
    folder.write({"shop/wsgi.py": CODE})
    assert told(folder.ask("static", changed=["shop/wsgi.py"])["changed"]) == {"shop/wsgi.py": UNDECIDED}


def test_what_lies_outside_the_projects_folder_is_left_out(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write({"backend/a.py": CODE, "backends/a.py": CODE, "a.py": CODE})
    monkeypatch.chdir(folder.path / "backend")
    answer = folder.ask("static", changed=["backend/a.py", "backends/a.py", "a.py"])
    outside = " @ it is outside the project's folder, backend"
    assert told(answer["changed"]) == {"backend/a.py": UNDECIDED, "backends/a.py": outside, "a.py": outside}


# --- packages by their names --------------------------------------------------------------------------------------


def scope_of(folder: ProbedFolder, tracked: Sequence[str], measured: Sequence[str] = ()) -> dict[str, str]:
    """What is said of each tracked file where `source_pkgs = shop.api`."""
    folder.write({".coveragerc": RUN + "source_pkgs = shop.api\n", **dict.fromkeys(tracked, CODE)})
    answer = folder.ask("static", changed=[*tracked], tracked=[*tracked], measured=[*measured])
    return {path: gap.partition(" @")[0] for path, gap in told(answer["changed"]).items()}


OTHER = "source_pkgs = shop.api"


@pytest.mark.parametrize(
    ("files", "measured"),
    [
        pytest.param(
            {"shop/__init__.py": OTHER, "shop/api/__init__.py": UNMEASURED, "shop/api/a.py": UNMEASURED}, [],
            id="by-import",
        ),
        pytest.param(
            {"lib/shop/__init__.py": OTHER, "lib/shop/api/__init__.py": UNMEASURED, "lib/shop/api/a.py": UNMEASURED},
            [], id="by-its-tracked-files",
        ),
        pytest.param({"lib/shop/api.py": UNMEASURED, "lib/api.py": OTHER}, [], id="a-module"),
        pytest.param(
            {"one/shop/api/a.py": UNMEASURED, "two/shop/api/b.py": UNMEASURED, "tests/shop/api/c.py": OTHER},
            [], id="a-namespace-in-several-places",
        ),
        pytest.param(
            {"one/shop/api/__init__.py": UNMEASURED, "two/shop/api/b.py": OTHER}, [],
            id="a-package-is-in-one-place-only",
        ),
        pytest.param(
            {
                "one/shop/api/__init__.py": PARSED, "one/shop/api/a.py": UNMEASURED,
                "two/shop/api/__init__.py": OTHER,
            },
            ["one/shop/api/__init__.py"], id="where-it-was-measured",
        ),
        pytest.param(
            {"one/shop/api.py": PARSED, "two/shop/api.py": OTHER}, ["one/shop/api.py"], id="the-measured-module"
        ),
        pytest.param(
            {"lib/app/__init__.py": OTHER, "lib/app/shop/api/__init__.py": OTHER, "src/shop/api/a.py": UNMEASURED},
            [], id="below-a-package-it-has-a-longer-name",
        ),
        pytest.param({"bookshop/api/a.py": OTHER, "src/shop/api/a.py": UNMEASURED}, [], id="whole-names-only"),
    ],
)  # fmt: skip
def test_a_package_is_the_folder_that_has_its_name(
    folder: ProbedFolder, files: dict[str, str], measured: list[str]
) -> None:
    assert scope_of(folder, [*files], measured) == files


@pytest.mark.parametrize("module", ["__init__.py", "core.py"], ids=["a-package", "a-namespace"])
def test_the_folders_above_the_project_are_no_packages_of_it(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    clone = ProbedFolder(folder.path / "click" / "clone")
    files = [f"src/click/{module}", "x.py"]
    clone.write({".coveragerc": RUN + "source_pkgs = click\n", **dict.fromkeys(files, CODE)})
    monkeypatch.chdir(clone.path)
    answer = clone.ask("static", changed=files, tracked=files)
    assert list(told(answer["changed"]).values()) == [UNMEASURED, "source_pkgs = click @ .coveragerc line 2"]


def test_a_package_beside_the_projects_folder_is_found(folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """One project of a repository may measure what another one holds."""
    files = {"lib/shop/api/__init__.py": UNMEASURED, "lib/shop/api/a.py": UNMEASURED, "lib/shop/b.py": OTHER}
    folder.write({"backend/.coveragerc": RUN + "source_pkgs = shop.api\n", **dict.fromkeys(files, CODE)})
    monkeypatch.chdir(folder.path / "backend")
    answer = folder.ask("static", changed=[*files], tracked=[*files])
    assert {path: gap.partition(" @")[0] for path, gap in told(answer["changed"]).items()} == files


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("tillmod", {"lib/tillmod.py"}),
        # A module has no modules in it.
        ("tillmod.api", set()),
        ("tillpack", {"lib/tillpack/__init__.py", "lib/tillpack/a.py", "lib/tillpack/sub/b.py"}),
        ("tillpack.a", {"lib/tillpack/a.py"}),
        ("tillpack.sub", {"lib/tillpack/sub/b.py"}),
    ],
)
def test_what_git_does_not_know_is_found_by_import(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch, name: str, inside: set[str]
) -> None:
    files = ["lib/tillmod.py", *(f"lib/tillpack/{one}.py" for one in ("__init__", "a", "sub/b")), "x/other.py"]
    folder.write({".coveragerc": RUN + f"source_pkgs = {name}\n", **dict.fromkeys(files, CODE)})
    monkeypatch.syspath_prepend(folder.path / "lib")
    answer = folder.ask("static", changed=files)
    assert {path for path, gap in told(answer["changed"]).items() if gap == UNMEASURED} == inside


def test_a_package_that_covgate_adds_to_the_measurement_is_no_scope_of_the_project(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another package of its name, which Python finds first, lies where the configuration names nothing."""
    folder.write({".coveragerc": RUN + "source = src\n", "src/addedpack/__init__.py": "", "src/addedpack/a.py": CODE})
    folder.write({"old/addedpack/__init__.py": "", "old/addedpack/b.py": CODE})
    monkeypatch.syspath_prepend(folder.path / "old")
    tracked = ["src/addedpack/__init__.py", "src/addedpack/a.py", "old/addedpack/__init__.py", "old/addedpack/b.py"]
    prepared = folder.ask("prepare", data_file=folder.full("x"), packages={"addedpack": "src/addedpack"})
    data = folder.data("data", {folder.full("src/addedpack/a.py"): [1]})
    answer = folder.ask(
        "analyse", data=[data], local=tracked, tracked=tracked, changed=tracked[2:], config=prepared["config"],
        packages={"addedpack": "src/addedpack"}, own_run=True,
    )  # fmt: skip
    assert told(answer["changed"]) == dict.fromkeys(tracked[2:], "source = src @ .coveragerc line 2")
    assert answer["unloaded"] == []


# --- what is said of a file ---------------------------------------------------------------------------------------


def test_a_file_that_should_have_been_measured_has_its_statements(folder: ProbedFolder) -> None:
    folder.write({"a.py": "if a:\n    b = f(\n        1)\n"})
    found = folder.ask("static", changed=["a.py"])["changed"]["a.py"]
    assert (found["s"], found["m"], found["first"], found["b"]) == ([1, 2], [1, 2], [[3, 2]], [[1, 2, 0]])


def test_what_is_no_python_file_of_the_checkout_is_not_spoken_of(folder: ProbedFolder) -> None:
    folder.write({"a.txt": "a", "b.py": CODE})
    (folder.path / "link.py").symlink_to("b.py")
    assert folder.ask("static", changed=["a.txt", "link.py"])["changed"] == {}


def test_a_file_that_is_gone_or_cannot_be_parsed_has_the_reason(folder: ProbedFolder) -> None:
    folder.write({"broken.py": "def f(:\n"})
    changed = folder.ask("static", changed=["gone.py", "broken.py"])["changed"]
    assert changed["gone.py"] == {"gap": "unparsable", "why": "it is not in the working folder"}
    assert changed["broken.py"]["gap"] == "unparsable"
    assert "broken.py" in changed["broken.py"]["why"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"# coding: nope\na = 1\n", "unknown encoding: nope", id="unknown-encoding"),
        pytest.param(b"a = '\xe4'\n", "encoding", id="another-encoding"),
        pytest.param("a = 1\n".encode("utf-16"), "encoding", id="utf-16"),
    ],
)
def test_a_source_that_coverage_itself_stumbles_over_has_the_reason(
    folder: ProbedFolder, content: bytes, said: str
) -> None:
    """Data of tests, mostly: tools that read Python are tested with such files."""
    folder.write({"b.py": CODE})
    (folder.path / "a.py").write_bytes(content)
    unmeasured_one = folder.ask("static", changed=["a.py"], tracked=["a.py"])["changed"]["a.py"]
    reported = folder.ask("static", changed=["a.py"], measured=["a.py"])["changed"]["a.py"]
    data = folder.data("data", {folder.full("a.py"): [1], folder.full("b.py"): [3]})
    answer = folder.ask("analyse", data=[data], local=["a.py", "b.py"])
    ((kind, path, why),) = answer["problems"]
    assert (unmeasured_one["gap"], kind, path, list(answer["files"])) == ("unparsable", "not-python", "a.py", ["b.py"])
    for one in (why, unmeasured_one["why"], reported["why"].partition(" (Python 3.")[0]):
        assert one.startswith(f"Couldn't parse {folder.full('a.py')!r} as Python source: ")
        assert said in one


def test_a_file_with_data_is_in_scope_unless_reports_leave_it_out(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": RUN + "source = x\n[report]\nomit = b.py\n", "a.py": CODE, "b.py": CODE})
    data = folder.data("data", {folder.full("a.py"): [1], folder.full("b.py"): [1]})
    answer = folder.ask("analyse", data=[data], local=["a.py", "b.py"], changed=["a.py", "b.py"])
    assert (list(answer["files"]), told(answer["changed"])) == (
        ["a.py"],
        {"b.py": "[report] omit = b.py @ .coveragerc line 4"},
    )


def test_a_template_with_data_is_spoken_of_when_reports_leave_it_out(folder: ProbedFolder) -> None:
    folder.write({".coveragerc": "[report]\nomit = *.html\n", "page.html": "a\n"})
    data = folder.data("data", {folder.full("page.html"): [1]})
    answer = folder.ask("analyse", data=[data], local=["page.html"], changed=["page.html"])
    assert told(answer["changed"]) == {"page.html": "[report] omit = *.html @ .coveragerc line 2"}


def test_files_with_code_that_nothing_loaded_are_listed(folder: ProbedFolder) -> None:
    files = {
        "a.py": CODE,
        "measured.py": CODE,
        "empty.py": "",
        "said.py": '# said\n"""Only this."""\n\n...\n',
        "broken.py": "def f(:\n",
        "null.py": "a = 1\0\n",
        "tests/b.py": CODE,
    }
    folder.write(files)
    (folder.path / "link.py").symlink_to("a.py")
    tracked = [*files, "link.py", "gone.py"]
    assert folder.ask("static", tracked=tracked, measured=["measured.py"])["unloaded"] == [
        "a.py",
        "broken.py",
        "null.py",
    ]


def test_of_very_many_files_those_are_listed_that_hold_anything(
    folder: ProbedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmeasured, "_PARSED", 2)
    files = {"a.py": CODE, "said.py": "# said\n", "empty.py": ""}
    folder.write(files)
    assert folder.ask("static", tracked=[*files])["unloaded"] == ["a.py", "said.py"]
    assert folder.ask("static", tracked=["a.py", "said.py"])["unloaded"] == ["a.py"]


# --- beside a report that was made elsewhere ----------------------------------------------------------------------


def test_a_changed_file_of_the_report_has_what_the_report_must_agree_with(folder: ProbedFolder) -> None:
    source = '"""What."""\na = f(\n    1)\nif b:  # pragma: no cover\n    c()\ntry:\n    pass\nfinally:\n    d()\n'
    folder.write({"a.py": source})
    found = folder.ask("static", changed=["a.py"], measured=["a.py"])["changed"]["a.py"]
    assert found["gap"] == "measured"
    assert (found["s"], found["first"]) == ([2, 6, 7, 9], [[3, 2]])
    assert found["maybe"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["optional"] == [1, 2, 7]


def test_the_report_of_a_file_that_cannot_be_parsed_here_has_the_reason(folder: ProbedFolder) -> None:
    folder.write({"a.py": "def f(:\n", "page.html": "{{ ("})
    changed = folder.ask("static", changed=["a.py", "page.html"], measured=["a.py", "page.html"])["changed"]
    assert "(Python 3." in changed["a.py"]["why"]
    assert set(changed["a.py"]) == {"gap", "sha256", "why"}
    # Of a template only its text can be compared.
    assert set(changed["page.html"]) == {"gap", "sha256"}


def test_a_template_that_happens_to_be_python_is_compared_by_its_text_only(folder: ProbedFolder) -> None:
    folder.write({"page.html": "a\n"})
    found = folder.ask("static", changed=["page.html"], measured=["page.html"])["changed"]["page.html"]
    assert set(found) == {"gap", "first", "functions", "sha256", "reasons"}


def test_a_file_of_the_report_that_is_gone_is_not_spoken_of(folder: ProbedFolder) -> None:
    assert folder.ask("static", changed=["gone.py"], measured=["gone.py"])["changed"] == {}
