"""Which recorded commit is the nearest ancestor of a base: by a complete clone, or by what GitHub compares."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime

from covgate.errors import PublishError
from covgate.history.nearest import Near, Search
from covgate.host import Compared, Refusal
from covgate.model import Record, Sha, Unavailable, UnknownKind
from covgate.system import GitCommand

_REQUESTS = 3
"""How many compare requests one search may make."""

_OTHER_BRANCH = 20
"""With this many commits that the base has not, a record is one of many on a branch the base is not of."""

_WINDOWS = (1_000, 20_000, None)
"""So many of the newest commits of a clone are searched for a record; when there is none, so many more. None: all."""


Compare = Callable[[Sha, Sha], Compared]
"""`RepositoryData.compare`."""

FindNearest = Callable[[Sha, Sequence[Record]], Near | Unavailable]
"""Finds the record that is the nearest ancestor of a commit which has none itself.

Nearest is the one with the fewest commits in `git rev-list record..base`; of equals the newest.
"""


def nearest_in_clone(git: GitCommand, base: Sha, records: Sequence[Record]) -> Near | Unavailable:
    """Ask a complete clone: always the nearest.

    Two calls of git, one more for each record when several side lines end in one.
    """
    recorded = {record.sha: record for record in records}
    known = _find_some(git, base, recorded)
    if not known:
        return none_is_ancestor(base, len(records))
    since = git.list_since(known, base)
    # The newest commits are the newest by date: a branch of long ago that was merged only now is not among them.
    if missed := recorded.keys() & since.commits:
        since = git.list_since(known | missed, base)
    # These are met first on the way back from the base: any other is an ancestor of one of them, so further behind.
    first = [sha for sha in since.ends if sha in recorded]
    if len(first) == 1:
        return Near(record=recorded[first[0]], behind=len(since.commits))
    counts = {sha: len(git.list_since([sha], base).commits) for sha in first}
    return min((Near(record=recorded[sha], behind=count) for sha, count in counts.items()), key=Near.rank)


def _find_some(git: GitCommand, base: Sha, recorded: Container[Sha]) -> set[Sha]:
    """Find the recorded ancestors among the newest commits; of all commits when there is none among those."""
    for window in _WINDOWS:
        newest = git.ancestors(base, window)
        found = {sha for sha in newest if sha in recorded}
        if found or window is None or len(newest) < window:
            break
    return found


def nearest_by_comparing(
    compare: Compare, base_date: datetime, base: Sha, records: Sequence[Record]
) -> Near | Unavailable:
    """Ask GitHub, for a clone that is cut off: nearly always one request, at most three.

    `base_date` is when the base was committed. With more than 250 commits since the newest record, the answer may be an
    ancestor that is not the nearest; it always is an ancestor. Unavailable also when GitHub does not answer.
    """
    try:
        return _search(compare, base_date, base, records)
    except PublishError as exc:
        reason = f"GitHub did not say which recorded commits are ancestors: {exc.message}"
        return Unavailable(reason=reason, kind=UnknownKind.HOST_SILENT)


def _search(compare: Compare, base_date: datetime, base: Sha, records: Sequence[Record]) -> Near | Unavailable:
    search = Search(base, records)
    suspects = _Suspects(records, base_date)
    other_branch: Sha | None = None
    for _ in range(_REQUESTS):
        sha = search.next_open()
        if sha is None and search.result() is not None:
            break
        if sha is None and other_branch is not None:
            # The comparison the other way round lists what that branch alone has: no ancestors of the base either.
            side = _compare(compare, base, other_branch)
            suspects.drop(side.commits if side else ())
            other_branch = None
            continue
        sha = sha or suspects.next()
        if sha is None:
            break
        compared = _compare(compare, sha, base)
        if compared is not None:
            search.add(compared)
        if compared is not None and compared.behind_by >= _OTHER_BRANCH:
            other_branch = sha
        else:
            # After a force push the records next to this one are probably gone as well. An older one that is still
            # an ancestor brings the list of all commits since, and so loses nothing. (After an ancestor no suspect is
            # asked about: only what `next_open` names can be nearer.)
            suspects.skip_some()
    return search.result() or suspects.verdict(base)


def _compare(compare: Compare, one: Sha, other: Sha) -> Compared | None:
    """Return None for a commit GitHub does not know (any more), or that shares nothing: it is no ancestor."""
    try:
        compared = compare(one, other)
    except PublishError as exc:
        if exc.slug != Refusal.NOT_FOUND.value:
            raise
        return None
    return None if compared.merge_base is None else compared


class _Suspects:
    """The records to ask about, in the order in which they are likely to be the nearest ancestor."""

    def __init__(self, records: Sequence[Record], base_date: datetime) -> None:
        self._total = len(records)
        self._skipped = False
        self._step = 1
        oldest_first = sorted(records, key=lambda record: record.date)
        # A clock may have been wrong: what looks newer than the base comes last, the oldest of it first.
        late = [record.sha for record in oldest_first if record.date > base_date]
        self._shas = [record.sha for record in reversed(oldest_first) if record.date <= base_date] + late

    def next(self) -> Sha | None:
        """Take the next one."""
        return self._shas.pop(0) if self._shas else None

    def drop(self, shas: Iterable[Sha]) -> None:
        """Leave out commits that are no ancestors."""
        gone = set(shas)
        self._shas = [sha for sha in self._shas if sha not in gone]

    def skip_some(self) -> None:
        """Leave out the next 7, the second time the next 63, though never the last one."""
        self._step *= 8
        count = max(0, min(self._step, len(self._shas)) - 1)
        self._skipped = self._skipped or count > 0
        del self._shas[:count]

    def verdict(self, base: Sha) -> Unavailable:
        """Return why there is no baseline, as far as was asked."""
        if not self._shas and not self._skipped:
            return none_is_ancestor(base, self._total)
        return Unavailable(
            reason=f"no ancestor of {base[:12]} was found among the newest of {self._total:,} recorded commits, and "
            "this clone is shallow: with `fetch-depth: 0` on actions/checkout all of them are looked at",
            kind=UnknownKind.SHALLOW_CLONE,
        )


def none_is_ancestor(base: Sha, count: int) -> Unavailable:
    """Return that not one of `count` recorded commits is an ancestor of the base."""
    which = "the one recorded commit is no" if count == 1 else f"none of {count:,} recorded commits is an"
    why = "was the branch force-pushed, or recorded from another one?"
    return Unavailable(reason=f"{which} ancestor of {base[:12]}: {why}", kind=UnknownKind.NO_RECORD)
