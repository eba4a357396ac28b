"""One call of git: fixed flags, a clean environment, and errors that say what git said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from covgate.errors import GitError
from covgate.system.process import child_environment
from covgate.system.quiet import Completed, run_quiet

_GLOBAL_FLAGS = (
    # A repository's own configuration can name programs; none of them is started by what covgate asks.
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.quotePath=true"),
    *("-c", "core.attributesFile=/dev/null"),
    # Git would read ~/.config/git/ignore even when it is told to read no configuration.
    *("-c", "core.excludesFile=/dev/null"),
    "--no-replace-objects",
    "--no-pager",
    "--literal-pathspecs",
)


_SETTINGS = Path(__file__).with_name("gitconfig")
"""Read in place of the user's configuration. It trusts the workspace of a container, which belongs to another user:
covgate runs its tests, so trusting its .git adds nothing to that. git before 2.38 takes `safe.directory` from such a
file only, from no command line.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCall:
    """Git in one folder. `environment` is the one covgate was started in; what could move an answer is taken out."""

    directory: Path
    environment: Mapping[str, str]
    settings: tuple[str, ...] = ()
    """More settings, as `key=value`: see `user_settings`."""
    of_user: bool = False
    """With the settings of the person who runs it, who alone knows how a remote is reached; on laptops only."""

    def as_user(self) -> GitCall:
        """Return the same git, with the settings of the person who runs it."""
        return replace(self, of_user=True)

    def run(
        self,
        *args: str,
        check: bool = True,
        stdin: bytes = b"",
        timeout: float = 600,
        extra: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run git with `args` and return what it wrote. `extra` is added to the environment of this one process.

        Raises GitError when git cannot be started or does not end in time, and on a failure unless `check` is off.
        """
        settings = [word for setting in self.settings for word in ("-c", setting)]
        argv = ["git", *_GLOBAL_FLAGS, *settings, *args]
        environment = _clean_environment(self.environment)
        if self.of_user:
            environment = _with_own_settings(environment, self.environment)
        environment |= extra or {}
        try:
            answer = run_quiet(argv, cwd=self.directory, env=environment, stdin=stdin, timeout=timeout)
        except FileNotFoundError:
            raise GitError(
                "git was not found", hint="install git, or put it on PATH", slug="not-a-git-repository"
            ) from None
        except TimeoutError as exc:
            raise GitError(
                f"{exc}: git {_subcommand(args)}",
                hint="run the same command by hand in the checkout: it shows what does not answer, a disk or a remote",
                slug="git-failed",
            ) from None
        except OSError as exc:
            raise GitError(
                f"git cannot be started: {exc.strerror or exc}",
                hint="the first `git` on PATH must be a program this user may run",
                slug="git-failed",
            ) from None
        if check and answer.exit_code:
            raise GitError(
                f"git {_subcommand(args)} failed: {answer.error_text}",
                hint="run the same command by hand in the checkout; a broken clone has to be made again",
                slug="git-failed",
            )
        return answer


def _subcommand(args: Sequence[str]) -> str:
    """Return the name of the command among its arguments: `-c name=value` may stand before it."""
    return next((arg for arg in args if not arg.startswith("-") and "=" not in arg), "")


_USER_KEYS: Mapping[str, str | None] = {
    "core.autocrlf": None,
    "core.excludesfile": "ignore",
    "core.attributesfile": "attributes",
}
"""What moves the answers of `git diff` and `git status` on a laptop: line ends, and which files are ignored.

The value is the file's name in the folder of git's own where it lies by default. `core.eol` and `core.safecrlf` matter
only when git writes a file.
"""


def user_settings(directory: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the settings of `_USER_KEYS` as they hold for this user in `directory`, for `GitCall.settings`.

    Nothing else of the user's and the machine's configuration is used: it can name programs, such as an external diff.
    """
    kept = {n: v for n, v in child_environment(environment).items() if not n.startswith("GIT_") or "_CONFIG" in n}
    argv = ["git", "-c", "safe.directory=*", "config", "--null", "--get-regexp", r"^core\.(autocrlf|.*file)$"]
    try:
        answer = run_quiet(argv, cwd=directory, env=kept | {"LC_ALL": "C"})
    except FileNotFoundError:
        # The next call of git says it.
        return ()
    # The last one counts. A key without a value is true.
    pairs = [entry.partition("\n") for entry in os.fsdecode(answer.stdout).split("\0")]
    found = {key: value if sign else "true" for key, sign, value in pairs}
    # Set to nothing, no file is read, the default one neither.
    settings = {key: found.get(key, _default_place(name, environment)) for key, name in _USER_KEYS.items()}
    return tuple(f"{key}={value}" for key, value in settings.items() if value is not None)


def _default_place(name: str | None, environment: Mapping[str, str]) -> str | None:
    """Return where git looks for a user's file of this name when no setting names one."""
    folder = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if (home := environment.get("HOME")) else None)
    return None if name is None or folder is None else f"{folder}/git/{name}"


def _clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in child_environment(environment).items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.fspath(_SETTINGS),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


_USERS_SETTINGS = (
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    *("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY"),
)


def _with_own_settings(clean: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in clean.items() if name not in _USERS_SETTINGS}
    return ours | {name: environment[name] for name in _USERS_SETTINGS if name in environment}
