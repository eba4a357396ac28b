"""Start the probe: the project's interpreter runs this file.

One JSON request comes in on the standard input, one JSON answer goes to the open pipe whose number is the argument.
"""

import os
import sys

import coverage

if coverage.version_info < (7, 13):
    # Said before anything is imported that an older one, or its Python, may not have.
    sys.exit(f"coverage {coverage.__version__} is too old")

FOLDER = os.path.dirname(os.path.abspath(__file__))
# It holds one package and no modules: a `scope.py` here would hide a coverage plugin `scope` of the project. Python has
# put it first already, except with PYTHONSAFEPATH.
sys.path.insert(0, FOLDER)
# The project's interpreter writes nothing into covgate's folder: it may be another Python and run as another user, and
# no uninstallation would remove it. Started as a folder, Python would write the bytecode of this file all the same.
AS_EVER, sys.dont_write_bytecode = sys.dont_write_bytecode, True
from covgate_probe.answer import answer  # type: ignore[import-not-found] # noqa: E402  # see FOLDER

sys.dont_write_bytecode = AS_EVER

pipe = int(sys.argv.pop())
# What plugins start does not inherit it.
os.set_inheritable(pipe, False)
question = sys.stdin.read()
# Empty: covgate ended without one.
if question:
    # coverage puts the working directory first, where plugins may live.
    sys.path[:] = [os.getcwd(), *(entry for entry in sys.path if entry != FOLDER)]
    answer(question, pipe)
