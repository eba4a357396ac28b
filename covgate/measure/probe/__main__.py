"""Start the probe: the project's interpreter runs this folder, `python .../measure/probe`.

One JSON request comes in on the standard input, one JSON answer goes to the file that the request names.
"""

from __future__ import annotations

import os
import sys

import coverage

if coverage.version_info < (7, 13):
    # Said before anything is imported that an older one, or its Python, may not have.
    sys.exit(f"coverage {coverage.__version__} is too old")

# Only who installs covgate writes to its folder. Here another Python would write bytecode, perhaps as root: files that
# no uninstallation removes. What was compiled at the installation is used; coverage and plugins are cached as ever.
write_no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
# One package and no modules beside this file: a module `scope` here would hide a plugin `scope` of the project.
from covgate_probe.answer import answer  # type: ignore[import-not-found] # noqa: E402  # this folder is on sys.path

sys.dont_write_bytecode = write_no_bytecode

# Empty: covgate ended without a question.
if question := sys.stdin.read():
    # Python put this folder first; coverage puts the working directory there, where plugins may live.
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.getcwd(), *(entry for entry in sys.path if entry != folder)]
    answer(question)
