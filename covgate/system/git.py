"""All of git: called with full commit ids, fixed flags and no configuration that could move an answer."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from covgate.errors import GitError
from covgate.model import Sha, parse_sha
from covgate.system.git_call import GitCall
from covgate.system.quiet import Completed

_DIFF_FLAGS = (
    # Each of these keeps a repository's attributes or configuration from changing what the diff says.
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--text",
    "--no-relative",
    "--find-renames=50%",
    "-l1000",
    # What `git diff` does by default, and so what an author sees of the change.
    "--indent-heuristic",
    "--diff-algorithm=myers",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=all",
    "-O/dev/null",
)

OLDEST_GIT = (2, 32)
"""The first that heeds GIT_CONFIG_GLOBAL. Of the rest, `fetch --stdin` and `--no-write-fetch-head` are of 2.29,
`rev-parse --end-of-options` of 2.30, GIT_CONFIG_COUNT of 2.31.
"""

REGULAR_FILE = "100"
"""How the mode of a regular file starts; 160000 is a submodule."""

_LINK = "120000"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPath:
    """One entry of `git diff --raw`: what became of a path."""

    status: str
    """A, C, D, M, R or T: the letter without its score."""
    old_path: PurePosixPath
    path: PurePosixPath
    mode: str
    """Mode of the new side, six octal digits."""
    blob: str | None
    """Id of the new side's text; None when git has to read it from the working tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The commits of one that others have not."""

    commits: frozenset[Sha]
    ends: frozenset[Sha]
    """The parents of these that are not among them, because one of the others has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of a checkout: those git tracks, and those it would."""

    tracked: tuple[PurePosixPath, ...]
    untracked: tuple[PurePosixPath, ...]


class GitCommand:
    """The git of one checkout, called as a command.

    `settings` are what counts of the user's own configuration: on a laptop `user_settings`, in a workflow nothing.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str], settings: tuple[str, ...] = ()) -> None:
        self.call = GitCall(directory=directory, environment=environment, settings=settings)
        self._parents: dict[Sha, tuple[Sha, ...]] = {}
        self._require_version()
        self.root = self._find_root()
        # From here on paths are relative to the root, wherever in the checkout covgate was started.
        self.call = replace(self.call, directory=self.root)

    def _require_version(self) -> None:
        """Refuse a git that is too old: it would ignore what keeps a machine's settings out of the answers."""
        text = self._run("version").stdout.decode("utf-8", "replace").strip()
        found = re.search(r"(\d+)\.(\d+)", text)
        if found and (int(found[1]), int(found[2])) < OLDEST_GIT:
            raise GitError(
                f"{text} is too old for covgate",
                hint=f"install git {'.'.join(map(str, OLDEST_GIT))} or newer, or put it first on PATH",
                slug="git-too-old",
            )

    def _find_root(self) -> Path:
        answer = self._run("rev-parse", "--show-toplevel", check=False)
        if answer.exit_code:
            raise GitError(
                f"{self.call.directory} is not in a git repository: {answer.error_text}",
                hint="run covgate inside a clone; in a workflow, check the repository out first (actions/checkout)",
                slug="not-a-git-repository",
            )
        return Path(os.fsdecode(answer.stdout.removesuffix(b"\n")))

    def resolve(self, ref: str) -> Sha | None:
        """Return the commit that `ref` names, or None when there is none."""
        answer = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", check=False)
        text = answer.stdout.decode("ascii", "replace").strip()
        # `^main` is a commit to git too, with the `^` before its id: one to leave out.
        return None if answer.exit_code or text.startswith("^") else parse_sha(text)

    def first_commit(self, refs: Sequence[str]) -> tuple[str, Sha] | None:
        """Return the first of the names that stands for a commit, and the commit; None when none does."""
        names = "".join(f"{ref}^{{commit}}\n" for ref in refs)
        answer = self._run("cat-file", "--batch-check=%(objectname)", stdin=os.fsencode(names), check=False)
        lines = answer.stdout.splitlines()
        if answer.exit_code or len(lines) != len(refs):
            # A name that ends it, such as `@{upstream}` where there is none, or that is no line.
            return next(((ref, commit) for ref in refs if (commit := self.resolve(ref))), None)
        # `NAME missing` where there is none.
        found = ((ref, line) for ref, line in zip(refs, lines, strict=True) if b" " not in line)
        return next(((ref, parse_sha(line.decode("ascii"))) for ref, line in found), None)

    def head(self) -> Sha:
        """Return the commit that is checked out. Raises GitError in a repository without any commit."""
        sha = self.resolve("HEAD")
        if sha is None:
            raise GitError("the repository has no commit yet", hint="commit first", slug="not-a-git-repository")
        return sha

    def parents(self, commit: Sha) -> tuple[Sha, ...]:
        """Return the parents a commit names, also where a shallow clone does not hold them."""
        if commit not in self._parents:
            raw = self._run("cat-file", "commit", commit).stdout
            header = raw.partition(b"\n\n")[0].decode("utf-8", "replace")
            self._parents[commit] = tuple(
                parse_sha(line.removeprefix("parent ").strip())
                for line in header.splitlines()
                if line.startswith("parent ")
            )
        return self._parents[commit]

    def has_commit(self, commit: Sha) -> bool:
        """Whether the clone holds the commit."""
        return self._run("cat-file", "-e", f"{commit}^{{commit}}", check=False).exit_code == 0

    def is_shallow(self) -> bool:
        """Whether the clone was cut off at some depth."""
        return self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def merge_base(self, one: Sha, other: Sha) -> Sha | None:
        """Return the best common ancestor, or None when this clone knows none."""
        answer = self._run("merge-base", one, other, check=False)
        return None if answer.exit_code else parse_sha(answer.stdout.decode("ascii").split()[0])

    def cut_off_commits(self, one: Sha, other: Sha, base: Sha | None) -> tuple[Sha, ...]:
        """List the commits of `one` and `other`, but not of `base`, whose parents a shallow clone does not hold.

        When there is none, `base` is a best common ancestor. Otherwise a nearer one may lie behind the cut.
        """
        cut = self.shallow_commits()
        if not cut:
            return ()
        known = self._run("rev-list", "--end-of-options", one, other, *([f"^{base}"] if base else [])).stdout.split()
        return tuple(sorted(cut & {parse_sha(line.decode("ascii")) for line in known}))

    def shallow_commits(self) -> frozenset[Sha]:
        """Return the commits whose parents this clone was told to do without; none for a complete clone."""
        if not self.is_shallow():
            return frozenset()
        return frozenset(map(parse_sha, self.own_path("shallow").read_text(encoding="ascii").split()))

    def reachable(self) -> frozenset[Sha]:
        """Return every commit of this clone that HEAD or a reference leads to."""
        return frozenset(map(Sha, self._run("rev-list", "--all").stdout.decode("ascii").split()))

    def own_path(self, name: str) -> Path:
        """Return where a file of git's own folder lies, in a linked worktree too."""
        answer = self._run("rev-parse", "--git-path", name).stdout
        return self.root / os.fsdecode(answer.removesuffix(b"\n"))

    def ancestors(self, commit: Sha, limit: int | None = None) -> tuple[Sha, ...]:
        """List the commit and its ancestors, about newest first; at most `limit` of them."""
        flags = [] if limit is None else [f"--max-count={limit}"]
        out = self._run("rev-list", *flags, "--end-of-options", commit).stdout
        return tuple(map(Sha, out.decode("ascii").split()))

    def list_since(self, known: Collection[Sha], head: Sha) -> Since:
        """Return the commits that `head` has and none of `known` has. The clone has to hold all of them."""
        # Over standard input, since a command line has a limit.
        wanted = "".join([f"{head}\n", *(f"^{sha}\n" for sha in known)]).encode("ascii")
        lines = self._run("rev-list", "--boundary", "--stdin", stdin=wanted).stdout.decode("ascii").split()
        return Since(
            commits=frozenset(Sha(line) for line in lines if not line.startswith("-")),
            ends=frozenset(Sha(line[1:]) for line in lines if line.startswith("-")),
        )

    def commit_date(self, commit: Sha) -> datetime:
        """Return when the commit was made (its committer's date), in UTC."""
        out = self._run("log", "-1", "--no-show-signature", "--format=%ct", "--end-of-options", commit).stdout
        return datetime.fromtimestamp(int(out), tz=UTC)

    def title(self, commit: Sha) -> str:
        """Return the first line of the commit's message; what is not UTF-8 is replaced."""
        flags = ("-1", "--no-show-signature", "--no-color", "--encoding=UTF-8")
        out = self._run("log", *flags, "--format=%s", "--end-of-options", commit).stdout
        return out.decode("utf-8", "replace").rstrip("\n")

    def blob_ids(self, commit: Sha, paths: Sequence[PurePosixPath] = ()) -> dict[PurePosixPath, str]:
        """Return the blob id of every regular file of a commit; with `paths`, of those among them."""
        entries = self._entries(commit, paths)
        return {path: blob for path, (mode, blob) in entries.items() if mode.startswith(REGULAR_FILE)}

    def _entries(self, commit: Sha, paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, tuple[str, str]]:
        """Return mode and id of what a commit has at `paths`, or everywhere."""
        names = [os.fspath(path) for path in paths]
        # A command line has a limit; beyond it the list of everything is right too, only longer.
        fitting = names if sum(map(len, names)) < _MAX_ARGUMENT_CHARACTERS else []
        out = self._run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *fitting).stdout
        wanted = frozenset(paths)
        found: dict[PurePosixPath, tuple[str, str]] = {}
        for entry in out.split(b"\0")[:-1]:
            about, _, name = entry.partition(b"\t")
            mode, _, blob = about.decode("ascii").split(" ")
            path = _path(name)
            if path in wanted or not wanted:
                found[path] = mode, blob
        return found

    def remote_name(self) -> str | None:
        """Return the remote this clone is of: `origin`, else `upstream`, else the only one."""
        names = self._run("remote").stdout.decode("utf-8", "surrogateescape").splitlines()
        known = [name for name in ("origin", "upstream") if name in names]
        return known[0] if known else names[0] if len(names) == 1 else None

    def default_branch(self) -> tuple[str, Sha] | None:
        """Return the reference local work is compared with: the remote's default branch, else one named like it.

        With it, the commit it stands for.
        None when there is none, or when the remote's default branch is known by name and not in this clone.
        """
        remote = self.remote_name()
        there = f"refs/remotes/{remote}/"
        answer = self._run("symbolic-ref", "--quiet", f"{there}HEAD", check=False)
        named = [os.fsdecode(answer.stdout.rstrip(b"\n"))] if remote and answer.exit_code == 0 else []
        if found := self.first_commit(named) if named else None:
            return found
        usual = [*self._initial_branch(), "main", "master"]
        # What is called main here says nothing when the remote's default branch is another, which went away.
        here = [] if named else [f"refs/heads/{name}" for name in usual]
        fetched = [f"{there}{name}" for name in usual] if remote else []
        return self.first_commit([*fetched, *here])

    def _initial_branch(self) -> list[str]:
        answer = self.call.as_user().run("config", "--get", "init.defaultBranch", check=False)
        return [os.fsdecode(answer.stdout.rstrip(b"\n"))] if answer.exit_code == 0 else []

    def current_branch(self) -> str | None:
        """Return the branch that is checked out; None when HEAD is detached."""
        answer = self._run("symbolic-ref", "--quiet", "HEAD", check=False)
        return os.fsdecode(answer.stdout.rstrip(b"\n")).removeprefix("refs/heads/") if answer.stdout else None

    def branches(self) -> tuple[str, ...]:
        """List the clone's own branches."""
        return self._short_names("refs/heads/")

    def remote_branches(self) -> tuple[str, ...]:
        """List what was fetched of the branches of the remote."""
        remote = self.remote_name()
        return self._short_names(f"refs/remotes/{remote}/") if remote else ()

    def _short_names(self, prefix: str) -> tuple[str, ...]:
        out = self._run("for-each-ref", "--format=%(refname)", prefix).stdout
        return tuple(os.fsdecode(line).removeprefix(prefix) for line in out.splitlines())

    def changes(self, base: Sha, head: Sha | None) -> tuple[ChangedPath, ...]:
        """List what differs between `base` and `head`, or the working tree when `head` is None."""
        out = self._diff(base, head, "--raw", "-z", "--no-abbrev").stdout
        fields = out.split(b"\0")[:-1]
        changes: list[ChangedPath] = []
        position = 0
        while position < len(fields):
            _, mode, _, blob, status = fields[position].decode("ascii").split(" ")
            old = new = _path(fields[position + 1])
            position += 2
            if status[0] in "CR":
                new = _path(fields[position])
                position += 1
            known = blob if blob.strip("0") else None
            changes.append(ChangedPath(status=status[0], old_path=old, path=new, mode=mode, blob=known))
        return tuple(changes)

    def patch(self, base: Sha, head: Sha | None, paths: Sequence[PurePosixPath]) -> str:
        """Return the patch of `paths`, without context lines; bytes that are not UTF-8 become surrogates.

        For a rename, both names have to be among the paths.
        """
        names = [os.fspath(path) for path in paths]
        # A command line has a limit; beyond it the patch of everything is right too, only larger.
        fitting = names if sum(map(len, names)) < _MAX_ARGUMENT_CHARACTERS else []
        out = self._diff(base, head, "--patch", "--unified=0", pathspecs=fitting).stdout
        return out.decode("utf-8", "surrogateescape")

    def _diff(self, base: Sha, head: Sha | None, *flags: str, pathspecs: Sequence[str] = ()) -> Completed:
        commits = [base, head] if head else [base]
        return self._run("diff", *_DIFF_FLAGS, *flags, "--end-of-options", *commits, "--", *pathspecs)

    def files(self) -> Files:
        """List the files of the checkout."""
        return Files(tracked=self.tracked(), untracked=self.untracked())

    def untracked(self) -> tuple[PurePosixPath, ...]:
        """List the files git neither tracks nor ignores."""
        out = self._run("ls-files", "-z", "--others", "--exclude-standard", "--full-name").stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def tracked(self) -> tuple[PurePosixPath, ...]:
        """List the files of the index."""
        out = self._run("ls-files", "-z", "--cached", "--full-name").stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def file_ids(self, paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
        """Return the blob ids that files of the working tree would get, through git's filters and line ends.

        All of them are left out when one cannot be read.
        """
        if not paths:
            return {}
        # A line end inside a name has to be quoted, and so has a quote at its start.
        names = b"".join(_quoted(os.fsencode(path)) + b"\n" for path in paths)
        answer = self._run("hash-object", "--stdin-paths", stdin=names, check=False)
        ids = answer.stdout.decode("ascii").split()
        return {} if answer.exit_code else dict(zip(paths, ids, strict=True))

    def has_blind_mark(self, path: PurePosixPath) -> bool:
        """Whether git was told not to look at this file of the working tree: skip-worktree or assume-unchanged."""
        mark = self._run("ls-files", "-v", "--", os.fspath(path)).stdout[:1]
        return mark == b"S" or mark.islower()

    def as_checked_out(self, paths: Sequence[PurePosixPath]) -> frozenset[PurePosixPath]:
        """Return the tracked ones among files of the working tree that nobody wrote to since git did."""
        if not paths:
            return frozenset()
        tracked = self._run("ls-files", "-z", "--cached", "--", *map(os.fspath, paths)).stdout.split(b"\0")[:-1]
        if not tracked:
            return frozenset()
        # Unlike `git diff` this goes by the times: a file that was made again just as it was is listed.
        written = self._run("diff-files", "--name-only", "-z", "--", *map(os.fsdecode, tracked)).stdout.split(b"\0")
        return frozenset(_path(name) for name in set(tracked) - set(written))

    def names(self, commit: Sha) -> tuple[PurePosixPath, ...]:
        """List the files of a commit, symbolic links and submodules among them."""
        out = self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def blobs(self, commit: Sha, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, bytes]:
        """Return the contents of regular files at `commit`, read from git objects; others are left out."""
        wanted = tuple(paths)
        # By id: a name may hold a line end, and `-z` for what is asked is of git 2.38.
        return self._read(commit, self.blob_ids(commit, wanted) if wanted else {})

    def files_at(self, commit: Sha, paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, bytes]:
        """Return the contents of files at `commit`, as `blobs` does; links within the commit are followed."""
        entries = self._entries(commit, paths) if paths else {}
        ids = {
            path: self._linked(commit, path) if mode == _LINK else blob
            for path, (mode, blob) in entries.items()
            if mode == _LINK or mode.startswith(REGULAR_FILE)
        }
        return self._read(commit, {path: blob for path, blob in ids.items() if blob})

    def _linked(self, commit: Sha, path: PurePosixPath) -> str:
        """Return the blob that a link leads to; empty when it leads to none of the commit."""
        asked = os.fsencode(f"{commit}:{path}\n")
        flags = ("--batch-check=%(objecttype) %(objectname)", "--follow-symlinks")
        kind, _, blob = self._run("cat-file", *flags, stdin=asked).stdout.decode("utf-8", "replace").partition(" ")
        return blob.strip() if kind == "blob" else ""

    def _read(self, commit: Sha, ids: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, bytes]:
        if not ids:
            return {}
        out = self._run("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in ids.values()).encode()).stdout
        found: dict[PurePosixPath, bytes] = {}
        position = 0
        for path in ids:
            end = out.index(b"\n", position)
            _, _, size = out[position:end].rpartition(b" ")
            if size == b"missing":
                raise GitError(
                    f"the clone does not hold the contents of {path} at {commit[:12]}",
                    hint="fetch them, or make the clone again; a clone with `--filter` needs its remote",
                    slug="git-failed",
                )
            found[path] = out[end + 1 : end + 1 + int(size)]
            position = end + 1 + int(size) + 1
        return found

    def _run(self, *args: str, check: bool = True, stdin: bytes = b"") -> Completed:
        return self.call.run(*args, check=check, stdin=stdin)


_MAX_ARGUMENT_CHARACTERS = 500_000


def _quoted(name: bytes) -> bytes:
    if not (name.startswith(b'"') or b"\n" in name):
        return name
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _path(name: bytes) -> PurePosixPath:
    return PurePosixPath(os.fsdecode(name))
