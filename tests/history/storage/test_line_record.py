"""The line-level record: one character a line, few bits a line, and no trust in what was kept."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import PurePosixPath
from pydoc_data import topics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.history.comparison.tests import count_cases
from covgate.history.line_states import (
    MOST_EXITS,
    NO_STATEMENT,
    LineState,
    character_of,
    record_lines,
    state_of,
    states_of,
    tally_of,
)
from covgate.history.storage.entries import NewerSchemaError
from covgate.history.storage.line_record import MOST_INFLATED, decode_record, encode_record
from covgate.model.commit import Sha
from covgate.model.coverage import Branch, Coverage, FileCoverage
from covgate.model.history import FileLines, Flap, LineRecord
from tests.support.coverage_text import read_file

SHA = Sha("0123456789" * 4)
MODULE = PurePosixPath("m.py")


@st.composite
def files(draw: st.DrawFn, path: PurePosixPath = MODULE) -> FileCoverage:
    """Draw a measured file, with all that a report could say of its lines."""
    statements = draw(st.frozensets(st.integers(1, 60)))
    exits = st.integers(0, 20).flatmap(
        lambda total: st.builds(Branch, total=st.just(total), taken=st.integers(0, total))
    )
    return FileCoverage(
        path=path,
        statements=statements,
        missing=draw(st.frozensets(st.integers(1, 60))),
        excluded=draw(st.frozensets(st.integers(1, 60))) - statements,
        branches=draw(st.dictionaries(st.integers(1, 60), exits, max_size=10)),
    )


def names() -> st.SearchStrategy[PurePosixPath]:
    """Names of files as git has them: any bytes but NUL."""
    part = st.binary(min_size=1, max_size=6).filter(lambda b: not set(b) & set(b"/\0") and b not in {b".", b".."})
    return st.lists(part, min_size=1, max_size=3).map(
        lambda parts: PurePosixPath(b"/".join(parts).decode("utf-8", "surrogateescape"))
    )


@st.composite
def records(draw: st.DrawFn) -> LineRecord:
    paths = draw(st.lists(names(), max_size=5, unique=True))
    measured = {path: draw(files(path)) for path in paths}
    digests = {path: draw(st.text("0123456789abcdef", min_size=40, max_size=40)) for path in measured}
    if draw(st.booleans()) and measured:
        del digests[next(iter(measured))]
    lines = [(path, line) for path, file in measured.items() for line in sorted(file.statements)]
    flaps = [
        Flap(
            path=path,
            line=line,
            stable=draw(st.integers(0, 9)),
            flips=draw(st.integers(1, 12)),
            lost=draw(st.booleans()),
        )
        for path, line in lines
        if draw(st.integers(0, 9)) == 0
    ]
    flaps.sort(key=lambda flap: (flap.path, flap.line))
    return replace(record_lines(SHA, Coverage(files=measured, has_branches=True), digests), flaps=tuple(flaps))


def read_states(file: FileCoverage) -> dict[int, LineState]:
    states = enumerate(states_of(file), start=1)
    return {line: state_of(character) for line, character in states if character != NO_STATEMENT}


# --- states --------------------------------------------------------------------------------------------------------


def test_a_file_is_one_character_a_line_up_to_its_last_statement() -> None:
    file = read_file("1\n2 missing\n4 partial 1/2\n5 missing 0/3\n6 excluded\n8 text")
    assert len(states_of(file)) == 5
    assert read_states(file) == {
        1: LineState(executed=True),
        2: LineState(executed=False),
        4: LineState(executed=True, exits=2, taken=1),
        5: LineState(executed=False, exits=3, taken=0),
    }


@given(files())
def test_states_count_as_the_file_does(file: FileCoverage) -> None:
    assert tally_of(states_of(file)) == file.tally()


@given(files())
def test_states_say_what_the_file_says_of_its_lines(file: FileCoverage) -> None:
    said = read_states(file)
    assert said.keys() == file.statements
    for line, state in said.items():
        exits = file.branches.get(line, Branch(total=0, taken=0))
        assert state == LineState(executed=line not in file.missing, exits=exits.total, taken=exits.taken)


def test_each_state_has_a_character_of_its_own() -> None:
    every = [
        LineState(executed=executed, exits=exits, taken=taken)
        for exits in [*range(30), 230, 231, 232, 233, MOST_EXITS]
        for taken in range(exits + 1)
        for executed in (True, False)
    ]
    assert [state_of(character_of(state)) for state in every] == every
    assert "".join(map(character_of, every)).encode().decode() == "".join(map(character_of, every))
    assert not {" ", "\n"} & set(map(character_of, every))


@pytest.mark.parametrize(
    ("taken", "kept"),
    [pytest.param(1500, 999, id="some"), pytest.param(2000, 1000, id="all"), pytest.param(0, 0, id="none")],
)
def test_more_exits_than_there_are_characters_for_stay_partial_or_complete(taken: int, kept: int) -> None:
    state = state_of(character_of(LineState(executed=True, exits=2000, taken=taken)))
    assert state == LineState(executed=True, exits=MOST_EXITS, taken=kept)


@pytest.mark.parametrize("character", [" ", "\n", "\0", "\ud800", "\U0010ffff"], ids=ascii)
def test_a_character_of_no_state_is_an_error(character: str) -> None:
    with pytest.raises(ValueError, match="no state of a line"):
        state_of(character)


# --- bytes ---------------------------------------------------------------------------------------------------------


@given(records())
def test_a_record_survives_its_bytes(record: LineRecord) -> None:
    data = encode_record(record)
    assert decode_record(data) == record
    assert encode_record(decode_record(data)) == data


def test_equal_records_have_equal_bytes_in_whatever_order_they_were_made() -> None:
    made = {
        name: FileLines(digest="0" * 11 + "1", states='!"') for name in map(PurePosixPath, ("b.py", "a.py", "a/b.py"))
    }
    flaps = tuple(Flap(path=path, line=2) for path in made)
    one = LineRecord(sha=SHA, files=made, flaps=flaps)
    other = LineRecord(sha=SHA, files=dict(reversed(made.items())), flaps=flaps[::-1])
    assert encode_record(one) == encode_record(other)


def test_a_record_takes_few_bits_a_line() -> None:
    """Made like code that is tested: functions of about six statements, nine lines in ten of them covered."""
    chance = random.Random(1)  # no secret
    measured = {}
    for number in range(200):
        text = ["1-3"]
        for start in range(5, 200, 9):
            ran = "missing" if chance.random() < 0.1 else ""
            text += [f"{start}", f"{start + 1} {ran or 'partial'}", f"{start + 2}-{start + 6} {ran}".rstrip()]
        path = PurePosixPath(f"package/sub{number % 9}/module{number}.py")
        measured[path] = replace(read_file("\n".join(text)), path=path)
    coverage = Coverage(files=measured, has_branches=True)
    digests = {path: f"{chance.getrandbits(160):040x}" for path in measured}
    assert len(encode_record(record_lines(SHA, coverage, digests))) * 8 < 200 * 200


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(
            LineRecord(sha=SHA, files={PurePosixPath("/a.py"): FileLines(digest="", states="!")}), id="absolute"
        ),
        pytest.param(
            LineRecord(sha=SHA, files={PurePosixPath("a.py"): FileLines(digest="abcd", states="!")}), id="digest"
        ),
        pytest.param(LineRecord(sha=SHA, files={}, flaps=(Flap(path=PurePosixPath("a.py"), line=1),)), id="flap"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(record: LineRecord) -> None:
    with pytest.raises(ValueError, match=r"name of a file|files is wrong|flaps is wrong"):
        encode_record(record)


# --- bytes of others -----------------------------------------------------------------------------------------------

WHOLE: dict[str, object] = {
    "schema": 1,
    "sha": SHA,
    "files": {"a.py": ["0123456789ab", '!"'], "b.py": ["", "%"]},
    "flaps": [["a.py", 2, 0, 1, True]],
}


def made(whole: object = WHOLE, end: bytes = b"") -> bytes:
    return zlib.compress(whole if isinstance(whole, bytes) else text_of(whole)) + end


def text_of(whole: object) -> bytes:
    return json.dumps(whole, separators=(",", ":")).encode()


def named(name: str) -> bytes:
    return made({**WHOLE, "files": {name: ["", "!"]}, "flaps": []})


def filed(file: object) -> bytes:
    return made({**WHOLE, "files": {"a.py": file}, "flaps": []})


def flapping(*flaps: object) -> bytes:
    return made({**WHOLE, "flaps": flaps})


def test_the_bytes_of_these_tests_are_read_when_nothing_is_wrong() -> None:
    record = decode_record(made())
    assert record.files[PurePosixPath("a.py")] == FileLines(digest="0123456789ab", states='!"')
    assert record.files[PurePosixPath("b.py")] == FileLines(digest="", states="%")
    assert record.flaps == (Flap(path=PurePosixPath("a.py"), line=2, stable=0, flips=1, lost=True),)
    assert decode_record(named("b.py")).files.keys() == {PurePosixPath("b.py")}
    assert decode_record(filed(["", '!"'])).files == {PurePosixPath("a.py"): FileLines(digest="", states='!"')}
    assert decode_record(flapping(["a.py", 1, 0, 1, False], ["b.py", 1, 9, 2, True])).flaps[1].path.name == "b.py"


@pytest.mark.parametrize("schema", [2, 10**30])
def test_a_newer_schema_is_told_apart(schema: int) -> None:
    with pytest.raises(NewerSchemaError, match=f"schema {str(schema)[:20]}") as caught:
        decode_record(made({"schema": schema, "files": "elsewhere"}))
    assert len(str(caught.value)) < 200


WRONG = {
    "empty": b"",
    "foreign": b"\x1f\x8b gzip of another tool",
    "not deflated": text_of(WHOLE),
    "cut short": made()[:-3],
    "half of it": made()[:40],
    "something behind": made(end=b"x"),
    "twice": made(end=made()),
    "a bomb": made(b" " * (MOST_INFLATED + 1)),
    "no JSON": made(b"{"),
    "no text": made(b"\xff"),
    "deep JSON": made(b"[" * 200_000),
    "a long number": made(b'{"schema":' + b"9" * 5000 + b"}"),
    "a list": made([1]),
    "no schema": made({key: value for key, value in WHOLE.items() if key != "schema"}),
    "schema 0": made({**WHOLE, "schema": 0}),
    "schema true": made({**WHOLE, "schema": True}),
    "schema of text": made({**WHOLE, "schema": "2"}),
    "a long sha": made({**WHOLE, "sha": "f" * 100_000}),
    "a short sha": made({**WHOLE, "sha": "f"}),
    "no files": made({key: value for key, value in WHOLE.items() if key != "files"}),
    "files in a list": made({**WHOLE, "files": []}),
    "something more": made({**WHOLE, "more": 1}),
    "another order": made(dict(reversed(WHOLE.items()))),
    "spaces": made(json.dumps(WHOLE).encode()),
    "another spelling": made(text_of(WHOLE).replace(b"a.py", b"\\u0061.py")),
    "another coding": made(text_of(WHOLE).decode().encode("utf-16")),
    "names out of order": made({**WHOLE, "files": {"b.py": ["", "!"], "a.py": ["", "!"]}, "flaps": []}),
    "a name twice": made(text_of(WHOLE).replace(b"b.py", b"a.py")),
    "a name in two spellings": made(text_of(WHOLE).replace(b"b.py", b"./a.py")),
    "an absolute name": named("/a.py"),
    "a name that leaves": named("../a.py"),
    "a name in many spellings": named("a//b.py"),
    "no name": named(""),
    "the folder itself": named("."),
    "a name with NUL": named("a\0.py"),
    "half a character": named("a\ud800.py"),
    "bytes that are text": named("\udcc3\udca9.py"),
    "no file": filed(None),
    "a file without its digest": filed(['!"']),
    "a file with more": filed(["", '!"', ""]),
    "a file of numbers": filed([0, 1]),
    "a short digest": filed(["0123456789a", "!"]),
    "a long digest": filed(["0123456789abc", "!"]),
    "a digest of large letters": filed(["0123456789AB", "!"]),
    "a digest with a line's end": filed(["0123456789ab\n", "!"]),
    "a digest of no blob": filed(["000000000000", "!"]),
    "a line that is no state": filed(["", "!\n!"]),
    "a line of half a character": filed(["", "!\ud800!"]),
    "a line of no state's exits": filed(["", "!\U0010ffff!"]),
    "no statement at the end": filed(["", "! "]),
    "flaps in an object": made({**WHOLE, "flaps": {}}),
    "flaps of text": flapping("a.py"),
    "a flap of no file": flapping(["c.py", 1, 0, 1, False]),
    "a flap in another spelling": flapping(["./a.py", 1, 0, 1, False]),
    "a flap of line 0": flapping(["a.py", 0, 0, 1, False]),
    "a flap behind the file": flapping(["a.py", 3, 0, 1, False]),
    "a flap where no statement is": made({**WHOLE, "files": {"a.py": ["", " !"]}, "flaps": [["a.py", 1, 0, 1, False]]}),
    "a flap with a fraction": flapping(["a.py", 1, 0.5, 1, False]),
    "a flap of line true": flapping(["a.py", True, 0, 1, False]),
    "a flap of less than nothing": flapping(["a.py", 1, -1, 1, False]),
    "a flap that never flipped": flapping(["a.py", 1, 0, 0, False]),
    "a flap that went a third way": flapping(["a.py", 1, 0, 1, 2]),
    "flaps out of order": flapping(["b.py", 1, 0, 1, False], ["a.py", 1, 0, 1, False]),
    "a flap twice": flapping(["a.py", 1, 0, 1, False], ["a.py", 1, 0, 1, False]),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_bytes_that_covgate_did_not_write_are_one_short_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        decode_record(data)
    assert len(str(caught.value)) < 200
    assert not isinstance(caught.value, NewerSchemaError)


def test_a_record_of_too_many_bytes_is_not_inflated() -> None:
    most = 20_000_000
    frame = len(zlib.compress(bytes(most), 0)) - most
    full = zlib.compress(text_of(WHOLE).ljust(most - frame), 0)
    assert len(full) == most
    with pytest.raises(ValueError, match="not spelt as it is written"):
        decode_record(full)
    with pytest.raises(ValueError, match="more than 20000000"):
        decode_record(made(end=bytes(20_000_000)))


def test_a_record_that_inflates_to_too_much_is_inflated_so_far_only(monkeypatch: pytest.MonkeyPatch) -> None:
    record = decode_record(made())
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_INFLATED", len(text_of(WHOLE)))
    assert decode_record(encode_record(record)) == record
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_INFLATED", len(text_of(WHOLE)) - 2)
    with pytest.raises(ValueError, match=f"more than {len(text_of(WHOLE)) - 2}"):
        decode_record(made())


def test_a_record_of_too_many_lines_is_neither_written_nor_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covgate.history.storage.line_record.MOST_LINES", 2)
    assert len(decode_record(filed(["", "!!"])).files) == 1
    for data in (filed(["", "!!!"]), made()):
        with pytest.raises(ValueError, match="more than 2 lines"):
            decode_record(data)
    with pytest.raises(ValueError, match="more than 2 lines"):
        encode_record(LineRecord(sha=SHA, files={MODULE: FileLines(digest="", states="!!!")}))


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_INFLATED"])
def test_a_record_that_would_be_too_large_to_read_is_not_written(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record = decode_record(made())
    monkeypatch.setattr(f"covgate.history.storage.line_record.{limit}", 100)
    with pytest.raises(ValueError, match="more than can be read"):
        encode_record(record)


def test_a_damaged_record_is_an_error_or_what_it_was() -> None:
    """The checksum sees to it; a few bits of a stream mean nothing, and a record is read without them."""
    record, errors = decode_record(made()), 0
    data = encode_record(record)
    for place, mask in product(range(len(data)), range(1, 256)):
        damaged = bytes([*data[:place], data[place] ^ mask, *data[place + 1 :]])
        try:
            assert decode_record(damaged) == record
        except ValueError as error:
            assert len(str(error)) < 300  # noqa: PT017  # it may also be read
            errors += 1
    assert errors > 250 * len(data)


@pytest.mark.slow
def test_a_damaged_record_is_an_error_or_another_record() -> None:
    """Damage under a checksum that fits: what is read is what stands there, in the one way it would be written."""
    text = text_of(WHOLE).decode()
    kept = 0
    for place, character in product(range(len(text)), map(chr, range(32, 127))):
        damaged = text[:place] + character + text[place + 1 :]
        try:
            read = decode_record(zlib.compress(damaged.encode(), 1))
        except ValueError as error:
            assert len(str(error)) < 300  # noqa: PT017  # it may also be read
        else:
            kept += damaged != text
            assert (read == decode_record(made())) is (damaged == text)
            assert spelt_out(read) == json.loads(damaged, object_pairs_hook=list)
    # Another digit of the commit or of a digest, another letter of a name, another state, another count.
    assert kept > 1000


def spelt_out(record: LineRecord) -> list[tuple[str, object]]:
    """Return a record as `json` reads it when it keeps the order of names, and those that come twice."""
    files = [(str(path), [file.digest, file.states]) for path, file in sorted(record.files.items())]
    flaps = [[str(flap.path), flap.line, flap.stable, flap.flips, flap.lost] for flap in record.flaps]
    return [("schema", 1), ("sha", record.sha), ("files", files), ("flaps", sorted(flaps, key=lambda flap: flap[:2]))]


# --- the tests that ran -----------------------------------------------------------------------------------------------


def with_tests(tests: Mapping[str, int]) -> LineRecord:
    return LineRecord(sha=SHA, files={MODULE: FileLines(digest="a" * 12, states="a")}, tests=tests)


@given(st.dictionaries(st.text().filter(str.isprintable), st.integers(1, 10**6)))
def test_tests_come_back(tests: dict[str, int]) -> None:
    kept = count_cases(f"tests/test_a.py::{name}" for name in tests) | count_cases(tests)
    assert decode_record(encode_record(with_tests(kept))).tests == kept


def test_a_record_without_tests_is_as_it_always_was() -> None:
    """What an earlier covgate wrote is read, and nothing is known of its tests."""
    text = zlib.decompress(encode_record(with_tests({})))
    assert set(json.loads(text)) == {"schema", "sha", "files", "flaps"}
    assert decode_record(zlib.compress(text)).tests == {}


@pytest.mark.parametrize(
    "tests",
    [
        [],
        {},
        None,
        "x",
        {"a.py": 1},
        {"a.py": {"": 1}},
        {"a.py": {"": {"test": 0}}},
        {"a.py": {"": {"test": -1}}},
        {"a.py": {"": {"test": True}}},
        {"a.py": {"": {"test": 1.0}}},
        {"a.py": {"": {"test": 10**7}}},
        {"a.py": {"": {"te\nst": 1}}},
        {"a.py": {"": {"\u202e": 1}}},
        {"a.py": {}},
        {"a.py": {"": {}}},
        {"a.py": {"A::": {"test": 1}}},
        {"b.py": {"": {"test": 1}}, "a.py": {"": {"test": 1}}},
    ],
)
def test_tests_that_covgate_would_not_write_are_refused(tests: object) -> None:
    whole = json.loads(zlib.decompress(encode_record(with_tests({"a.py::test": 1})))) | {"tests": tests}
    with pytest.raises(ValueError, match=r"one of its tests is wrong|it is not spelt as it is written"):
        decode_record(zlib.compress(json.dumps(whole, separators=(",", ":")).encode()))


def test_twenty_thousand_tests_take_less_than_200_kb() -> None:
    """With names of two to five English words, 25 in a class; 20,000 of Python's own tests take 150 kB."""
    words = re.findall(r"[a-z]{3,}", " ".join(topics.topics.values()))
    draw = random.Random(20_000)
    tests: dict[str, int] = {}
    while len(tests) < 20_000:
        group, start, count = len(tests) // 25, draw.randrange(len(words) - 6), draw.randint(2, 5)
        place = f"tests/unit/{words[group]}/test_{words[group + 1]}_{group}.py::Test{words[group + 1].title()}"
        tests[f"{place}::test_{'_'.join(words[start : start + count])}"] = 1
    assert len(encode_record(with_tests(tests))) - len(encode_record(with_tests({}))) < 200_000
