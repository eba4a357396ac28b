"""coverage's own reports of the whole project, of the analyses that are there already."""

from __future__ import annotations

import os
from html import escape
from typing import Any

from . import Json
from .analyst import Analyst, relative


def write_exports(request: Json, cov: Analyst) -> None:
    """Write the reports that are asked for. Those for other tools name files as the repository does."""
    exports = dict(request["exports"])
    if folder := exports.pop("coverage-html", None):
        cov.html_report(directory=folder)
    if not exports:
        return
    root = request["root"]
    # A file outside of the checkout has no such name, and in XML it would spoil the names of others.
    inside = [one for one in cov.reported() if not os.path.isabs(relative(one.filename, root))]
    if not inside:
        return
    morfs = [name_from(root, one).filename for one in inside]
    if "xml" in exports:
        _write_xml(cov, root, morfs, exports["xml"])
    if "lcov" in exports:
        cov.lcov_report(morfs, outfile=exports["lcov"])
    if "json" in exports:
        cov.json_report(morfs, outfile=exports["json"])
    if "markdown" in exports:
        with open(exports["markdown"], "w", encoding="utf-8", errors="backslashreplace") as file:
            cov.report(morfs, file=file, output_format="markdown")


def name_from(root: str, reporter: Any) -> Any:
    """Have coverage show a file by its path in the checkout, instead of in the folder it works in."""
    reporter.relative_filename = lambda: relative(reporter.filename, root)
    return reporter


def _write_xml(cov: Analyst, root: str, morfs: list[str], place: str) -> None:
    """Write Cobertura's XML. coverage cuts names at the folders of `source`, so that two files may get one."""
    cov.config.source = [root]
    cov.xml_report(morfs, outfile=place)
    with open(place, encoding="utf-8") as file:
        text = file.read()
    # The checkout of another job, or of the machine around a container, lies elsewhere.
    source = "<source>{}</source>"
    with open(place, "w", encoding="utf-8") as file:
        file.write(text.replace(source.format(escape(root, quote=False)), source.format("."), 1))
