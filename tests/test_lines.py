"""The line-level record: one character a line, few bits a line, and no trust in what was kept."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.history.entries import NewerSchemaError
from covgate.history.lines import MOST_HEAD, MOST_LINES, decode_record, encode_record, record_lines
from covgate.history.packing import pack, unpack
from covgate.history.states import MOST_EXITS, LineState, character_of, read_states, state_of, states_of, tally_of
from covgate.model import Branch, Coverage, FileCoverage, Sha
from covgate.recorded import FileLines, Flap, LineRecord
from tests.coverage_text import read_file

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
    return record_lines(SHA, Coverage(files=measured, has_branches=True), digests, flaps)


# --- states --------------------------------------------------------------------------------------------------------


def test_a_file_is_one_character_a_line_up_to_its_last_statement() -> None:
    file = read_file("1\n2 missing\n4 partial 1/2\n5 missing 0/3\n6 excluded\n8 text")
    assert len(states_of(file)) == 5
    assert read_states(states_of(file)) == {
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
    said = read_states(states_of(file))
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


@given(st.lists(files().map(states_of), max_size=5))
def test_packed_states_are_read_again(texts: list[str]) -> None:
    assert unpack(pack(texts), [len(text) for text in texts]) == texts


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
    with pytest.raises(ValueError, match=r"name of a file|fromhex|digest|flap"):
        encode_record(record)


# --- bytes of others -----------------------------------------------------------------------------------------------

HEAD: Mapping[str, object] = {"sha": SHA, "files": ["a.py", "b.py"], "lines": [2, 1], "flaps": [[0, 2, 0, 1, 1]]}
LINES = bytes(12) + pack(["! "[:1] + '"', "%"])


def made(head: object = HEAD, lines: bytes = LINES, magic: bytes = b"covgate-lines 1\n", end: bytes = b"") -> bytes:
    names = head if isinstance(head, bytes) else json.dumps(head).encode()
    return magic + zlib.compress(names) + zlib.compress(lines) + end


def test_the_bytes_of_these_tests_are_read_when_nothing_is_wrong() -> None:
    record = decode_record(made())
    assert record.files[PurePosixPath("b.py")] == FileLines(digest="", states="%")
    assert record.flaps == (Flap(path=PurePosixPath("a.py"), line=2, stable=0, flips=1, lost=True),)


def test_a_newer_schema_is_told_apart() -> None:
    with pytest.raises(NewerSchemaError, match="schema 2"):
        decode_record(b"covgate-lines 2\nwhatever comes")


WRONG = {
    "empty": b"",
    "foreign": b"\x1f\x8b gzip of another tool",
    "no number": made(magic=b"covgate-lines \n"),
    "schema 0": made(magic=b"covgate-lines 0\n"),
    "a long number": made(magic=b"covgate-lines " + b"9" * 5000 + b"\n"),
    "not deflated": b"covgate-lines 1\n{}",
    "cut short": made()[:-3],
    "half of it": b"covgate-lines 1\n" + zlib.compress(json.dumps(HEAD).encode()),
    "something behind": made(end=b"x"),
    "a bomb of names": made(b" " * (MOST_HEAD + 1)),
    "no JSON": made(b"{"),
    "deep JSON": made(b"[" * 200_000),
    "a list": made([1]),
    "a long sha": made({**HEAD, "sha": "f" * 100_000}),
    "a short sha": made({**HEAD, "sha": "f"}),
    "no files": made({"sha": SHA, "lines": [], "flaps": []}),
    "a number as a name": made({**HEAD, "files": ["a.py", 2]}),
    "names out of order": made({**HEAD, "files": ["b.py", "a.py"]}),
    "a name twice": made({**HEAD, "files": ["a.py", "a.py"]}),
    "an absolute name": made({**HEAD, "files": ["/a.py", "b.py"]}),
    "a name that leaves": made({**HEAD, "files": ["../a.py", "b.py"]}),
    "a name in many spellings": made({**HEAD, "files": ["a//b.py", "b.py"]}),
    "no name": made({**HEAD, "files": ["", "b.py"]}),
    "the folder itself": made({**HEAD, "files": [".", "b.py"]}),
    "a name with NUL": made({**HEAD, "files": ["a\0.py", "b.py"]}),
    "half a character": made({**HEAD, "files": ["a\ud800.py", "b.py"]}),
    "bytes that are text": made({**HEAD, "files": ["\udcc3\udca9.py", "b.py"]}),
    "too few lengths": made({**HEAD, "lines": [3]}),
    "a negative length": made({**HEAD, "lines": [4, -1]}),
    "a length of text": made({**HEAD, "lines": ["2", "1"]}),
    "true as a length": made({**HEAD, "lines": [2, True]}),
    "too many lines": made({**HEAD, "lines": [MOST_LINES, 1]}),
    "more lines than bits": made({**HEAD, "lines": [2000, 1]}),
    "fewer lines than bits": made({**HEAD, "lines": [1, 1]}),
    "fewer lines than bytes": made({**HEAD, "lines": [0, 0]}),
    "digests cut short": made(lines=bytes(7)),
    "digests of empty files cut short": made({**HEAD, "lines": [0, 0], "flaps": []}, lines=bytes(7)),
    "exits of none": made(lines=LINES[:-1]),
    "exits that are no state": made(lines=LINES[:-1] + b"\n"),
    "exits of a missing line": made(lines=LINES[:-1] + b"$"),
    "exits that are no text": made(lines=LINES[:-1] + b"\xff"),
    "exits without exits": made(lines=LINES[:-1] + b'"'),
    "no statement at the end": made({**HEAD, "flaps": []}, lines=bytes(12) + b"\x05\x01\x01&"),
    "flaps of text": made({**HEAD, "flaps": ["a.py"]}),
    "a flap of no file": made({**HEAD, "flaps": [[2, 1, 0, 1, 0]]}),
    "a flap before the files": made({**HEAD, "flaps": [[-1, 1, 0, 1, 0]]}),
    "a flap of line 0": made({**HEAD, "flaps": [[0, 0, 0, 1, 0]]}),
    "a flap behind the file": made({**HEAD, "flaps": [[0, 3, 0, 1, 0]]}),
    "a flap with a fraction": made({**HEAD, "flaps": [[0, 1, 0.5, 1, 0]]}),
    "a flap of less than nothing": made({**HEAD, "flaps": [[0, 1, -1, 1, 0]]}),
    "a flap that never flipped": made({**HEAD, "flaps": [[0, 1, 0, 0, 0]]}),
    "a flap that went a third way": made({**HEAD, "flaps": [[0, 1, 0, 1, 2]]}),
    "flaps out of order": made({**HEAD, "flaps": [[1, 1, 0, 1, 0], [0, 1, 0, 1, 0]]}),
    "a flap twice": made({**HEAD, "flaps": [[0, 1, 0, 1, 0], [0, 1, 0, 1, 0]]}),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_bytes_that_covgate_did_not_write_are_one_short_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        decode_record(data)
    assert len(str(caught.value)) < 200
    assert not isinstance(caught.value, NewerSchemaError)


def test_a_record_of_too_many_bytes_is_not_inflated() -> None:
    with pytest.raises(ValueError, match="more than 20000000"):
        decode_record(made(end=bytes(20_000_000)))


@given(records(), st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_record_is_an_error_or_another_record(record: LineRecord, place: int, mask: int) -> None:
    data = bytearray(encode_record(record))
    data[place % len(data)] ^= mask
    try:
        read = decode_record(bytes(data))
    except ValueError as error:
        assert len(str(error)) < 300  # noqa: PT017  # it may also be read
    else:
        assert read.files.keys() == record.files.keys() or read != record
