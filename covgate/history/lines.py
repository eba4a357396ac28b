"""The line-level record of a commit, as bytes and back."""

from __future__ import annotations

import json
import zlib
from pathlib import PurePosixPath
from typing import Any, cast

from covgate.model import parse_sha
from covgate.recorded import FileLines, Flap, LineRecord

_MOST_BYTES = 200_000_000


def encode_record(record: LineRecord) -> bytes:
    """Return the record as compressed bytes."""
    data = {
        "sha": record.sha,
        "files": {str(path): [file.digest, file.states] for path, file in record.files.items()},
        "flaps": [[str(flap.path), flap.line, flap.stable] for flap in record.flaps],
    }
    return zlib.compress(json.dumps(data).encode())


def decode_record(data: bytes) -> LineRecord:
    """Return the record. Raises ValueError for anything `encode_record` would not have made."""
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, _MOST_BYTES)
        if not inflate.eof:
            msg = "it is cut off or too large"
            raise ValueError(msg)
        found = cast("dict[str, Any]", json.loads(plain))
        return LineRecord(
            sha=parse_sha(str(found["sha"])),
            files={PurePosixPath(p): FileLines(digest=d, states=s) for p, (d, s) in found["files"].items()},
            flaps=tuple(
                Flap(path=PurePosixPath(p), line=int(line), stable=int(stable)) for p, line, stable in found["flaps"]
            ),
        )
    except (zlib.error, LookupError, TypeError, AttributeError, RecursionError) as exc:
        msg = f"not a line record: {exc}"
        raise ValueError(msg) from None
