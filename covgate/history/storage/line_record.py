"""The line-level record of a commit, and the compressed JSON it is kept as."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from covgate.history.line_states import NO_STATEMENT, state_of
from covgate.history.storage.entries import NewerSchemaError
from covgate.model import FileLines, Flap, LineRecord, parse_sha

MOST_BYTES = 20_000_000
MOST_INFLATED = 50_000_000
MOST_LINES = 20_000_000
"""What is read of a record: bytes as it is kept and inflated, lines of its files."""

_SCHEMA = 1
_DIGEST = re.compile(r"(?!0{12})[0-9a-f]{12}|")
_HIGHEST_COUNT = 1_000_000


def encode_record(record: LineRecord) -> bytes:
    """Return the bytes a record is kept as: the same for equal records. ValueError for what could not be read again."""
    text = _render(record)
    _read(text)
    # Level 9 takes 15 times as long, for 6 % less.
    data = zlib.compress(text, 6)
    if len(data) > MOST_BYTES or len(text) > MOST_INFLATED:
        raise ValueError(f"it would hold {len(data)} bytes, and {len(text)} inflated: more than can be read again")
    return data


def _render(record: LineRecord) -> bytes:
    """Return the record as JSON. Names that are no UTF-8 hold surrogates, which it escapes."""
    flaps = sorted(record.flaps, key=lambda flap: (flap.path, flap.line))
    whole: dict[str, object] = {
        "schema": _SCHEMA,
        "sha": record.sha,
        "files": {str(path): [record.files[path].digest, record.files[path].states] for path in sorted(record.files)},
        "flaps": [[str(flap.path), flap.line, flap.stable, flap.flips, flap.lost] for flap in flaps],
    }
    if record.tests:
        # By file and class: a fifth shorter.
        tests: dict[str, dict[str, dict[str, int]]] = {}
        for name in sorted(record.tests):
            file, _, rest = name.partition("::")
            group, _, function = rest.rpartition("::")
            tests.setdefault(file, {}).setdefault(group, {})[function] = record.tests[name]
        whole["tests"] = tests
    return json.dumps(whole, separators=(",", ":")).encode("ascii")


def decode_record(data: bytes) -> LineRecord:
    """Return the record that `data` holds; NewerSchemaError for a newer covgate's, ValueError for anything else."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it holds {len(data)} bytes, more than {MOST_BYTES}")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MOST_INFLATED)
    except zlib.error as error:
        raise ValueError("it cannot be inflated") from error
    if not inflater.eof:
        raise ValueError(f"it is cut short, or inflates to more than {MOST_INFLATED} bytes")
    if inflater.unused_data:
        raise ValueError("something follows it")
    return _read(text)


def _read(text: bytes) -> LineRecord:
    try:
        whole: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    match whole:
        case {"schema": int(schema)} if schema > _SCHEMA:
            raise NewerSchemaError(f"schema {str(schema)[:20]}, and this covgate knows up to {_SCHEMA}")
        case {"sha": str(sha), "files": dict(named), "flaps": list(flaps), **more}:
            files = {_read_name(name): _read_file(file) for name, file in named.items()}
            read = tuple(_read_flap(flap, files) for flap in flaps)
            tests = _read_tests(more.get("tests", {}))
            record = LineRecord(sha=parse_sha(sha[:80]), files=files, flaps=read, tests=tests)
        case _:
            raise ValueError("it is not shaped as it is written")
    if sum(len(file.states) for file in files.values()) > MOST_LINES:
        raise ValueError(f"its files have more than {MOST_LINES} lines")
    if len({(flap.path, flap.line) for flap in read}) < len(read):
        raise ValueError("one of its flaps is there twice")
    # A name that comes twice, another order, a number in another spelling: none of them would be kept.
    if _render(record) != text:
        raise ValueError("it is not spelt as it is written")
    return record


def _read_file(file: object) -> FileLines:
    match file:
        case [str(digest), str(states)] if _DIGEST.fullmatch(digest) and not states.endswith(NO_STATEMENT):
            for character in set(states) - {NO_STATEMENT}:
                state_of(character)
            return FileLines(digest=digest, states=states)
    raise ValueError("one of its files is wrong")


def _read_name(name: str) -> PurePosixPath:
    """Read the name of a file in the repository, spelt in the one way it has; ValueError for any other text."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and name != "."
    # Bytes that are no UTF-8 stand in it as surrogates, the others never.
    bytes_of_it = name.encode("utf-8", "surrogateescape")
    if not inside or str(path) != name or bytes_of_it.decode("utf-8", "surrogateescape") != name or "\0" in name:
        raise ValueError(f"no name of a file: {name[:80]!a}")
    return path


def _read_tests(tests: object) -> dict[str, int]:
    """Read the tests, which a record may be without: `{file: {class: {function: cases}}}`."""
    found: dict[str, int] = {}
    for file, groups in _object(tests):
        for group, functions in _object(groups):
            for function, count in _object(functions):
                name = "::".join(filter(None, (file, group, function)))
                if type(count) is not int or not 1 <= count <= _HIGHEST_COUNT or not _is_test(name):
                    raise ValueError("one of its tests is wrong")
                found[name] = count
    return found


def _is_test(name: str) -> bool:
    return name.isprintable() and all(name.split("::"))


def _object(value: object) -> Iterable[tuple[str, object]]:
    if not isinstance(value, dict):
        raise ValueError("one of its tests is wrong")  # noqa: TRY004  # a fault of the file
    return value.items()


def _read_flap(flap: object, files: Mapping[PurePosixPath, FileLines]) -> Flap:
    match flap:
        case [str(name), int(line), int(stable), int(flips), bool(lost)] if PurePosixPath(name) in files:
            path = PurePosixPath(name)
            states = files[path].states
            known = 1 <= line <= len(states) and states[line - 1] != NO_STATEMENT
            if known and 0 <= stable <= _HIGHEST_COUNT and 1 <= flips <= _HIGHEST_COUNT:
                # True is 1 to Python, and to JSON it is not.
                return Flap(path=path, line=int(line), stable=int(stable), flips=int(flips), lost=lost)
    raise ValueError("one of its flaps is wrong")
