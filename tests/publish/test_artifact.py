"""An artifact's archive at its bounds: as large and as well packed as it may be, and not more."""

from __future__ import annotations

import stat
import zipfile

import pytest

from covgate.publish.artifact import MOST_ARCHIVE, unpack_result
from covgate.report.facts import MOST_RESULT
from tests.publish.test_forged import pack


def refusal(archive: bytes, most: int = MOST_RESULT) -> str:
    with pytest.raises(ValueError, match=r"^it") as caught:
        unpack_result(archive, most)
    return str(caught.value)


def test_a_file_may_have_as_many_bytes_as_are_read() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for size in (0, 1, 10):
            assert unpack_result(pack(b"x" * size, method=method), 10) == b"x" * size
        assert refusal(pack(b"x" * 11, method=method), 10) == "its result.json has more than 10 bytes"


def test_an_archive_may_be_as_large_as_it_may_be() -> None:
    room = MOST_ARCHIVE - len(pack(b"", method=zipfile.ZIP_STORED))
    content = bytes(room)
    assert unpack_result(pack(content, method=zipfile.ZIP_STORED), MOST_RESULT) == content
    assert refusal(pack(content + b"x", method=zipfile.ZIP_STORED)) == "it has more than 8,388,608 bytes"


def test_a_small_file_may_be_packed_as_well_as_it_likes() -> None:
    assert unpack_result(pack(bytes(65_536)), MOST_RESULT) == bytes(65_536)
    assert refusal(pack(bytes(65_537))) == "its result.json is packed beyond reason"


def test_a_large_file_may_be_packed_to_a_five_hundredth() -> None:
    # Zeros alone are packed to a thousandth.
    letters = bytes(range(256)) * 2
    assert len(unpack_result(pack(letters + bytes(100_000)), MOST_RESULT)) == 100_512


def test_only_a_plain_file_is_read_whatever_its_permissions() -> None:
    for mode in (0, stat.S_IFREG | 0o644, stat.S_IFREG | 0o4777):
        assert unpack_result(pack(b"{}", mode=mode), MOST_RESULT) == b"{}"
    for kind in (stat.S_IFDIR, stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK):
        assert refusal(pack(b"{}", mode=kind | 0o644)) == "its result.json is no plain file"
