"""Git's own configuration files while strangers' code runs: a copy without credentials stands in their place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from covgate.system.quiet import run_quiet

_HIDDEN = ".covgate-hidden"

_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|worktree"
    r"|autocrlf|eol|safecrlf|sparsecheckout\w*|quotepath|abbrev)"
    r"|extensions\.\w+|remote\..+\.(fetch|url|tagopt|promisor|partialclonefilter)|branch\..+\.(remote|merge|rebase)"
    r"|submodule\..+\.(active|url|branch)|submodule\.active|user\.(name|email)|init\.defaultbranch|gc\.auto",
    re.DOTALL,
)
"""What stays readable. Credentials hide under many names: extraheader, cookiefile, helper, insteadof, include."""


def find_configs(git: Path) -> list[Path]:
    """Return the configuration files below a folder of git's: of the clone, its submodules and worktrees."""
    return [
        folder / name
        for folder in _git_folders(git)
        if (folder / "HEAD").is_file()
        for name in ("config", "config.worktree")
        if any((folder / f"{name}{suffix}").is_file() for suffix in ("", _HIDDEN))
    ]


def _git_folders(folder: Path) -> Iterator[Path]:
    yield folder
    for name in ("modules", "worktrees"):
        for path in sorted((folder / name).rglob("HEAD")):
            # Not below another's references and logs, which have such names as well; a submodule may be called `logs`.
            above = [place for place in path.parents if place.is_relative_to(folder / name)]
            if not any(place.name in {"refs", "logs"} and (place.parent / "HEAD").is_file() for place in above):
                yield path.parent


def hide_credentials(config: Path) -> list[Path]:
    """Put a copy without credentials in the place of a configuration; return the files it includes.

    Raises OSError.
    """
    hidden = config.with_name(config.name + _HIDDEN)
    if hidden.exists():
        # Left by a run that was killed.
        put_back(config)
    entries = _entries(config)
    copy = config.with_name(f"{config.name}.covgate-copy")
    copy.unlink(missing_ok=True)
    with copy.open("x", encoding="utf-8", errors="surrogateescape") as file:
        file.write("".join(_lines(entries)))
    copy.chmod(0o644)
    config.rename(hidden)
    _set_closed(hidden, closed=True)
    copy.rename(config)
    return [path for key, value in entries if key.startswith("include") for path in _included(config, value)]


def put_back(config: Path) -> None:
    """Put the hidden configuration back in its place. Raises OSError."""
    hidden = config.with_name(config.name + _HIDDEN)
    if hidden.exists():
        _set_closed(hidden, closed=False)
        hidden.replace(config)


def _set_closed(path: Path, *, closed: bool) -> None:
    """Let nobody but the owner read a file, or as before: the bits that go stand in its bits for executing."""
    mode = path.stat().st_mode & 0o777
    path.chmod((mode & 0o600) | (mode & 0o044) >> 2 if closed else (mode & 0o600) | (mode & 0o011) << 2)


def _entries(config: Path) -> list[tuple[str, str | None]]:
    argv: list[str | Path] = ["git", "config", "--file", config, "--no-includes", "--null", "--list"]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
    done = run_quiet(argv, cwd=Path("/"), env=env)
    found = []
    # Nothing of one that git cannot read: a clone that is not covgate's may be a broken one.
    for entry in os.fsdecode(b"" if done.exit_code else done.stdout).split("\0")[:-1]:
        key, sign, value = entry.partition("\n")
        found.append((key, value if sign else None))
    return found


def _lines(entries: list[tuple[str, str | None]]) -> Iterator[str]:
    for key, value in entries:
        if not _HARMLESS.fullmatch(key):
            continue
        section, _, rest = key.partition(".")
        subsection, _, name = rest.rpartition(".")
        quoted = f' "{_escaped(subsection)}"' if subsection else ""
        yield f"[{section}{quoted}]\n"
        yield f"\t{name}\n" if value is None else f'\t{name} = "{_escaped(_without_user(value))}"\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _without_user(url: str) -> str:
    """Take user and password out of an address."""
    return re.sub(r"^(\w[\w+.-]*://)[^/]*@", r"\1", url)


def _included(config: Path, value: str | None) -> Iterator[Path]:
    if value and not value.startswith("~"):
        path = Path(os.path.normpath(config.parent / value))
        if path.is_file() and not path.is_symlink():
            yield path
