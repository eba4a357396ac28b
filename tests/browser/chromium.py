"""The machine's Chromium, driven by Playwright: nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
)
"""Quiet: the browser asks nobody for anything. The sandbox does not work for root, as whom containers run."""


class NoBrowserError(Exception):
    """There is no Chromium on this machine."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run Chromium; NoBrowserError when there is none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        msg = f"none of {', '.join(NAMES)} is installed"
        raise NoBrowserError(msg)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
