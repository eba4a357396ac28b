"""How a command of several words becomes a process: in a shell that stops at the first failure."""

from __future__ import annotations

import shutil
from collections.abc import Mapping


def shell_argv(command: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the argument vector that runs a shell command as a step of a workflow does.

    GitHub's `shell: bash` is `bash --noprofile --norc -eo pipefail`: it ends at the first command that fails, and a
    pipe fails with any part of it. Where `environment` has no bash on its PATH it is `sh -e`, which sees the last part
    of a pipe only (POSIX has no `pipefail` before 2024; Debian's dash 0.5.12 has none).
    """
    if shutil.which("bash", path=environment.get("PATH", "")):
        return ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command)
    return ("/bin/sh", "-e", "-c", command)
