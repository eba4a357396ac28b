"""What a proposal says: readable for people, harmless whatever a component is called, and read back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgate.history.ratchet.floors import Raise
from covgate.history.ratchet.names import Proposal
from covgate.history.ratchet.words import (
    parse_marker,
    parse_message,
    parse_proposals,
    render_body,
    render_message,
    render_retired_body,
    render_title,
)

TOTAL = Raise(
    component=None, old=Decimal("80.5"), new=Decimal("84.0"), lowest=Fraction(253, 3), noise=Fraction(1, 3000)
)
API = Raise(component="api", old=Decimal(0), new=Decimal(100), lowest=Fraction(100), noise=Fraction(0))

BODY = """\
<!-- covgate:ratchet [[null, "84.0"], ["api", "100"]] -->
Coverage of `main` has stayed above what the gate asks for in the last 5 records, so the gate can ask for it. \
Merging this is all there is to do.

| floor | now | raised to | lowest of 5 records | noise |
|---|--:|--:|--:|--:|
| `min-total` | 80.5 | 84 | 84.33 % | 0.01 |
| `components.api.min-total` | 0 | 100 | 100 % | 0 |

A new floor is the lowest of the last 5 records less the noise (the largest drop, in percentage points, from one \
record to the next within the last 10), rounded down. Floors are never lowered.

covgate keeps this pull request up to date, unless someone else pushes to its branch. Close it to leave the floors as \
they are: covgate comes back only when it can propose more than this. Where a workflow opened it, its checks may wait \
for an approval, or for the pull request to be closed and reopened.
"""


@pytest.mark.parametrize(
    ("raises", "title"),
    [
        ([TOTAL], "Raise min-total to 84"),
        ([API], "Raise min-total of api to 100"),
        ([TOTAL, API], "Raise min-total to 84 and 1 more floor"),
        ([API, TOTAL, API], "Raise min-total of api to 100 and 2 more floors"),
    ],
)
def test_a_title_names_the_first_floor(raises: list[Raise], title: str) -> None:
    assert render_title(raises) == title
    assert render_message(raises, {}).splitlines()[0] == title


def test_a_body_says_what_why_and_what_to_do() -> None:
    assert render_body([TOTAL, API], "main", {}) == BODY


MARKER = '<!-- covgate:ratchet [[null, "84.0"], ["api", "100"], {"name": "py310"}, {"name": "py\\u003e313"}] -->'
HEARD = (
    "\n\nRuns of several names are held to these floors; of each the lowest counts. Heard so far: `py310`, `py?313`."
    "\n\ncovgate keeps"
)


def test_a_body_names_the_runs_that_were_heard_when_they_have_names() -> None:
    proposal = Proposal(raises=(TOTAL,), held=("api", None), seen=date(2026, 1, 1))
    body = render_body([TOTAL, API], "main", {"": proposal, "py310": proposal, "py>313": proposal})
    assert body == BODY.replace(BODY.partition("\n")[0], MARKER).replace("\n\ncovgate keeps", HEARD)
    assert parse_marker(body) == {None: Decimal("84.0"), "api": Decimal(100)}
    assert render_body([TOTAL, API], "main", {"": proposal}) == BODY


def test_a_message_holds_what_is_raised_and_why_to_the_letter() -> None:
    """Runs of another covgate read it: the trailers are kept as they are."""
    proposal = Proposal(raises=(API,), held=("web", None), seen=date(2026, 1, 2))
    api = '{"component": "api", "old": "0", "new": "100", "lowest": "100", "noise": "0"}'
    names = f'{{"py310": {{"seen": "2026-01-02", "floors": [{api}], "held": ["web", null]}}}}'
    assert render_message([TOTAL], {"py310": proposal}) == (
        "Raise min-total to 84\n\nThe last 5 records stayed above, by more than their noise.\n\n"
        "Covgate-Ratchet: true\n"
        'Covgate-Floors: [{"component": null, "old": "80.5", "new": "84.0", "lowest": "253/3", "noise": "1/3000"}]\n'
        f"Covgate-Names: {names}\n"
    )
    assert render_message([], {}) == (
        "Raise no floor for now\n\nNothing is proposed.\n\nCovgate-Ratchet: true\nCovgate-Floors: []\n"
        "Covgate-Names: {}\n"
    )


def test_a_body_that_closes_says_why_and_keeps_what_was_refused() -> None:
    assert render_retired_body({None: Decimal("84.50"), "a<b>": Decimal(70)}) == (
        '<!-- covgate:ratchet [[null, "84.50"], ["a\\u003cb\\u003e", "70"]] -->\n'
        "There is nothing left to raise: coverage fell, another job holds the floors, or they were raised by hand. So "
        "covgate closed this, and opens another one when there is more.\n"
    )


def test_a_hundred_floors_are_all_shown() -> None:
    many = [replace(API, component=f"part{number}") for number in range(101)]
    assert "`components.part99.min-total`" in render_body(many[:100], "main", {})
    assert "more." not in render_body(many[:100], "main", {}).partition("A new floor")[0]
    assert "part99.min-total` | 0 | 100 | 100 % | 0 |\n\nAnd 1 more.\n\nA new" in render_body(many, "main", {})
    names = {f"name{number}": Proposal(raises=(), seen=date(2026, 1, 1)) for number in range(101)}
    heard = render_body([API], "main", names).partition("Heard so far: ")[2]
    assert "`name99`." in heard
    assert "name100" not in heard


def test_a_long_name_is_cut() -> None:
    title = render_title([replace(API, component="n" * 91)])
    assert title == f"Raise min-total of {'n' * 90} to 100"


def test_a_body_stays_within_githubs_limit() -> None:
    names = [f"part-{number:0150}" for number in range(250)]
    many = [replace(API, component=name) for name in names]
    body = render_body(many, "main", {})
    assert len(body) < 65_536
    assert "\n\nAnd 150 more.\n\n" in body
    assert len(parse_marker(body) or {}) == 250


NAMES = st.none() | st.text(max_size=40)
RAISES = st.lists(
    st.builds(
        Raise,
        component=NAMES,
        old=st.decimals(min_value=0, max_value=100, places=2),
        new=st.decimals(min_value=0, max_value=100, places=2),
        lowest=st.fractions(min_value=0, max_value=100, max_denominator=10**6),
        noise=st.fractions(min_value=0, max_value=100, max_denominator=10**6),
    ),
    min_size=1,
    max_size=4,
)


@given(raises=RAISES)
def test_a_proposal_is_read_back_as_it_was_written(raises: list[Raise]) -> None:
    # GitHub hands texts on with other line ends, and without those at the end.
    assert parse_message(render_message(raises, {}).strip()) == tuple(raises)
    marker = parse_marker(render_body(raises, "main", {}).replace("\n", "\r\n"))
    assert marker == {found.component: found.new for found in raises}


@given(name=st.text(alphabet="a-<>!`|*_[](){}@#:/\\\"'\n\r \u202e$~", max_size=30))
def test_a_name_is_shown_and_never_obeyed(name: str) -> None:
    hostile = replace(API, component=name)

    def kinds(component: Raise) -> list[str]:
        markdown = MarkdownIt("commonmark").enable("table")
        tokens = markdown.parse(render_body([component], (name if component is hostile else "") or "main", {}))
        return [kind for token in tokens for kind in [token.type, *(child.type for child in token.children or ())]]

    assert kinds(hostile) == kinds(API)
    assert "\n" not in render_title([hostile])
    assert not {"@", "#", "<"} & set(render_title([hostile]))


PROPOSALS = st.dictionaries(
    st.text(max_size=10),
    st.builds(Proposal, raises=RAISES.map(tuple), held=st.lists(NAMES, max_size=3).map(tuple), seen=st.dates()),
    max_size=3,
)


@given(raises=RAISES, proposals=PROPOSALS)
def test_what_each_name_proposes_is_read_back_as_it_was_written(
    raises: list[Raise], proposals: dict[str, Proposal]
) -> None:
    message = render_message(raises, proposals).strip()
    assert (parse_message(message), parse_proposals(message)) == (tuple(raises), proposals)
    floors = {found.component: found.new for found in raises}
    assert parse_marker(f"A person's line.\r\n{render_body(raises, 'main', proposals)}") == floors


def test_a_commit_that_raises_nothing_is_covgates_own_all_the_same() -> None:
    message = render_message([], {"py310": Proposal(raises=(), held=(None,), seen=date(2026, 1, 1))})
    assert message.startswith("Raise no floor for now\n")
    assert parse_message(message) == ()
    assert list(parse_proposals(message)) == ["py310"]
    assert parse_marker(render_retired_body({})) == {}
    assert parse_marker(render_retired_body({None: Decimal(84)})) == {None: Decimal(84)}


@pytest.mark.parametrize(
    "names",
    [
        "[]",
        "{",
        '{"a": 3}',
        '{"a": {"seen": "2026-01-01", "floors": []}}',
        '{"a": {"seen": "2026-01-01", "floors": [], "held": [3]}}',
        '{"a": {"seen": "2026-01-01", "floors": [], "held": [null, "api", 3]}}',
        '{"a": {"seen": "x", "floors": [], "held": []}}',
        '{"a": {"seen": "2026-01-01", "floors": [3], "held": []}}',
    ],
)
def test_a_proposal_that_cannot_be_read_is_none(names: str) -> None:
    assert parse_proposals(f"x\n\nCovgate-Ratchet: true\nCovgate-Floors: []\nCovgate-Names: {names}\n") == {}


def with_floors(floors: object) -> str:
    return f"Raise it\n\nCovgate-Ratchet: true\nCovgate-Floors: {json.dumps(floors)}\n"


GOOD = {"component": None, "old": "80", "new": "84", "lowest": "84", "noise": "1/3"}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("", id="empty"),
        pytest.param("Raise min-total to 84", id="no-trailers"),
        pytest.param(render_message([TOTAL], {}) + "\nand more words of a person\n", id="trailers-not-at-the-end"),
        pytest.param(render_message([TOTAL], {}).replace("Covgate-Ratchet: true\n", ""), id="without-ours"),
        pytest.param("x\n\nCovgate-Ratchet: true\n", id="without-floors"),
        pytest.param("x\n\nCovgate-Ratchet: true\nCovgate-Floors: [", id="no-json"),
        pytest.param("x\n\nCovgate-Ratchet: true\nCovgate-Floors: " + "[" * 100_000, id="too-deep"),
        pytest.param(with_floors({}), id="no-list"),
        pytest.param(with_floors([GOOD, 3]), id="no-object"),
        pytest.param(with_floors([GOOD | {"component": 3}]), id="component"),
        pytest.param(with_floors([GOOD | {"new": 84}]), id="a-number"),
        pytest.param(with_floors([GOOD | {"new": "x"}]), id="no-percent"),
        pytest.param(with_floors([GOOD | {"new": "NaN"}]), id="not-a-number"),
        pytest.param(with_floors([GOOD | {"new": "101"}]), id="too-much"),
        pytest.param(with_floors([GOOD | {"noise": "1/0"}]), id="no-fraction"),
        pytest.param(with_floors([GOOD | {"lowest": "9" * 9999}]), id="too-long"),
    ],
)
def test_a_commit_that_is_not_covgates_own_proposes_nothing(message: str) -> None:
    assert parse_message(with_floors([GOOD])) is not None
    assert parse_message(message) is None


def test_the_ends_of_what_a_commit_may_raise() -> None:
    longest = "9" * 40
    for changed in (
        {"old": "0", "new": "100"},
        {"old": "-0"},
        {"lowest": longest},
        {"lowest": f"{longest}/{longest}"},
        {"component": ""},
        {"later": 1},
    ):
        (found,) = parse_message(with_floors([GOOD | changed])) or ()
        assert isinstance(found, Raise)
    refused: list[dict[str, object]] = [
        {"old": "-0.01"},
        {"new": "100.01"},
        {"old": "x"},
        {"lowest": f"{longest}9"},
        {"lowest": f"1/{longest}9"},
        {"lowest": "1/03"},
        {"lowest": " 1"},
        {"lowest": 84},
        {"noise": None},
        {"noise": "0.5"},
    ]
    for wrong in refused:
        assert parse_message(with_floors([GOOD | wrong])) is None, wrong


def test_of_two_trailers_of_one_name_the_first_counts() -> None:
    """What a person adds below, by hand or by a tool that squashes, does not replace covgate's own."""
    message = with_floors([GOOD])
    assert parse_message(f"{message}Covgate-Floors: []\nCovgate-Ratchet: false\n") == parse_message(message)
    assert parse_message(f"{message}Signed-off-by: Ann: of us <ann@example.org>\n\n") == parse_message(message)


def test_of_several_names_those_that_can_be_read_are_kept() -> None:
    good = {"seen": "2026-01-01", "floors": [GOOD], "held": [None, "api"]}
    names = json.dumps({"a": good, "b": good | {"floors": {}}, "c": good | {"held": "api"}, "": good})
    found = parse_proposals(f"x\n\nCovgate-Ratchet: true\nCovgate-Names: {names}\n")
    assert list(found) == ["a", ""]
    assert found["a"].held == (None, "api")
    assert found["a"].seen == date(2026, 1, 1)
    assert found["a"].raises[0].noise == Fraction(1, 3)


def test_a_marker_is_found_on_any_line_of_its_own() -> None:
    """People write above it, and the first whole one counts."""
    marker = '<!-- covgate:ratchet [[null, "84"], {"name": "a"}, ["api", "0"]] -->'
    floors = {None: Decimal(84), "api": Decimal(0)}
    other = "<!-- covgate:ratchet [] -->"
    for body in (
        f"{marker}  ",
        f"hello\r\n\r\n{marker}\r\nmore",
        f"{marker}\n{other}",
        f"<!-- covgate:ratchet cut\n{marker}",
    ):
        assert parse_marker(body) == floors, body
    assert parse_marker(f"{other}\n{marker}") == {}


def test_a_comment_of_another_tool_is_no_marker() -> None:
    body = f"<!-- a label -->\n{render_body([TOTAL], 'main', {})}"
    assert parse_marker(body) == {None: TOTAL.new}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        "words",
        'words <!-- covgate:ratchet [[null, "84"]] -->',
        '> <!-- covgate:ratchet [[null, "84"]] -->',
        '<!-- covgate:ratchet [[null, "84"]]',
        "<!-- covgate:ratchet {} -->",
        "<!-- covgate:ratchet [3] -->",
        '<!-- covgate:ratchet [[3, "84"]] -->',
        "<!-- covgate:ratchet [[null, 84]] -->",
        '<!-- covgate:ratchet [[null, "84", 1]] -->',
    ],
)  # fmt: skip
def test_a_body_without_a_whole_marker_tells_nothing(body: str) -> None:
    assert parse_marker(body) is None
