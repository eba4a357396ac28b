"""What covgate asks in the project's interpreter: standard library and coverage only.

What a statement, an exclusion or a branch is depends on the interpreter, on coverage's plugins and on the project's
configuration, so the analysis runs where the project runs. There are three commands:

prepare  reads the project's coverage configuration and answers it serialised, set up to measure every Python process
analyse  combines data files and answers, for each measured file, the numbers of its statements, of the missing and
         excluded ones, and its branches; for changed files also the first line of each line's statement, the
         functions, a digest of the text, executed lines that it cannot have, and why its lines are missing
static   answers the same of changed files alone, for reports made elsewhere

Imports are relative, so that nothing but `covgate_probe` enters `sys.modules` of the project's interpreter.
"""

from typing import Any

Json = dict[str, Any]
"""A request, an answer or a part of one."""
