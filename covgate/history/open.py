"""Opens the place history is kept in: the branch through GitHub, the branch as it was fetched, or a folder."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from covgate.config import Settings
from covgate.history.storage.branch import BranchPlace
from covgate.history.storage.fetched import FetchedPlace
from covgate.history.storage.folder import FolderPlace
from covgate.history.storage.merged import MergedSource
from covgate.history.storage.places import HistorySource, WritablePlace
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

    source: HistorySource | None
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
    if settings.history_dir:
        folder = _store(settings, FolderPlace(directory / settings.history_dir, settings.history_dir))
        yield Archive(source=folder, store=folder)
    elif host.context.local:
        folder = _store(settings, FolderPlace(directory / LOCAL_FOLDER, LOCAL_FOLDER))
        fetched = _fetched(settings, git)
        yield Archive(source=MergedSource((fetched, folder)) if fetched else folder, store=folder)
    elif host.context.repository and host.token:
        with host.repository() as data:
            store = _store(settings, BranchPlace(data, settings.history_branch))
            yield Archive(source=store, store=store, data=data)
    else:
        folder = _store(settings, FolderPlace(directory / LOCAL_FOLDER, LOCAL_FOLDER))
        kept = folder if (directory / LOCAL_FOLDER).is_dir() else None
        absent = "there is no github-token to read the history with"
        yield Archive(source=_fetched(settings, git) or kept, store=folder, absent=absent)


def _store(settings: Settings, place: WritablePlace) -> HistoryStore:
    # What is random only spreads retries, and guards nothing.
    return HistoryStore(
        place,
        limit=settings.history_limit,
        wait=time.sleep,
        random=random.Random(),  # noqa: S311  # see above
        name=settings.name or "",
    )


def _fetched(settings: Settings, git: GitCommand) -> HistoryReader | None:
    """Return the branch as this clone knows it: the remote's, else one of its own."""
    branch = settings.history_branch
    for ref in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
        commit = git.resolve(ref)
        if commit is not None:
            return HistoryReader(FetchedPlace(git, commit, ref.split("/", 2)[2]), name=settings.name or "")
    return None
