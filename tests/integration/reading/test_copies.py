"""The tests import another copy of the code: it counts when its text is equal, and nothing is judged when it is not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.copies import (
    CONFIGURATIONS,
    EDITED,
    FILES,
    PRICES,
    PYTEST,
    edited_checkout,
    environment_python,
    install,
    make_environment,
    measure,
    with_configuration,
)
from tests.support.github.server import FakeGithub
from tests.support.projects import Checkout, Ended, make_checkout, same
from tests.support.workflow import Workflow

EQUAL, DIFFERENT, OTHER_FILE = None, PRICES, EDITED
"""The text of prices.py in the copy."""


def run_tests(checkout: Checkout, *places: Path, python: str | None = None) -> Ended:
    """Run covgate with the tests; `places` stand first where packages are imported from."""
    command = PYTEST.split()
    if python:
        return checkout.covgate("--python", python, "--min-diff", "80", command=[python, *command[1:]])
    path = ":".join(map(str, places))
    return checkout.covgate("--min-diff", "80", command=["env", f"PYTHONPATH={path}", *command])


def assert_counted(checkout: Checkout, done: Ended, total: int = 8) -> None:
    """One of the two changed statements is executed: 50 %, red, whatever copy was imported."""
    assert done.code == 1, done.out + done.err
    result = checkout.result()
    assert result["diff"]["lines"] == {"covered": 1, "total": 2}
    assert [file["path"] for file in result["diff"]["files"]] == ["src/shop/prices.py"]
    assert result["total"]["lines"]["total"] == total


def assert_refused(checkout: Checkout, done: Ended, *named: str) -> None:
    assert done.code == 4, done.out + done.err
    assert "docs/troubleshooting.md#installed-copy" in done.err
    assert "pip install -e ." in done.message
    for name in ("src/shop", *named):
        assert name in done.message, done.message
    result = checkout.result()
    assert result["verdict"] == "cannot-judge"
    assert (result["total"]["percent"], result["diff"]["percent"]) == (None, None)


@pytest.mark.parametrize(
    ("configuration", "where"),
    [*((name, "environment") for name in CONFIGURATIONS), ("none", "inside"), ("source-folder", "inside")],
)
@pytest.mark.parametrize("text", [EQUAL, DIFFERENT], ids=["equal", "different"])
def test_an_installed_copy_is_the_checkouts_when_its_text_is_equal(
    tmp_path: Path, configuration: str, text: str | None, where: str
) -> None:
    checkout = edited_checkout(tmp_path / "project", configuration)
    folder = checkout.path / ".venv" if where == "inside" else tmp_path / "venv"
    installed = make_environment(folder)
    install(checkout, installed, text=text)
    done = run_tests(checkout, python=environment_python(installed))
    if text is EQUAL:
        assert_counted(checkout, done)
        if configuration != "paths":
            assert f"Measured the installed copy of src/shop (in {installed}): its text is equal." in done.out
    else:
        assert_refused(checkout, done, "site-packages/shop/prices.py", "src/shop/prices.py")


@pytest.mark.parametrize("text", [EQUAL, DIFFERENT], ids=["equal", "different"])
@pytest.mark.parametrize("config", ["[run]\nbranch = true\n", "[run]\nsource = src\nomit = */site-packages/*\n"])
def test_a_copy_that_the_configuration_leaves_unmeasured_cannot_be_judged(
    tmp_path: Path, config: str, text: str | None
) -> None:
    checkout = edited_checkout(tmp_path / "project", "none", **{".coveragerc": config, "other.py": "x = 1\n"})
    installed = make_environment(tmp_path / "venv")
    install(checkout, installed, text=text)
    done = run_tests(checkout, python=environment_python(installed))
    assert_refused(checkout, done, str(installed / "shop/__init__.py"))


@pytest.mark.parametrize("text", [EQUAL, DIFFERENT], ids=["equal", "different"])
@pytest.mark.parametrize("kind", ["clone", "worktree", "build"])
def test_another_copy_on_the_path_is_treated_alike(tmp_path: Path, kind: str, text: str | None) -> None:
    """What an editable install makes of it: a folder on sys.path, of another checkout."""
    checkout = make_checkout(tmp_path / "project", with_configuration("source-folder"))
    if text is EQUAL:
        checkout.write({"src/shop/prices.py": EDITED}).commit("the edit")
    other = tmp_path / "elsewhere"
    if kind == "build":
        other = checkout.path / "build/lib"
        shutil.copytree(checkout.path / "src", other)
    else:
        command = ["clone", "--quiet", "."] if kind == "clone" else ["worktree", "add", "--detach"]
        checkout.git(*command, str(other))
        other /= "src"
    checkout.write({"src/shop/prices.py": EDITED})
    done = checkout.covgate(
        "--min-diff",
        "80",
        *(["--base", "HEAD~1"] if text is EQUAL else []),
        command=["env", f"PYTHONPATH={other}", *PYTEST.split()],
    )
    if text is EQUAL:
        assert_counted(checkout, done)
    else:
        assert_refused(checkout, done, str(other / "shop/prices.py"), "src/shop/prices.py")


def test_a_copy_of_which_another_file_differs_cannot_be_judged(tmp_path: Path) -> None:
    checkout = edited_checkout(tmp_path / "project")
    installed = tmp_path / "site-packages"
    install(checkout, installed)
    (installed / "shop/words.py").write_text("def word():\n    return 'pear'\n")
    assert_refused(checkout, run_tests(checkout, installed), str(installed / "shop/words.py"), "src/shop/words.py")


def test_what_only_the_copy_has_and_what_did_not_run_change_nothing(tmp_path: Path) -> None:
    checkout = edited_checkout(tmp_path / "project", **{"src/shop/unused.py": "def never():\n    return 1\n"})
    installed = tmp_path / "site-packages"
    install(checkout, installed)
    (installed / "shop/_version.py").write_text("VERSION = 1\n")
    (installed / "shop/unused.py").write_text("def never():\n    return 2\n")
    (installed / "shop/prices.py").write_text(EDITED.replace("\n", "\r\n"))
    done = run_tests(checkout, installed)
    assert_counted(checkout, done, total=10)


def test_a_copy_that_ran_beside_the_checkouts_own_is_left_out(tmp_path: Path) -> None:
    checkout = edited_checkout(tmp_path / "project")
    other = tmp_path / "older"
    shutil.copytree(checkout.path / "src", other)
    (other / "shop/prices.py").write_text(PRICES)
    command = f"PYTHONPATH={other} python -c 'from shop.prices import refund; refund(1)' && PYTHONPATH=src {PYTEST}"
    done = checkout.covgate("--min-diff", "80", command=["sh", "-c", command])
    assert_counted(checkout, done)
    assert "its text is not that of src/shop/prices.py" in done.out


def test_another_package_that_has_a_module_of_the_same_name_is_none_of_ours(tmp_path: Path) -> None:
    vendored = {"src/shop/vendor/__init__.py": "", "src/shop/vendor/six.py": "six = 6\n"}
    config = "[run]\nsource_pkgs =\n    shop\n    six\n"
    checkout = edited_checkout(tmp_path / "project", "none", **vendored, **{".coveragerc": config})
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "six.py").write_text("six = 60\n")
    checkout.write(
        {"tests/test_six.py": "import six\nimport shop.vendor.six\n\n\ndef test_six():\n    assert six.six\n"}
    )
    done = run_tests(checkout, checkout.path / "src", installed)
    assert_counted(checkout, done, total=10)


@pytest.mark.parametrize("configuration", ["none", "source-folder"])
@pytest.mark.parametrize("layout", ["editable", "namespace", "temporary-copy"])
def test_an_honest_project_has_coverages_own_total(tmp_path: Path, configuration: str, layout: str) -> None:
    files = with_configuration(configuration)
    if layout == "namespace":
        files |= {"src/corp/tax/__init__.py": "", "src/corp/tax/rate.py": "def rate():\n    return 1\n"}
        files["tests/test_tax.py"] = "from corp.tax.rate import rate\n\n\ndef test_rate():\n    assert rate()\n"
    if layout == "temporary-copy":
        files["tests/test_copy.py"] = (
            "import os, pathlib, subprocess, sys\n\n\ndef test_copy(tmp_path):\n"
            "    (tmp_path / 'shop').mkdir()\n    (tmp_path / 'shop/__init__.py').write_text('x = 1\\n')\n"
            "    env = {**os.environ, 'PYTHONPATH': str(tmp_path)}\n"
            "    subprocess.run([sys.executable, '-c', 'import shop'], env=env, check=True)\n"
            "    (tmp_path / 'shop/__init__.py').unlink()\n"
        )
    checkout = make_checkout(tmp_path / "project", files)
    done = run_tests(checkout, checkout.path / "src")
    assert done.code == 0, done.err
    assert "Warning" not in done.out + done.err
    if configuration == "none":
        checkout.write({".coveragerc": "[run]\nbranch = true\nsource = src\n"})
    measure(checkout, checkout.path / "src")
    assert same(checkout.total(), checkout.coverage_total())


# --- data made before ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["data", "xml", "lcov"])
@pytest.mark.parametrize("text", [EQUAL, DIFFERENT], ids=["equal", "different"])
@pytest.mark.parametrize("other", ["installed", "checkout"])
def test_data_that_names_a_copy_is_treated_alike(tmp_path: Path, kind: str, text: str | None, other: str) -> None:
    checkout = edited_checkout(tmp_path / "project")
    if other == "installed":
        place = tmp_path / "venv/site-packages"
        install(checkout, place, text=text)
        maker = checkout
    else:
        maker = make_checkout(tmp_path / "elsewhere", {**FILES, "src/shop/prices.py": text or EDITED})
        place = maker.path / "src"
    data = maker.path / ".coverage"
    measure(maker, place, data=str(data), source="shop")
    files = {"data": data, "xml": maker.path / "coverage.xml", "lcov": maker.path / "coverage.lcov"}
    if kind != "data":
        assert maker.coverage(kind, "-q", f"--data-file={data}").code == 0
    done = checkout.covgate("--min-diff", "80", "--data", str(files[kind]))
    if kind == "lcov" and other == "checkout":
        # The report's own folder comes first: its relative names are of the other checkout.
        assert "SF:src/shop/prices.py" in files[kind].read_text()
    if text is EQUAL:
        assert_counted(checkout, done)
    else:
        assert_refused(checkout, done, str(place / "shop/prices.py"), "src/shop/prices.py")


# --- as the action ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [EQUAL, DIFFERENT], ids=["equal", "different"])
def test_an_installed_copy_in_a_pull_request(tmp_path: Path, git_github: FakeGithub, text: str | None) -> None:
    workflow = Workflow(tmp_path, git_github, with_configuration("source-folder"))
    workflow.open_pull_request({"src/shop/prices.py": EDITED})
    installed = tmp_path / "venv/site-packages"
    install(Checkout(path=workflow.clone), installed, text=text)
    command = f"PYTHONPATH={installed} {PYTEST.replace('python', sys.executable)}"
    ran = workflow.run_pull_request(test_command=command, min_diff="80")
    assert (ran.exit_code, ran.outputs["passed"]) == ((1, "false") if text is EQUAL else (4, "false")), ran.log
    assert ran.outputs["verdict"] == ("fail" if text is EQUAL else "cannot-judge")
    assert ran.outputs["diff-percent"] == ("50.000" if text is EQUAL else "")
    # The first line has room for one of the two paths.
    assert ("Diff coverage 50 %" if text is EQUAL else "src/shop/prices.py") in ran.comment
