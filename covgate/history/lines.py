"""The line-level record of a commit, and the compressed bytes it is kept as."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from covgate.history.entries import NewerSchemaError
from covgate.history.packing import pack, unpack
from covgate.history.states import NO_STATEMENT, states_of
from covgate.model import Coverage, Sha, parse_sha
from covgate.recorded import FileLines, Flap, LineRecord

MOST_BYTES = 20_000_000
MOST_INFLATED = 200_000_000
MOST_HEAD = 20_000_000
MOST_LINES = 20_000_000
"""What is read of a record: bytes as it is kept and inflated, bytes of its names and flaps, lines of its files."""

_SCHEMA = 1
_MAGIC = re.compile(rb"covgate-lines ([1-9][0-9]{0,8})\n")
_DIGEST_BYTES = 6
_NO_DIGEST = bytes(_DIGEST_BYTES)
_HIGHEST_COUNT = 1_000_000


def record_lines(
    sha: Sha, coverage: Coverage, digests: Mapping[PurePosixPath, str], flaps: Iterable[Flap] = ()
) -> LineRecord:
    """Return the record of a commit's measurement.

    `digests` are git's blob ids (their first 12 digits are kept); a file without one counts as edited, always.
    """
    files = {
        path: FileLines(digest=_digest(digests.get(path, "")), states=states_of(file))
        for path, file in sorted(coverage.files.items())
    }
    return LineRecord(sha=sha, files=files, flaps=tuple(flaps))


def _digest(blob: str) -> str:
    """The part of a blob's id that is kept; nothing of zeros, which is git's word for no blob."""
    kept = blob[: 2 * _DIGEST_BYTES]
    return kept if kept.strip("0") else ""


def encode_record(record: LineRecord) -> bytes:
    """Return the bytes a record is kept as: the same for equal records. ValueError for what could not be read again.

    After a line with the schema's number stand two zlib streams: names, lengths and flaps as JSON; and six bytes of
    digest a file (zeros when there is none) with the packed states.
    """
    paths = sorted(record.files)
    index = {path: number for number, path in enumerate(paths)}
    texts = [record.files[path].states for path in paths]
    flaps = sorted([index.get(f.path, -1), f.line, f.stable, f.flips, int(f.lost)] for f in record.flaps)
    _read_flaps(flaps, paths, texts)
    head = {
        "sha": record.sha,
        "files": [_checked_name(str(path)) for path in paths],
        "lines": _read_lengths([len(text) for text in texts], len(paths)),
        "flaps": flaps,
    }
    digests = b"".join(_digest_bytes(record.files[path].digest) for path in paths)
    names = json.dumps(head, separators=(",", ":")).encode("ascii")
    body = digests + pack(texts)
    data = b"covgate-lines %d\n" % _SCHEMA + _deflate(names) + _deflate(body)
    if len(data) > MOST_BYTES or len(names) > MOST_HEAD or len(body) > MOST_INFLATED:
        raise ValueError(f"it would hold {len(data)} bytes, more than can be read again")
    return data


def _digest_bytes(digest: str) -> bytes:
    data = bytes.fromhex(digest) or _NO_DIGEST
    if len(data) != _DIGEST_BYTES:
        raise ValueError(f"no digest of a file: {digest!a}")
    return data


def _deflate(data: bytes) -> bytes:
    # Bits repeat by chance only: the strategy for such data is the smaller one for the lines, and equal for the names.
    deflater = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    return deflater.compress(data) + deflater.flush()


def decode_record(data: bytes) -> LineRecord:
    """Return the record that `data` holds; NewerSchemaError for a newer covgate's, ValueError for anything else."""
    match = _MAGIC.match(data)
    if not match:
        raise ValueError("it does not begin as a line-level record does")
    if int(match[1]) > _SCHEMA:
        raise NewerSchemaError(f"schema {int(match[1])}, and this covgate knows up to {_SCHEMA}")
    if len(data) > MOST_BYTES:
        raise ValueError(f"it holds {len(data)} bytes, more than {MOST_BYTES}")
    names, data = _inflate(data[match.end() :], MOST_HEAD)
    lines, data = _inflate(data, MOST_INFLATED)
    if data:
        raise ValueError("something follows it")
    return _read_body(_read_head(names), lines)


def _inflate(data: bytes, most: int) -> tuple[bytes, bytes]:
    """Return what the zlib stream at the front of `data` holds, of at most `most` bytes, and what follows it."""
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError("it cannot be inflated") from error
    if len(inflated) > most:
        raise ValueError(f"a part of it inflates to more than {most} bytes")
    if not inflater.eof:
        raise ValueError("it is cut short")
    return inflated, inflater.unused_data


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What the first stream holds: `lines` are the numbers of lines of `files`; what is in the lists is unchecked."""

    sha: str
    files: list[object]
    lines: list[object]
    flaps: list[object]


def _read_head(names: bytes) -> _Head:
    try:
        head: object = json.loads(names)
    except (ValueError, RecursionError) as error:
        raise ValueError("its names are no JSON") from error
    match head:
        case {"sha": str(sha), "files": list(files), "lines": list(lines), "flaps": list(flaps)}:
            return _Head(sha=sha[:80], files=files, lines=lines, flaps=flaps)
    raise ValueError("its names are not shaped as they are written")


def _read_body(head: _Head, data: bytes) -> LineRecord:
    paths = _read_paths(head.files)
    size = _DIGEST_BYTES * len(paths)
    digests = [data[start : start + _DIGEST_BYTES] for start in range(0, size, _DIGEST_BYTES)]
    texts = unpack(data[size:], _read_lengths(head.lines, len(paths)))
    if any(text.endswith(NO_STATEMENT) for text in texts):
        raise ValueError("a file's lines end with no statement")
    if digests and len(digests[-1]) < _DIGEST_BYTES:
        raise ValueError("its digests are cut short")
    files = {
        path: FileLines(digest="" if digest == _NO_DIGEST else digest.hex(), states=text)
        for path, digest, text in zip(paths, digests, texts, strict=True)
    }
    return LineRecord(sha=parse_sha(head.sha), files=files, flaps=_read_flaps(head.flaps, paths, texts))


def _read_paths(names: list[object]) -> list[PurePosixPath]:
    paths = [PurePosixPath(_checked_name(name)) for name in names if isinstance(name, str)]
    if len(paths) != len(names) or not all(one < other for one, other in pairwise(paths)):
        raise ValueError("its files are out of order, or not named")
    return paths


def _checked_name(name: str) -> str:
    """Return the name of a file in the repository, spelt in the one way it has; ValueError for any other text."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and name != "."
    if not inside or str(path) != name or _respelt(name) != name or "\0" in name:
        raise ValueError(f"no name of a file: {name[:80]!a}")
    return name


def _respelt(name: str) -> str:
    """Return the name as its bytes are read: those that are no UTF-8 stand in it as surrogates, the others never."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return ""


def _read_lengths(lengths: Sequence[object], files: int) -> list[int]:
    read = [length for length in lengths if type(length) is int and 0 <= length <= MOST_LINES]
    if not len(read) == len(lengths) == files or sum(read) > MOST_LINES:
        raise ValueError(f"its numbers of lines do not match its files, or are more than {MOST_LINES}")
    return read


def _read_flaps(flaps: Sequence[object], paths: Sequence[PurePosixPath], texts: Sequence[str]) -> tuple[Flap, ...]:
    read = [_read_flap(flap, paths, texts) for flap in flaps]
    if not all((one.path, one.line) < (other.path, other.line) for one, other in pairwise(read)):
        raise ValueError("its flaps are out of order")
    return tuple(read)


def _read_flap(flap: object, paths: Sequence[PurePosixPath], texts: Sequence[str]) -> Flap:
    match flap:
        case [int(number), int(line), int(stable), int(flips), int(lost)] if 0 <= number < len(paths):
            known = 1 <= line <= len(texts[number]) and texts[number][line - 1] != NO_STATEMENT
            if known and 0 <= stable <= _HIGHEST_COUNT and 1 <= flips <= _HIGHEST_COUNT and lost in {0, 1}:
                return Flap(path=paths[number], line=line, stable=stable, flips=flips, lost=bool(lost))
    raise ValueError("one of its flaps is wrong")
