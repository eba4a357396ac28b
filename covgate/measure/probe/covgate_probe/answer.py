"""From a question to its answer."""

from __future__ import annotations

import gc
import json
import os
import warnings

from coverage.exceptions import CoverageException

from .analyse import analyse
from .prepare import prepare
from .unmeasured import static

COMMANDS = {"prepare": prepare, "analyse": analyse, "static": static}


def answer(question: str, pipe: int) -> None:
    """Answer a request given as JSON into `pipe`; an error that coverage words itself becomes part of the answer."""
    request = json.loads(question)
    request["root"] = os.path.realpath(request["root"])
    # Parsing makes many small objects and few cycles: looking for those less often saves a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = COMMANDS[request["command"]](request)
        except CoverageException as exc:
            found = {"error": str(exc), "kind": type(exc).__name__}
    found["warnings"] = list(dict.fromkeys(str(w.message) for w in caught if "Coverage" in w.category.__name__))
    with open(pipe, "w", encoding="utf-8") as file:
        json.dump(found, file, separators=(",", ":"))
