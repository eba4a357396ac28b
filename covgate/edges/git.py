"""All of git: called with full commit ids, fixed flags and no configuration that could move an answer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from covgate.edges.process import Completed, child_environment, run_quiet
from covgate.errors import GitError
from covgate.model import Sha, parse_sha

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

REGULAR_FILE = "100"
"""How the mode of a regular file starts; 120000 is a symbolic link, 160000 a submodule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of `git diff --raw`: what became of a path."""

    status: str
    """A, C, D, M, R or T: the letter without its score."""
    old_path: PurePosixPath
    path: PurePosixPath
    mode: str
    """Mode of the new side, six octal digits."""


class GitCommand:
    """The git of one checkout, called as a command."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._environment = _clean_environment(environment)
        self._directory = directory
        self.root = self._find_root()
        # From here on paths are relative to the root, wherever in the checkout covgate was started.
        self._directory = self.root

    def _find_root(self) -> Path:
        answer = self._run("rev-parse", "--show-toplevel", check=False)
        if answer.exit_code:
            raise GitError(
                f"{self._directory} is not in a git repository: {answer.error_text}",
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

    def head(self) -> Sha:
        """Return the commit that is checked out. Raises GitError in a repository without any commit."""
        sha = self.resolve("HEAD")
        if sha is None:
            raise GitError("the repository has no commit yet", hint="commit first", slug="not-a-git-repository")
        return sha

    def parents(self, commit: Sha) -> tuple[Sha, ...]:
        """Return the parents a commit names, also where a shallow clone does not hold them."""
        raw = self._run("cat-file", "commit", commit).stdout
        header = raw.partition(b"\n\n")[0].decode("utf-8", "replace")
        return tuple(
            parse_sha(line.removeprefix("parent ").strip())
            for line in header.splitlines()
            if line.startswith("parent ")
        )

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

    def default_branch(self) -> str | None:
        """Return the reference local work is compared with: the remote's default branch, else main or master."""
        answer = self._run("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", check=False)
        named = [answer.stdout.decode("utf-8", "replace").strip()] if answer.exit_code == 0 else []
        names = ("refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master")
        return next((ref for ref in (*named, *names) if self.resolve(ref)), None)

    def changes(self, base: Sha, head: Sha | None) -> tuple[Change, ...]:
        """List what differs between `base` and `head`, or the working tree when `head` is None."""
        out = self._diff(base, head, "--raw", "-z", "--no-abbrev").stdout
        fields = out.split(b"\0")[:-1]
        changes: list[Change] = []
        position = 0
        while position < len(fields):
            _, mode, _, _, status = fields[position].decode("ascii").split(" ")
            old = new = _path(fields[position + 1])
            position += 2
            if status[0] in "CR":
                new = _path(fields[position])
                position += 1
            changes.append(Change(status=status[0], old_path=old, path=new, mode=mode))
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

    def untracked(self) -> tuple[PurePosixPath, ...]:
        """List the files git neither tracks nor ignores."""
        out = self._run("ls-files", "-z", "--others", "--exclude-standard", "--full-name").stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def tracked(self) -> tuple[PurePosixPath, ...]:
        """List the files of the index."""
        out = self._run("ls-files", "-z", "--cached", "--full-name").stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def names(self, commit: Sha) -> tuple[PurePosixPath, ...]:
        """List the files of a commit, symbolic links and submodules among them."""
        out = self._run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).stdout
        return tuple(_path(name) for name in out.split(b"\0") if name)

    def blobs(self, commit: Sha, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, bytes]:
        """Return the contents of regular files at `commit`, read from git objects; others are left out."""
        names = {path: f"{commit}:".encode() + os.fsencode(path) for path in paths}
        if not names:
            return {}
        # -z: a name may hold a line end. What is missing is echoed as it was asked for.
        out = self._run("cat-file", "--batch", "-z", stdin=b"".join(name + b"\0" for name in names.values())).stdout
        found: dict[PurePosixPath, bytes] = {}
        position = 0
        for path, name in names.items():
            missing = name + b" missing\n"
            if out.startswith(missing, position):
                position += len(missing)
                continue
            end = out.index(b"\n", position)
            _, kind, size = out[position:end].split(b" ")
            if kind == b"blob":
                found[path] = out[end + 1 : end + 1 + int(size)]
            position = end + 1 + int(size) + 1
        return found

    def _run(self, *args: str, check: bool = True, stdin: bytes = b"") -> Completed:
        argv = ["git", *_GLOBAL_FLAGS, *args]
        try:
            answer = run_quiet(argv, cwd=self._directory, env=self._environment, stdin=stdin)
        except FileNotFoundError:
            raise GitError(
                "git was not found", hint="install git, or put it on PATH", slug="not-a-git-repository"
            ) from None
        if check and answer.exit_code:
            raise GitError(
                f"git {args[0]} failed: {answer.error_text}",
                hint="run the same command by hand in the checkout; a broken clone has to be made again",
                slug="git-failed",
            )
        return answer


_MAX_ARGUMENT_CHARACTERS = 500_000

_GLOBAL_FLAGS = (
    # The configuration files of the user and the system are not read, so the workspace of a container, which belongs
    # to another user, is trusted here. covgate runs its tests: trusting its .git adds nothing to that.
    *("-c", "safe.directory=*"),
    # A repository's own configuration can name programs; none of them is started by what covgate asks.
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.quotePath=true"),
    *("-c", "core.attributesFile=/dev/null"),
    "--no-replace-objects",
    "--no-pager",
    "--literal-pathspecs",
)


def _clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in child_environment(environment).items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def _path(name: bytes) -> PurePosixPath:
    return PurePosixPath(os.fsdecode(name))
