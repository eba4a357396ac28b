"""Take the pictures of reports under docs/: `python -m tools.pictures [FOLDER]`.

The comments are golden files of real runs, as GitHub shows them: its Markdown styles come from npm. Their digests are
written down beside the pictures, and a test says when a golden file is another now. The page is the one that
`covgate demo` makes. The marks are drawn here: not every machine has a font with emoji.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from tests.browser.chromium import running_chromium
from tools.pictured import COMMENTS, ROOT, SUMS, golden, sum_up

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
STYLES = "github-markdown-css@5"
WIDTH = 760
PAGE_WIDTH, PAGE_HEIGHT = 900, 860
_PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="package/github-markdown.css">
<style>body {{ margin: 0; padding: 20px; background: {paper}; }}</style>
<article class="markdown-body">{body}</article>"""
_FOR_A_PICTURE = ".file { content-visibility: visible; } #keys { display: none; }"
_MARK = '<svg viewBox="0 0 16 16" width="1.05em" height="1.05em" style="vertical-align: -0.15em">{}</svg>'
_MARKS = {
    "❌": _MARK.format(
        '<path d="M2.5 2.5l11 11m0-11l-11 11" stroke="#dd2e44" stroke-width="3.2" stroke-linecap="round"/>'
    ),
    "✅": _MARK.format(
        '<rect x="0.5" y="0.5" width="15" height="15" rx="3" fill="#3fa34d"/>'
        '<path d="M3.5 8.5l3 3 6-7.5" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round"/>'
    ),
}
_PAPERS: dict[Scheme, str] = {"light": "#ffffff", "dark": "#0d1117"}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main(arguments: Sequence[str]) -> int:
    """Write the pictures."""
    target = Path(arguments[0]) if arguments else ROOT / "docs"
    with tempfile.TemporaryDirectory() as name, running_chromium() as browser:
        folder = Path(name)
        _fetch_styles(folder)
        _make_page(folder)
        with _served(folder) as address:
            for scheme in SCHEMES:
                for picture, outcome in COMMENTS.items():
                    text = golden(outcome).read_text(encoding="utf-8")
                    body = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
                    html = _PAGE.format(body=_draw_marks(body), paper=_PAPERS[scheme])
                    (folder / "comment.html").write_text(html, encoding="utf-8")
                    _shoot(browser, f"{address}/comment.html", scheme, target / f"{picture}-{scheme}.png")
                _shoot(browser, f"{address}/index.html", scheme, target / f"report-{scheme}.png", height=PAGE_HEIGHT)
    if not arguments:
        SUMS.write_text(sum_up(), encoding="utf-8")
    return 0


def _draw_marks(html: str) -> str:
    for mark, drawing in _MARKS.items():
        html = html.replace(mark, drawing)
    return html


def _shoot(browser: Browser, address: str, scheme: Scheme, path: Path, *, height: int | None = None) -> None:
    """Take a picture of a comment, whole and sharp, or of the first `height` pixels of a page."""
    page = browser.new_page(
        color_scheme=scheme,
        viewport={"width": PAGE_WIDTH if height else WIDTH, "height": height or 100},
        device_scale_factor=1 if height else 1.5,
        # The report's own policy lets no style of others into it.
        bypass_csp=True,
    )
    page.goto(address)
    page.add_style_tag(content=_FOR_A_PICTURE)
    page.screenshot(path=path, full_page=height is None)
    page.close()


def _make_page(folder: Path) -> None:
    """Make the sample project, and its report."""
    covgate = [sys.executable, "-m", "covgate"]
    local = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    subprocess.run([*covgate, "demo", "demo"], cwd=folder, env=local, check=True, stdout=subprocess.DEVNULL)
    # The gate of the sample is red on purpose.
    sample = folder / "demo"
    check = [*covgate, "check", "--report", "html"]
    subprocess.run(check, cwd=sample, env=local, check=False, stdout=subprocess.DEVNULL)
    html = (sample / ".covgate" / "index.html").read_text(encoding="utf-8")
    (folder / "index.html").write_text(_draw_marks(html), encoding="utf-8")


def _fetch_styles(folder: Path) -> None:
    subprocess.run(["npm", "pack", "--silent", STYLES], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback: as a page is read on the web."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
