"""Components: which files a glob means, what the figures are, and what is said of a glob that means none."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.config.components import check_globs, match_components
from covgate.config.globs import parse_glob
from covgate.config.goals import Component
from covgate.errors import InputError
from covgate.gate.components import component_figures
from covgate.model.change import DiffCoverage, DiffFile
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.numbers import Counts, Tally
from covgate.model.unknown import Unavailable

ROOT = PurePosixPath()

FILES = (
    "api.py",
    "backend/__init__.py",
    "backend/api.py",
    "backend/core/api.py",
    "backend/core/deep/er/x.py",
    "backend/core/legacy/old.py",
    "backend/core/legacy/older/x.py",
    "backend/core2/y.py",
    "core/z.py",
    "#notes/!a.py",
)


def paths(*names: str) -> tuple[PurePosixPath, ...]:
    return tuple(PurePosixPath(name) for name in names)


def matched(globs: list[str], *, files: tuple[str, ...] = FILES, prefix: str = ".") -> list[str]:
    component = Component(name="a", paths=tuple(globs))
    found = match_components([component], paths(*files), prefix=PurePosixPath(prefix))
    return sorted(map(str, found["a"]), key=files.index)


CORE = [name for name in FILES if name.startswith("backend/core/")]
FRESH = [name for name in CORE if "legacy" not in name]


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        pytest.param(["core/**"], ["core/z.py"], id="anchored"),
        pytest.param(["/core/**"], ["core/z.py"], id="a-leading-slash"),
        pytest.param(["./core/**"], ["core/z.py"], id="a-leading-dot"),
        pytest.param([".//core/./**"], ["core/z.py"], id="empty-parts"),
        pytest.param(["**/core/**"], [*CORE, "core/z.py"], id="anywhere"),
        pytest.param(["**/api.py"], ["api.py", "backend/api.py", "backend/core/api.py"], id="a-file-anywhere"),
        pytest.param(["api.py"], ["api.py"], id="a-file-without-a-folder"),
        pytest.param(["*.py"], ["api.py"], id="a-wildcard-without-a-folder"),
        pytest.param(["core"], ["core/z.py"], id="a-folder-without-a-slash"),
        pytest.param(["backend/core"], CORE, id="a-folder"),
        pytest.param(["backend/core/"], CORE, id="a-folder-with-a-slash"),
        pytest.param(["api.py/"], [], id="a-file-is-no-folder"),
        pytest.param(["backend/core*"], [*CORE, "backend/core2/y.py"], id="folders"),
        pytest.param(["backend/core?"], ["backend/core2/y.py"], id="one-character"),
        pytest.param(["backend/core[1-3]/*"], ["backend/core2/y.py"], id="a-range"),
        pytest.param(["backend/core[!2]"], [], id="not-in-a-range"),
        pytest.param(["backend/*.py"], ["backend/__init__.py", "backend/api.py"], id="a-star-crosses-no-folder"),
        pytest.param(["backend/**/api.py"], ["backend/api.py", "backend/core/api.py"], id="two-stars-are-none-too"),
        pytest.param(["Core"], [], id="capitals-count"),
        pytest.param(["**"], list(FILES), id="everything"),
        pytest.param(["."], list(FILES), id="the-project"),
        pytest.param(["/"], list(FILES), id="the-project-as-a-slash"),
        pytest.param(["#notes"], ["#notes/!a.py"], id="no-comment"),
        pytest.param(["**/!a.py"], ["#notes/!a.py"], id="an-exclamation-mark-inside"),
        pytest.param(["core", "api.py"], ["api.py", "core/z.py"], id="two"),
        # What is left out is left out, whichever way either is spelt.
        pytest.param(["backend/core", "!backend/core/legacy/**"], FRESH, id="folder-without-glob"),
        pytest.param(["backend/core/**", "!backend/core/legacy"], FRESH, id="glob-without-folder"),
        pytest.param(["backend/core/**", "! /backend/core/legacy/"], FRESH, id="glob-without-folder-with-a-slash"),
        pytest.param(["backend/core", "!**/legacy"], FRESH, id="a-folder-anywhere"),
        pytest.param(["backend/core", "!backend/core/*"], [], id="all-of-it"),
        pytest.param(
            ["backend/core/legacy", "!**/legacy", "**/older"], ["backend/core/legacy/older/x.py"], id="taken-in-again"
        ),
        pytest.param(["!core", "core"], ["core/z.py"], id="the-last-one-decides"),
    ],
)
def test_a_glob(globs: list[str], found: list[str]) -> None:
    assert matched(globs) == found


def test_globs_start_at_the_project_s_folder() -> None:
    assert matched(["core/**", "**/y.py", "/api.py"], prefix="backend") == [
        "backend/api.py",
        *CORE,
        "backend/core2/y.py",
    ]
    assert matched(["backend/**"], prefix="backend") == []
    assert matched(["**"], prefix="backend/core") == CORE
    assert matched(["**"], files=("a[b]/c.py", "ab/c.py"), prefix="a[b]") == ["a[b]/c.py"]


def test_a_line_end_in_a_name_hides_no_file() -> None:
    names = ("core/a\nb.py", "core/new\n/c.py", "core/\n")
    assert matched(["core/**"], files=names) == list(names)
    assert matched(["**/*.py"], files=names) == list(names[:2])


def test_a_file_belongs_to_every_component_that_means_it() -> None:
    components = [Component(name="all", paths=("**",)), Component(name="core", paths=("core",))]
    found = match_components(components, paths(*FILES), prefix=ROOT)
    assert {name: len(files) for name, files in found.items()} == {"all": len(FILES), "core": 1}


# --- against a simple reference ------------------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "ab", "a.py", "ba.py"])
files = st.lists(names, min_size=1, max_size=4).map("/".join)
parts = st.sampled_from(["a", "b", "a*", "*b", "*", "?", "??", "*.py", "[ab]", "[!a]", "a[a-c]", "**"])
globs = st.lists(parts, min_size=1, max_size=4)


def reaches(glob: list[str], path: list[str]) -> bool:
    """Whether the parts of a glob mean a path or a folder around it."""
    if not glob:
        return True
    if glob[0] == "**":
        # At the end it stands for what is in a folder, and so for one name at least.
        return bool(path) if len(glob) == 1 else any(reaches(glob[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], glob[0]) and reaches(glob[1:], path[1:])


@given(glob=globs, names=st.lists(files, max_size=8, unique=True))
def test_an_anchored_glob_means_what_a_simple_reading_of_it_means(glob: list[str], names: list[str]) -> None:
    expected = {name for name in names if reaches(glob, name.split("/"))}
    assert set(matched(["/".join(glob)], files=tuple(names))) == expected
    inside = tuple(f"sub/{name}" for name in names)
    assert set(matched(["/".join(glob)], files=inside, prefix="sub")) == {f"sub/{name}" for name in expected}


@given(given_globs=st.lists(st.tuples(st.booleans(), globs), max_size=4), name=files)
def test_the_last_glob_that_means_a_file_decides(given_globs: list[tuple[bool, list[str]]], name: str) -> None:
    decides = [out for out, glob in given_globs if reaches(glob, name.split("/"))]
    texts = ["!" * out + "/".join(glob) for out, glob in given_globs]
    assert matched(texts, files=(name,)) == ([name] if decides and not decides[-1] else [])


# --- globs that are refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        pytest.param("", "a glob is not empty; the whole project is `**`", id="empty"),
        pytest.param(" ! ", "a glob is not empty; the whole project is `**`", id="only-a-mark"),
        pytest.param("core/../x", "a glob stays inside the project's folder: it holds no `..`", id="upwards"),
        pytest.param("!..", "a glob stays inside the project's folder: it holds no `..`", id="upwards-left-out"),
        pytest.param("C:/core/**", "a glob starts at the project's folder, not at a drive", id="a-drive"),
        pytest.param("c:\\core", "a glob starts at the project's folder, not at a drive", id="a-drive-of-windows"),
        pytest.param("core\\**", "folders are parted by `/`, not by a backslash", id="a-backslash"),
        pytest.param("a" * 201, "a glob has at most 200 characters", id="long"),
        pytest.param("a\nb", "a glob holds no line ends or control characters", id="a-line-end"),
        pytest.param("a[b", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="unclosed"),
        pytest.param("a]b", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="unopened"),
        pytest.param("[]", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="nothing"),
        pytest.param("[!]", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="not"),
        pytest.param("[[a]", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="nested"),
        pytest.param("[a/b]", "`[` and `]` hold letters, digits, `.`, `_`, `-` or a range such as `a-z`", id="slash"),
        pytest.param("[a-z][9-0]", "the range `9-0` runs backwards", id="backwards"),
    ],
)
def test_a_glob_that_makes_no_sense_is_told(glob: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"\A.+\Z") as caught:
        parse_glob(glob)
    assert str(caught.value) == message


@given(glob=st.text(alphabet="ab.*?[]!^-&~|{}()+$# /", max_size=12), name=files)
def test_a_glob_that_is_not_refused_can_be_matched(glob: str, name: str) -> None:
    try:
        parse_glob(glob)
    except ValueError:
        return
    assert matched([glob], files=(name,)) in ([], [name])


# --- figures -------------------------------------------------------------------------------------------------------


def measured(name: str, statements: int, missing: int, branches: int = 0) -> FileCoverage:
    return FileCoverage(
        path=PurePosixPath(name),
        statements=frozenset(range(1, statements + 1)),
        missing=frozenset(range(1, missing + 1)),
        branches={statements: Branch(total=branches, taken=1)} if branches else {},
    )


def coverage(*files: FileCoverage) -> Coverage:
    return Coverage(files={file.path: file for file in files}, has_branches=True)


COMPONENTS = (
    Component(name="api", paths=("api/**",)),
    Component(name="all", paths=("**",)),
    Component(name="docs", paths=("docs/**",)),
    Component(name="empty", paths=("empty",)),
)


def tally(lines: tuple[int, int], branches: tuple[int, int] = (0, 0)) -> Tally:
    return Tally(
        lines=Counts(covered=lines[0], total=lines[1]), branches=Counts(covered=branches[0], total=branches[1])
    )


def test_a_file_counts_in_each_of_its_components() -> None:
    whole = coverage(
        measured("b/api/x.py", 10, 4, branches=2), measured("b/y.py", 5, 5), measured("b/empty/__init__.py", 0, 0),
        measured("other/api/z.py", 7, 0),
    )  # fmt: skip
    prefix = PurePosixPath("b")
    # Measured files without statements are n/a, if they are all there are; no measured file is unknown.
    here = paths("b/empty/__init__.py", "b/docs/conf.py", "empty/other.py")
    api, whole_project, docs, empty = (
        part.total for part in component_figures(COMPONENTS, prefix, whole, None, lambda: here)
    )
    assert (api, whole_project, empty) == (tally((6, 10), (1, 2)), tally((6, 15), (1, 2)), Tally())
    assert isinstance(docs, Unavailable)
    assert docs.reason == (
        "no file of component docs was measured: the tests import none of them, or the coverage configuration leaves "
        "them out"
    )


def test_changed_statements_count_in_each_of_their_components() -> None:
    def changed(name: str, counts: Tally) -> DiffFile:
        none: frozenset[int] = frozenset()
        return DiffFile(path=PurePosixPath(name), statements=none, missing=none, partial=none, tally=counts)

    diff = DiffCoverage(files=(changed("api/x.py", tally((1, 2), (3, 4))), changed("y.py", tally((5, 6)))))
    parts = component_figures(COMPONENTS, ROOT, Unavailable(reason="no data"), diff, tuple)
    assert {part.name: part.diff for part in parts} == {
        "api": tally((1, 2), (3, 4)),
        "all": tally((6, 8), (3, 4)),
        "docs": Tally(),
        "empty": Tally(),
    }


def test_without_components_there_are_no_figures() -> None:
    whole = coverage(measured("x.py", 1, 0))
    assert component_figures((), ROOT, whole, DiffCoverage(), tuple) == ()


def test_an_empty_file_says_nothing_about_the_modules_beside_it() -> None:
    whole = coverage(measured("empty/__init__.py", 0, 0), measured("x.py", 1, 0))
    here = paths("empty/__init__.py", *(f"empty/{name}.py" for name in "abcd"))
    *_, part = component_figures(COMPONENTS, ROOT, whole, None, lambda: here)
    assert isinstance(part.total, Unavailable)
    assert part.total.reason == (
        "of component empty only empty/__init__.py was measured, and not empty/a.py, empty/b.py, empty/c.py and "
        "others: the tests import none of them, or the coverage configuration leaves them out"
    )


# --- globs without files -------------------------------------------------------------------------------------------


def where(name: str) -> str:
    return f"pyproject.toml, the line of {name}"


def missing(*globs: str, prefix: str = ".", files: tuple[str, ...] = FILES) -> InputError:
    component = Component(name="x", paths=globs)
    with pytest.raises(InputError) as caught:
        check_globs([component], paths(*files), where, prefix=PurePosixPath(prefix))
    return caught.value


@pytest.mark.parametrize(
    ("globs", "prefix", "told"),
    [
        pytest.param(
            ["cores/**"], ".", "nothing in the checkout matches cores/** (did you mean 'core'?)", id="misspelt"
        ),
        pytest.param(
            ["backend/cor/**"], ".",
            "nothing in the checkout matches backend/cor/** (did you mean 'backend/core'?)", id="misspelt-below",
        ),
        pytest.param(
            ["Backend"], ".", "nothing in the checkout matches Backend (did you mean 'backend'?)", id="capitals"
        ),
        pytest.param(
            ["deep/**"], ".", "nothing in the checkout matches deep/** (did you mean 'backend/core/deep'?)",
            id="elsewhere",
        ),
        pytest.param(
            ["legcay"], ".", "nothing in the checkout matches legcay (did you mean 'backend/core/legacy'?)",
            id="misspelt-elsewhere",
        ),
        pytest.param(
            ["backned/core/*"], ".", "nothing in the checkout matches backned/core/* (did you mean 'backend/core'?)",
            id="the-nearest-of-one-name",
        ),
        pytest.param(
            ["backend/core/**"], "backend", "nothing in backend matches backend/core/** (did you mean 'core'?)",
            id="relative-to-the-project",
        ),
        pytest.param(
            ["old.py"], ".", "nothing in the checkout matches old.py (did you mean 'backend/core/legacy/old.py'?)",
            id="a-file",
        ),
        pytest.param(
            ["backend/core/legacy/odl.py"], ".",
            "nothing in the checkout matches backend/core/legacy/odl.py (did you mean 'backend/core/legacy/old.py'?)",
            id="a-misspelt-file",
        ),
        pytest.param(
            ["frob/**", "cores", "deep"], ".",
            "nothing in the checkout matches frob/**, cores, deep (did you mean 'core'?)", id="the-first-like-one",
        ),
        pytest.param(
            ["!cores", "deep"], ".",
            "nothing in the checkout matches !cores, deep (did you mean 'backend/core/deep'?)", id="left-out-misspelt",
        ),
        pytest.param(["frob/**", "!core"], ".", "nothing in the checkout matches frob/**, !core", id="nothing-like-it"),
        pytest.param(["**/*.rs"], ".", "nothing in the checkout matches **/*.rs", id="no-folder-is-named"),
        pytest.param(["core", "!**"], ".", "nothing in the checkout matches core, !**", id="all-left-out"),
        pytest.param(["core/*.rs"], ".", "nothing in the checkout matches core/*.rs", id="the-folder-is-there"),
        pytest.param(["q", "u", "v", "w"], ".", "nothing in the checkout matches q, u, v and others", id="many"),
    ],
)  # fmt: skip
def test_a_component_without_a_file_is_an_error_that_proposes_a_folder(
    globs: list[str], prefix: str, told: str
) -> None:
    error = missing(*globs, prefix=prefix)
    assert error.message == f"component x (from pyproject.toml, the line of components.x.paths) has no file: {told}"
    assert error.hint == (
        "globs start at the project's folder: `core/**` is what its folder core holds, `**/core/**` what any folder "
        "core holds"
    )
    assert error.slug == "component"


DEEP = ("aaaa/bbbb/cccc/dddd/invoicing/x.py", "bbbb/bbbb/cccc/dddd/invoicing/x.py")


@pytest.mark.parametrize(
    ("glob", "files", "near"),
    [
        pytest.param(
            "api/**", ("src/a/api/x.py", "web/api/x.py", "apis/x.py"), "web/api", id="one-name-the-likest-path"
        ),
        pytest.param(
            "web/api/**", ("zzz/qqq/api/x.py", "web/apis/x.py"), "zzz/qqq/api", id="one-name-before-like-paths"
        ),
        pytest.param("web/apu/**", ("web/api/x.py", "apu2/x.py"), "web/api", id="a-like-path-before-a-like-name"),
        pytest.param("invoicng", DEEP, DEEP[0].removesuffix("/x.py"), id="the-first-of-two-of-one-name"),
        pytest.param("x/y/readme.md", ("docs/readme.md",), "docs/readme.md", id="a-file-elsewhere"),
        pytest.param("readme", ("readme.md",), None, id="a-folder-is-no-file"),
        pytest.param("readm.md", ("readme.md/x.py", "readme/x.py"), "readme.md", id="a-folder-with-a-dot"),
    ],
)
def test_what_is_proposed_for_a_misspelt_glob(glob: str, files: tuple[str, ...], near: str | None) -> None:
    proposal = f" (did you mean {near!r}?)" if near else ""
    assert missing(glob, files=files).message.endswith(f" matches {glob}{proposal}")


def test_components_with_a_file_each_are_fine() -> None:
    components = [Component(name="a", paths=("core/**",)), Component(name="b", paths=("**",))]
    assert check_globs(components, paths(*FILES), where, prefix=ROOT) == ()


def test_a_checkout_without_any_file_has_no_component() -> None:
    assert "nothing in the checkout matches core" in missing("core", files=()).message


def test_a_glob_without_a_file_is_named_although_its_component_has_some() -> None:
    components = [Component(name="a", paths=("core/**", "cores/**", "!core/old")), Component(name="b", paths=("**",))]
    assert check_globs(components, paths(*FILES), where, prefix=ROOT) == (
        "`cores/**` of component a matches no file",
        "`!core/old` of component a matches no file",
    )
