"""A permalink shows the lines that are meant: at the commit it leads to they have the text that was measured."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from random import Random
from urllib.parse import unquote_to_bytes

import pytest

from covgate.change.checkout import Checkout
from covgate.commands.assess import find_links
from covgate.host.context import EventKind, RunContext
from covgate.model.change import DiffCoverage, DiffFile
from covgate.model.commit import Sha, parse_sha
from covgate.model.coverage import Span
from covgate.model.numbers import Counts, Tally
from covgate.model.places import Place
from covgate.report.todo import list_todos
from covgate.system import GitCommand, GitRemote
from tests.support.git import ENVIRONMENT, make_repository

CASES = 200
BLOB = "https://github.com/org/app/blob/"

Texts = dict[str, list[str]]
"""The lines of each file, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pull request: what its head holds, what its merge into the base holds, and the lines it changed there."""

    base: Texts
    head: Texts
    merge: Texts
    changed: dict[str, list[int]]
    """By the name at the merge; 1-based."""


def make_case(seed: int) -> Case:
    """Change the lower half of some files, while the base changes the upper half of some, and either renames some."""
    random = Random(seed)
    base: Texts = {}
    head: Texts = {}
    merge: Texts = {}
    changed: dict[str, list[int]] = {}
    for number in range(random.randint(1, 3)):
        lines = [f"{seed}.{number}.{n} = 0" for n in range(random.randint(10, 30))]
        half = len(lines) // 2
        top, bottom = lines[:half], lines[half:]
        new_top = _edited(random, top, f"base{number}") if random.random() < 0.6 else top
        new_bottom = _edited(random, bottom, f"head{number}") if random.random() < 0.8 else bottom
        old = new = at_merge = random.choice(["m{}.py", "a b/ü{}.py", "#{}?.py", "x/y/z{}.py"]).format(number)
        if random.random() < 0.5:
            # The head renames it, or the base does: then the head still has it by its old name.
            at_merge = f"moved/n{number}.py"
            new = random.choice([old, at_merge])
        base[at_merge if new == old else old] = new_top + bottom
        head[new] = top + new_bottom
        merge[at_merge] = new_top + new_bottom
        changed[at_merge] = [len(new_top) + n for n, line in enumerate(new_bottom, start=1) if line not in bottom]
    return Case(base=base, head=head, merge=merge, changed={name: some for name, some in changed.items() if some})


def _edited(random: Random, lines: list[str], mark: str) -> list[str]:
    """Change some lines, insert some before others, and drop some; at least one changes."""
    result: list[str] = []
    for n, line in enumerate(lines):
        kind = "edit" if n == 1 else random.choice(["keep", "keep", "keep", "edit", "insert", "drop"])
        result += {
            "keep": [line],
            "edit": [f"{line} + {mark}"],
            "insert": [f"{mark}.{n} = 1", line],
            "drop": [],
        }[kind]
    return result


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Sha, Sha, Sha]]]:
    """Return a repository, and (base, head, merge) of each case in it."""
    repository = make_repository(tmp_path_factory.mktemp("links") / "r")
    stream = "".join(
        _commit(3 * seed + 1, case.base)
        + _commit(3 * seed + 2, case.head)
        + _commit(3 * seed + 3, case.merge, parents=(3 * seed + 1, 3 * seed + 2))
        for seed, case in enumerate(map(make_case, range(CASES)))
    )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--export-marks=marks"],
        cwd=repository.path,
        env=ENVIRONMENT,
        input=stream.encode(),
        check=True,
    )
    marks = dict(line[1:].split() for line in (repository.path / "marks").read_text().splitlines())
    ids = [parse_sha(marks[str(n)]) for n in range(1, 3 * CASES + 1)]
    return repository.path, list(zip(ids[0::3], ids[1::3], ids[2::3], strict=True))


def _commit(mark: int, files: Texts, parents: tuple[int, ...] = ()) -> str:
    said = f"commit refs/heads/c{mark}\nmark :{mark}\ncommitter a <a@b> 1 +0000\ndata 0\n"
    said += "".join(f"{'from' if n == 0 else 'merge'} :{parent}\n" for n, parent in enumerate(parents))
    said += "deleteall\n"
    for name, lines in files.items():
        text = "".join(f"{line}\n" for line in lines)
        said += f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}\n"
    return said + "\n"


@pytest.mark.slow
def test_the_named_lines_are_the_meant_lines(commits: tuple[Path, list[tuple[Sha, Sha, Sha]]]) -> None:
    for seed in range(CASES):
        assert_links_hold(*commits, seed)


def assert_links_hold(path: Path, ids: list[tuple[Sha, Sha, Sha]], seed: int) -> None:
    base, head, merge = ids[seed]
    case = make_case(seed)
    git = GitCommand(path, ENVIRONMENT)
    checkout = Checkout(
        git=git,
        remote=GitRemote(git, None, of_user=False),
        prefix=PurePosixPath(),
        head=merge,
        tree=merge,
        base=None,
        lines=None,
    )
    # One head in ten is none of the clone's: GitHub's merge of it is all there is.
    seen = Sha("f" * 40) if seed % 10 == 9 else head
    context = RunContext(kind=EventKind.PULL_REQUEST, repository="org/app", head_sha=seen)
    diff = DiffCoverage(files=tuple(_file(name, lines) for name, lines in case.changed.items()))
    links = find_links(context, checkout, diff)
    texts = {base: case.base, head: case.head, merge: case.merge}
    urls = [(todo.path, todo.span, todo.url) for todo in list_todos(diff.files, links)]
    outside = Span(start=1, end=2)
    urls += [(PurePosixPath(name), outside, links.to_measured(PurePosixPath(name), outside)) for name in case.merge]
    for name, span, url in urls:
        assert url is not None
        commit, shown = read_url(url, texts)
        assert shown == case.merge[str(name)][span.start - 1 : span.end], url
        assert commit in {head, merge}
    if seen == head:
        # What the base left alone is shown at the head, where people look.
        still = {name for name in case.changed if case.head.get(name) == case.merge[name]}
        assert all(f"/{head}/" in str(url) for name, _, url in urls[: -len(case.merge)] if str(name) in still)


def read_url(url: str, texts: dict[Sha, Texts]) -> tuple[Sha, list[str]]:
    """Return the commit a link leads to, and the lines it shows there."""
    match = re.fullmatch(rf"{re.escape(BLOB)}([0-9a-f]{{40}})/([^#]+)#L(\d+)(?:-L(\d+))?", url)
    assert match
    commit, start = parse_sha(match[1]), int(match[3])
    lines = texts[commit][unquote_to_bytes(match[2]).decode()]
    return commit, lines[start - 1 : int(match[4] or start)]


def _file(name: str, lines: list[int]) -> DiffFile:
    places = tuple(
        Place(span=Span(start=line, end=line), function="", statements=1, branches=Counts()) for line in lines
    )
    return DiffFile(
        path=PurePosixPath(name),
        statements=frozenset(lines),
        missing=frozenset(lines),
        partial=frozenset(),
        tally=Tally(lines=Counts(covered=0, total=len(lines))),
        places=places,
    )
