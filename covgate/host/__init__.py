"""The forge and its CI behind one face: the run's context, comments, data, links, log."""

from covgate.host.comments import PostedComment, PullRequestComments
from covgate.host.context import EventKind, RunContext, access_of
from covgate.host.finished_run import FinishedRun
from covgate.host.github.host import find_pull_request, load_finished_run, open_host
from covgate.host.github.log import Level, Runner
from covgate.host.host import Host
from covgate.host.links import Links
from covgate.host.pull_requests import BranchPull, PullRequest, PullRequests
from covgate.host.refusal import Refusal, publish_error
from covgate.host.repository import Compared, RepositoryData, Tree

__all__ = [
    "BranchPull", "Compared", "EventKind", "FinishedRun", "Host", "Level", "Links", "PostedComment", "PullRequest",
    "PullRequestComments", "PullRequests", "Refusal", "RepositoryData", "RunContext", "Runner", "Tree", "access_of",
    "find_pull_request", "load_finished_run", "open_host", "publish_error",
]  # fmt: skip
