"""Artifacts that a stranger made: each is refused with its reason, or gives a comment in which nothing is theirs."""

from __future__ import annotations

import copy
import io
import json
import re
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.gate.rules import exit_code
from covgate.model.guard import GateChanges
from covgate.model.unknown import Unavailable
from covgate.publish.artifact import MOST_ARCHIVE, unpack_result
from covgate.publish.comment import BODY_LIMIT
from covgate.report.facts import MOST_RESULT, Origin
from covgate.report.markdown import render_comment, render_summary
from covgate.report.result_json import build_result, render_result
from covgate.report.stored.read import read_result
from covgate.report.stored.restore import restore_facts
from covgate.report.view import build_view
from tests.support.situations import BLOB, HEAD
from tests.support.situations_compared import FLAPS, INDIRECT, compared, with_components
from tests.support.situations_guarded import EVERYTHING

ORIGIN = Origin(head=HEAD, run_url="https://github.com/org/app/actions/runs/77", blob=BLOB, base_ref="main")


def honest() -> dict[str, Any]:
    """A result with everything in it: components, a drop, indirect changes, flaps."""
    made = compared(max_drop="0.1", indirect=INDIRECT[:2], flaps=FLAPS, trend="▂▃ · target 60 % reached")
    made = replace(made, components=with_components().components, notes=("a note",))
    made = replace(made, gate_changes=GateChanges(rows=EVERYTHING))
    view = build_view(made)
    text = render_result(build_result(made, headline=view.headline, exit_code=exit_code(made.verdict)))
    result: dict[str, Any] = json.loads(text)
    return result


RESULT = honest()


def pack(content: bytes, name: str = "result.json", *, method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = method
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return packed.getvalue()


def read(archive: bytes) -> str:
    """Do what the second half does with an archive; return the comment and the summary."""
    facts = restore_facts(read_result(unpack_result(archive, MOST_RESULT)), ORIGIN)
    if isinstance(facts, Unavailable):
        return facts.reason
    view = build_view(facts)
    return render_comment(view, BODY_LIMIT) + render_summary(view)


def changed(*path: str | int, to: object) -> bytes:
    """The honest result with another value at one place."""
    result = copy.deepcopy(RESULT)
    inside: Any = result
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return json.dumps(result).encode()


TEXT = json.dumps(RESULT)
FILE = RESULT["diff"]["files"][0]
PLACE = FILE["places"][0]


FOLDER = {"path": "src", "lines": 1, "branches": 0, "files": 1}


def enough(**spot: object) -> dict[str, Any]:
    """What the honest result names as enough, with other values in its one place."""
    named: dict[str, Any] = copy.deepcopy(RESULT["to_cover"])
    named["places"][0] |= spot
    return named


def several(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, warnings.catch_warnings(action="ignore"):
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "{}")
    return packed.getvalue()


def stating(size: int) -> bytes:
    """An archive whose directory states another size than the file has."""
    archive = bytearray(pack(TEXT.encode()))
    at = archive.index(b"PK\x01\x02")
    struct.pack_into("<I", archive, at + 24, size)
    return bytes(archive)


def flagged(flag: int) -> bytes:
    archive = bytearray(pack(TEXT.encode()))
    at = archive.index(b"PK\x01\x02")
    struct.pack_into("<H", archive, at + 8, flag)
    return bytes(archive)


def damaged() -> bytes:
    archive = bytearray(pack(TEXT.encode()))
    archive[200] ^= 0xFF
    return bytes(archive)


ARCHIVES = {
    "empty": (b"", "no zip archive"),
    "not-a-zip": (TEXT.encode(), "no zip archive"),
    "truncated": (pack(TEXT.encode())[:-30], "no zip archive"),
    "damaged": (damaged(), "no zip archive"),
    "no-entries": (several(), "it holds 0 files"),
    "many-entries": (several(*map(str, range(3000))), "it holds 3,000 files"),
    "the-name-twice": (several("result.json", "result.json"), "it holds 2 files"),
    "another-file-beside": (several("result.json", "comment.md"), "it holds 2 files"),
    "another-name": (pack(b"{}", "results.json"), "its file is not result.json"),
    "a-folder": (pack(b"", "result.json/"), "its file is not result.json"),
    "below-a-folder": (pack(b"{}", "a/result.json"), "its file is not result.json"),
    "an-absolute-path": (pack(b"{}", "/result.json"), "its file is not result.json"),
    "a-way-out": (pack(b"{}", "../result.json"), "its file is not result.json"),
    "a-nul-in-the-name": (
        pack(b"{}", "result.jsonX../x").replace(b"result.jsonX", b"result.json\0"),
        "its file is not result.json",
    ),
    "a-symbolic-link": (pack(b"/etc/passwd", mode=stat.S_IFLNK | 0o777), "is no plain file"),
    "a-device": (pack(b"", mode=stat.S_IFCHR), "is no plain file"),
    "encrypted": (flagged(1), "is encrypted"),
    "packed-by-lzma": (pack(TEXT.encode(), method=zipfile.ZIP_LZMA), "packed in an unusual way"),
    "a-bomb": (pack(b" " * MOST_RESULT), "packed beyond reason"),
    "a-file-too-large": (pack(bytes(MOST_RESULT + 1)), "has more than 8,388,608 bytes"),
    "an-archive-too-large": (bytes(MOST_ARCHIVE + 1), "has more than 8,388,608 bytes"),
    "less-than-stated": (stating(len(TEXT) + 9), "another size than it states"),
    "more-than-stated": (stating(9), "no zip archive|another size"),
}


@pytest.mark.parametrize(("archive", "why"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_is_none_of_covgates(archive: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        read(archive)
    assert re.fullmatch(r"its? [ -~]+", str(caught.value)), "in our words"


RESULTS = {
    "no-text": (b"\xff\xfe", "not UTF-8"),
    "no-json": (b"hello", "not JSON"),
    "nothing": (b"", "not JSON"),
    "a-list": (b"[]", "no JSON object"),
    "nested-deeply": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply|not JSON"),
    "nested-a-little-too-deeply": (changed("notes", to=json.loads("[" * 20 + "]" * 20)), "nested too deeply"),
    "a-key-twice": (TEXT.replace('"schema": 1', '"schema": 1, "head": "x"').encode(), "a key twice"),
    "nan": (TEXT.replace('"seconds": 12.5', '"seconds": NaN').encode(), "NaN"),
    "infinity": (TEXT.replace('"seconds": 12.5', '"seconds": -Infinity').encode(), "Infinity"),
    "infinity-in-digits": (TEXT.replace('"seconds": 12.5', '"seconds": 1e999').encode(), "beyond all counts"),
    "a-number-of-a-thousand-digits": (TEXT.replace('"seconds": 12.5', f'"seconds": {"9" * 5000}').encode(), "beyond"),
    "another-schema": (changed("schema", to=2), "schema is not 1"),
    "a-schema-that-is-true": (changed("schema", to=True), "schema is not 1"),
    "a-key-too-many": (changed("html", to="<b>"), "schema: html: extra forbidden"),
    "a-strange-key": (changed("@team\n::error::", to=1), "schema: [?]team[?]"),
    "a-key-too-few": (json.dumps({k: v for k, v in RESULT.items() if k != "diff"}).encode(), "schema: diff: missing"),
    "text-for-a-number": (changed("total", "lines", "covered", to="9"), "schema: total.lines.covered: int type"),
    "true-for-a-number": (changed("total", "lines", "covered", to=True), "schema: total.lines.covered: int type"),
    "a-fraction-of-a-line": (changed("total", "lines", "covered", to=1.5), "schema: total.lines.covered: int type"),
    "negative": (changed("total", "lines", "covered", to=-1), "schema: total.lines.covered: greater than equal"),
    "half-a-character": (TEXT.replace("src/app/api.py", "\\ud800").encode(), "schema"),
    "a-huge-text": (changed("headline", to="x" * 20_001), "a text of 20,001 characters"),
    "a-huge-count": (changed("total", "lines", "total", to=10**18), "beyond all counts"),
    "one-more-than-the-largest": (changed("total", "lines", "total", to=10**9 + 1), "beyond all counts"),
    "more-covered-than-there-is": (changed("total", "lines", "covered", to=10**6), "covers more than there is"),
    "a-better-percent": (changed("diff", "percent", to="100.000"), "diff.percent does not follow"),
    "a-better-file": (changed("diff", "files", 0, "percent", to="100.000"), "diff.files.percent does not follow"),
    "a-diff-that-is-no-sum": (changed("diff", "lines", "covered", to=20), "does not follow"),
    "a-better-verdict": (changed("verdict", to="pass"), "verdict does not follow"),
    "a-better-exit-code": (changed("exit_code", to=0), "exit_code does not follow"),
    "a-rule-that-passes": (changed("checks", 0, "status", to="fail"), "checks.status does not follow"),
    "a-drop-that-is-none": (changed("checks", 1, "drop", "exact", "raw", to="0/1"), "places to cover"),
    "a-drop-over-nothing": (changed("checks", 1, "drop", "exact", "raw", to="1/0"), "a fraction that is none"),
    "a-rule-twice": (changed("checks", to=[RESULT["checks"][0]] * 2), "a rule twice"),
    "a-rule-nobody-knows": (changed("checks", 0, "rule", to="@team"), "a rule twice, or one of nothing"),
    "a-rule-of-no-component": (changed("checks", 0, "component", to="web"), "a rule twice, or one of nothing"),
    "a-target-that-is-text": (changed("checks", 0, "target", to="visit evil.example"), "a number that is none"),
    "a-target-of-many-digits": (changed("checks", 0, "target", to="9" * 500), "a number that is none"),
    "an-endless-exponent": (changed("checks", 0, "target", to="1e999999999"), "a number that is none"),
    "a-component-with-a-name": (changed("components", 0, "name", to="[x](//evil)"), "without a proper name"),
    "many-components": (changed("components", to=[RESULT["components"][0]] * 201), "more than 200"),
    "another-commit": (changed("head", to="0" * 40), "of another commit than the run's head 1f2e3d4c5b6a"),
    "no-commit": (changed("head", to=None), "of another commit"),
    "a-base-that-is-text": (changed("base", "sha", to="main"), "a commit id that is none"),
    "a-measured-that-is-text": (changed("measured", to="../../evil"), "a commit id that is none"),
    "a-baseline-that-is-text": (changed("baseline", "sha", to="<img>"), "a commit id that is none"),
    "a-date-that-is-none": (changed("baseline", "date", to="yesterday"), "a date that is none"),
    "a-date-with-more": (changed("baseline", "date", to="2026-11-20"), "baseline.date does not follow"),
    "a-delta-to-nothing": (changed("baseline", to={"unavailable": "x"}), "a delta and no baseline"),
    "an-absolute-file": (changed("diff", "files", 0, "path", to="/etc/passwd"), "out of the repository"),
    "a-file-outside": (changed("diff", "files", 0, "path", to="a/../../b.py"), "out of the repository"),
    "a-file-without-a-name": (changed("diff", "files", 0, "path", to=""), "a path that is none"),
    "a-nul-in-a-path": (changed("diff", "files", 0, "path", to="a\0b.py"), "a path that is none"),
    "a-path-without-end": (changed("diff", "files", 0, "path", to="a" * 5000), "a path that is none"),
    "a-line-nobody-has": (changed("indirect", 0, "lost", to=[[1, 10**9]]), "a line that no file has"),
    "a-change-of-nothing": (changed("indirect", 0, "lost", to=[]), "changed in no line"),
    "line-zero": (changed("flapping", 0, "line", to=0), "a line that no file has"),
    "lines-backwards": (changed("indirect", 0, "lost", to=[[9, 1]]), "lines that end before they begin"),
    "three-ends": (changed("indirect", 0, "lost", to=[[1, 2, 3]]), "schema"),
    "more-statements-than-lines": (
        changed("diff", "files", 0, "places", to=[{**PLACE, "statements": 6}]),
        "more statements than lines",
    ),
    "statements-of-nothing": (
        changed(
            "diff", "files", 0, "places", to=[{**PLACE, "statements": 10**7, "lines": [1, 10**7]} for _ in range(99)]
        ),
        "are not what it misses",
    ),
    "a-reason-without-its-line": (
        changed("diff", "files", 0, "places", 0, "why", to=[{"kind": "if-never-true", "line": 0}]),
        "a reason that is none",
    ),
    "a-reason-with-a-line-too-many": (
        changed("diff", "files", 0, "places", 0, "why", to=[{"kind": "never-imported", "line": 3}]),
        "a reason that is none",
    ),
    "a-reason-in-words": (
        changed("diff", "files", 0, "places", 0, "why", to=[{"kind": "ask @team", "line": 3}]),
        "schema",
    ),
    "reasons-without-end": (
        changed("diff", "files", 0, "places", 0, "why", to=[{"kind": "never-called", "line": n} for n in range(1, 99)]),
        "schema",
    ),
    "places-that-are-not-enough": (changed("to_cover", to=enough(total=0)), "not enough"),
    "a-place-that-brings-more-than-it-has": (changed("to_cover", to=enough(total=99)), "a place to cover that is none"),
    "a-place-of-no-component": (changed("to_cover", to=enough(components=["@team"])), "a place to cover that is none"),
    "a-place-that-leads-out": (changed("to_cover", to=enough(path="../x.py")), "leads out of the repository"),
    "more-of-the-change-than-it-misses": (changed("to_cover", to=enough(path="other.py")), "not enough"),
    "fewer-places-than-said": (changed("to_cover", to={**enough(), "count": 2, "least": 1}), "not enough"),
    "more-at-least-than-there-are": (changed("to_cover", to={**enough(), "least": 2}), "not enough"),
    "places-and-folders": (changed("to_cover", to={**enough(), "folders": [FOLDER]}), "not enough"),
    "neither-places-nor-folders": (changed("to_cover", to={**enough(), "places": []}), "not enough"),
    "folders-without-end": (changed("to_cover", to={**enough(), "folders": [FOLDER] * 9}), "schema"),
    "a-folder-that-leads-out": (
        changed("to_cover", to={**enough(), "places": [], "folders": [{**FOLDER, "path": "/etc"}]}),
        "leads out of the repository",
    ),
    "a-part-of-nothing": (changed("to_cover", to={**enough(), "part": 999}), "does not follow"),
    "missing-lines-of-nothing": (changed("diff", "files", 0, "missing", to=[]), "are not what it misses"),
    "a-place-that-is-covered": (
        changed("diff", "files", 0, "places", to=[{**PLACE, "statements": 0, "branches": {"covered": 0, "total": 0}}]),
        "nothing to cover",
    ),
    "places-that-are-left-out": (changed("diff", "files", 0, "places", to=[]), "are not what it misses"),
    "a-file-for-nothing": (changed("diff", "files", 0, "gap", to="omitted"), "schema"),
    "a-missing-total": (changed("total", "lines", to=None), "neither counts nor a reason"),
    "a-reason-for-nothing": (
        changed("total", to={"percent": None, "lines": None, "branches": None, "reason": None}),
        "neither counts nor a reason",
    ),
    "a-rule-of-the-gate-in-words": (changed("gate_changes", "rows", 1, "after", to="@team"), "the gate that is none"),
    "a-name-of-the-gate-in-words": (
        changed("gate_changes", "rows", 1, "name", to="see //evil"),
        "the gate that is none",
    ),
    "a-target-in-words": (changed("gate_changes", "rows", 5, "before", to="90 by now"), "the gate that is none"),
    "an-option-in-words": (changed("gate_changes", "rows", 10, "name", to="see //evil"), "the gate that is none"),
    "a-component-in-words": (changed("gate_changes", "rows", 2, "component", to="a b"), "the gate that is none"),
    "a-gate-without-end": (
        changed("gate_changes", "rows", to=RESULT["gate_changes"]["rows"][:1] * 2001),
        "more changes to the gate",
    ),
    "colours-that-are-text": (changed("bands", "green", to="red"), "a number that is none"),
}


def test_the_honest_result_is_read() -> None:
    assert "Total coverage fell by" in read(pack(TEXT.encode()))
    assert "![" not in read(pack(TEXT.encode()))


@pytest.mark.slow
@pytest.mark.parametrize(("content", "why"), RESULTS.values(), ids=RESULTS)
def test_a_result_that_covgate_would_not_have_written(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        read(pack(content, method=zipfile.ZIP_STORED))
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


EVIL = [
    *("@everyone look", "visit https://evil.example/x now", "[click](//evil.example)", "<img src=//evil.example>"),
    *("fixes #1", "</details>", "a\n\n# A heading\n", "| a | b |", "``` ``` `code", "\u202eevil", ":tada:"),
    "<!-- covgate {} -->",
]

FREE: dict[str, Callable[[str], bytes]] = {
    "headline": lambda text: changed("headline", to=text),
    "notes": lambda text: changed("notes", to=[text]),
    "a-reason": lambda text: changed("components", 2, "total", "reason", to=text),
    "a-checks-why": lambda text: changed("checks", 1, "why", to=text),
    "the-base's-branch": lambda text: changed("base", "ref", to=text),
    "the-trend": lambda text: changed("trend", to=text),
    "the-version": lambda text: changed("covgate", to=text),
    "an-error": lambda text: changed("error", to={"message": text, "hint": text, "slug": text}),
    "what-an-option-gains": lambda text: changed("gate_changes", "rows", 10, "after", to=text),
    "why-an-effect-is-unknown": lambda text: changed("gate_changes", "rows", 10, "effect_unknown", to=text),
    "why-the-base-is-unknown": lambda text: changed(
        "gate_changes", "rows", 1, to={**RESULT["gate_changes"]["rows"][10], "kind": "unknown", "name": text}
    ),
    "a-function": lambda text: changed("diff", "files", 0, "places", 0, "function", to=text),
    "a-rule-that-leaves-out": lambda text: changed(
        "diff", "omitted", to=[{"path": "a.py", "why": f"`omit = {text}`, pyproject.toml line 3"}]
    ),
    "why-a-file-is-left-out": lambda text: changed("diff", "omitted", to=[{"path": "a.py", "why": text}]),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", EVIL)
@pytest.mark.parametrize("place", FREE)
def test_free_text_is_not_taken_over(place: str, text: str) -> None:
    shown = read(pack(FREE[place](text)))
    for word in ("evil", "everyone", "fixes", "heading", "tada", "| a |"):
        assert word not in shown
    assert shown.count("<details") == shown.count("</details>")
    assert "<!-- covgate" not in shown


@pytest.mark.parametrize("text", [text.replace("//", "/") for text in EVIL])
def test_a_path_is_shown_as_code(text: str) -> None:
    name = f"src/{text}/a.py".replace("//", "/")
    result = json.loads(changed("diff", "files", 0, "path", to=name))
    for spot in result["to_cover"]["places"] if result["to_cover"] else ():
        spot["path"] = name if spot["path"] == FILE["path"] else spot["path"]
    shown = read(pack(json.dumps(result).encode()))
    outside = re.sub(r"\(https://github\.com/org/app/[^)\s]*\)|`[^`\n]*`|<code>[^<\n]*</code>", "", shown)
    for word in ("evil", "everyone", "fixes", "heading", "tada", "<!--", "\u202e"):
        assert word not in outside
    links = re.findall(r"\]\(([^)\s]*)\)", re.sub(r"`[^`\n]*`", "", shown))
    assert links
    assert all(url.startswith("https://github.com/org/app/") for url in links)


def test_a_pull_requests_number_is_nowhere_to_be_said() -> None:
    keys = set(re.findall(r'"([a-z_]+)":', TEXT))
    assert not {key for key in keys if "number" in key or "pull" in key}


def test_links_lead_to_the_runs_head_and_nowhere_else() -> None:
    content = json.loads(changed("measured", to="5" * 40))
    content["moved"] = ["src/app/api.py"]
    shown = read(pack(json.dumps(content).encode()))
    assert "5" * 40 not in shown
    assert HEAD in shown


def paths_to_values(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inside for found in paths_to_values(one, (*path, key)))]


PLACES = paths_to_values(RESULT)[1:]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(), st.text(max_size=30), st.just([]), st.just({}),
    st.sampled_from(EVIL), st.just([[1, 5]]), st.just("0" * 40),
)  # fmt: skip


@given(place=st.sampled_from(PLACES), value=VALUES)
def test_whatever_stands_anywhere_is_refused_in_words_or_shown_safely(
    place: tuple[str | int, ...], value: object
) -> None:
    try:
        shown = read(pack(changed(*place, to=value)))
    except ValueError as exc:
        shown = str(exc)
    outside = re.sub(r"\(https://github\.com/org/app/[^)\s]*\)|`[^`\n]*`|<code>[^<\n]*</code>", "", shown)
    assert "evil" not in outside
    assert "everyone" not in outside


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    for archive in (data, pack(data), pack(TEXT.encode())[:100] + data):
        with pytest.raises(ValueError, match=r"\Aits? "):
            read(archive)


def test_the_ratio_leaves_room_for_an_honest_result() -> None:
    result = copy.deepcopy(RESULT)
    result["notes"] = ["the same note"] * 50_000
    archive = pack(json.dumps(result, indent=2).encode())
    assert "Total coverage" in read(archive)
