"""Where recorded paths lie in a checkout: found by their folders, never guessed between equals."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.measure.path_map import PathMap, ambiguous_path, map_paths, mapping_notes, split


def map_each(recorded: list[str], local: list[str], below: str = ".") -> PathMap:
    """Map names that are one file each."""
    return map_paths([(name,) for name in recorded], map(PurePosixPath, local), PurePosixPath(below))


def places(mapped: PathMap) -> dict[str, str]:
    return {name: str(path) for (name,), path in mapped.found.items()}


FOUND: dict[str, tuple[list[str], list[str], dict[str, str]]] = {
    "runner": (
        ["/home/runner/work/R/R/shop/a.py", "/home/runner/work/R/R/shop/b.py"],
        ["shop/a.py", "shop/b.py"],
        {"/home/runner/work/R/R/shop/a.py": "shop/a.py", "/home/runner/work/R/R/shop/b.py": "shop/b.py"},
    ),
    "windows": (["D:\\a\\R\\R\\shop\\a.py"], ["shop/a.py", "other/a.py"], {"D:\\a\\R\\R\\shop\\a.py": "shop/a.py"}),
    "installed-package-of-a-src-layout": (
        ["/venv/lib/python3.12/site-packages/shop/a.py"],
        ["src/shop/a.py", "tests/a.py"],
        {"/venv/lib/python3.12/site-packages/shop/a.py": "src/shop/a.py"},
    ),
    "installed-by-debian": (
        ["/usr/lib/python3/dist-packages/shop/a.py"],
        ["src/shop/a.py", "tests/a.py"],
        {"/usr/lib/python3/dist-packages/shop/a.py": "src/shop/a.py"},
    ),
    "in-another-folder-here-beside-others-of-its-root": (
        ["/ci/R/app/a.py", "/ci/R/app/b.py", "/ci/R/lib/x.py"],
        ["app/a.py", "app/b.py", "src/lib/x.py"],
        {"/ci/R/app/a.py": "app/a.py", "/ci/R/app/b.py": "app/b.py", "/ci/R/lib/x.py": "src/lib/x.py"},
    ),
    "a-folder-of-the-checkout-that-was-the-root": (
        ["a.py", "shop/b.py"],
        ["backend/a.py", "backend/shop/b.py"],
        {"a.py": "backend/a.py", "shop/b.py": "backend/shop/b.py"},
    ),
    "installed-modules-without-a-package": (
        ["/venv/lib/python3.12/site-packages/a.py", "/venv/lib/python3.12/site-packages/b.py"],
        ["src/a.py", "src/b.py"],
        {
            "/venv/lib/python3.12/site-packages/a.py": "src/a.py",
            "/venv/lib/python3.12/site-packages/b.py": "src/b.py",
        },
    ),
    "the-root-that-explains-most-wins": (
        ["/x/one/m.py", "/x/one/only.py"],
        ["one/m.py", "one/only.py", "two/one/m.py"],
        {"/x/one/m.py": "one/m.py", "/x/one/only.py": "one/only.py"},
    ),
    "what-explains-most-before-a-longer-ending": (
        ["/ci/R/app/a.py", "/ci/R/app/b.py", "/ci/R/app/c.py"],
        ["app/a.py", "app/b.py", "app/c.py", "other/R/app/c.py"],
        {"/ci/R/app/a.py": "app/a.py", "/ci/R/app/b.py": "app/b.py", "/ci/R/app/c.py": "app/c.py"},
    ),
    "two-projects-of-equal-names": (
        ["/ci/one/pkg/m.py", "/ci/two/pkg/m.py"],
        ["one/pkg/m.py", "two/pkg/m.py"],
        {"/ci/one/pkg/m.py": "one/pkg/m.py", "/ci/two/pkg/m.py": "two/pkg/m.py"},
    ),
    "names-alone-that-agree-on-the-folder": (
        ["/ci/build/tool.py", "/ci/build/part.py"],
        ["tool.py", "part.py", "examples/tool.py"],
        {"/ci/build/tool.py": "tool.py", "/ci/build/part.py": "part.py"},
    ),
}


@pytest.mark.parametrize(("recorded", "local", "expected"), FOUND.values(), ids=FOUND)
def test_files_are_found_by_the_folders_around_them(
    recorded: list[str], local: list[str], expected: dict[str, str]
) -> None:
    mapped = map_each(recorded, local)
    assert places(mapped) == expected
    assert not mapped.ambiguous
    assert not mapped.lost


def test_equals_are_ambiguous_with_every_candidate() -> None:
    mapped = map_each(["/ci/pkg/m.py"], ["two/pkg/m.py", "one/pkg/m.py"])
    assert mapped.ambiguous == {("/ci/pkg/m.py",): (PurePosixPath("one/pkg/m.py"), PurePosixPath("two/pkg/m.py"))}


def test_of_very_many_equals_some_candidates_are_told_and_of_a_mere_name_none() -> None:
    local = [f"p{number:02}/pkg/m.py" for number in range(20)]
    mapped = map_each(["/ci/pkg/m.py"], local)
    ((names, candidates),) = mapped.ambiguous.items()
    assert names == ("/ci/pkg/m.py",)
    assert set(map(str, candidates)) < set(local)
    assert map_each(["/ci/other/m.py"], local).lost == (("/ci/other/m.py",),)


def test_what_is_nowhere_is_lost_and_a_mere_name_among_others_is_not_believed() -> None:
    recorded = ["/ci/pkg/a.py", "/ci/pkg/b.py", "/ci/generated/conf.py", "/ci/absent.py"]
    mapped = map_each(recorded, ["pkg/a.py", "pkg/b.py", "docs/conf.py"])
    assert set(places(mapped)) == {"/ci/pkg/a.py", "/ci/pkg/b.py"}
    assert set(mapped.lost) == {("/ci/generated/conf.py",), ("/ci/absent.py",)}
    assert not mapped.ambiguous


def test_the_folders_that_correspond_are_told() -> None:
    mapped = map_each(["/ci/R/shop/a.py", "/ci/R/shop/b.py"], ["src/shop/a.py", "src/shop/b.py"])
    assert mapping_notes(mapped) == ("Paths under /ci/R were read as src.",)
    mapped = map_each(["C:\\R\\shop\\a.py"], ["shop/a.py"])
    assert mapping_notes(mapped) == ("Paths under C:\\R were read as the checkout.",)


@pytest.mark.parametrize(
    ("recorded", "local", "roots"),
    [
        pytest.param(
            [*(f"/one/pkg/{name}.py" for name in "ab"), *(f"/two/lib/{name}.py" for name in "cde")],
            [*(f"pkg/{name}.py" for name in "ab"), *(f"lib/{name}.py" for name in "cde")],
            [("/two", "."), ("/one", ".")], id="most-used-first",
        ),
        pytest.param(
            ["/one/pkg/a.py", "/two/lib/b.py"], ["pkg/a.py", "lib/b.py"],
            [("/one", "."), ("/two", ".")], id="of-equals-the-first",
        ),
        pytest.param(["a.py", "shop/b.py"], ["backend/a.py", "backend/shop/b.py"], [("", "backend")], id="relative"),
        pytest.param(["src/shop/a.py"], ["src/shop/a.py"], [("", ".")], id="as-it-is"),
        pytest.param(["build/shop/a.py"], ["src/shop/a.py"], [("build", "src")], id="relative-to-another-folder"),
        pytest.param(["C:\\R\\shop\\a.py"], ["shop/a.py"], [("C:\\R", ".")], id="windows"),
        pytest.param(["/ci//R//shop//a.py"], ["shop/a.py"], [("/ci//R", ".")], id="two-slashes"),
    ],
)  # fmt: skip
def test_which_folders_correspond(recorded: list[str], local: list[str], roots: list[tuple[str, str]]) -> None:
    mapped = map_each(recorded, local)
    assert [(there, str(here)) for there, here in mapped.roots] == roots
    assert mapping_notes(mapped) == tuple(
        f"Paths under {there} were read as {'the checkout' if here == '.' else here}." for there, here in roots if there
    )


def test_only_three_pairs_of_folders_are_told() -> None:
    local = [f"{name}/pkg/m{name}.py" for name in "abcd"]
    mapped = map_each([f"/{name}/{name}/pkg/m{name}.py" for name in "abcd"], local)
    assert len(mapped.roots) == 4
    assert mapping_notes(mapped) == tuple(f"Paths under /{name} were read as the checkout." for name in "abc")


@pytest.mark.parametrize(
    ("count", "listed"),
    [(5, "/1.py, x/2.py, x/3.py, x/4.py"), (6, "/1.py, x/2.py, x/3.py, x/4.py and 1 more"), (8, " and 3 more")],
)
def test_five_candidates_are_named_and_the_others_counted(count: int, listed: str) -> None:
    error = ambiguous_path("/ci/m.py", [PurePosixPath(f"x/{n}.py") for n in range(count)])
    assert error.message.startswith("/ci/m.py was recorded in another place and could be any of: x/0.py, x")
    assert error.message.endswith(listed)


@pytest.mark.parametrize(
    ("path", "parts"),
    [("/a/b.py", ("a", "b.py")), ("C:\\a\\b.py", ("C:", "a", "b.py")), ("./a//b.py", ("a", "b.py")), ("", ())],
)
def test_either_slash_parts_a_path(path: str, parts: tuple[str, ...]) -> None:
    assert split(path) == parts


names = st.sampled_from(["a.py", "b.py", "__init__.py"])
folders = st.lists(st.sampled_from(["src", "pkg", "lib"]), max_size=3)
paths_of = st.builds(lambda parts, name: "/".join([*parts, name]), folders, names)


@given(st.lists(paths_of, unique=True), st.lists(paths_of, unique=True))
def test_every_recorded_path_has_exactly_one_fate(recorded: list[str], local: list[str]) -> None:
    mapped = map_each(recorded, local)
    assert sorted(name for (name,) in (*mapped.found, *mapped.ambiguous, *mapped.lost)) == sorted(recorded)
    assert {str(path) for path in mapped.found.values()} <= set(local)


@given(st.lists(paths_of, unique=True, min_size=1), st.sampled_from(["/home/runner/work/R/R", "D:/a/R", "/x"]))
def test_a_checkout_moved_as_a_whole_is_never_mapped_wrongly(local: list[str], there: str) -> None:
    mapped = map_each([f"{there}/{name}" for name in local], local)
    assert all(name == f"{there}/{path}" for (name,), path in mapped.found.items())


def calls_to_map(count: int) -> int:
    """Count the calls of functions it takes to map so many `__init__.py` of another machine."""
    local = [f"src/shop/part{n // 10}/piece{n}/__init__.py" for n in range(count)]
    recorded = [f"/ci/R/{name}" for name in local]
    calls = 0

    def count_call(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count_call)
    try:
        mapped = map_each(recorded, local)
    finally:
        sys.setprofile(None)
    assert len(mapped.found) == count
    return calls


@pytest.mark.slow
def test_the_work_grows_with_the_number_of_files_not_with_its_square() -> None:
    assert calls_to_map(2000) < 15 * calls_to_map(200)


NOT_BELIEVED = {
    "a-lone-file-by-its-name": (["/ci/build/tool.py"], ["tool.py"]),
    "a-file-of-a-temporary-folder": (["/ci/R/app/a.py", "/ci/R/app/b.py", "/gone/x/app/c.py"], ["app/c.py"]),
    "an-installed-module-by-its-name": (["/venv/lib/python3.12/site-packages/tool.py"], ["tool.py"]),
    "a-part-of-another-package": (["/venv/lib/site-packages/other/vendor/six.py"], ["vendor/six.py"]),
    "another-package-of-debian": (["/usr/lib/python3/dist-packages/six/moves.py"], ["shop/six/moves.py"]),
    "another-package-with-a-copy-in-a-folder-inside": (
        ["/venv/lib/site-packages/six/moves.py"],
        ["shop/vendor/six/moves.py"],
    ),
    "another-package-with-a-copy-inside": (["/venv/lib/site-packages/six/moves.py"], ["shop/six/moves.py"]),
}


@pytest.mark.parametrize(("recorded", "local"), NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_a_coincidence_of_names_is_not_believed(recorded: list[str], local: list[str]) -> None:
    mapped = map_each(recorded, [*local, "app/a.py", "app/b.py", "shop/__init__.py"])
    assert recorded[-1] in {name for (name,) in mapped.lost}


def test_files_below_the_datas_folder_come_first_and_are_not_contradicted() -> None:
    local = ["one/app/m.py", "two/app/m.py", "two/app/other.py", "libs/tool/x.py"]
    recorded = ["/app/app/m.py", "/app/app/other.py", "/app/libs/tool/x.py"]
    mapped = map_each(recorded, local, below="one")
    assert places(mapped) == {"/app/app/m.py": "one/app/m.py"}
    assert map_each(["/ci/R/one/app/m.py", "/ci/R/libs/tool/x.py"], local, below="one").lost == ()


@pytest.mark.parametrize(
    ("recorded", "place"),
    [
        pytest.param("/srv/deep/libs/x.py", None, id="a-folder-above-is-another"),
        pytest.param("/srv/deep/app/more/libs/x.py", None, id="a-folder-below-is-another"),
        pytest.param("/else/libs/x.py", "deep/libs/x.py", id="a-folder-that-has-nothing-to-do-with-it"),
        pytest.param("/srv/deep/lib/y.py", "one/lib/y.py", id="a-file-beside"),
    ],
)
def test_a_file_elsewhere_agrees_with_the_folders_of_those_below_the_datas(recorded: str, place: str | None) -> None:
    local = ["one/app/m.py", "two/app/m.py", "deep/libs/x.py", "one/lib/y.py", "two/lib/y.py"]
    mapped = map_each(["/srv/deep/app/m.py", recorded], local, below="one")
    assert places(mapped) == {"/srv/deep/app/m.py": "one/app/m.py"} | ({recorded: place} if place else {})


@pytest.mark.parametrize(("votes", "most", "believed"), [(2, 4, True), (2, 5, False), (3, 6, True), (3, 7, False)])
def test_a_second_checkout_is_believed_when_half_as_many_files_speak_for_it(
    votes: int, most: int, *, believed: bool
) -> None:
    names = [f"app/f{number}.py" for number in range(most)]
    second = [f"/gone/x/{name}" for name in names[:votes]]
    mapped = map_each([*(f"/ci/R/{name}" for name in names), *second], names)
    assert len(mapped.found) == most + (votes if believed else 0)
    assert list(mapped.lost) == ([] if believed else [(name,) for name in second])


def test_of_two_sources_that_lead_to_one_file_the_first_is_told() -> None:
    mapped = map_paths([("/ci/R/a/m.py", "/ci/X/a/m.py")], [PurePosixPath("a/m.py")])
    assert mapped.roots == (("/ci/R", PurePosixPath()),)


def test_what_is_ambiguous_below_the_datas_folder_settles_nothing() -> None:
    local = ["one/a/pkg/m.py", "one/b/pkg/m.py", "libs/tool/x.py", "two/pkg/m.py"]
    mapped = map_each(["/ci/pkg/m.py", "/ci/libs/tool/x.py"], local, below="one")
    assert places(mapped) == {"/ci/libs/tool/x.py": "libs/tool/x.py"}
    assert mapped.ambiguous == {("/ci/pkg/m.py",): tuple(map(PurePosixPath, local[:2]))}


@pytest.mark.parametrize(("count", "found"), [(8, {"/ci/R/x.py": "d0/x.py", "/ci/R/y.py": "d0/y.py"}), (9, {})])
def test_a_name_that_fits_more_than_eight_files_does_not_vote(count: int, found: dict[str, str]) -> None:
    local = [*(f"d{number}/x.py" for number in range(count)), "d0/y.py"]
    assert places(map_each(["/ci/R/x.py", "/ci/R/y.py"], local)) == found


@pytest.mark.parametrize("count", [2, 8, 9])
def test_of_equals_the_one_that_another_file_speaks_for_is_meant_wherever_it_stands(count: int) -> None:
    for meant in {0, count - 1}:
        local = [*(f"p{number}/pkg/m.py" for number in range(count)), f"p{meant}/only/x.py"]
        found = places(map_each(["/ci/pkg/m.py", "/ci/only/x.py"], local))
        assert found == {"/ci/pkg/m.py": f"p{meant}/pkg/m.py", "/ci/only/x.py": f"p{meant}/only/x.py"}


def test_the_first_source_under_which_a_file_lies_is_meant() -> None:
    names = [(f"/ci/R/src/shop/{n}.py", f"/ci/R/tests/shop/{n}.py") for n in "ab"]
    mapped = map_paths(names, map(PurePosixPath, ["src/shop/a.py", "src/shop/b.py"]))
    assert [str(path) for path in mapped.found.values()] == ["src/shop/a.py", "src/shop/b.py"]
    assert mapping_notes(mapped) == ("Paths under /ci/R were read as the checkout.",)
