"""One call of git: fixed flags, a clean environment, and errors that say what git said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from covgate.edges.process import Completed, child_environment, run_quiet
from covgate.errors import GitError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCall:
    """Git in one folder. `environment` is the one covgate was started in; what could move an answer is taken out."""

    directory: Path
    environment: Mapping[str, str]

    def run(
        self,
        *args: str,
        check: bool = True,
        stdin: bytes = b"",
        timeout: float = 600,
        extra: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run git with `args` and return what it wrote. `extra` is added to the environment of this one process.

        Raises GitError when git is missing, and on a failure unless `check` is off, and TimeoutError.
        """
        argv = ["git", *_GLOBAL_FLAGS, *args]
        environment = _clean_environment(self.environment) | dict(extra or {})
        try:
            answer = run_quiet(argv, cwd=self.directory, env=environment, stdin=stdin, timeout=timeout)
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
