"""The one file of a run's artifact: an archive that a stranger may have made, read within limits."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

FILE = "result.json"
MOST_ARCHIVE = 8 * 1024 * 1024
"""Bytes of an archive; the file in it may have as many."""
_RATIO = 500
"""The dullest of results is packed to a 260th; what is packed more is there to burst."""
_SMALL = 65_536
"""Bytes below which the ratio says nothing."""


_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, UnicodeError),
    *(NotImplementedError, RuntimeError, OverflowError),
)
"""What zipfile raises on bytes that are no archive, or one it cannot read."""


def unpack_result(archive: bytes, most: int) -> bytes:
    """Return `result.json` out of an artifact's archive. Raises ValueError, in words, for any other archive.

    It is the only entry, a plain file of at most `most` bytes; nothing is written to the disk.
    """
    if len(archive) > MOST_ARCHIVE:
        raise ValueError(f"it has more than {MOST_ARCHIVE:,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entry = _only_entry(opened.infolist(), most)
            with opened.open(entry) as file:
                found = file.read(most + 1)
                if len(found) != entry.file_size or file.read(1):
                    raise ValueError("its file has another size than it states")
    except _DAMAGED:
        raise ValueError("it is no zip archive, or a damaged one") from None
    return found


def _only_entry(entries: list[zipfile.ZipInfo], most: int) -> zipfile.ZipInfo:
    if len(entries) != 1:
        raise ValueError(f"it holds {len(entries):,} files: upload {FILE} alone")
    (entry,) = entries
    # zipfile ends a name at a NUL; what stands behind it is in `orig_filename`.
    if {entry.filename, entry.orig_filename} != {FILE}:
        raise ValueError(f"its file is not {FILE}")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise ValueError(f"its {FILE} is no plain file")
    if entry.flag_bits & 1:
        raise ValueError(f"its {FILE} is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError(f"its {FILE} is packed in an unusual way")
    if entry.file_size > most:
        raise ValueError(f"its {FILE} has more than {most:,} bytes")
    if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
        raise ValueError(f"its {FILE} is packed beyond reason")
    return entry
