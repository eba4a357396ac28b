"""GitHub's git data as the fake answers it: references, trees, blobs, commits and comparisons of a bare repository."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from tests.support.github.answers import Account, Answer, Call, Route, error

Json = dict[str, object]

PER_ANSWER = 250
"""How many commits a comparison lists at most."""

_EMPTY = error(409, "Git Repository is empty.")
_MISSING = error(404, "Not Found")
_NO_COMMON_ANCESTOR = "No common ancestor between {0} and {1}."


class GitData:
    """Answers from a repository, with git itself. What is asked while it works is to wait: the server holds a lock."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self._problems = problems
        if not path.exists():
            path.mkdir(parents=True)
            self.git("init", "--quiet", "--bare", "--initial-branch=main")
        # One for all reads: starting git a hundred times a second is what would take the time.
        self._reader = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=path, env=_ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reading = threading.Lock()

    def close(self) -> None:
        """End the process that reads."""
        self._reader.communicate(timeout=10)

    def routes(self) -> list[Route]:
        return [
            ("GET", r"/git/ref/(?P<ref>heads/.+)", self._get_ref),
            ("GET", r"/git/matching-refs/(?P<ref>heads.*)", self._get_matching_refs),
            ("POST", r"/git/refs", self._create_ref),
            ("PATCH", r"/git/refs/(?P<ref>heads/.+)", self._update_ref),
            ("GET", r"/git/trees/(?P<ref>[^/]+)", self._get_tree),
            ("POST", r"/git/trees", self._create_tree),
            ("GET", r"/git/blobs/(?P<blob>[^/]+)", self._get_blob),
            ("POST", r"/git/blobs", self._create_blob),
            ("POST", r"/git/commits", self._create_commit),
            ("GET", r"/compare/(?P<base>.+?)\.\.\.(?P<head>.+)", self._compare),
        ]

    # --- git

    def git(self, *args: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        done = self._run(*args, stdin=stdin, environment=environment)
        assert done.returncode == 0, f"git {args}: {done.stderr!r}"
        return done.stdout

    def text(self, *args: str) -> str:
        """What git prints, without the last line end."""
        return self.git(*args).decode().strip()

    def seed(self, files: Mapping[str, str | bytes], branch: str = "main", parent: str = "") -> str:
        """Commit these files and nothing else, set the branch there, and return the commit."""
        tree = self._write_tree({path: ("100644", self._store(_bytes(content))) for path, content in files.items()})
        options = ("-p", parent) if parent else ()
        named = _named(Account(login="someone"))
        commit = self.git("commit-tree", tree, *options, stdin=b"seed", environment=named).decode().strip()
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def files(self, branch: str) -> dict[str, bytes]:
        """What a branch holds."""
        tree = self.resolve(branch, "tree")
        assert tree is not None, branch
        entries = self._entries(tree, recursive=True).items()
        return {path: self._content(sha) for path, (mode, sha) in entries if mode != "040000"}

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """The id of a branch or object, peeled to `kind`."""
        for form in (f"refs/heads/{name}", name):
            if found := self._read(f"{form}^{{{kind}}}"):
                return found[0]
        return None

    def _read(self, name: str) -> tuple[str, bytes] | None:
        """The id and content of an object."""
        assert "\n" not in name
        with self._reading:
            assert self._reader.stdin is not None
            assert self._reader.stdout is not None
            self._reader.stdin.write(f"{name}\n".encode())
            self._reader.stdin.flush()
            head = self._reader.stdout.readline().decode().split()
            if head[-1] in {"missing", "ambiguous"}:
                return None
            return head[0], self._reader.stdout.read(int(head[2]) + 1)[:-1]

    def _content(self, name: str) -> bytes:
        found = self._read(name)
        assert found is not None, name
        return found[1]

    def _run(
        self, *args: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**_ENVIRONMENT, **(environment or {})},
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )

    @property
    def _empty(self) -> bool:
        loose = any(path.is_file() for path in (self.path / "refs").rglob("*"))
        return not loose and not self.git("for-each-ref", "--count=1")

    # --- references

    def _get_ref(self, call: Call) -> Answer:
        if self._empty:
            return _EMPTY
        # This one matches whole names only, unlike git/matching-refs.
        name = unquote(call.match["ref"])
        commit = self._branch(name)
        return _MISSING if commit is None else Answer(status=200, body=_ref(call, name, commit))

    def _get_matching_refs(self, call: Call) -> Answer:
        if self._empty:
            return _EMPTY
        start = f"refs/{unquote(call.match['ref'])}"
        names = self.text("for-each-ref", "--format=%(refname)").splitlines()
        found = [name.removeprefix("refs/") for name in names if name.startswith(start)]
        return Answer(status=200, body=[_ref(call, name, str(self._branch(name))) for name in found])

    def _branch(self, name: str) -> str | None:
        found = self._read(f"refs/{name}")
        return found[0] if found else None

    def _create_ref(self, call: Call) -> Answer:
        name, commit = str(call.data["ref"]), str(call.data["sha"])
        if self.resolve(commit) is None:
            return error(422, "Object does not exist")
        if self._branch(name.removeprefix("refs/")) is not None:
            return error(422, "Reference already exists")
        self.git("update-ref", name, commit, "0" * 40)
        return Answer(status=201, body=_ref(call, name.removeprefix("refs/"), commit))

    def _update_ref(self, call: Call) -> Answer:
        name, commit = unquote(call.match["ref"]), str(call.data["sha"])
        if call.data.get("force"):
            self._problems.append(f"a forced update of {name}")
        old = self._branch(name)
        if old is None:
            return error(422, "Reference does not exist")
        if self.resolve(commit) is None:
            return error(422, "Object does not exist")
        if self._run("merge-base", "--is-ancestor", old, commit).returncode:
            return error(422, "Update is not a fast forward")
        self.git("update-ref", f"refs/{name}", commit, old)
        return Answer(status=200, body=_ref(call, name, commit))

    # --- trees and blobs

    def _get_tree(self, call: Call) -> Answer:
        if self._empty:
            return _EMPTY
        tree = self.resolve(unquote(call.match["ref"]), "tree")
        if tree is None:
            return _MISSING
        return Answer(status=200, body=self._tree(call, tree, recursive="recursive" in call.query))

    def _tree(self, call: Call, tree: str, *, recursive: bool = False) -> Json:
        entries = []
        for path, (mode, sha) in self._entries(tree, recursive=recursive).items():
            kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
            size_of_file = {"size": len(self._content(sha))} if kind == "blob" else {}
            entry = {"path": path, "mode": mode, "type": kind, "sha": sha, "url": f"{_git(call)}/{kind}s/{sha}"}
            entries.append(entry | size_of_file)
        return {"sha": tree, "url": f"{_git(call)}/trees/{tree}", "tree": entries, "truncated": False}

    def _entries(self, tree: str, *, recursive: bool, below: str = "") -> dict[str, tuple[str, str]]:
        """Mode and id by path; with those of folders below, each after the folder itself."""
        found: dict[str, tuple[str, str]] = {}
        rest = self._content(tree)
        while rest:
            mode, _, rest = rest.partition(b" ")
            name, _, rest = rest.partition(b"\0")
            sha, rest = rest[:20].hex(), rest[20:]
            path = below + os.fsdecode(name)
            found[path] = (mode.decode().zfill(6), sha)
            if recursive and mode == b"40000":
                found |= self._entries(sha, recursive=True, below=f"{path}/")
        return found

    def _create_tree(self, call: Call) -> Answer:
        if self._empty:
            return _EMPTY
        base = str(call.data.get("base_tree") or "")
        known = self.resolve(base, "tree") if base else ""
        if known is None:
            return error(422, "base_tree is not a valid tree oid")
        files = self._entries(known, recursive=True) if known else {}
        files = {path: entry for path, entry in files.items() if entry[0] != "040000"}
        for item in cast("list[Json]", call.data["tree"]):
            path, sha = str(item["path"]), item.get("sha")
            if ("sha" in item) == ("content" in item):
                return error(422, "Must supply either tree.sha or tree.content.")
            if "content" in item:
                sha = self._store(str(item["content"]).encode())
            elif sha is None:
                if files.pop(path, None) is None:
                    return error(422, "GitRPC::BadObjectState")
                continue
            elif self.resolve(str(sha), "blob") is None:
                return error(422, f"tree.sha {sha} is not a valid blob")
            files[path] = (str(item["mode"]), str(sha))
        return Answer(status=201, body=self._tree(call, self._write_tree(files)))

    def _write_tree(self, files: Mapping[str, tuple[str, str]]) -> str:
        listed = "".join(f"{mode} {sha}\t{path}\0" for path, (mode, sha) in files.items())
        with tempfile.TemporaryDirectory(prefix="index-") as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            self.git("update-index", "-z", "--index-info", stdin=listed.encode(), environment=index)
            return self.git("write-tree", environment=index).decode().strip()

    def _get_blob(self, call: Call) -> Answer:
        blob = self.resolve(unquote(call.match["blob"]), "blob")
        if blob is None:
            return _MISSING
        content = self._content(blob)
        # GitHub breaks the lines of base64 after 60 characters.
        text = re.sub(r"(.{60})", r"\1\n", base64.b64encode(content).decode())
        body = {"sha": blob, "node_id": f"B_{blob}", "size": len(content), "encoding": "base64", "content": text}
        return Answer(status=200, body=body | {"url": f"{_git(call)}/blobs/{blob}"})

    def _create_blob(self, call: Call) -> Answer:
        if self._empty:
            return _EMPTY
        content = str(call.data["content"])
        encoded = call.data.get("encoding") == "base64"
        sha = self._store(base64.b64decode(content, validate=True) if encoded else content.encode())
        return Answer(status=201, body={"sha": sha, "url": f"{_git(call)}/blobs/{sha}"})

    def _store(self, content: bytes) -> str:
        """Write a blob as git does (its fsck agrees)."""
        whole = b"blob %d\0" % len(content) + content
        sha = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self.path / "objects" / sha[:2] / sha[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole))
        return sha

    # --- commits

    def _create_commit(self, call: Call) -> Answer:
        tree, parents = str(call.data["tree"]), [str(parent) for parent in cast("list[str]", call.data["parents"])]
        message = str(call.data["message"])
        if self.resolve(tree, "tree") is None or any(self.resolve(parent) is None for parent in parents):
            return error(422, "Tree SHA does not exist")
        named = _named(call.account)
        options = [option for parent in parents for option in ("-p", parent)]
        made = self.git("commit-tree", tree, *options, stdin=message.encode(), environment=named).decode().strip()
        return Answer(status=201, body=_commit(call, made, tree, parents, message))

    def _compare(self, call: Call) -> Answer:
        names = [unquote(call.match[side]) for side in ("base", "head")]
        found = [self.resolve(name) for name in names]
        if found[0] is None or found[1] is None:
            return _MISSING
        base, head = found[0], found[1]
        done = self._run("merge-base", base, head)
        if done.returncode:
            return error(404, _NO_COMMON_ANCESTOR.format(*names))
        merge_base = done.stdout.decode().split()[0]
        behind, ahead = map(int, self.text("rev-list", "--left-right", "--count", f"{base}...{head}").split())
        size, page = min(int(call.query.get("per_page", PER_ANSWER)), PER_ANSWER), int(call.query.get("page", 1))
        every = self.text("rev-list", "--reverse", "--topo-order", f"{base}..{head}").split()
        shown = every[(page - 1) * size : page * size]
        first, second, *commits = self._listed(call, [base, merge_base, *shown])
        status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
        url = f"{call.root}{call.path}"
        more = page * size < len(every)
        body = {
            **{f"{kind}url": url for kind in ("", "html_", "permalink_", "diff_", "patch_")},
            "base_commit": first,
            "merge_base_commit": second,
            "status": status.get((bool(ahead), bool(behind)), "diverged"),
            "ahead_by": ahead,
            "behind_by": behind,
            "total_commits": ahead,
            "commits": commits,
            "files": [],
        }
        link = {"Link": f'<{url}?per_page={size}&page={page + 1}>; rel="next"'} if more else {}
        return Answer(status=200, body=body, headers=link)

    def _listed(self, call: Call, commits: list[str]) -> list[Json]:
        """Commits as lists of commits hold them."""
        known = {}
        for line in self.git("log", "--no-walk", "--format=%H %T %P", *commits).decode().splitlines():
            sha, tree, *parents = line.split(" ")
            known[sha] = _commit_of_a_list(call, sha, tree, [parent for parent in parents if parent])
        return [known[commit] for commit in commits]


_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TEMPLATE_DIR": "",
}


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _named(account: Account) -> dict[str, str]:
    return {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", account.login), ("EMAIL", "bot@example.org"))
    }


def _git(call: Call) -> str:
    """The address below which a call's repository has its git data."""
    return f"{call.root}{call.path.partition('/git/')[0]}/git"


def _ref(call: Call, name: str, commit: str) -> Json:
    url = f"{_git(call)}/refs/{name}"
    target = {"type": "commit", "sha": commit, "url": f"{_git(call)}/commits/{commit}"}
    return {"ref": f"refs/{name}", "node_id": "REF_1", "url": url, "object": target}


def _commit(call: Call, commit: str, tree: str, parents: list[str], message: str) -> Json:
    url = f"{_git(call)}/commits/{commit}"
    person = {"name": call.account.login, "email": "bot@example.org", "date": "2026-11-22T10:00:00Z"}
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    return {
        "sha": commit,
        "node_id": f"C_{commit}",
        "url": url,
        "html_url": url,
        "author": person,
        "committer": person,
        "message": message,
        "tree": {"sha": tree, "url": f"{_git(call)}/trees/{tree}"},
        "parents": [{"sha": sha, "url": url, "html_url": url} for sha in parents],
        "verification": unsigned,
    }


def _commit_of_a_list(call: Call, commit: str, tree: str, parents: list[str]) -> Json:
    url, person = f"{call.root}{call.path}/commits/{commit}", {"name": "a", "email": "a@example.org"}
    about = {
        "url": url,
        "author": person,
        "committer": person,
        "message": "a change",
        "comment_count": 0,
        "tree": {"sha": tree, "url": url},
    }
    return {
        "sha": commit,
        "node_id": f"C_{commit}",
        "url": url,
        "html_url": url,
        "comments_url": url,
        "commit": about,
        "author": None,
        "committer": None,
        "parents": [{"sha": sha, "url": url, "html_url": url} for sha in parents],
    }
