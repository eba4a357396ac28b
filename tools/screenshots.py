"""Take the screenshots of the trend's page under docs/: `python -m tools.screenshots [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from covgate.report.bands import Bands
from covgate.report.trend.files import render_trend_files
from covgate.report.trend.points import Trend
from tests.browser.chromium import running_chromium
from tests.support.trend_samples import COMPONENTS, TARGET, TODAY, sample_history

DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture. Sizes in pixels; `point` is how far along the chart the pointer stands, 0 to 1."""

    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int
    point: float | None = None


SHOTS = (
    Shot(name="trend-light.png", scheme="light", width=1080, height=790, point=0.52),
    Shot(name="trend-dark.png", scheme="dark", width=1080, height=790),
    Shot(name="trend-narrow.png", scheme="light", width=360, height=900, point=0.59),
)


def main(arguments: Sequence[str]) -> int:
    """Write the pictures of a made-up project's history."""
    folder = Path(arguments[0]) if arguments else DOCS
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=sample_history(90), target=TARGET, components=COMPONENTS, bands=bands, today=TODAY)
    files = render_trend_files(trend, repository_url="https://github.com/acme/bookshop", title="acme/bookshop")
    with tempfile.TemporaryDirectory() as place, running_chromium() as browser:
        page_file = Path(place) / "index.html"
        page_file.write_text(files["index.html"], encoding="utf-8")
        for shot in SHOTS:
            page = browser.new_page(color_scheme=shot.scheme, viewport={"width": shot.width, "height": shot.height})
            page.goto(page_file.as_uri())
            box = page.locator("#chart").bounding_box()
            if shot.point is not None and box is not None:
                page.mouse.move(box["x"] + shot.point * box["width"], box["y"] + box["height"] / 2)
            page.screenshot(path=folder / shot.name)
            page.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
