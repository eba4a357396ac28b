"""The sample project of `covgate demo`: a shop, and a change that leaves lines without a test."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from covgate.errors import InputError
from covgate.system import GitCall

_AUTHOR = {
    "GIT_AUTHOR_NAME": "covgate demo",
    "GIT_AUTHOR_EMAIL": "demo@example.invalid",
    "GIT_COMMITTER_NAME": "covgate demo",
    "GIT_COMMITTER_EMAIL": "demo@example.invalid",
}

MARK = ".covgate-demo"
"""Stands in a folder the demo made, which the demo may therefore make anew."""


def make_sample(folder: Path, environment: Mapping[str, str]) -> None:
    """Make the sample's git repository in `folder` (made anew if the demo made it before).

    Raises InputError when the folder holds anything else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise InputError(
                f"{folder} is not empty, and covgate demo did not make it",
                hint="name another folder: `covgate demo FOLDER`",
                slug="demo-folder",
            )
        _remove(folder)
    folder.mkdir(parents=True, exist_ok=True)
    git = GitCall(directory=folder, environment=environment)
    git.run("init", "--quiet", "--initial-branch=main")
    (folder / MARK).write_text("Made by `covgate demo`; the next demo replaces this folder.\n", encoding="utf-8")
    for name, branch, message in (("base", "", "A shop"), ("change", "vouchers", "Add vouchers and receipts")):
        if branch:
            git.run("checkout", "--quiet", "-b", branch)
        _copy(files("covgate.commands.demo") / "sample" / name, folder)
        git.run("add", "--all")
        git.run("commit", "--quiet", "--message", message, extra=_AUTHOR)


def _copy(source: Traversable, target: Path) -> None:
    """Copy a tree, dropping the `.txt` that keeps the sample's modules from being taken for covgate's own."""
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir(exist_ok=True)
            _copy(entry, target / entry.name)
        elif entry.name.endswith(".txt"):
            (target / entry.name.removesuffix(".txt")).write_bytes(entry.read_bytes())


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
