"""One Chromium for all tests of the page, and a server on the loopback that the page comes from."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HERE = Path(__file__).parent
# `make test` does without Playwright: what it would deselect cannot be imported then.
collect_ignore_glob = [] if find_spec("playwright") else ["*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page did that it should not have."""

    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from tests.browser.chromium import NoBrowserError, running_chromium  # noqa: PLC0415  # only where Playwright is

    try:
        with running_chromium() as browser:
            yield browser
    except NoBrowserError as exc:
        if os.environ.get("CI"):
            pytest.fail(f"the page is not tested: {exc}")
        pytest.skip(f"needs a browser: {exc}")


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def open_page(chromium: Browser, seen: Seen, tmp_path: Path) -> Iterator[Open]:
    """Serve files and open one; a message in the console or a request to another host fails the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host = f"http://127.0.0.1:{server.server_port}/"
    contexts = []

    def guard(route: Route) -> None:
        if route.request.url.startswith(host):
            route.continue_()
        else:
            seen.elsewhere.append(route.request.url)
            route.abort()

    def open_files(
        files: dict[str, str],
        name: str = "index.html",
        *,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1080,
        height: int = 760,
    ) -> Page:
        for file, text in files.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", lambda message: seen.console.append(message.text))
        page.on("pageerror", lambda error: seen.console.append(str(error)))
        page.goto(host + name)
        return page

    yield open_files
    for context in contexts:
        context.close()
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
    assert seen == Seen()
