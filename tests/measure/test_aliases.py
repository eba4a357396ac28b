"""Where `[paths]` of the coverage configuration sends a measured file, beside what lies at its own place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from covgate.errors import MeasureError
from covgate.measure.twins import Recorded, RecordedData, Settled, settle

A, B = PurePosixPath("src/shop/a.py"), PurePosixPath("src/shop/b.py")
EQUAL, OTHER = "x = 1\n", "x = 2\n"


def settled(root: Path, *items: Recorded, known: int = 0) -> Settled:
    for path in (A, B):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(EQUAL)
    return settle([RecordedData(path=root / ".coverage", foreign=items, known=known)], root=root, local=[A, B])


def elsewhere(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "build/a.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_that_is_gone_is_where_its_alias_says(tmp_path: Path) -> None:
    root, gone = tmp_path / "root", ("/gone/a.py",)
    assert settled(root, Recorded(names=gone, alias=root / A)).places[0] == {gone: A}
    outside = tmp_path / "other.py"
    assert settled(root, Recorded(names=gone, alias=outside)).places[0] == {gone: outside}


@pytest.mark.parametrize(
    ("text", "executed", "here", "expected"),
    [
        pytest.param(EQUAL, True, False, A, id="equal"),
        pytest.param(EQUAL, True, True, A, id="equal-and-a-file-of-the-checkout"),
        pytest.param(OTHER, False, False, A, id="another-of-which-nothing-ran"),
        pytest.param(OTHER, True, True, "itself", id="another-that-is-a-file-of-the-checkout"),
        pytest.param(OTHER, True, False, None, id="another-that-ran"),
    ],
)
def test_a_file_that_exists_is_the_one_its_alias_names_when_the_texts_are_equal(
    tmp_path: Path, text: str, expected: PurePosixPath | str | None, *, executed: bool, here: bool
) -> None:
    root, path = tmp_path / "root", elsewhere(tmp_path, text)
    item = Recorded(names=(str(path),), place=path, alias=root / A, executed=executed, here=here)
    if expected is None:
        with pytest.raises(MeasureError, match=r"build/a\.py, whose text differs from src/shop/a\.py"):
            settled(root, item)
        return
    found = settled(root, item)
    assert found.places[0] == {item.names: path if expected == "itself" else expected}
    # What an alias says is no news.
    assert found.notes == ()


def test_an_alias_that_leads_out_of_the_checkout_makes_no_twin(tmp_path: Path) -> None:
    root, path = tmp_path / "root", elsewhere(tmp_path, EQUAL)
    item = Recorded(names=(str(path),), place=path, alias=tmp_path / "other.py")
    assert settled(root, item).places[0] == {}
    # What covgate had measured for its name, without a twin here, is none of the project's.
    assert settled(root, replace(item, added=True)).places[0] == {item.names: None}


def test_a_gone_file_is_left_out_beside_one_that_its_alias_leads_here(tmp_path: Path) -> None:
    root, gone = tmp_path / "root", ("/ci/R/src/shop/b.py",)
    alone = settled(root, Recorded(names=gone))
    assert (alone.places[0], alone.notes) == ({gone: B}, ("Paths under /ci/R were read as the checkout.",))
    beside = settled(root, Recorded(names=gone), Recorded(names=("/gone/a.py",), alias=root / A))
    assert beside.places[0] == {gone: None, ("/gone/a.py",): A}
    assert beside.notes == (f"1 measured file is not in the checkout and left out (the first is {gone[0]}).",)
    assert settled(root, Recorded(names=gone), known=1).places[0] == {gone: None}
    both = settled(root, Recorded(names=gone), Recorded(names=("/gone/a.py",), alias=root / A), known=1)
    assert both.places[0] == beside.places[0]
