"""The sources alone, for a report that was made elsewhere, which holds lines only."""

from __future__ import annotations

import os
import sys
from typing import Any

from coverage.exceptions import NoSource, NotPython

from . import Json
from .analyst import Analyst
from .other_versions import of_other_versions
from .record import details, digest_of, looks_like_python
from .unmeasured import find_unmeasured


def static(request: Json) -> Json:
    """Answer the statements of changed files, and which files are not in the report."""
    root = request["root"]
    measured = {os.path.join(root, path) for path in request["measured"]}
    cov = Analyst(data_file=None, config_file=True)
    # Branches of files without data are wanted too; the caller drops them when its report has none.
    cov.get_data().add_arcs({os.path.join(root, "(nothing measured)"): []})
    changed, unloaded = find_unmeasured(request, cov, measured)
    for path in request["changed"]:
        full = os.path.join(root, path)
        if full in measured and os.path.isfile(full):
            changed[path] = {"gap": "measured", **static_record(cov.reporter_of(full))}
    return {"changed": changed, "unloaded": unloaded}


def static_record(reporter: Any) -> Json:
    """Return what a report of this file has to agree with; only a digest for what is no Python (a template)."""
    try:
        statements, excluded = reporter.lines(), reporter.excluded_lines()
    except (NotPython, NoSource) as exc:
        why = {"why": f"{exc} (Python {sys.version_info[0]}.{sys.version_info[1]})"}
        return {"sha256": digest_of(reporter.filename), **(why if looks_like_python(reporter) else {})}
    known = details(reporter, statements)
    if not looks_like_python(reporter):
        # A template may happen to be Python, too: its plugin finds other statements.
        return known
    other = of_other_versions(reporter.source())
    return {
        **known,
        "s": sorted(statements),
        "maybe": sorted(excluded | other["added"] | reporter.translate_lines(other["added"])),
        "optional": sorted(reporter.translate_lines(other["left out"])),
    }
