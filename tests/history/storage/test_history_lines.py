"""The lines of history.jsonl to the letter, the largest values they hold, and the words for what is refused."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest

from covgate.errors import HistoryError
from covgate.history.storage.entries import parse_entry, render_imported, render_record, render_start
from covgate.history.storage.history_file import HistoryFile, Layout, check_ours, parse_history, parse_lines
from covgate.history.storage.line_record import decode_record, encode_record
from covgate.model.history import Aim, FileLines, Flap, History, LineRecord, Point, Record, Start
from covgate.model.numbers import Counts, Tally
from tests.support.recorded import record, sha

DAY = datetime(2025, 1, 1, tzinfo=UTC)
MOST = 10**12
WHERE = "the branch covgate-data"


def test_each_kind_of_line_is_written_to_the_letter() -> None:
    tally = Tally(lines=Counts(covered=3, total=4), branches=Counts(covered=1, total=2))
    whole = Record(
        sha=sha(2),
        parent=None,
        date=DAY + timedelta(hours=1, microseconds=250_000),
        title="Grüße 🎉",
        total=tally,
        has_branches=True,
        components={"äpi": tally},
        tests=0,
        seconds=1.23456,
        aim=Aim(total=Decimal("8E+1"), by=None),
    )
    assert render_record(whole) == (
        f'{{"schema":1,"sha":"{sha(2)}","parent":null,"date":"2025-01-01T01:00:00.250000Z","title":"Grüße 🎉",'
        '"total":{"lines":[3,4],"branches":[1,2]},"branch_coverage":true,'
        '"components":{"äpi":{"lines":[3,4],"branches":[1,2]}},"tests":0,"duration":1.235,'
        '"target":{"total":"80","by":null}}'
    )
    point = Point(
        date=DAY, total=Decimal("1E+1"), components={"api": Decimal("7E+1")}, lines=Counts(covered=1, total=9)
    )
    said = '"date":"2025-01-01T00:00:00Z","total":"10","components":{"api":"70"},"lines":[1,9]'
    assert render_imported(point) == f'{{"schema":1,"imported":true,{said}}}'
    named = replace(point, sha=sha(3))
    assert render_imported(named) == f'{{"schema":1,"imported":true,{said},"sha":"{sha(3)}"}}'
    start = Start(point=named, aim=Aim(total=Decimal("80.5"), by=date(2027, 2, 28)))
    target = '"target":{"total":"80.5","by":"2027-02-28"}'
    assert render_start(start) == f'{{"schema":1,"start":true,{said},"sha":"{sha(3)}",{target}}}'
    assert render_start(replace(start, aim=None)).endswith('"target":null}')
    for line, kind in ((render_imported(named), named), (render_start(start), start)):
        assert parse_entry(line) == kind


def test_keys_of_a_later_covgate_are_passed_over() -> None:
    line = json.loads(render_record(record(2))) | {"later": {"key": [1]}}
    assert parse_entry(json.dumps(line)) == record(2)


PLAIN: dict[str, Any] = json.loads(render_record(record(2)))
POINT: dict[str, Any] = json.loads(render_imported(Point(date=DAY, total=Decimal(60))))
TALLY = {"lines": [1, 2], "branches": [0, 0]}


@pytest.mark.parametrize(
    ("line", "key", "kept", "refused", "why"),
    [
        (PLAIN, "tests", [0, MOST, None], [-1, MOST + 1], "`tests` is neither null nor a count"),
        (
            PLAIN,
            "duration",
            [0, 0.0, 7, MOST, None],
            [-1, MOST + 1, True],
            "`duration` is neither null nor a number of seconds",
        ),
        (
            PLAIN,
            "total",
            [{"lines": [0, 0], "branches": [MOST, MOST]}, {"lines": [MOST, MOST], "branches": [0, 0]}],
            [{"lines": [0, MOST + 1], "branches": [0, 0]}, {"lines": [0, 1], "branches": [0, MOST + 1]}],
            "`total` holds counts that are not [covered, total]",
        ),
        (
            PLAIN,
            "components",
            [{}, {"x" * 200: TALLY}, {"a\u00a0b": TALLY}],
            [{"x" * 201: TALLY}, {"\u202e": TALLY}],
            "`components` holds a name that is none",
        ),
        (
            POINT,
            "components",
            [{}, {"x" * 200: "1"}],
            [{"x" * 201: "1"}, {"": "1"}],
            "`components` holds a name that is none",
        ),
        (
            POINT,
            "total",
            ["0", "100", "100.0", "7." + "0" * 60],
            ["100.01", "101", "1000", "-1", "7." + "0" * 61, "7.", ".5", "1e1", " 1", "1\n", "١"],
            "`total` is no percent from 0 to 100, written as text",
        ),
        (
            POINT,
            "lines",
            [None, [0, 0], [MOST, MOST]],
            [[0, MOST + 1], [1], [0, 1, 2], "12", [0, True], [1, 2.0]],
            "`lines` holds counts",
        ),
        (POINT, "sha", [None, sha(1)], [1], "`sha` is no text"),
        (PLAIN, "parent", [None, sha(1)], [1], "`parent` is no text"),
        (
            PLAIN,
            "target",
            [None, {"total": "100"}, {"total": "0", "by": "2027-02-28"}],
            [{"total": "101"}],
            "`target` is no percent",
        ),
        (PLAIN, "schema", [1], [0, -1, True, 1.0], "`schema` is no number from 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_ends_of_what_a_line_may_hold(
    line: dict[str, Any], key: str, kept: list[object], refused: list[object], why: str
) -> None:
    for value in kept:
        assert parse_entry(json.dumps(line | {key: value})), value
    for value in refused:
        with pytest.raises(ValueError, match=r".") as caught:
            parse_entry(json.dumps(line | {key: value}))
        assert str(caught.value).startswith(why), value


def test_what_is_read_is_what_stands_there() -> None:
    """Read by its own key: one count taken for the other would be a wrong baseline."""
    other = {"lines": [5, 6], "branches": [7, 8]}
    found = parse_entry(
        json.dumps(PLAIN | {"total": {"lines": [1, 2], "branches": [3, 4]}, "components": {"a": other}, "tests": 9})
    )
    assert isinstance(found, Record)
    assert found.total == Tally(lines=Counts(covered=1, total=2), branches=Counts(covered=3, total=4))
    assert found.components == {"a": Tally(lines=Counts(covered=5, total=6), branches=Counts(covered=7, total=8))}
    assert found.tests == 9


# The file


def test_a_record_replaces_all_of_its_commit_where_the_first_was() -> None:
    lines = [render_record(record(number, covered)) for number, covered in ((1, 1), (2, 2), (1, 3), (3, 4), (1, 5))]
    file = parse_history("\n".join(lines).encode(), Layout(), WHERE).with_record(record(1, 6))
    assert file.text == "".join(f"{line}\n" for line in (render_record(record(1, 6)), lines[1], lines[3]))
    assert file.with_record(record(4)).text == f"{file.text}{render_record(record(4))}\n"


def test_an_imported_point_of_a_commit_that_is_known_says_nothing_new() -> None:
    one, two, three = (Point(date=DAY + timedelta(days=n), total=Decimal(60), sha=sha(n)) for n in (1, 2, 3))
    # An earlier covgate kept points without their commit.
    before = replace(two, sha=None)
    file = HistoryFile().with_record(record(1)).with_imported(History(imported=(before,)))
    added = file.with_imported(History(imported=(one, two, three)))
    assert added.history.imported == (before, three)
    assert added.text == f"{file.text}{render_imported(three)}\n"
    assert added.with_imported(History(imported=(three, two, one))) == added


def test_a_record_takes_the_place_of_no_point_and_of_no_start() -> None:
    """Points of others' files stay as they were taken in: which one counts is decided when they are read."""
    point = Point(date=DAY, total=Decimal(60), sha=sha(1))
    start = Start(point=point, aim=None)
    file = HistoryFile().with_imported(History(imported=(point,), start=start)).with_record(record(1))
    assert file.text == f"{render_imported(point)}\n{render_start(start)}\n{render_record(record(1))}\n"
    assert file.history == History(records=(record(1),), imported=(point,), start=start)


def test_a_start_is_added_once_and_again_when_it_is_another() -> None:
    start = Start(point=Point(date=DAY, total=Decimal(60)), aim=Aim(total=Decimal(80)))
    file = HistoryFile().with_imported(History(start=start))
    assert file.text == f"{render_start(start)}\n"
    assert file.with_imported(History(start=start)) == file
    other = replace(start, aim=None)
    assert file.with_imported(History(start=other)).text == f"{file.text}{render_start(other)}\n"


HINT_BROKEN = (
    "put back an earlier state of the history, or let history-branch (or history-dir) name a new one; covgate changes "
    "nothing here"
)
HINT_NEWER = "update covgate; until then the history is left as it is"
SCHEMA_2 = "schema 2, and this covgate knows up to 1"


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (
            b"\n\n[1]\n",
            "line 3 of by-name/web/history.jsonl in X is no entry of a history: it is no object",
            HINT_BROKEN,
        ),
        (b"\n\xff\n", "line 2 of by-name/web/history.jsonl in X is not UTF-8", HINT_BROKEN),
        (b"\xff", "line 1 of by-name/web/history.jsonl in X is not UTF-8", HINT_BROKEN),
        (
            b'{"schema":2}',
            f"line 1 of by-name/web/history.jsonl in X was written by a newer covgate ({SCHEMA_2})",
            HINT_NEWER,
        ),
    ],
    ids=["no-entry", "second-line", "first-line", "newer"],
)
def test_what_is_wrong_with_a_history_is_said_with_its_line_and_a_way_out(data: bytes, message: str, hint: str) -> None:
    with pytest.raises(HistoryError) as caught:
        parse_history(data, Layout("web"), "X")
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_long_reason_is_cut() -> None:
    line = json.dumps(PLAIN | {"date": "x" * 500})
    with pytest.raises(HistoryError) as caught:
        parse_history(line.encode(), Layout(), "X")
    start = "line 1 of history.jsonl in X is no entry of a history: "
    assert caught.value.message.startswith(start)
    assert len(caught.value.message) == len(start) + 200


def test_a_history_of_just_the_most_bytes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = f"{render_record(record(1))}\n".encode()
    monkeypatch.setattr("covgate.history.storage.history_file.MOST_HISTORY_BYTES", len(data))
    assert parse_history(data, Layout(), WHERE).history.records == (record(1),)
    monkeypatch.setattr("covgate.history.storage.history_file.MOST_HISTORY_BYTES", 3_000_000)
    with pytest.raises(HistoryError) as caught:
        parse_history(bytes(3_000_001), Layout(), WHERE)
    assert caught.value.message == "history.jsonl in the branch covgate-data is larger than 3 MB"


def test_what_is_wrong_with_a_line_record_is_said_with_its_place() -> None:
    lines = LineRecord(sha=sha(1), files={})
    assert parse_lines(encode_record(lines), sha(1), Layout(), WHERE) == lines
    place = f"lines/{sha(2)} in X"
    for data, message, hint in (
        (encode_record(lines), f"{place} is the line record of another commit", HINT_BROKEN),
        (zlib.compress(b'{"schema":2}'), f"{place} was written by a newer covgate ({SCHEMA_2})", HINT_NEWER),
        (b"", f"{place} is no line record: it is cut short, or inflates to more than 50000000 bytes", HINT_BROKEN),
        (b"text", f"{place} is no line record: it cannot be inflated", HINT_BROKEN),
    ):
        with pytest.raises(HistoryError) as caught:
            parse_lines(data, sha(2), Layout(), "X")
        assert (caught.value.message, caught.value.hint) == (message, hint)


def test_files_of_others_are_named_up_to_three() -> None:
    hint = "set history-branch (or history-dir) to a name of its own; covgate writes nothing here"
    for names, shown in (("b", "b"), ("cba", "a, b, c"), ("dcba", "a, b, c and 1 more")):
        with pytest.raises(HistoryError) as caught:
            check_ours([PurePosixPath(name) for name in names], "the folder history")
        assert caught.value.message == f"the folder history holds files that covgate did not write: {shown}"
        assert caught.value.hint == hint


# The lines of a commit


def test_the_ends_of_what_a_line_record_may_hold() -> None:
    """What is written can be read again, and the next number is refused, when it is written already."""
    path = PurePosixPath("a.py")
    plain = LineRecord(
        sha=sha(1),
        files={path: FileLines(digest="", states='!"')},
        flaps=(Flap(path=path, line=2, stable=0, flips=1),),
        tests={"tests/test_a.py::test": 1},
    )
    (flap,) = plain.flaps
    most = 1_000_000
    for kept in (
        plain,
        replace(plain, flaps=(replace(flap, line=1),)),
        replace(plain, flaps=(replace(flap, stable=most, flips=most),)),
        replace(plain, tests={"tests/test_a.py::test": most}),
    ):
        assert decode_record(encode_record(kept)) == kept
    for refused in (
        replace(flap, line=0),
        replace(flap, line=3),
        replace(flap, stable=-1),
        replace(flap, stable=most + 1),
        replace(flap, flips=0),
        replace(flap, flips=most + 1),
    ):
        with pytest.raises(ValueError, match="one of its flaps is wrong"):
            encode_record(replace(plain, flaps=(refused,)))
    for count in (0, most + 1):
        with pytest.raises(ValueError, match="one of its tests is wrong"):
            encode_record(replace(plain, tests={"tests/test_a.py::test": count}))


def test_a_line_record_of_just_the_most_bytes_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LineRecord(sha=sha(1), files={})
    data = encode_record(lines)
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_BYTES", len(data))
    assert decode_record(encode_record(lines)) == lines
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_BYTES", len(data) - 1)
    with pytest.raises(ValueError, match="more than can be read again"):
        encode_record(lines)
    with pytest.raises(ValueError, match=f"it holds {len(data)} bytes, more than {len(data) - 1}"):
        decode_record(data)


def test_a_line_record_is_written_to_the_letter() -> None:
    one, two = PurePosixPath("ä.py"), PurePosixPath("b.py")
    whole = LineRecord(
        sha=sha(1),
        files={one: FileLines(digest="", states="!"), two: FileLines(digest="0123456789ab", states='! "')},
        flaps=(Flap(path=one, line=1, stable=2, flips=3, lost=True), Flap(path=two, line=3)),
        tests={"t.py::A::B::test": 2, "t.py::test": 1, "doc": 3},
    )
    assert zlib.decompress(encode_record(whole)).decode("ascii") == (
        f'{{"schema":1,"sha":"{sha(1)}","files":{{"b.py":["0123456789ab","! \\""],"\\u00e4.py":["","!"]}},'
        '"flaps":[["b.py",3,0,1,false],["\\u00e4.py",1,2,3,true]],'
        '"tests":{"doc":{"":{"":3}},"t.py":{"A::B":{"test":2},"":{"test":1}}}}'
    )
