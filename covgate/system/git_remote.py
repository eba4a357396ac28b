"""What a clone lacks, fetched from where it came from: a commit, a branch's tip, more of the history below a cut."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import GitError
from covgate.model import Secret, Sha, Unavailable, parse_sha
from covgate.system.git import GitCommand
from covgate.system.git_call import GitCall
from covgate.system.quiet import Completed

_TIMEOUT = 300.0
"""Seconds for one fetch."""

_NETWORK_FLAGS = (
    # A background process would still be at work in the clone while the tests run.
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "fetch.writeCommitGraph=false"),
    # Always a pack: in a container covgate is root, and a folder it makes for loose objects would be root's.
    *("-c", "fetch.unpackLimit=1"),
    *("-c", "protocol.ext.allow=never"),
)

_FETCH_FLAGS = (
    "--quiet",
    "--no-tags",
    "--no-prune",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-gc",
    # What is wanted is read from there, so that nothing of it can be an option.
    "--stdin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A repository that can be reached over HTTP, and the token for it."""

    server_url: str
    repository: str
    """`owner/name`."""
    token: Secret

    @property
    def url(self) -> str:
        """Where git finds the repository."""
        return f"{self.server_url}/{self.repository}"

    @property
    def credentials(self) -> str:
        """The token as HTTP basic authentication has it. GitHub: the user name is x-access-token."""
        return base64.b64encode(f"x-access-token:{self.token.reveal()}".encode()).decode("ascii")


class GitRemote:
    """The remote of a clone.

    Asked as the clone is set up to ask, on a laptop (`of_user`) with the user's own settings too: what helps with a
    password, say. When that fails and there is an `Access`, once more with its token. Nothing here moves a reference.
    Methods raise no error for what goes wrong on the way: they return it in words.
    """

    def __init__(
        self, git: GitCommand, access: Access | None = None, *, of_user: bool = False, timeout: float = _TIMEOUT
    ) -> None:
        self._git = git
        self._timeout = timeout
        self._call = git.call.as_user() if of_user else git.call
        self._access = access

    def fetch(self, commits: Sequence[Sha]) -> str | None:
        """Fetch commits: alone into a shallow clone, with their history into a complete one, which stays complete."""
        return self._fetch(commits, *(["--depth=1"] if self._git.is_shallow() else []))

    def deepen(self, cut: Sequence[Sha], by: int | None) -> str | None:
        """Fetch what lies below commits whose parents a shallow clone lacks: `by` more generations, or (None) all."""
        whole = self._git.reachable() - self._git.shallow_commits()
        problem = self._fetch(cut, "--unshallow" if by is None else f"--deepen={by}")
        # The server counts from `cut`, and may cut off there what another branch of the clone had further down.
        after = self._git.shallow_commits()
        if after & whole:
            _write_shallow(self._git.own_path("shallow"), "".join(f"{commit}\n" for commit in after - whole))
        return problem

    def tip(self, name: str) -> Sha | Unavailable:
        """Return the commit that a branch or tag has there; a commit id is taken as it is."""
        try:
            return parse_sha(name)
        except ValueError:
            pass
        short = name.removeprefix(f"{self._git.remote_name()}/")
        refs = [short] if short.startswith("refs/") else [f"refs/heads/{short}", f"refs/tags/{short}"]
        for ref in refs:
            if self._git.call.run("check-ref-format", ref, check=False).exit_code:
                return Unavailable(reason=f"{name!r} is no name of a branch or tag")
        # `^{}` is the commit an annotated tag stands for.
        wanted = [f"{ref}{peeled}" for ref in refs for peeled in ("^{}", "")]
        found = self._listed(*wanted)
        if isinstance(found, Unavailable):
            return found
        tips = [found[ref] for ref in wanted if ref in found]
        return parse_sha(tips[0]) if tips else Unavailable(reason=f"the remote has no branch or tag {short!r}")

    def default_branch(self) -> tuple[str, Sha] | Unavailable:
        """Return the remote's default branch and its tip."""
        found = self._listed("HEAD", symref=True)
        if isinstance(found, Unavailable):
            return found
        name = found.get("ref", "").removeprefix("refs/heads/")
        if not name or "HEAD" not in found:
            return Unavailable(reason="the remote does not say its default branch")
        return name, parse_sha(found["HEAD"])

    @property
    def partial(self) -> bool:
        """Whether the clone follows some branches only, so that others exist which it never sees."""
        remote = self._git.remote_name()
        if remote is None:
            return False
        specs = self._git.call.run("config", "--get-all", f"remote.{remote}.fetch", check=False).stdout.split()
        return not any(spec.startswith((b"+refs/heads/*:", b"refs/heads/*:")) for spec in specs)

    def _listed(self, *wanted: str, symref: bool = False) -> dict[str, str] | Unavailable:
        """Return {name: id} of references, with what HEAD stands for under `ref`."""
        flags = ["--quiet", *(["--symref"] if symref else [])]
        answer = self._ask(["ls-remote", *flags], wanted)
        if isinstance(answer, str):
            return Unavailable(reason=answer)
        found: dict[str, str] = {}
        for line in answer.stdout.decode("utf-8", "replace").splitlines():
            value, _, name = line.partition("\t")
            if value.startswith("ref: "):
                found["ref"] = value.removeprefix("ref: ")
            else:
                found.setdefault(name, value)
        return found

    def _fetch(self, commits: Sequence[Sha], *flags: str) -> str | None:
        wanted = "".join(f"{commit}\n" for commit in commits).encode("ascii")
        answer = self._ask(["fetch", *_FETCH_FLAGS, *flags], stdin=wanted)
        return answer if isinstance(answer, str) else None

    def _ask(self, command: Sequence[str], wanted: Sequence[str] = (), stdin: bytes = b"") -> Completed | str:
        """Run a command that talks to the remote, first as the clone is set up, then with the token."""
        problem = "the clone has no remote"
        remote = self._git.remote_name()
        if remote is not None:
            args = (*_NETWORK_FLAGS, *command, "--end-of-options", remote, *wanted)
            answer = self._run(self._call, args, stdin)
            if not isinstance(answer, str):
                return answer
            problem = answer
        if self._access is None:
            return problem
        with tempfile.TemporaryDirectory(prefix="covgate-git-") as name:
            folder = _OwnFolder(Path(name), self._git)
            args = (*_NETWORK_FLAGS, *command, "--end-of-options", self._access.url, *wanted)
            answer = self._run(folder.call, args, stdin, folder.environment | _authorization(self._access))
            if not isinstance(answer, str):
                folder.copy_shallow_list()
            return answer

    def _run(
        self, call: GitCall, args: Sequence[str], stdin: bytes, extra: Mapping[str, str] | None = None
    ) -> Completed | str:
        try:
            answer = call.run(*args, check=False, stdin=stdin, timeout=self._timeout, extra=extra)
        except GitError as exc:
            return exc.message
        return self._scrub(answer.error_text) if answer.exit_code else answer

    def _scrub(self, text: str) -> str:
        """One short line of what git said, without the token or a password that stands in an address."""
        if self._access is not None:
            for secret in (self._access.credentials, self._access.token.reveal()):
                text = text.replace(secret, "***") if secret else text
        return " ".join(re.sub(r"://[^/@\s]+@", "://", text).split())[:300] or "git gave no reason"


class _OwnFolder:
    """A git folder around the objects of a clone, with no configuration but ours.

    What stands in a clone's configuration may redirect a fetch, or start programs in its environment: the token goes
    nowhere near it.
    """

    def __init__(self, folder: Path, git: GitCommand) -> None:
        self._shallow = git.own_path("shallow")
        self._copy = folder / "shallow"
        head = git.head()
        (folder / "refs").mkdir()
        # The commit that is checked out is what the clone tells the server it has.
        (folder / "HEAD").write_text(f"{head}\n", encoding="ascii")
        sha256 = len(head) == len(hashlib.sha256().hexdigest())
        (folder / "config").write_text(_SHA256_CONFIG if sha256 else _CONFIG, encoding="ascii")
        if self._shallow.exists():
            self._copy.write_bytes(self._shallow.read_bytes())
        self.call = GitCall(directory=folder, environment=git.call.environment)
        self.environment = {"GIT_DIR": os.fspath(folder), "GIT_OBJECT_DIRECTORY": os.fspath(git.own_path("objects"))}

    def copy_shallow_list(self) -> None:
        """Tell the clone where it is cut off now."""
        _write_shallow(self._shallow, self._copy.read_text(encoding="ascii") if self._copy.exists() else "")


def _write_shallow(path: Path, text: str) -> None:
    """Replace git's list of cut-off commits; a clone without the file is complete."""
    if not text:
        path.unlink(missing_ok=True)
        return
    new = path.with_name("shallow.covgate")
    new.write_text(text, encoding="ascii")
    new.replace(path)


_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SHA256_CONFIG = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"


def _authorization(access: Access) -> dict[str, str]:
    """Return the configuration of one process, in its environment: a command line can be read by anyone."""
    settings = {
        f"http.{access.server_url}/.extraheader": f"AUTHORIZATION: basic {access.credentials}",
        "http.sslVerify": "true",
        "http.followRedirects": "false",
        "credential.helper": "",
    }
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, setting in enumerate(settings.items())
        for part, text in zip(("KEY", "VALUE"), setting, strict=True)
    }
    return numbered | {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_ALLOW_PROTOCOL": "http:https"}
