"""A git that says it is older than it is, and refuses what that one did not know."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.git import ENVIRONMENT

_PROGRAM = """#!{python} -I
import os, sys

args = sys.argv[1:]
os.environ["PATH"] = {path!r}
# `-c safe.directory=...` was heeded by 2.38 first; what the old one did with it is nothing.
args = [a for n, a in enumerate(args) if a != "safe.directory=*" and args[n + 1 : n + 2] != ["safe.directory=*"]]
if "version" in args or "--version" in args:
    print({version!r})
    sys.exit(0)
newer = {{
    "cat-file": ("-z", "-Z", "--batch-command", "--use-mailmap", "--filter="),
    "ls-tree": ("--object-only", "--format"),
    "ls-files": ("--format", "--sparse"),
    "fetch": ("--porcelain", "--no-porcelain", "--refetch"),
    "for-each-ref": ("--stdin", "--exclude", "--include-root-refs"),
    "ls-remote": ("--branches",),
    "merge-tree": ("--write-tree",),
    "rev-list": ("--exclude-hidden", "--missing=print-info", "--commit-header", "--no-commit-header"),
    "rev-parse": ("--show-ref-format", "--output-object-format"),
    "diff": ("--default-prefix", "--max-depth"),
    "log": ("--default-prefix", "--exclude-hidden"),
}}
for command, options in newer.items():
    if command in args:
        given = args[args.index(command) + 1 :]
        given = given[: given.index("--end-of-options")] if "--end-of-options" in given else given
        found = [a for a in given if a.startswith(tuple(o for o in options if o.startswith("--"))) or a in options]
        if found:
            sys.exit(f"error: unknown option {{found[0]}}\\nusage: git {{command}}")
os.execvp("git", ["git", *args])
"""


def install_git(folder: Path, version: str) -> Path:
    """Install a `git` that calls itself `version`, and refuses the options that came after 2.34; return its folder."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(_PROGRAM.format(python=sys.executable, path=ENVIRONMENT["PATH"], version=version))
    program.chmod(0o755)
    return folder
