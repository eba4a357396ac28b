"""Pull requests as the fake GitHub answers them: listed, opened, edited; and what people do to them in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from tests.support.github.answers import REPOSITORY_ID, Account, Answer, Call, Route, error, refuse_body, user
from tests.support.github.git_data import GitData, Json
from tests.support.github.server import FakeGithub

NOT_PERMITTED = "GitHub Actions is not permitted to create or approve pull requests."
NOW = "2026-11-22T10:00:00Z"


@dataclass(slots=True, kw_only=True)
class Pull:
    """A stored pull request. `last` is where its branch was when it was closed; None while it is open."""

    number: int
    title: str
    body: str
    head: str
    base: str
    author: str
    last: str | None = None
    merged: bool = False
    fork: str | None = ""
    """The repository its branch is in, when it is not this one; None for one that was deleted."""
    sha: str = ""
    """The commit of a fork's branch, which is not in the repository here."""
    merge: str | None = None
    """What `refs/pull/N/merge` points to."""

    @property
    def owner(self) -> str:
        """Whose branch it is, for a fork."""
        return (self.fork or "").partition("/")[0]


class FakePulls:
    """The pull requests of a fake GitHub that keeps git data; they are added to its routes."""

    def __init__(self, github: FakeGithub, *, permitted: bool = True) -> None:
        self.permitted = permitted
        """The repository's setting that lets workflows open pull requests."""
        self.pulls: list[Pull] = []
        self._owner = github.repository.partition("/")[0]
        self._repository = github.repository
        github.routes += self.routes()
        self._git: GitData = github.git_data

    def routes(self) -> list[Route]:
        return [
            ("GET", r"/pulls", self._list),
            ("POST", r"/pulls", self._create),
            ("PATCH", r"/pulls/(?P<number>\d+)", self._edit),
            ("GET", r"/git/commits/(?P<sha>[0-9a-f]{40})", self._get_commit),
        ]

    # --- what people do

    @property
    def open(self) -> list[Pull]:
        return [pull for pull in self.pulls if pull.last is None]

    def close(self, pull: Pull) -> None:
        pull.last = self._git.resolve(pull.head)

    def merge(self, pull: Pull, *, squash: bool = False) -> None:
        """Merge as the button does: a merge commit, or one commit with the difference."""
        base, head = self._git.text("rev-parse", pull.base), self._git.text("rev-parse", pull.head)
        tree = self._git.text("merge-tree", "--write-tree", base, head)
        parents = ["-p", base] if squash else ["-p", base, "-p", head]
        self._move(pull.base, tree, parents, pull.title)
        pull.last, pull.merged = head, True

    def push(self, branch: str, path: str, text: str, message: str = "A person's commit") -> None:
        """Commit one file on top of a branch."""
        files = self._git.files(branch) | {path: text.encode()}
        tree = self._git.text("rev-parse", f"{self._git.seed(files, branch='scratch')}^{{tree}}")
        self._git.git("update-ref", "-d", "refs/heads/scratch")
        self._move(branch, tree, ["-p", self._git.text("rev-parse", branch)], message)

    def _move(self, branch: str, tree: str, parents: list[str], message: str) -> None:
        person = {
            f"GIT_{role}_{key}": f"{key.lower()}@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for key in ("NAME", "EMAIL")
        }
        made = self._git.git("commit-tree", tree, *parents, stdin=message.encode(), environment=person)
        self._git.git("update-ref", f"refs/heads/{branch}", made.decode().strip())

    # --- requests

    def _list(self, call: Call) -> Answer:
        state, head = call.query.get("state", "open"), call.query.get("head", "")
        found = [
            pull
            for pull in self.pulls
            if state in {"all", "open" if pull.last is None else "closed"}
            # A head without its owner is no filter at all.
            and (":" not in head or head == f"{pull.owner or self._owner}:{pull.head}")
            and call.query.get("base", pull.base) == pull.base
        ]
        found.sort(key=lambda pull: pull.number, reverse=call.query.get("direction", "desc") == "desc")
        return Answer(status=200, body=[self._simple(call, pull) for pull in found])

    def answer_unfiltered(self, root: str) -> Answer:
        """The list as GitHub gives it for filters it does not understand."""
        path, nobody = f"/repos/{self._repository}/pulls", Account(login="")
        match = cast("re.Match[str]", re.match("", ""))
        return self._list(Call(method="GET", root=root, path=path, query={}, account=nobody, data={}, match=match))

    def _create(self, call: Call) -> Answer:
        head, base = str(call.data["head"]), str(call.data["base"])
        if call.account.login == "github-actions[bot]" and not self.permitted:
            return error(403, NOT_PERMITTED)
        for field, branch in (("head", head), ("base", base)):
            if self._git.resolve(f"refs/heads/{branch}") is None:
                return _refused({"resource": "PullRequest", "field": field, "code": "invalid"})
        if any((pull.head, pull.base) == (head, base) for pull in self.open):
            return _custom(f"A pull request already exists for {self._owner}:{head}.")
        if self._git.text("rev-list", "--count", f"{base}..{head}") == "0":
            return _custom(f"No commits between {base} and {head}")
        if refusal := refuse_body(call.data.get("body")):
            return refusal
        made = self.add(call.account, head=head, base=base, title=str(call.data["title"]), body=str(call.data["body"]))
        return Answer(status=201, body=self._full(call, made))

    def add(self, account: Account, *, head: str, base: str, title: str, body: str) -> Pull:
        made = Pull(number=12 + len(self.pulls), title=title, body=body, head=head, base=base, author=account.login)
        self.pulls.append(made)
        return made

    def _edit(self, call: Call) -> Answer:
        pull = next((pull for pull in self.pulls if pull.number == int(call.match["number"])), None)
        if pull is None:
            return error(404, "Not Found")
        if refusal := refuse_body(call.data.get("body")):
            return refusal
        pull.title, pull.body = str(call.data["title"]), str(call.data["body"])
        if call.data.get("state") == "closed":
            self.close(pull)
        return Answer(status=200, body=self._full(call, pull))

    def _get_commit(self, call: Call) -> Answer:
        sha = self._git.resolve(call.match["sha"])
        if sha is None:
            return error(404, "Not Found")
        url = f"{call.root}{call.path}"
        person = {"name": "a", "email": "a@example.org", "date": NOW}
        parents = self._git.text("show", "--no-patch", "--format=%P", sha).split()
        body = {
            "sha": sha,
            "node_id": f"C_{sha}",
            "url": url,
            "html_url": url,
            "author": person,
            "committer": person,
            "message": self._git.text("show", "--no-patch", "--format=%B", sha),
            "tree": {"sha": self._git.text("rev-parse", f"{sha}^{{tree}}"), "url": url},
            "parents": [{"sha": parent, "url": url, "html_url": url} for parent in parents],
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        }
        return Answer(status=200, body=body)

    # --- what GitHub's answers look like

    def _simple(self, call: Call, pull: Pull) -> Json:
        api, web = f"{call.root}/repos/{self._repository}", f"{call.root}/{self._repository}/pull/{pull.number}"
        this, issue = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
        links = {
            "self": this,
            "html": web,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{this}/comments",
            "review_comment": f"{api}/pulls/comments{{/number}}",
            "commits": f"{this}/commits",
            "statuses": f"{api}/statuses/1",
        }
        closed = pull.last is not None
        return {
            "id": pull.number + 1000,
            "node_id": f"PR_{pull.number}",
            "url": this,
            "html_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            **{f"{name}_url": url for name, url in links.items() if name not in {"self", "html"}},
            "number": pull.number,
            "state": "closed" if closed else "open",
            "locked": False,
            "title": pull.title,
            "user": user(call.root, pull.author),
            "body": pull.body or None,
            "labels": [],
            "milestone": None,
            "created_at": NOW,
            "updated_at": NOW,
            "closed_at": NOW if closed else None,
            "merged_at": NOW if pull.merged else None,
            "merge_commit_sha": pull.merge,
            "head": self._side(call, pull.head, pull.last or pull.sha or self._git.resolve(pull.head), pull.fork),
            "base": self._side(call, pull.base, self._git.resolve(pull.base)),
            "_links": {name: {"href": url} for name, url in links.items()},
            "author_association": "NONE",
            "auto_merge": None,
        }

    def _full(self, call: Call, pull: Pull) -> Json:
        numbers = ("comments", "review_comments", "commits", "additions", "deletions", "changed_files")
        return self._simple(call, pull) | {
            "merged": pull.merged,
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged_by": None,
            "maintainer_can_modify": False,
            **dict.fromkeys(numbers, 1),
        }

    def _side(self, call: Call, branch: str, sha: str | None, fork: str | None = "") -> Json:
        name = fork or self._repository
        owner = user(call.root, name.partition("/")[0])
        repository = None if fork is None else _repository(call, name, owner)
        label = f"{name.partition('/')[0]}:{branch}"
        return {"label": label, "ref": branch, "sha": sha or "0" * 40, "user": owner, "repo": repository}


def interrupt(github: FakeGithub, method: str, path: str, action: Callable[[], object], *, times: int = 1) -> None:
    """Let something happen just before the next answers of a route, as if another run had been there.

    `path` is a route's pattern; the action must not ask the server, which is busy with the request.
    """
    (place,) = [n for n, route in enumerate(github.routes) if route[:2] == (method, path)]
    answer = github.routes[place][2]
    left = [times]

    def answer_later(call: Call) -> Answer:
        if left[0]:
            left[0] -= 1
            action()
        return answer(call)

    github.routes[place] = (method, path, answer_later)


def _refused(problem: dict[str, str]) -> Answer:
    return error(422, "Validation Failed", errors=[problem])


def _custom(message: str) -> Answer:
    return _refused({"resource": "PullRequest", "code": "custom", "message": message})


_ADDRESSES = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
]


def _repository(call: Call, name: str, owner: Json) -> Json:
    api, web = f"{call.root}/repos/{name}", f"{call.root}/{name}"
    counts = (
        "forks",
        "forks_count",
        "stargazers_count",
        "watchers_count",
        "watchers",
        "size",
        "open_issues",
        "open_issues_count",
    )
    return {
        "id": REPOSITORY_ID,
        "node_id": f"R_{REPOSITORY_ID}",
        "name": name.partition("/")[2],
        "full_name": name,
        "owner": owner,
        "url": api,
        "html_url": web,
        **{f"{kind}_url": f"{api}/{kind}" for kind in _ADDRESSES},
        **dict.fromkeys(("git_url", "ssh_url", "clone_url", "svn_url"), web),
        **dict.fromkeys(("license", "description", "mirror_url", "homepage", "language"), None),
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(("fork", "has_pages", "disabled", "private"), False),
        **dict.fromkeys(("pushed_at", "created_at", "updated_at"), NOW),
        "default_branch": "main",
    }
