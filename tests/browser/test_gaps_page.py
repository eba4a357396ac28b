"""The HTML report in Chromium: read in light, dark, on a phone and on paper, by keyboard, and with 2,000 files."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from covgate.report.page.render import render_page
from covgate.report.view import build_view
from tests.browser.accessibility import find_barriers
from tests.browser.conftest import Open
from tests.report.test_chart import contrast
from tests.support.situations import SITUATIONS, facts

SOURCE = '''\
"""A module."""

LIMIT = 5000  # in cents


@wrapped
class Cart:
    def shipping(self, voucher=None):
        """Say what sending it costs, in cents."""
        if self.total() >= LIMIT:  # of old
            return 0
        return len(f"{voucher!r} of {self.total()}") or 490
    refund = None  # pragma: no cover
'''
GAPS = "1-2\n    + 3\n    4-9\n    + 10 partial\n    + 11-12 missing\n    13 excluded\n    def Cart.shipping 8-12"
TEXT = "\n".join(f"src/shop/cart_{n}.py\n    {GAPS}" for n in range(4))


def rendered(text: str = TEXT, source: str = SOURCE, *, min_diff: str = "80") -> dict[str, str]:
    made = facts(text, min_diff=min_diff)
    texts = {file.path: source.encode() for file in made.known_diff.files}
    return {"index.html": render_page(made, build_view(made), texts)}


def colours(page: Page, selector: str) -> tuple[str, str]:
    """The (ink, paper) of the first element that fits, each as #rrggbb."""
    found = page.locator(selector).first.evaluate(
        """element => {
            let paper = element;
            while (getComputedStyle(paper).backgroundColor === "rgba(0, 0, 0, 0)") paper = paper.parentElement;
            return [getComputedStyle(element).color, getComputedStyle(paper).backgroundColor];
        }"""
    )
    ink, paper = ("#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", one)[:3]) for one in found)
    return ink, paper


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1080, 390])
def test_nothing_bars_a_reader(open_page: Open, scheme: Literal["light", "dark"], width: int) -> None:
    page = open_page(rendered(), scheme=scheme, width=width)
    assert find_barriers(page) == []
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert find_barriers(page) == []


@pytest.mark.parametrize("situation", ["fail-both", "many-files", "hostile-names", "tests-failed", "diff-unavailable"])
def test_no_outcome_bars_a_reader(open_page: Open, situation: str) -> None:
    made = SITUATIONS[situation]()
    page = open_page({"index.html": render_page(made, build_view(made), {})})
    assert find_barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_can_be_read_in_every_colour_on_every_paper(open_page: Open, scheme: Literal["light", "dark"]) -> None:
    """axe looks at what is there; a keyword on a partial line may not be."""
    page = open_page(rendered(), scheme=scheme)
    inks = {name: colours(page, f".code .{name}")[0] for name in "ksncf"} | {"ink": colours(page, "body")[0]}
    papers = [colours(page, f".code .{name}")[1] for name in "mpx"] + [colours(page, "body")[1]]
    assert len(set(inks.values())) == 6
    for name, ink in inks.items():
        for paper in papers:
            assert contrast(ink, paper) >= 4.5, (name, paper)
    for name in "mp":
        assert contrast(*colours(page, f".{name} i")) >= 4.5


@pytest.mark.parametrize("width", [1080, 390, 320])
def test_nothing_is_wider_than_the_screen(open_page: Open, width: int) -> None:
    long = "x = '" + "a" * 300 + "'"
    page = open_page(rendered(f"{'very/' * 60}long.py\n    + 1 missing", long), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    code = page.locator(".code").first.bounding_box()
    assert code is not None
    assert code["x"] + code["width"] <= width


def test_the_keyboard_goes_from_gap_to_gap(open_page: Open) -> None:
    page = open_page(rendered())
    gaps = page.locator(".gap")
    assert gaps.count() == 4
    for at in range(4):
        page.keyboard.press("j")
        expect(gaps.nth(at)).to_be_focused()
        expect(gaps.nth(at)).to_be_in_viewport()
    page.keyboard.press("j")
    expect(gaps.nth(3)).to_be_focused()
    page.keyboard.press("k")
    expect(gaps.nth(2)).to_be_focused()


def test_the_keys_are_told(open_page: Open) -> None:
    page = open_page(rendered())
    expect(page.locator("#keys")).to_contain_text("next gap")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".gap:focus")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.locator("#ask").click()
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()


MANY = "\n".join(f"src/m_{n:02}.py\n    1-4\n    + 5-6 missing\n    7-9" for n in range(30))


def test_files_are_found_by_name(open_page: Open) -> None:
    page = open_page(rendered(MANY))
    expect(page.locator(".file:visible")).to_have_count(30)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("M_1")
    expect(page.locator(".file:visible")).to_have_count(10)
    expect(page.locator("#found")).to_have_text("10 of 30 files")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(".gap").nth(10)).to_be_focused()
    assert find_barriers(page) == []


def test_letters_typed_into_the_search_are_no_keys(open_page: Open) -> None:
    page = open_page(rendered(MANY))
    page.locator("#search").focus()
    page.keyboard.type("jk?")
    expect(page.locator("#search")).to_have_value("jk?")
    expect(page.locator("#help")).to_be_hidden()


def test_without_a_script_all_is_there_but_the_keys(open_page: Open) -> None:
    files = {"index.html": re.sub(r"<script>.*?</script>", "", rendered(MANY)["index.html"], flags=re.DOTALL)}
    page = open_page(files)
    expect(page.locator(".file:visible")).to_have_count(30)
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#find")).to_be_hidden()


def test_on_paper_there_is_ink_and_no_controls(open_page: Open) -> None:
    page = open_page(rendered(), scheme="dark")
    page.emulate_media(media="print")
    assert colours(page, "body")[0] == "#000000"
    assert colours(page, ".code .k")[0] == "#000000"
    expect(page.locator("#keys")).to_be_hidden()
    assert "! 11" in (page.locator(".code").first.text_content() or "")


def test_two_thousand_files_are_small_and_open_at_once(open_page: Open) -> None:
    gaps = "1-60\n    + 61-64\n    + 65-{} missing\n    + 75 partial\n    76-200"
    names = (f"src/pkg_{n % 40}/module_{n:04}.py" for n in range(2000))
    text = "\n".join(f"{name}\n    {gaps.format(66 + n % 7)}" for n, name in enumerate(names))
    source = "\n".join(f"    value_{n} = compute(self.thing, 'text {n}', {n}) if x else None" for n in range(200))
    files = rendered(text, source)
    assert len(files["index.html"].encode()) < 20 * 1024 * 1024
    painted = []
    for _ in range(3):
        page = open_page(files)
        page.keyboard.press("j")
        expect(page.locator(".gap").first).to_be_focused()
        painted.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    # The least: what the page takes, not what the machine is busy with.
    assert min(painted) < 1000
