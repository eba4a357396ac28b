"""What the GitHub Actions runner understands: workflow commands, step outputs, the step summary."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TextIO

from covgate.config import OUTPUT_NAMES
from covgate.model import Secret, Span

SUMMARY_LIMIT = 1024 * 1024
"""GitHub: a step's summary holds 1 MiB; a longer one is not shown at all."""

_DELIMITER_TRIES = 10


class Level(StrEnum):
    """How serious an annotation is. GitHub shows the first ten of each level of a step and drops the rest."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The runner's protocols in one place, each of them silent where its channel is None, as on a laptop.

    `stream` takes workflow commands (the step's standard output), `output` and `summary` are the files the runner
    named for step outputs and the step summary. `make_token` returns text that nobody can foresee.
    """

    stream: TextIO | None = None
    output: Path | None = None
    summary: Path | None = None
    make_token: Callable[[], str] = lambda: secrets.token_hex(16)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], stream: TextIO) -> Runner:
        """Return the runner that `environment` describes; outside of GitHub Actions, a silent one."""
        if environment.get("GITHUB_ACTIONS") != "true":
            return cls()
        return cls(
            stream=stream,
            output=_path(environment, "GITHUB_OUTPUT"),
            summary=_path(environment, "GITHUB_STEP_SUMMARY"),
        )

    @property
    def folds(self) -> bool:
        """Whether a group hides what is in it until somebody looks."""
        return self.stream is not None

    def annotate(
        self, level: Level, message: str, *, title: str = "", place: tuple[PurePosixPath, Span] | None = None
    ) -> None:
        """Attach `message` to the run, or to the lines of a file of the checkout."""
        properties = {"title": title} if title else {}
        if place is not None:
            path, span = place
            properties |= {"file": str(path), "line": str(span.start), "endLine": str(span.end)}
        self._command(level, message, properties)

    def mask(self, secret: Secret) -> None:
        """Have the runner replace `secret` by *** wherever it is logged from here on."""
        if secret.reveal():  # the runner complains about an empty mask
            self._command("add-mask", secret.reveal())

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is logged inside into one line with a title. GitHub: groups do not nest."""
        self._command("group", title)
        try:
            yield
        finally:
            self._command("endgroup")

    @contextmanager
    def stopped_commands(self) -> Iterator[None]:
        """Let nothing that is logged inside be taken for a workflow command.

        What the tests print is a stranger's: without this they could set masks and annotations, or end the group.
        """
        token = self.make_token()
        self._command("stop-commands", token)
        try:
            yield
        finally:
            # A command begins a line, and the last line inside may lack its end.
            self._write(f"\n::{token}::\n")

    def write_outputs(self, values: Mapping[str, str]) -> str | None:
        """Set the step's outputs; the names are those of `covgate.outputs`.

        Returns a note for people when the runner's file could not be written, else None.
        """
        if unknown := sorted(set(values) - set(OUTPUT_NAMES)):
            raise ValueError(f"not outputs of the action: {', '.join(unknown)}")
        if self.output is None:
            return None
        text = "".join(f"{name}{self._heredoc(value)}" for name, value in values.items())
        return _append(self.output, text, "the step's outputs")

    def summary_room(self) -> int:
        """Return how many bytes (UTF-8) the step summary still takes; 0 when there is no summary."""
        if self.summary is None:
            return 0
        try:
            return max(0, SUMMARY_LIMIT - self.summary.stat().st_size)
        except OSError:
            return SUMMARY_LIMIT  # not there yet; whether it can be written shows on writing

    def write_summary(self, markdown: str) -> str | None:
        """Append to the step summary, or leave it as it is when the text does not fit: half a table helps nobody.

        Returns a note for people when nothing was written although there is a summary, else None.
        """
        if self.summary is None:
            return None
        text = markdown if markdown.endswith("\n") else f"{markdown}\n"
        size, room = len(_encode(text)), self.summary_room()
        if size > room:
            return f"the step summary was left out: it has {size:,} bytes and GitHub takes {room:,} more"
        return _append(self.summary, text, "the step summary")

    def _heredoc(self, value: str) -> str:
        """Return `<<D`, the value and D, where the line D cannot be part of the value."""
        for _ in range(_DELIMITER_TRIES):
            delimiter = f"covgate_{self.make_token()}"
            if delimiter not in value:
                return f"<<{delimiter}\n{value}\n{delimiter}\n"
        raise RuntimeError("no delimiter is free of the value: make_token is not random")

    def _command(self, name: str, data: str = "", properties: Mapping[str, str] | None = None) -> None:
        pairs = ",".join(f"{key}={_escape_property(value)}" for key, value in (properties or {}).items())
        self._write(f"::{name}{' ' if pairs else ''}{pairs}::{_escape_data(data)}\n")

    def _write(self, text: str) -> None:
        if self.stream is not None:
            self.stream.write(text)
            # The tests write to the same pipe: what was said before they start must be out by then.
            self.stream.flush()


def _escape_data(text: str) -> str:
    """Escape a command's message. GitHub: the runner reads one line and undoes %25, %0D and %0A."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    """Escape the value of a command's property, which also ends at `:` and `,`."""
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _encode(text: str) -> bytes:
    # File names that are not UTF-8 reach covgate as lone surrogates.
    return text.encode("utf-8", errors="backslashreplace")


def _append(path: Path, text: str, what: str) -> str | None:
    try:
        with path.open("ab") as file:
            file.write(_encode(text))
    except OSError as exc:
        return f"{what} could not be written to {path}: {exc.strerror or exc}"
    return None
