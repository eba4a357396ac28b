"""What the analysis answers is foreign input: plugins of the project run beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from covgate.errors import MeasureError
from covgate.measure.data_files import file_from_record, functions_from_record, unmeasured_from_record
from covgate.measure.probe_call import reading_answer

WHOLE = {"s": [1, 2], "m": [2], "x": [], "b": []}

BROKEN: dict[str, Callable[[], object]] = {
    "no-statements": lambda: file_from_record("a.py", {}),
    "not-a-list": lambda: file_from_record("a.py", {**WHOLE, "s": 1}),
    "branches-of-two": lambda: file_from_record("a.py", {**WHOLE, "b": [[1, 2]]}),
    "lines-that-are-lists": lambda: file_from_record("a.py", {**WHOLE, "m": [[1]]}),
    "an-unknown-gap": lambda: unmeasured_from_record("a.py", {"gap": "hole"}),
    "a-function-without-lines": lambda: functions_from_record({"functions": [["f"]]}),
    "a-function-with-a-number": lambda: functions_from_record({"functions": [[1, 1, 1]]}),
}


@pytest.mark.parametrize("read", BROKEN.values(), ids=BROKEN)
def test_an_answer_of_another_shape_is_no_measurement(read: Callable[[], object]) -> None:
    with pytest.raises(MeasureError, match="cannot be read") as caught, reading_answer():
        read()
    assert caught.value.slug == "unreadable-data"


NAMES = {"plain": ("f", 1), "method": ("A.b", 1), "umlaut": ("größe", 1), "mention": ("@all", 0), "text": ("a b", 0)}


@pytest.mark.parametrize(("name", "count"), NAMES.values(), ids=NAMES)
def test_a_function_has_a_name_that_python_allows(name: str, count: int) -> None:
    assert len(functions_from_record({"functions": [[name, 1, 2]]})) == count
