"""The files drawn from the history: kept ones are read like text, and nothing in a repository becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from covgate.config.goals import Component, Target
from covgate.model.history import Aim, History, Point, Start
from covgate.model.numbers import Counts, Tally
from covgate.report.bands import Bands
from covgate.report.trend.files import render_trend_files
from covgate.report.trend.points import Trend
from tests.report.test_chart import contrast
from tests.support.trend_samples import COMPONENTS, NOW, TARGET, TODAY, make_record, sample_history

GOLDEN = Path(__file__).parents[1] / "golden" / "trend"
SVG = "{http://www.w3.org/2000/svg}"


def render(
    history: History,
    *,
    target: Target | None = TARGET,
    components: tuple[Component, ...] = COMPONENTS,
    url: str | None = "https://github.com/acme/bookshop",
    title: str = "acme/bookshop",
) -> dict[str, str]:
    bands = Bands(green=Decimal(80), orange=Decimal(60))
    trend = Trend(history=history, target=target, components=components, bands=bands, today=TODAY)
    return render_trend_files(trend, repository_url=url, title=title)


HISTORIES = {
    "nothing": lambda: render(History()),
    "one": lambda: render(sample_history(1)),
    "ramp": lambda: render(sample_history(12)),
    "no-target": lambda: render(sample_history(5, days=9, target=None), target=None, components=()),
}
KEPT = ("trending.json", "badge.json", "badge.svg", "trend.svg")
CASES = [(history, name) for history in HISTORIES for name in KEPT]


@pytest.mark.parametrize(("history", "name"), CASES, ids=lambda value: value)
def test_golden(history: str, name: str, request: pytest.FixtureRequest) -> None:
    text = HISTORIES[history]()[name]
    path = GOLDEN / history / name
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), "a new history: run pytest --update-golden and read what it wrote"
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    there = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}
    assert there <= {f"{history}/{name}" for history, name in CASES}


@pytest.mark.parametrize("history", HISTORIES)
def test_equal_history_gives_equal_files(history: str) -> None:
    assert HISTORIES[history]() == HISTORIES[history]()


@pytest.mark.parametrize("history", HISTORIES)
def test_pictures_are_well_formed_named_and_whole(history: str) -> None:
    files = HISTORIES[history]()
    for name in ("badge.svg", "trend.svg"):
        root = ET.fromstring(files[name])  # noqa: S314  # covgate's own
        assert root.get("role") == "img"
        assert root.findtext(f"{SVG}title")
        assert "http" not in files[name].replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"\bnan\b|None|inf\b", files[name])
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x", "")) <= float(root.get("width", ""))
            assert 0 <= float(text.get("y", "")) <= float(root.get("height", ""))


# --- the badge -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covered", "message", "colour"),
    [
        (1000, "100 %", "brightgreen"),
        (999, "99.9 %", "brightgreen"),
        (800, "80 %", "brightgreen"),
        (799, "79.9 %", "orange"),
        (600, "60 %", "orange"),
        (599, "59.9 %", "red"),
        (0, "0 %", "red"),
    ],
)
def test_a_badge(covered: int, message: str, colour: str) -> None:
    record = replace(make_record(1, NOW, 0), total=Tally(lines=Counts(covered=covered, total=1000)))
    files = render(History(records=(record,)))
    assert json.loads(files["badge.json"]) == {
        "schemaVersion": 1,
        "label": "coverage",
        "message": message,
        "color": colour,
    }
    assert f"<title>coverage: {message}</title>" in files["badge.svg"]


def test_a_badge_that_is_orange_may_read_as_its_rounded_figure() -> None:
    almost = replace(make_record(1, NOW, 0), total=Tally(lines=Counts(covered=799_999, total=1_000_000)))
    badge = json.loads(render(History(records=(almost,)))["badge.json"])
    assert (badge["message"], badge["color"]) == ("80 %", "orange")


def test_a_badge_can_be_read() -> None:
    for name in HISTORIES:
        for colour in re.findall(r'fill="(#[0-9a-f]{6})"', HISTORIES[name]()["badge.svg"]):
            assert contrast("#ffffff", colour) >= 4.5


# --- the page --------------------------------------------------------------------------------------------------------


def page_data(page: str) -> dict[str, object]:
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data: dict[str, object] = json.loads(block)
    return data


def test_the_numbers_of_the_page_are_few_bytes() -> None:
    """Seconds since 1970, cut percents, and what is not known as null: an id is put behind the address."""
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)
    third = Tally(lines=Counts(covered=1, total=3))
    records = (
        replace(make_record(1, first, 50, title="Prüfe a"), total=third),
        replace(make_record(2, last, 50, title="b"), components={"api": third}),
    )
    start = Start(point=Point(date=first, total=Decimal(40)), aim=Aim(total=Decimal(80), by=last.date()))
    page = render(
        History(records=records, start=start),
        target=Target(total=Decimal(80), by=last.date(), ramp=True),
        components=(Component(name="api", paths=("x",)),),
    )["index.html"]
    (text,) = re.findall(r'id="data">(.*?)</script>', page)
    begin, end = 1767225600, 1769817600
    assert text == (
        f'{{"x":[{begin},{end}],"y":[30.0,90.0,10.0],"by":{end},"lines":['
        f'{{"name":"total","target":80.0,"ramp":[[{begin},40.0],[{end},80.0]]}},'
        '{"name":"api","target":null,"ramp":null}],'
        '"commits":"https://github.com/acme/bookshop/commit/","points":['
        f'[{begin},[33.33,null],"","{records[0].sha}","Prüfe a"],'
        f'[{end},[50.0,33.33],"+16.67","{records[1].sha}","b"]]}}'
    )
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert not re.search(r"(<style>|<script>)\s|\s(</style>|</script>)", page)


def test_the_policy_names_the_one_style_and_the_one_script() -> None:
    page = render(sample_history(3))["index.html"]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy.startswith("default-src 'none'; ")
    for kind, text in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\s(style|on\w+)=", page.split("<body>")[1].split("<script")[0]), "the policy would block it"


def test_nothing_is_fetched() -> None:
    page = render(sample_history(3), url=None)["index.html"]
    assert "//" not in re.sub(r"http://www\.w3\.org/2000/svg|^ *//.*$", "", page, flags=re.MULTILINE)


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}\u2028\u202e\x00\udcff]]>-->"


def test_nothing_of_a_repository_becomes_markup() -> None:
    record = replace(
        make_record(1, NOW, 70),
        title=HOSTILE,
        components={HOSTILE: Tally(lines=Counts(covered=1, total=2))},
    )
    files = render(
        History(records=(record,)),
        components=(Component(name=HOSTILE, paths=("x",)),),
        title=HOSTILE,
        url='https://example.org/"><script>',
    )
    page = files["index.html"]
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page
    for name, text in files.items():
        text.encode()
        assert not re.search(r"[\x00\u202e]", text), name
        if name.endswith(".svg"):
            ET.fromstring(text)  # noqa: S314  # covgate's own
    (line,) = page_data(page)["lines"][1:]  # type: ignore[index]
    assert line["name"].startswith("</script><script>")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//elsewhere.example", "", None])
def test_only_a_web_address_is_linked(url: str | None) -> None:
    page = render(sample_history(2), url=url)["index.html"]
    assert "<a " not in page.split("<script")[0]
    assert page_data(page)["commits"] == ""


def test_commits_are_linked() -> None:
    history = sample_history(2)
    page = render(history, url="https://github.com/acme/bookshop/")["index.html"]
    assert f'href="https://github.com/acme/bookshop/commit/{history.records[1].sha}"' in page


def test_a_long_history_has_a_budget() -> None:
    records = tuple(
        replace(record, title="価格と税を表示する、" * 20) for record in sample_history(700, days=2000).records
    )
    files = render(History(records=records))
    assert len(page_data(files["index.html"])["points"]) == 500  # type: ignore[arg-type]
    assert len(files["index.html"].encode()) < 150_000
    assert len(files["trend.svg"].encode()) < 60_000


def test_the_page_of_a_ramp_says_what_was_required() -> None:
    page = render(sample_history(90))["index.html"]
    assert "The ramp required 71.46 % on 2026-11-20." in page
    assert "required by the ramp" in page


def test_a_table_has_the_newest_points_first() -> None:
    history = sample_history(40)
    page = render(history)["index.html"]
    found = re.findall(r"<td><a [^>]*>([0-9a-f]{7})</a></td>", page)
    assert found == [record.sha[:7] for record in reversed(history.records[-30:])]


def test_an_axis_reaches_the_day_of_the_target_when_it_is_near() -> None:
    ramp = render(sample_history(90))["index.html"]
    assert page_data(ramp)["by"] == datetime(2027, 2, 28, tzinfo=UTC).timestamp()
    far = render(sample_history(8, days=14))["index.html"]
    assert page_data(far)["by"] is None


@pytest.mark.parametrize("dates", [(1, 1), (1, 9999), (9998, 9999)])
def test_odd_dates_are_drawn(dates: tuple[int, int]) -> None:
    points = tuple(Point(date=datetime(year, 12, 31, tzinfo=UTC), total=Decimal(50)) for year in dates)
    files = render(History(imported=points), target=None, components=())
    assert "<svg" in files["trend.svg"]


def test_points_of_one_moment_are_drawn() -> None:
    records = tuple(make_record(n, NOW + timedelta(seconds=n // 3), 50 + n) for n in range(5))
    assert "NaN" not in render(History(records=records))["trend.svg"]


def test_more_components_than_colours_differ_by_dashes() -> None:
    names = [f"part{n}" for n in range(20)]
    tallies = {name: Tally(lines=Counts(covered=1, total=2)) for name in names}
    record = replace(make_record(1, NOW, 70), components=tallies)
    later = replace(record, sha=make_record(2, NOW, 1).sha, date=NOW + timedelta(days=3))
    files = render(
        History(records=(record, later)), components=tuple(Component(name=name, paths=("x",)) for name in names)
    )
    assert files["trend.svg"].count('stroke-dasharray="7 4"') == 8
    assert files["trend.svg"].count('stroke-dasharray="2 4"') == 5


@pytest.mark.parametrize(("count", "dots"), [(60, 60), (61, 0)])
def test_up_to_sixty_points_have_a_dot_each(count: int, dots: int) -> None:
    records = tuple(make_record(n, NOW + timedelta(days=n), 50) for n in range(count))
    drawn = render(History(records=records), target=None, components=())["trend.svg"]
    assert drawn.count('class="dot"') == dots
