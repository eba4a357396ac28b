"""Standard streams that take any text and never fail."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from covgate.system.streams import forgiving_streams, is_broken, one_stream, send_nowhere

SIGNS = "✔ ✘ ✅ ❌ ≥ ≤ – − · … é €"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", SIGNS),
        ("ascii", "[ok] [x] [ok] [x] >= <= - - - ... \\xe9 \\u20ac"),
        ("latin-1", "[ok] [x] [ok] [x] >= <= - - · ... é \\u20ac"),
    ],
)
def test_any_text_can_be_written_in_any_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, written: str
) -> None:
    with (tmp_path / "out").open("w", encoding=encoding) as out:
        monkeypatch.setattr(sys, "stdout", out)
        with forgiving_streams():
            sys.stdout.write(f"{SIGNS}\n")
        # What was there before is there again, and can be written to.
        assert sys.stdout is out
        out.write("more\n")
    assert (tmp_path / "out").read_text(encoding=encoding) == f"{written}\nmore\n"


def test_lines_are_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        out.write("before ")
        with forgiving_streams():
            sys.stdout.write("within\n")
            assert (tmp_path / "out").read_text(encoding="utf-8") == "before within\n"


def test_streams_that_are_forgiving_already_are_left_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with forgiving_streams():
            outer = sys.stdout
            with forgiving_streams():
                assert sys.stdout is outer
                sys.stdout.write("✔ within\n")
            sys.stdout.write("✘ after\n")
    assert (tmp_path / "out").read_text(encoding="ascii") == "[ok] within\n[x] after\n"


def test_what_a_caller_has_put_in_their_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    with forgiving_streams():
        assert sys.stdout is mine
        sys.stdout.write("é\n")
    assert (sys.stdout is mine, mine.getvalue()) == (True, "é\n")


def test_a_stream_that_is_not_there_takes_text_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with forgiving_streams():
        made = sys.stdout
        sys.stdout.write("text\n")
    assert sys.stdout is None
    made.close()


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_reader_that_is_gone_is_no_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with open(writes, "w", encoding="utf-8") as stream:  # noqa: PTH123  # a descriptor
        monkeypatch.setattr(sys, name, stream)
        with forgiving_streams():
            made = getattr(sys, name)
            # The text is said to be written as a whole, and so is all that follows, of other programs too.
            assert made.write("text\n") == 5
            assert made.write("more") == 4
            made.flush()
            assert os.write(writes, b"of another") == 10


def test_a_disk_that_is_full_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:  # noqa: PTH123  # a device
        monkeypatch.setattr(sys, "stdout", stream)
        with forgiving_streams():
            sys.stdout.write("text\n")


def test_a_pipe_is_broken_when_nobody_reads_it(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    assert not is_broken(writes)
    os.close(reads)
    assert is_broken(writes)
    send_nowhere(writes)
    assert not is_broken(writes)
    assert os.write(writes, b"text") == 4
    os.close(writes)
    with (tmp_path / "file").open("wb") as file:
        assert not is_broken(file.fileno())


def test_errors_go_where_the_output_goes_and_afterwards_where_they_went_before(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        with one_stream():
            os.write(2, b"one ")
            os.write(1, b"two ")
            raise KeyError

    before = sum(1 for _ in Path("/dev/fd").iterdir())
    with pytest.raises(KeyError):
        fail()
    os.write(2, b"three")
    assert capfd.readouterr() == ("one two ", "three")
    assert sum(1 for _ in Path("/dev/fd").iterdir()) == before


CLOSED = """\
import os, sys
for number in (0, 1, 2):
    os.close(number)
from covgate.system.streams import forgiving_streams
with forgiving_streams():
    with open("file", "w") as file:
        assert file.fileno() > 2, file.fileno()
        file.write("text")
"""


def test_no_file_gets_the_number_of_a_standard_stream_that_is_closed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CLOSED], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 0
    assert (tmp_path / "file").read_text(encoding="utf-8") == "text"
