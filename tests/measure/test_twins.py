"""Which files are copies of which, and which packages are the project's own."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import MeasureError
from covgate.measure.own_packages import own_packages, packages_of
from covgate.measure.project import Project
from covgate.measure.twins import Recorded, RecordedData, Settled, is_installed, settle

PACKAGES: dict[str, tuple[list[str], dict[str, str]]] = {
    "src-layout": (["src/shop/__init__.py", "src/shop/a.py"], {"shop": "src/shop"}),
    "flat-layout": (["shop/__init__.py", "shop/deep/__init__.py", "setup.py", "conftest.py"], {"shop": "shop"}),
    "module": (["shop.py", "setup.py", "test_shop.py"], {"shop": "shop.py"}),
    "namespace": (["src/corp/tax/__init__.py", "src/corp/tax/a.py"], {"corp.tax": "src/corp/tax"}),
    "project-in-a-folder": (
        ["backend/pyproject.toml", "backend/src/api/__init__.py", "backend/src/api/a.py"],
        {"api": "backend/src/api"},
    ),
    "rust-extension": (["pyproject.toml", "python/fast/__init__.py"], {"fast": "python/fast"}),
    "tests-and-documentation": (["tests/__init__.py", "tests/a.py", "docs/conf.py", "tools/six/__init__.py"], {}),
    "packages-below-a-package-are-its-own": (
        ["shop/__init__.py", "shop/a/b/c.py", "shop/a/__init__.py"],
        {"shop": "shop"},
    ),
    "modules-in-a-folder-that-is-no-package": (["shop/a.py", "shop/b.py"], {}),
    "the-folder-nearest-to-a-file-is-its-root": (
        ["setup.py", "lib/setup.py", "lib/src/shop/__init__.py", "lib/src/shop/a.py"],
        {"shop": "lib/src/shop"},
    ),
    "what-cannot-be-imported": (["my-script.py", "data.txt", "shop.pyi", "1st.py"], {}),
    "tests-among-the-code": (
        ["src/shop/__init__.py", "src/shop_tests/__init__.py", "src/testing/__init__.py"],
        {"shop": "src/shop"},
    ),
    "modules-that-have-their-folders-name": (
        ["__init__.py", "__main__.py", "shop.py", "src/__init__.py", "src/cart/__init__.py"],
        {"shop": "shop.py", "cart": "src/cart"},
    ),
    "a-name-of-pythons-own": (["calendar/__init__.py", "types.py"], {}),
}


@pytest.mark.parametrize(("files", "expected"), PACKAGES.values(), ids=PACKAGES)
def test_the_projects_own_packages(files: list[str], expected: dict[str, str]) -> None:
    found = own_packages(map(PurePosixPath, files), PurePosixPath())
    assert {name: str(path) for name, path in found.items()} == expected


def test_packages_outside_the_projects_folder_are_another_projects() -> None:
    files = map(PurePosixPath, ["one/shop/__init__.py", "two/shop/__init__.py"])
    assert own_packages(files, PurePosixPath("two")) == {"shop": PurePosixPath("two/shop")}
    assert own_packages(map(PurePosixPath, ["one/setup.py", "one/shop/__init__.py"]), PurePosixPath("two")) == {}


def test_the_packages_of_a_checkout_that_is_entered_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "root" / "app").mkdir(parents=True)
    (tmp_path / "link").symlink_to("root")
    for directory, root in (("link", "root"), ("root", "link")):
        project = Project(
            directory=tmp_path / directory / "app", root=tmp_path / root, python=Path("/python"), environment={}
        )
        found = packages_of(project, [PurePosixPath("app/shop/__init__.py"), PurePosixPath("other/__init__.py")])
        assert found == {"shop": "app/shop"}


def test_of_several_modules_of_one_name_the_topmost_is_meant_and_then_the_first() -> None:
    names = [f"shop{n}" for n in range(6)]
    files = [f"{folder}/{name}.py" for folder in "cafebd" for name in names] + ["shop0.py"]
    found = own_packages(map(PurePosixPath, [*files, *(f"{folder}/setup.py" for folder in "cafebd")]), PurePosixPath())
    expected = {name: f"a/{name}.py" for name in names} | {"shop0": "shop0.py"}
    assert {name: str(path) for name, path in found.items()} == expected


LOCAL = ["src/shop/__init__.py", "src/shop/a.py", "src/shop/vendor/__init__.py", "src/shop/vendor/six.py", "main.py"]


def settle_copies(tmp_path: Path, copies: dict[str, str], local: dict[str, str], executed: str = "") -> Settled:
    """Settle existing files below `tmp_path/else`; the text of a local file is its own name unless it is given."""
    root = tmp_path / "root"
    for name in LOCAL:
        write(root / name, local.get(name, ""))
    for name, text in copies.items():
        write(tmp_path / "else" / name, text)
    items = [Recorded(names=(name,), place=tmp_path / "else" / name) for name in copies if not name.startswith(".git")]
    data = RecordedData(path=tmp_path / "data", foreign=tuple(items), known=0)
    ran = [PurePosixPath(executed)] if executed else []
    return settle([data], root=root, local=map(PurePosixPath, LOCAL), executed=ran)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


INSTALLED = "lib/python3.12/site-packages"
A = {"src/shop/a.py": "x = 1\n"}

EQUAL: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str | None]]] = {
    "installed": ({f"{INSTALLED}/shop/a.py": "x = 1\n"}, A, {f"{INSTALLED}/shop/a.py": "src/shop/a.py"}),
    "installed-module": (
        {f"{INSTALLED}/main.py": "x = 1\n"},
        {"main.py": "x = 1\n"},
        {f"{INSTALLED}/main.py": "main.py"},
    ),
    "egg": ({"x/shop-1.0-py3.12.egg/shop/a.py": "x = 1\n"}, A, {"x/shop-1.0-py3.12.egg/shop/a.py": "src/shop/a.py"}),
    "built": ({"build/lib/shop/a.py": "x = 1\n"}, A, {"build/lib/shop/a.py": "src/shop/a.py"}),
    "line-ends": ({f"{INSTALLED}/shop/a.py": "x = 1\r\n"}, A, {f"{INSTALLED}/shop/a.py": "src/shop/a.py"}),
    "keyword": (
        {f"{INSTALLED}/shop/a.py": "# $Id: 1f2e $\n"},
        {"src/shop/a.py": "# $Id$\n"},
        {f"{INSTALLED}/shop/a.py": "src/shop/a.py"},
    ),
    "package-of-another-folder": (
        {"x/shop/__init__.py": "", "x/shop/a.py": "x = 1\n"},
        A,
        {"x/shop/__init__.py": "src/shop/__init__.py", "x/shop/a.py": "src/shop/a.py"},
    ),
    "same-place-in-another-checkout": ({".git": "", "main.py": ""}, {}, {"main.py": "main.py"}),
    "only-in-another-checkout": ({".git": "", "extra.py": "x = 2\n"}, {}, {}),
    "single-module-of-a-temporary-folder": ({"main.py": "x = 2\n"}, {"main.py": "x = 1\n"}, {}),
    "another-package-than-the-vendored": ({f"{INSTALLED}/six.py": "x = 2\n"}, {}, {}),
    "only-in-the-copy": ({f"{INSTALLED}/shop/_version.py": "x = 2\n"}, {}, {}),
    "not-a-package": ({"x/shop/a.py": "x = 2\n"}, A, {}),
}


@pytest.mark.parametrize(("copies", "local", "expected"), EQUAL.values(), ids=EQUAL)
def test_a_copy_of_equal_text_is_the_checkouts_file(
    tmp_path: Path, copies: dict[str, str], local: dict[str, str], expected: dict[str, str | None]
) -> None:
    settled = settle_copies(tmp_path, copies, local)
    assert {names[0]: str(place) for names, place in settled.places[0].items()} == expected


def test_another_text_is_refused_unless_the_checkouts_own_ran(tmp_path: Path) -> None:
    copies = {f"{INSTALLED}/shop/a.py": "x = 2\n"}
    with pytest.raises(MeasureError, match=r"site-packages/shop/a\.py, whose text differs from src/shop/a\.py"):
        settle_copies(tmp_path, copies, A)
    settled = settle_copies(tmp_path, copies, A, executed="src/shop/a.py")
    assert list(settled.places[0].values()) == [None]
    assert settled.notes[0].startswith("What ran of ")


def test_data_of_another_machine_that_fits_several_files_is_refused_with_every_candidate(tmp_path: Path) -> None:
    local = map(PurePosixPath, ["two/pkg/m.py", "one/pkg/m.py"])
    data = RecordedData(path=tmp_path / "data", foreign=(Recorded(names=("/ci/pkg/m.py",)),), known=0)
    with pytest.raises(MeasureError, match=r"/ci/pkg/m\.py.*one/pkg/m\.py, two/pkg/m\.py"):
        settle([data], root=tmp_path, local=local)


def two_packages(tmp_path: Path, texts: tuple[str, str], copy: str) -> Settled:
    """Settle an installed `pkg/m.py` where the checkout has two packages of that name."""
    for folder, text in zip(("one", "two"), texts, strict=True):
        write(tmp_path / "root" / folder / "pkg/__init__.py", "")
        write(tmp_path / "root" / folder / "pkg/m.py", text)
    place = tmp_path / INSTALLED / "pkg/m.py"
    write(place, copy)
    local = [PurePosixPath(f"{folder}/pkg/{name}.py") for folder in ("one", "two") for name in ("__init__", "m")]
    data = RecordedData(path=tmp_path / "data", foreign=(Recorded(names=("m", "n"), place=place),), known=0)
    return settle([data], root=tmp_path / "root", local=local)


def test_a_copy_whose_text_two_files_have_is_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"^m was .* one/pkg/m\.py, two/pkg/m\.py"):
        two_packages(tmp_path, ("x = 1\n", "x = 1\n"), "x = 1\n")
    settled = two_packages(tmp_path, ("x = 2\n", "x = 1\n"), "x = 1\n")
    assert settled.places == ({("m", "n"): PurePosixPath("two/pkg/m.py")},)


def test_a_copy_whose_text_two_files_have_belongs_where_the_others_beside_it_do(tmp_path: Path) -> None:
    local = {f"{folder}/pkg/{name}.py": "" for folder in ("one", "two") for name in ("__init__", "a", "m")}
    local["two/pkg/a.py"] = "x = 2\n"
    for name, text in local.items():
        write(tmp_path / "root" / name, text)
    copies = [tmp_path / INSTALLED / "pkg" / f"{name}.py" for name in ("a", "m")]
    write(copies[0], "x = 2\n")
    write(copies[1], "")
    foreign = tuple(Recorded(names=(place.name,), place=place) for place in copies)
    data = RecordedData(path=tmp_path / "data", foreign=foreign, known=0)
    settled = settle([data], root=tmp_path / "root", local=map(PurePosixPath, local))
    assert settled.places == ({("a.py",): PurePosixPath("two/pkg/a.py"), ("m.py",): PurePosixPath("two/pkg/m.py")},)


@pytest.mark.parametrize("others", [1, 2])
def test_a_copy_whose_text_one_file_has_is_that_wherever_the_others_beside_it_belong(
    tmp_path: Path, others: int
) -> None:
    names = ["m", *"ab"[:others]]
    for folder in ("one", "two"):
        write(tmp_path / "root" / folder / "pkg/__init__.py", "")
        for name in names:
            write(tmp_path / "root" / folder / f"pkg/{name}.py", f"{folder} {name}")
    places = {name: "one" if name == "m" else "two" for name in names}
    for name, folder in places.items():
        write(tmp_path / INSTALLED / f"pkg/{name}.py", f"{folder} {name}")
    foreign = tuple(Recorded(names=(name,), place=tmp_path / INSTALLED / f"pkg/{name}.py") for name in names)
    data = RecordedData(path=tmp_path / "data", foreign=foreign, known=0)
    local = [PurePosixPath(f"{folder}/pkg/{name}.py") for folder in ("one", "two") for name in ("__init__", *names)]
    settled = settle([data], root=tmp_path / "root", local=local)
    assert settled.places == ({(n,): PurePosixPath(f"{folder}/pkg/{n}.py") for n, folder in places.items()},)


def test_a_copy_that_is_reached_through_a_link_is_where_the_link_leads(tmp_path: Path) -> None:
    write(tmp_path / "root/shop/__init__.py", "")
    write(tmp_path / "root/shop/a.py", "x = 1\n")
    write(tmp_path / INSTALLED / "shop/a.py", "x = 1\n")
    (tmp_path / "link.py").symlink_to(tmp_path / INSTALLED / "shop/a.py")
    item = Recorded(names=("link.py",), place=tmp_path / "link.py")
    data = RecordedData(path=tmp_path / "data", foreign=(item,), known=0)
    local = map(PurePosixPath, ["shop/__init__.py", "shop/a.py"])
    settled = settle([data], root=tmp_path / "root", local=local)
    assert settled.places == ({("link.py",): PurePosixPath("shop/a.py")},)


def test_a_repository_inside_of_the_checkout_is_no_copy_of_it(tmp_path: Path) -> None:
    for name, text in {"main.py": "x = 1\n", "vendor/.git": "", "vendor/main.py": "x = 2\n"}.items():
        write(tmp_path / name, text)
    item = Recorded(names=("vendor/main.py",), place=tmp_path / "vendor/main.py")
    data = RecordedData(path=tmp_path / "data", foreign=(item,), known=0)
    assert settle([data], root=tmp_path, local=[PurePosixPath("main.py")]).places == ({},)


def test_a_copy_whose_text_none_of_two_files_has_is_an_old_one(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"whose text differs from one/pkg/m\.py") as caught:
        two_packages(tmp_path, ("x = 1\n", "x = 2\n"), "x = 3\n")
    assert caught.value.slug == "installed-copy"


def test_a_copy_of_a_file_that_has_become_a_pipe_is_an_old_one(tmp_path: Path) -> None:
    """Who reads a pipe waits for ever; the tests may have left one."""
    write(tmp_path / INSTALLED / "shop/a.py", "x = 1\n")
    write(tmp_path / "root/shop/__init__.py", "")
    os.mkfifo(tmp_path / "root/shop/a.py")
    item = Recorded(names=("a",), place=tmp_path / INSTALLED / "shop/a.py")
    data = RecordedData(path=tmp_path / "data", foreign=(item,), known=0)
    with pytest.raises(MeasureError, match=r"whose text differs from shop/a\.py"):
        settle([data], root=tmp_path / "root", local=map(PurePosixPath, ["shop/__init__.py", "shop/a.py"]))


def test_what_another_checkout_ran_is_named_by_its_packages(tmp_path: Path) -> None:
    copies = {".git": "", "main.py": "", "src/shop/__init__.py": "", "src/shop/a.py": "x = 1\n"}
    settled = settle_copies(tmp_path, copies, A)
    there = tmp_path / "else"
    assert set(settled.notes) == {
        f"Measured the installed copy of src/shop (in {there}/src): its text is equal.",
        f"Measured the installed copy of main.py (in {there}): its text is equal.",
    }


def test_the_copies_of_which_most_was_measured_are_named_first_and_only_three(tmp_path: Path) -> None:
    local = {f"{name}/{file}.py": f"{name} {file}" for name in "abcd" for file in ("__init__", "m", "n")}
    for name, text in local.items():
        write(tmp_path / "root" / name, text)
    counts = {"one": {"a": 1, "b": 3, "c": 2, "d": 1}, "two": {"b": 2}}
    foreign = [
        (tmp_path / env / "site-packages" / name, local[name])
        for env, packages in counts.items()
        for package, count in packages.items()
        for name in [f"{package}/{file}.py" for file in ("__init__", "m", "n")][:count]
    ]
    for place, text in foreign:
        write(place, text)
    items = tuple(Recorded(names=(str(place),), place=place) for place, _ in foreign)
    data = RecordedData(path=tmp_path / "data", foreign=items, known=0)
    one, two = (tmp_path / env / "site-packages" for env in counts)
    assert settle([data], root=tmp_path / "root", local=map(PurePosixPath, local)).notes == (
        f"Measured the installed copy of b (in {one}, {two}): its text is equal.",
        f"Measured the installed copy of c (in {one}): its text is equal.",
        f"Measured the installed copy of a (in {one}): its text is equal.",
    )


def stale(tmp_path: Path, *, executed: tuple[bool, ...], ran: list[str]) -> Settled:
    """Settle installed copies of a.py, b.py, …, each with another text than the checkout's."""
    names = [f"shop/{name}.py" for name in "abc"[: len(executed)]]
    for name in ["shop/__init__.py", *names]:
        write(tmp_path / "root" / name, "x = 1\n")
        write(tmp_path / INSTALLED / name, "x = 2\n")
    foreign = tuple(
        Recorded(names=(name,), place=tmp_path / INSTALLED / name, executed=one)
        for name, one in zip(names, executed, strict=True)
    )
    local = map(PurePosixPath, ["shop/__init__.py", *names])
    data = RecordedData(path=tmp_path / "data", foreign=foreign, known=0)
    return settle([data], root=tmp_path / "root", local=local, executed=map(PurePosixPath, ran))


@pytest.mark.parametrize(
    ("executed", "ran", "named"),
    [
        ((True,), [], "shop/a.py in this checkout:"),
        ((True, True), [], "shop/a.py in this checkout and 1 more:"),
        ((True, True, True), [], "shop/a.py in this checkout and 2 more:"),
        ((True, True), ["shop/a.py"], "shop/b.py in this checkout:"),
        ((False, True), [], "shop/b.py in this checkout:"),
    ],
)
def test_old_copies_that_ran_are_counted(
    tmp_path: Path, executed: tuple[bool, ...], ran: list[str], named: str
) -> None:
    with pytest.raises(MeasureError) as caught:
        stale(tmp_path, executed=executed, ran=ran)
    assert f", whose text differs from {named} neither the change nor the total can be judged" in caught.value.message


def test_an_old_copy_of_which_nothing_ran_is_the_file_here_of_which_nothing_ran(tmp_path: Path) -> None:
    settled = stale(tmp_path, executed=(False,), ran=[])
    assert (settled.places[0], settled.notes) == ({("shop/a.py",): PurePosixPath("shop/a.py")}, ())


def test_old_copies_of_which_every_file_ran_here_too_are_left_out(tmp_path: Path) -> None:
    settled = stale(tmp_path, executed=(True, True), ran=["shop/b.py", "shop/a.py"])
    assert list(settled.places[0].values()) == [None, None]


def test_what_an_old_copy_ran_beside_the_file_here_is_not_counted(tmp_path: Path) -> None:
    settled = stale(tmp_path, executed=(True,), ran=["shop/a.py"])
    copy = tmp_path / INSTALLED / "shop/a.py"
    assert settled.notes == (f"What ran of {copy} is not counted: its text is not that of shop/a.py.",)


@pytest.mark.parametrize(
    ("names", "lost"),
    [
        (["/ci/x.py"], "the one measured file of data is not in this checkout (/ci/x.py)"),
        (["/ci/x.py", "/ci/y.py"], "none of the 2 measured files of data is in this checkout (the first is /ci/x.py)"),
    ],
)
def test_data_of_which_no_file_is_here_is_refused(tmp_path: Path, names: list[str], lost: str) -> None:
    foreign = tuple(Recorded(names=(name,)) for name in names)
    data = RecordedData(path=tmp_path / "data", foreign=foreign, known=0)
    with pytest.raises(MeasureError) as caught:
        settle([data], root=tmp_path, local=[PurePosixPath("shop/a.py")])
    told = caught.value.message.replace(f"{tmp_path}/", "")
    assert told == f"{lost}; a name alone, without the folders around it, is not enough"
    assert caught.value.slug == "sources-gone"


def test_data_of_which_some_files_are_gone_is_taken_and_they_are_counted(tmp_path: Path) -> None:
    names = ["/ci/R/shop/a.py", "/ci/R/shop/b.py", "/gone/x.py", "/gone/y.py"]
    # A Cobertura report with two sources names each file twice.
    foreign = tuple(Recorded(names=(name, f"/second{name}")) for name in names)
    data = RecordedData(path=tmp_path / "data", foreign=foreign, known=0)
    settled = settle([data], root=tmp_path, local=map(PurePosixPath, ["shop/a.py", "shop/b.py"]))
    assert list(settled.places[0].values()) == [PurePosixPath("shop/a.py"), PurePosixPath("shop/b.py"), None, None]
    assert settled.notes == (
        "Paths under /ci/R were read as the checkout.",
        "2 measured files are not in the checkout and left out (the first is /gone/x.py).",
    )


@pytest.mark.parametrize(
    ("folder", "place"), [("root/one", "one/app/m.py"), ("root/two", "two/app/m.py"), ("root", None), ("else", None)]
)
def test_data_in_a_folder_of_the_checkout_is_of_the_files_below_it(
    tmp_path: Path, folder: str, place: str | None
) -> None:
    item = Recorded(names=("/srv/app/m.py", "/second"))
    data = RecordedData(path=tmp_path / folder / "data", foreign=(item,), known=0)
    local = [PurePosixPath("one/app/m.py"), PurePosixPath("two/app/m.py")]
    (tmp_path / "root").mkdir()
    if place is None:
        with pytest.raises(MeasureError, match=r"^/srv/app/m\.py .* any of: one/app/m\.py, two/app/m\.py"):
            settle([data], root=tmp_path / "root", local=local)
        return
    settled = settle([data], root=tmp_path / "root", local=local)
    assert settled.places == ({item.names: PurePosixPath(place)},)


def test_a_checkout_behind_a_link_has_its_files_inside(tmp_path: Path) -> None:
    write(tmp_path / "root/src/m.py", "")
    (tmp_path / "link").symlink_to("root")
    for root, there in (("link", "root"), ("root", "link")):
        alias = Recorded(names=("/ci/m.py",), alias=tmp_path / there / "src/m.py")
        data = RecordedData(path=tmp_path / "data", foreign=(alias,), known=0)
        settled = settle([data], root=tmp_path / root, local=[PurePosixPath("src/m.py")])
        assert settled.places == ({("/ci/m.py",): PurePosixPath("src/m.py")},)


def test_the_files_of_the_checkout_are_gone_through_more_than_once(tmp_path: Path) -> None:
    write(tmp_path / "root/shop/__init__.py", "")
    write(tmp_path / "else/shop/__init__.py", "")
    there = Recorded(names=("a",), place=tmp_path / "else/shop/__init__.py")
    gone = Recorded(names=("/ci/shop/__init__.py",))
    recorded = [RecordedData(path=tmp_path / "data", foreign=(one,), known=0) for one in (there, gone)]
    settled = settle(recorded, root=tmp_path / "root", local=map(PurePosixPath, ["shop/__init__.py"]))
    assert [list(places.values()) for places in settled.places] == [[PurePosixPath("shop/__init__.py")]] * 2


@pytest.mark.parametrize(
    ("path", "installed"),
    [
        ("env/lib/python3.12/site-packages/shop/a.py", True),
        ("build/lib/shop/a.py", True),
        ("build/lib.linux-x86_64-cpython-312/shop/a.py", True),
        ("lib/shop/a.py", False),
        ("lib.d/shop/a.py", False),
        ("build/library/shop/a.py", False),
        ("build/shop/a.py", False),
        ("builds/lib/shop/a.py", False),
    ],
)
def test_where_packages_are_installed_or_built(path: str, *, installed: bool) -> None:
    assert is_installed(PurePosixPath(path)) is installed
