"""Opens the place history is kept in: the branch through GitHub, the branch as it was fetched, or a folder."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from covgate.config import Settings
from covgate.errors import InputError
from covgate.history.storage.branch import BranchPlace
from covgate.history.storage.fetched import FetchedPlace
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.places import WritablePlace
from covgate.history.storage.store import HistoryReader, HistoryStore
from covgate.host import Host, RepositoryData
from covgate.system import GitCommand

LOCAL_FOLDER = ".covgate/history"
"""Where a laptop, or a workflow without a token, records; relative to the project's folder.

Git ignores it with the reports beside it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The history of this run's project, open for reading and writing.

    `data` is the repository on GitHub, where a token gives access to it; `absent` says why there is no source: there
    may be a history that this run cannot see.
    """

    source: HistoryReader | None
    store: HistoryStore
    data: RepositoryData | None = None
    absent: str = ""


@contextmanager
def open_archive(settings: Settings, host: Host, git: GitCommand, directory: Path) -> Iterator[Archive]:
    """Open the place that the settings name; nothing is read or made yet.

    `history-dir` comes first. Without it, a workflow uses the branch through GitHub, and a laptop reads the branch as
    it was fetched last together with the folder it records in. A workflow without a token records in that folder, too:
    it can be kept between runs.
    """
    name = settings.name or ""
    folder = FolderPlace(directory / (settings.history_dir or LOCAL_FOLDER), settings.history_dir or LOCAL_FOLDER)
    store = _store(settings, folder)
    if settings.history_dir:
        yield Archive(source=store, store=store)
    elif host.context.local:
        fetched = _fetched(settings, git)
        yield Archive(source=HistoryReader(fetched, folder, name=name) if fetched else store, store=store)
    elif host.context.repository and host.token:
        with host.repository() as data:
            store = _store(settings, BranchPlace(data, settings.history_branch))
            yield Archive(source=store, store=store, data=data)
    else:
        fetched = _fetched(settings, git)
        kept = store if (directory / LOCAL_FOLDER).is_dir() else None
        absent = "there is no github-token to read the history with"
        yield Archive(source=HistoryReader(fetched, name=name) if fetched else kept, store=store, absent=absent)


@contextmanager
def history_folder(settings: Settings, host: Host, directory: Path) -> Iterator[Path | None]:
    """Yield the folder that holds the history, made for the block where it is missing; None when a branch holds it.

    Who may write to it, or make it, writes the records covgate compares with. Raises InputError when a link in the
    project leads there: the tests could let it lead elsewhere.
    """
    if not settings.history_dir and host.token:
        yield None
        return
    folder = directory / (settings.history_dir or LOCAL_FOLDER)
    plain = Path(os.path.normpath(folder))
    if plain.is_relative_to(directory) and plain.resolve() != plain:
        raise InputError(
            f"a symbolic link leads to the history in {plain.relative_to(directory)}",
            hint="let history-dir name the folder itself",
            slug="history-unreachable",
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        # Not empty: it was there before.
        with contextlib.suppress(OSError):
            folder.rmdir()


def _store(settings: Settings, place: WritablePlace) -> HistoryStore:
    spread = random.Random()  # noqa: S311  # it spreads retries, and guards nothing
    name, limit = settings.name or "", settings.history_limit
    return HistoryStore(place, limit=limit, wait=time.sleep, random=spread, name=name)


def _fetched(settings: Settings, git: GitCommand) -> FetchedPlace | None:
    """Return the branch as this clone knows it: the remote's, else one of its own."""
    branch = settings.history_branch
    found = git.first_commit([f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"])
    return FetchedPlace(git, found[1], found[0].split("/", 2)[2]) if found else None
