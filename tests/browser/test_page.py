"""The trend's page in Chromium: it is drawn, it can be read and used, and it asks nobody for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from covgate.model.history import History
from covgate.model.numbers import Counts, Tally
from tests.browser.conftest import Open, Seen
from tests.report.test_chart import contrast
from tests.report.test_trend_files import HOSTILE, render
from tests.support.trend_samples import NOW, make_record, sample_history, sha_of


def chart(page: Page) -> tuple[float, float, float, float]:
    """Left, top, width and height of the chart."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def colour(page: Page, selector: str, name: str) -> str:
    """A computed colour, as #rrggbb."""
    found = page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{name}")
    parts = re.findall(r"\d+", found)[:3]
    return "#" + "".join(f"{int(part):02x}" for part in parts)


@pytest.mark.parametrize("length", [1, 2, 90, 500, 600])
def test_a_history_of_any_length_is_drawn(length: int, open_page: Open) -> None:
    page = open_page(render(sample_history(length)))
    drawn = min(length, 500)
    expect(page.locator("#chart")).to_have_attribute("aria-label", re.compile(rf", {drawn} points?$"))
    expect(page.locator("#chart .line")).to_have_count(0 if length == 1 else 4)
    expect(page.locator("#chart .end")).to_have_count(4)
    labels = page.locator("#chart text.label").all()
    assert [label.text_content() for label in labels]
    heights = sorted(float(label.get_attribute("y") or "nan") for label in labels)
    assert len(heights) == 4
    assert all(below - above > 14.8 for above, below in pairwise(heights)), "labels overlap"
    left, _, width, _ = chart(page)
    for text in page.locator("#chart text").all():
        box = text.bounding_box()
        assert box is not None
        assert left - 1 <= box["x"]
        assert box["x"] + box["width"] <= left + width + 1


def test_an_empty_history_is_a_sentence(open_page: Open) -> None:
    page = open_page(render(History()))
    expect(page.locator("main")).to_contain_text("Nothing has been recorded yet.")
    expect(page.locator("#chart")).to_have_count(0)


def test_light_and_dark_differ_and_both_can_be_read(open_page: Open) -> None:
    found: dict[str, tuple[str, ...]] = {}
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page = open_page(render(sample_history(90)), scheme=scheme)
        ground = colour(page, "body", "backgroundColor")
        inks = [colour(page, s, "color") for s in ("body", "h1", ".now strong", "#keys", ".legend .figure", "#link")]
        lines = [colour(page, f"#chart .c{n} .line", "stroke") for n in range(4)]
        for ink in (*inks, *lines):
            assert contrast(ink, ground) >= 4.5
        found[scheme] = (ground, *inks, *lines)
    assert found["light"][0] == "#ffffff"
    assert all(light != dark for light, dark in zip(found["light"], found["dark"], strict=True))


@pytest.mark.parametrize("length", [1, 90, 500])
def test_a_narrow_screen_needs_no_scrolling_sideways(length: int, open_page: Open) -> None:
    page = open_page(render(sample_history(length)), width=360, height=740)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.documentElement.clientWidth") == 360


def test_the_chart_follows_the_width_of_the_window(open_page: Open) -> None:
    page = open_page(render(sample_history(90)))
    page.set_viewport_size({"width": 480, "height": 700})
    # Not `wait_for_function`: from its second look on it evaluates text in the page, which the page's policy forbids.
    expect(page.locator("#chart svg")).to_have_attribute("width", str(page.evaluate("chart.clientWidth")))
    assert chart(page)[2] < 480


def test_pointing_at_the_chart_shows_the_change_behind_the_point(open_page: Open) -> None:
    history = sample_history(3, target=None)
    page = open_page(render(history, target=None))
    left, top, width, height = chart(page)
    expect(page.locator(".guide")).to_have_count(0)
    page.mouse.move(left + 60, top + height / 2)
    expect(page.locator(".guide")).to_have_count(1)
    expect(page.locator("#when")).to_have_text(f"{history.records[0].date:%Y-%m-%d %H:%M} UTC")
    expect(page.locator("#delta")).to_have_text("")
    page.mouse.move(left + width - 5, top + 20)
    expect(page.locator("#when")).to_have_text(f"{history.records[2].date:%Y-%m-%d %H:%M} UTC")
    expect(page.locator("#delta")).to_have_text(re.compile(r"^[+-]\d+\.\d\d since the point before$"))
    expect(page.locator("#commit")).to_contain_text(history.records[2].title)
    expect(page.locator("#link")).to_have_attribute("href", f"https://github.com/acme/bookshop/commit/{sha_of(2)}")
    expect(page.locator("#parts")).to_contain_text("checkout")


def test_the_keyboard_walks_along_the_points_and_they_are_announced(open_page: Open) -> None:
    history = sample_history(40)
    page = open_page(render(history))
    page.keyboard.press("Tab")
    expect(page.locator("#chart")).to_be_focused()
    assert page.locator("#chart").evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    status = page.get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    walked = [("ArrowLeft", 38), ("ArrowLeft", 37), ("ArrowRight", 38), ("Home", 0), ("ArrowLeft", 0)]
    walked += [("PageDown", 10), ("PageUp", 0), ("End", 39), ("ArrowRight", 39)]
    for key, number in walked:
        page.keyboard.press(key)
        expect(status).to_contain_text(sha_of(number)[:7])
        expect(status).to_contain_text(history.records[number].title)
    page.keyboard.press("Tab")
    expect(page.locator("#link")).to_be_focused()


def test_other_keys_stay_the_browsers(open_page: Open) -> None:
    page = open_page(render(sample_history(5)))
    page.locator("#chart").focus()
    page.keyboard.press("Alt+Home")
    page.keyboard.press("a")
    expect(page.locator("#commit")).to_contain_text(sha_of(4)[:7])


def test_everything_has_a_role_and_a_name(open_page: Open) -> None:
    page = open_page(render(sample_history(90)))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "Coverage of acme/bookshop"
    expect(page.get_by_role("heading", level=1)).to_have_text("Coverage of acme/bookshop")
    for landmark in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    chart_there = page.get_by_role(
        "application", name=re.compile(r"^Coverage from 2026-01-\d\d to 2026-11-20, 90 points$")
    )
    expect(chart_there).to_have_accessible_description(re.compile("Home.*End"))
    expect(page.locator("#chart svg")).to_have_attribute("aria-hidden", "true")
    page.locator("summary").click()
    expect(page.get_by_role("columnheader")).to_have_count(8)
    expect(page.get_by_role("row")).to_have_count(31)
    for link in page.get_by_role("link").all():
        assert link.text_content()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
    named = page.evaluate(
        "[...document.querySelectorAll('[aria-describedby],[aria-controls]')].flatMap(e =>"
        " [e.getAttribute('aria-describedby'), e.getAttribute('aria-controls')]).filter(Boolean)"
    )
    assert set(named) <= set(ids)


def test_nothing_of_a_repository_runs(open_page: Open, seen: Seen) -> None:
    tally = Tally(lines=Counts(covered=1, total=2))
    records = tuple(
        replace(make_record(n, NOW.replace(day=n), 70), title=HOSTILE, components={HOSTILE: tally}) for n in (1, 2)
    )
    page = open_page(render(History(records=records), title=HOSTILE))
    page.locator("#chart").focus()
    page.keyboard.press("Home")
    expect(page.locator("#commit")).to_contain_text("</script><script>alert(1)")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert seen.console == []


@pytest.mark.parametrize("name", ["trend.svg", "badge.svg"])
def test_a_picture_is_drawn(name: str, open_page: Open) -> None:
    page = open_page(render(sample_history(90)), name)
    box = page.locator("svg").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == ((840, 330) if name == "trend.svg" else (112, 20))
    for text in page.locator("text").all():
        inner = text.bounding_box()
        assert inner is not None
        assert inner["x"] >= 0
        assert inner["x"] + inner["width"] <= box["width"]


def test_the_policy_stops_what_is_not_covgates_own(open_page: Open, seen: Seen) -> None:
    """Without the policy this page would fetch an image and run a script: the guard of the other tests works."""
    files = render(sample_history(2))
    files["index.html"] = files["index.html"].replace(
        "</main>", "<img src='https://third.example/x.png'><script>document.title = 'ran'</script></main>"
    )
    page = open_page(files)
    assert page.title() != "ran"
    assert len(seen.console) == 2
    assert all("Content Security Policy" in message for message in seen.console)
    assert seen.elsewhere == []
    seen.console.clear()
