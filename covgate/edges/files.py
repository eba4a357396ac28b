"""The report folder on disk, and the files covgate reads as text."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFolder:
    """Where reports are written. A new one ignores itself in git, so that it never becomes part of a change."""

    path: Path

    def write(self, name: str, text: str) -> Path:
        """Write one report; bytes of file names that are not UTF-8 are written as escapes."""
        path = self.path / name
        try:
            path.write_bytes(text.encode("utf-8", "backslashreplace"))
        except OSError as exc:
            raise _not_writable(path, exc) from None
        return path


def make_report_folder(path: Path, source: str) -> ReportFolder:
    """Create the folder, before anything slow is done. Raises InputError when it can not be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        # A folder that holds anything else is the user's, and so is what git ignores there.
        if not any(path.iterdir()):
            (path / ".gitignore").write_text("*\n", encoding="utf-8")
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as exc:
        raise _not_writable(path, exc, source) from None
    return ReportFolder(path=path)


def read_text_if_there(path: Path) -> str | None:
    """Return a file's text, or None when there is no such file. Raises InputError when it can not be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not UTF-8: {exc}", hint="save the file as UTF-8", slug="bad-toml") from None
    except OSError as exc:
        raise InputError(
            f"{path} cannot be read: {exc.strerror or exc}", hint="make it a file that can be read", slug="bad-toml"
        ) from None


def _not_writable(path: Path, exc: OSError, source: str = "report-dir") -> InputError:
    return InputError(
        f"the report cannot be written to {path} (from {source}): {exc.strerror or exc}",
        hint="set report-dir to a folder that can be written to",
        slug="report-folder-not-writable",
    )
