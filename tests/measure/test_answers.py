"""What the analysis answers is foreign input: plugins of the project run beside it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from covgate.errors import MeasureError
from covgate.measure.answers import check_answer
from covgate.measure.data_files import functions_from_record
from covgate.measure.probe_call import _parsed

DIGEST = "0" * 64
LINES = {"s": [1, 2, 3], "m": [2], "x": [], "b": [[1, 2, 1]]}
DETAILS = {
    "first": [[3, 2]],
    "functions": [["A.f", 1, 3, 2]],
    "reasons": [[3, "never-called", 1]],
    "sha256": DIGEST,
    "stray": [],
}
RECORDED = {"name": "/x/a.py", "place": None, "alias": "/y/a.py", "executed": True, "here": False, "added": False}
WHOLE: Mapping[str, dict[str, Any]] = {
    "prepare": {"coverage": "7.17.3", "hook": True, "pytest_cov": False, "config": "{}", "plugins_here": False},
    "analyse": {
        "branches": True,
        "foreign": [],
        "lost": 0,
        "gone": ["/gone/x.py"],
        "hidden": [["src/a", "/site/a"]],
        "files": {"a.py": {**LINES, **DETAILS}, "/elsewhere/b.py": LINES},
        "changed": {
            "c.py": {"gap": "unmeasured", **LINES, **DETAILS},
            "d.py": {"gap": "omitted", "rule": "omit = d.py", "where": "setup.cfg"},
            "e.py": {"gap": "unparsable", "why": "no Python"},
        },
        "unloaded": ["f.py"],
        "problems": [["no-source", "g.py", "it is gone"]],
        "warnings": ["No data"],
    },
    "elsewhere": {"foreign": [{"data": ".coverage", "known": 1, "executed": ["a.py"], "foreign": [RECORDED]}]},
    "static": {
        "changed": {
            "a.py": {"gap": "measured", "s": [1], "maybe": [2], "optional": [], **DETAILS},
            "b.html": {"gap": "measured", "sha256": DIGEST, "why": "no Python"},
            "c.py": {"gap": "undecided", **LINES, **DETAILS},
        },
        "unloaded": [],
        "warnings": [],
    },
}


def check(answer: Mapping[str, object], kind: str) -> None:
    check_answer("analyse" if kind == "elsewhere" else kind, answer)


@pytest.mark.parametrize("kind", WHOLE)
def test_what_the_probe_answers_is_taken(kind: str) -> None:
    check(WHOLE[kind], kind)


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, whole in WHOLE.items() for key in whole])
def test_every_part_of_an_answer_is_asked_for(kind: str, key: str) -> None:
    answer = {name: value for name, value in WHOLE[kind].items() if name != key}
    with pytest.raises(MeasureError, match="cannot be read") as caught:
        check(answer, kind)
    assert caught.value.slug == "unreadable-data"


HUGE = 10**12
BROKEN: Mapping[str, tuple[str, tuple[str | int, ...], object]] = {
    "statements-no-list": ("analyse", ("files", "a.py", "s"), 1),
    "a-line-that-is-text": ("analyse", ("files", "a.py", "s"), [1, "2", 2]),
    "a-line-that-is-a-truth": ("analyse", ("files", "a.py", "s"), [True, 2]),
    "half-a-line": ("analyse", ("files", "a.py", "s"), [1.5, 2]),
    "a-line-that-is-a-list": ("analyse", ("files", "a.py", "m"), [[2]]),
    "a-line-before-the-file": ("analyse", ("files", "a.py", "s"), [-1, 2]),
    "a-line-far-behind-it": ("analyse", ("files", "a.py", "s"), [2, HUGE]),
    "missing-and-no-statement": ("analyse", ("files", "a.py", "m"), [4]),
    "more-taken-than-there-are": ("analyse", ("files", "a.py", "b"), [[1, 2, 3]]),
    "exits-of-two": ("analyse", ("files", "a.py", "b"), [[1, 2]]),
    "exits-below-nothing": ("analyse", ("files", "a.py", "b"), [[1, 2, -1]]),
    "a-function-without-lines": ("analyse", ("files", "a.py", "functions"), [["f"]]),
    "a-function-that-is-a-number": ("analyse", ("files", "a.py", "functions"), [[1, 1, 1, 1]]),
    "a-function-backwards": ("analyse", ("files", "a.py", "functions"), [["f", 3, 2, 3]]),
    "a-function-at-line-0": ("analyse", ("files", "a.py", "functions"), [["f", 0, 2, 1]]),
    "a-function-whose-body-is-elsewhere": ("analyse", ("files", "a.py", "functions"), [["f", 1, 2, 3]]),
    "a-reason-of-its-own": ("analyse", ("files", "a.py", "reasons"), [[3, "ask @team", 1]]),
    "a-reason-that-is-a-list": ("analyse", ("files", "a.py", "reasons"), [[3, ["never-called"], 1]]),
    "a-reason-without-its-line": ("analyse", ("files", "a.py", "reasons"), [[3, "never-called", 0]]),
    "a-reason-with-a-line-too-many": ("analyse", ("files", "a.py", "reasons"), [[3, "never-imported", 1]]),
    "first-lines-of-three": ("analyse", ("files", "a.py", "first"), [[1, 2, 3]]),
    "a-digest-that-is-text": ("analyse", ("files", "a.py", "sha256"), "see above"),
    "strays-that-are-text": ("analyse", ("files", "a.py", "stray"), ["1"]),
    "a-path-upwards": ("analyse", ("files", "../a.py"), LINES),
    "a-path-with-nul": ("analyse", ("files", "a\0.py"), LINES),
    "no-path": ("analyse", ("files", ""), LINES),
    "files-in-a-list": ("analyse", ("files",), [["a.py", LINES]]),
    "an-unknown-gap": ("analyse", ("changed", "c.py", "gap"), "hole"),
    "a-gap-that-is-a-list": ("analyse", ("changed", "c.py", "gap"), ["omitted"]),
    "unmeasured-without-lines": ("analyse", ("changed", "c.py"), {"gap": "unmeasured"}),
    "a-reason-that-is-a-number": ("analyse", ("changed", "e.py", "why"), 1),
    "a-reason-without-end": ("analyse", ("changed", "e.py", "why"), "x" * 30_000),
    "an-unknown-problem": ("analyse", ("problems", 0, 0), "bad"),
    "a-problem-that-is-a-list": ("analyse", ("problems", 0, 0), ["no-source"]),
    "branches-maybe": ("analyse", ("branches",), "yes"),
    "fewer-than-none-lost": ("analyse", ("lost",), -1),
    "too-many-lost": ("analyse", ("lost",), HUGE),
    "a-warning-that-is-none": ("analyse", ("warnings",), [None]),
    "hidden-by-one": ("analyse", ("hidden",), [["src/a"]]),
    "elsewhere-by-number": ("elsewhere", ("foreign", 0, "foreign", 0, "place"), 1),
    "elsewhere-maybe": ("elsewhere", ("foreign", 0, "foreign", 0, "executed"), None),
    "elsewhere-of-nothing": ("elsewhere", ("foreign", 0, "data"), None),
    "hook-maybe": ("prepare", ("hook",), "no"),
    "a-configuration-without-end": ("prepare", ("config",), "x" * 2_000_000),
    "half-a-source": ("static", ("changed", "a.py"), {"gap": "measured", "s": [1]}),
    "a-source-with-text": ("static", ("changed", "a.py", "maybe"), ["2"]),
    "a-source-for-a-reason": ("static", ("changed", "b.html", "why"), {}),
}


def changed(kind: str, place: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A whole answer, but for one value."""
    answer = copy.deepcopy(WHOLE[kind])
    inner: Any = answer
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return answer


@pytest.mark.parametrize(("kind", "place", "value"), BROKEN.values(), ids=BROKEN)
def test_an_answer_that_cannot_be_is_no_measurement(kind: str, place: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(MeasureError, match=rf"cannot be read \({place[0]}\)"):
        check(changed(kind, place, value), kind)


# Of each: what is still taken, and what is no longer.
Edge = tuple[str, tuple[str | int, ...], list[object], list[object]]
EDGES: Mapping[str, Edge] = {
    "numbers": ("analyse", ("lost",), [0, 10**7], [10**7 + 1, -1, True, 1.0, "1"]),
    "lines": ("analyse", ("files", "a.py", "x"), [[], [0], [10**7], [7, 5]], [[10**7 + 1], [-1], {}, "", None, ["a"]]),
    "texts": ("analyse", ("warnings",), [[], [""], ["x" * 20_000]], [["x" * 20_001], {}, "", "no data", [["a"]]]),
    "configurations": ("prepare", ("config",), ["", "x" * 10**6], ["x" * (10**6 + 1), {}, ["a"]]),
    "paths": (
        "analyse",
        ("unloaded",),
        [["a..b/c.py"], ["/a.py"], ["..."], ["./a.py"]],
        [[""], ["."], [".."], ["a/../b"], ["a\0"], ["x" * 20_001], [1], "a"],
    ),
    "pairs": (
        "analyse",
        ("hidden",),
        [[], [["a", "b"]]],
        ["ab", ["ab"], [{"a": 1, "b": 2}], [["a", "b", "c"]], [[1, "b"]]],
    ),
    "files": ("analyse", ("files",), [{}, {"b.py": LINES}], [[], {"b.py": []}, {"..": LINES}, {"b.py": None}]),
    "exits": (
        "analyse",
        ("files", "a.py", "b"),
        [[], [[3, 2, 2]], [[3, 2, 0], [4, 2, 1]]],
        [{}, "", [[3, 2]], [[3, 2, 1, 1]], [[3, 1, 2]], [{}], ["abc"], [[3, 2, 1], [4, 1, 2]]],
    ),
    "missing": ("analyse", ("files", "a.py", "m"), [[], [1, 2, 3]], [[1, 4], [4]]),
    "functions": (
        "analyse",
        ("files", "a.py", "functions"),
        [None, [], [["f", 1, 1, 1]], [["f", 1, 3, 1]], [["f", 1, 3, 3]]],
        [{}, [["f", 2, 3, 1]], [["f", 1, 2, 3]], [["f", 0, 0, 0]], [["f", 1, 3]], [None], ["f123"]],
    ),
    "reasons": (
        "analyse",
        ("files", "a.py", "reasons"),
        [None, [], [[1, "never-called", 2]], [[1, "lost", 0]], [[1, "never-imported", 0]]],
        [
            [[1, "never-called", 0]],
            [[1, "lost", 1]],
            [[1, "never-called"]],
            [[1, "called", 1]],
            [None],
            [["a", "lost", 0]],
        ],
    ),
    "digests": (
        "analyse",
        ("files", "a.py", "sha256"),
        [None, "f" * 64, "0123456789abcdef" * 4],
        ["f" * 63, "f" * 65, "F" * 64, "g" * 64, ["f"] * 64, ""],
    ),
    "first-lines": ("analyse", ("files", "a.py", "first"), [None, [], [[2, 1]]], [[[1]], [["2", 1]], [["2", "1"]], {}]),
    "problems": (
        "analyse",
        ("problems",),
        [[], [["not-python", "a.py", ""]]],
        [[["no-source", "../a", ""]], [["no-source", "a.py", 1]], [["no-source", "a.py"]], [["", "a.py", ""]]],
    ),
    "a-changed-file": (
        "analyse",
        ("changed", "c.py"),
        [{"gap": "omitted"}, {"gap": "unparsable", "why": ""}, {"gap": "undecided", **LINES}],
        [
            {"gap": "undecided"},
            {"gap": "unmeasured", **LINES, "m": [9]},
            {"gap": "omitted", "rule": 1},
            {"gap": "omitted", "where": []},
            {"gap": "measured", **LINES},
            {},
            [],
            None,
        ],
    ),
    "a-changed-file-beside-a-report": (
        "static",
        ("changed", "a.py"),
        [
            {"gap": "measured"},
            {"gap": "omitted"},
            {"gap": "measured", "s": [], "first": [], "maybe": [], "optional": []},
        ],
        [
            {"gap": "measured", "first": [], "maybe": [], "optional": [], "s": {}},
            {"gap": "measured", "s": [], "maybe": [], "optional": []},
            {"gap": "measured", "s": [], "first": [], "optional": []},
            {"gap": "measured", "s": [], "first": [], "maybe": []},
            {"gap": "measured", "s": [], "first": [], "maybe": [], "optional": [-1]},
            {"gap": "measured", "sha256": "0"},
            {"gap": "unmeasured"},
            {"gap": "hole"},
            {},
            [],
        ],
    ),
    "data-of-elsewhere": ("elsewhere", ("foreign", 0, "foreign"), [[], [RECORDED]], [{}, [[]], [{}], None]),
    "a-name-of-elsewhere": ("elsewhere", ("foreign", 0, "foreign", 0, "alias"), [None, "/a"], [1, ["/a"]]),
}


def refusal(kind: str, answer: Mapping[str, object]) -> str:
    """What is said of an answer that is not taken; nothing of one that is."""
    try:
        check(answer, kind)
    except MeasureError as error:
        return error.message
    return ""


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_what_is_just_possible_is_taken_and_nothing_beyond_it(edge: Edge) -> None:
    kind, place, possible, impossible = edge
    said = [(f"{value!r:.70}", refusal(kind, changed(kind, place, value))) for value in [*possible, *impossible]]
    problem = f"the analysis gave an answer that cannot be read ({place[0]})"
    assert said == [
        *((f"{value!r:.70}", "") for value in possible),
        *((f"{value!r:.70}", problem) for value in impossible),
    ]


def test_an_answer_from_elsewhere_is_one_to_the_analysis_alone() -> None:
    """Else a plugin could have its words taken for what the checkout holds, unread."""
    elsewhere = WHOLE["elsewhere"]["foreign"]
    check_answer("static", {**WHOLE["static"], "foreign": elsewhere})
    for answer in ({"foreign": elsewhere}, {**WHOLE["analyse"], "changed": [], "foreign": elsewhere}):
        with pytest.raises(MeasureError, match=r"cannot be read \(changed\)"):
            check_answer("static", answer)
    with pytest.raises(MeasureError, match=r"cannot be read \(branches\)"):
        check_answer("analyse", {"foreign": []})


TEXTS = {
    "no-json": b"{",
    "deep": b"[" * 200_000,
    "a-list": b"[]",
    "a-number-without-end": b'{"a": ' + b"9" * 10_000 + b"}",
    "no-text": b"\xff\xfe",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_answer_that_is_no_object_is_no_measurement(text: bytes) -> None:
    with pytest.raises(MeasureError, match="cannot be read"):
        _parsed(text)


def test_every_answer_passes_through_json_unchanged() -> None:
    for kind, whole in WHOLE.items():
        check(_parsed(json.dumps(whole).encode()), kind)


NAMES = {"plain": ("f", 1), "method": ("A.b", 1), "umlaut": ("größe", 1), "mention": ("@all", 0), "text": ("a b", 0)}
NAMES |= {"in-a-class": ("A.a b", 0), "of-a-class": ("a b.A", 0)}


@pytest.mark.parametrize(("name", "count"), NAMES.values(), ids=NAMES)
def test_a_function_has_a_name_that_python_allows(name: str, count: int) -> None:
    assert len(functions_from_record({"functions": [[name, 1, 2, 1]]})) == count
