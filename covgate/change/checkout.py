"""The checkout that is judged, and the change in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath

from covgate.change.base import find_base
from covgate.change.changed_lines import find_changed_lines, outside_environments
from covgate.config import Settings
from covgate.host import RunContext, access_of
from covgate.model import PYTHON_SUFFIXES, Base, ChangedLines, Sha
from covgate.system import Files, GitCommand, GitRemote


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The checkout, and the change in it."""

    git: GitCommand
    remote: GitRemote
    prefix: PurePosixPath
    """The project's folder, relative to the checkout's root."""
    head: Sha
    tree: Sha | None
    """The commit that is measured; None is the working tree."""
    base: Base | None
    lines: ChangedLines | None

    def python_files(self, files: Files) -> tuple[PurePosixPath, ...]:
        """Pick the Python files of the project's folder; those git does not track count on a laptop only."""
        new = () if self.tree else outside_environments(self.git.root, filter(_is_python, files.untracked))
        listing = (*filter(_is_python, files.tracked), *new)
        # Asking each of 20,000 files takes as long as git needs to list them.
        return tuple(path for path in listing if path.is_relative_to(self.prefix)) if self.prefix.parts else listing

    def find_hidden(self) -> PurePosixPath | None:
        """Return a changed file that no longer lies where it lay: something is in its place, or its folder is a link.

        The measurement does not know such a file, as it does not know one of another folder of the repository.
        """
        root, lines = self.git.root.resolve(), self.lines.files if self.lines else {}
        changed = (path for path, file in sorted(lines.items()) if file.lines)
        gone = (path for path in changed if not (root / path).is_file() or (root / path).resolve() != root / path)
        # A sparse checkout left the file out from the start.
        return next((path for path in gone if os.path.lexists(root / path) or not self.git.has_blind_mark(path)), None)


def _is_python(path: PurePosixPath) -> bool:
    return path.suffix in PYTHON_SUFFIXES


def find_change(
    settings: Settings, context: RunContext, git: GitCommand, prefix: PurePosixPath, known: Base | None = None
) -> Checkout:
    """Find the base, unless it is `known`, and the changed lines, before the tests run and can touch the clone."""
    head = git.head()
    tree = None if context.local else head
    remote = GitRemote(git, access_of(context, settings.github_token), of_user=context.local)
    base = known or find_base(git, context, settings.base, settings.where("base"), remote)
    lines = None if base is None else find_changed_lines(git, base.sha, tree)
    return Checkout(git=git, remote=remote, prefix=prefix, head=head, tree=tree, base=base, lines=lines)
