"""Cobertura and LCOV, read as untrusted text: the lines and branches they hold, or one clear refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covgate.errors import MeasureError
from covgate.measure.foreign.kinds import DataKind, ReportedFile, detect_kind
from covgate.measure.foreign.places import read_report

CLASS = '<class filename="{}"><lines>{}</lines></class>'


def cobertura(lines: str, *, filename: str = "shop/a.py", sources: str = "", root: str = "") -> str:
    return f"<coverage {root}><sources>{sources}</sources>{CLASS.format(filename, lines)}</coverage>"


def read(tmp_path: Path, text: str | bytes, kind: DataKind = DataKind.COBERTURA) -> tuple[ReportedFile, ...]:
    path = tmp_path / "report"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_report(path, kind).files


def branch_counts(file: ReportedFile) -> dict[int, tuple[int, int]]:
    return {line: (sum(exits.values()), len(exits)) for line, exits in file.branches.items()}


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"SQLite format 3\0...", DataKind.DATA_FILE),
        (b'<?xml version="1.0"?><coverage/>', DataKind.COBERTURA),
        (b"\xef\xbb\xbf\n <coverage/>", DataKind.COBERTURA),
        (b"TN:\nSF:a.py\n", DataKind.LCOV),
        (b"SF:a.py\n", DataKind.LCOV),
    ],
)
def test_a_file_is_known_by_its_content(tmp_path: Path, start: bytes, kind: DataKind) -> None:
    (tmp_path / "any-name").write_bytes(start)
    assert detect_kind(tmp_path / "any-name") is kind


@pytest.mark.parametrize("content", [b"", b"{}", b"\0\0", b"SQLite", b"DA:1,1"])
def test_what_is_no_coverage_data_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(MeasureError, match=r"is empty|neither coverage data nor"):
        detect_kind(tmp_path / "x")


def test_a_file_that_cannot_be_read_is_no_bug() -> None:
    # Opens for everybody, root too, and gives nothing.
    with pytest.raises(MeasureError, match=r"/proc/self/mem cannot be read: "):
        detect_kind(Path("/proc/self/mem"))


def test_lines_and_branches_of_cobertura(tmp_path: Path) -> None:
    lines = '<line number="1" hits="1"/><line number="2" hits="0"/>'
    lines += '<line number="3" hits="2" branch="true" condition-coverage="50% (1/2)" missing-branches="5"/>'
    (file,) = read(tmp_path, cobertura(lines))
    assert file.lines == {1: True, 2: False, 3: True}
    assert branch_counts(file) == {3: (1, 2)}


@pytest.mark.parametrize(
    ("hits", "executed"), [((0, 1), True), ((1, 0), True), ((0, 0), False), ((-1, 0), False)], ids=str
)
def test_a_line_reported_twice_was_executed_if_it_was_once(
    tmp_path: Path, hits: tuple[int, ...], *, executed: bool
) -> None:
    (xml,) = read(tmp_path, cobertura("".join(f'<line number="1" hits="{n}"/>' for n in hits)))
    records = "".join(f"DA:1,{n}\n" for n in hits)
    (lcov,) = read(tmp_path, f"SF:a.py\n{records}end_of_record\n", DataKind.LCOV)
    assert xml.lines == lcov.lines == {1: executed}


def test_a_line_zero_is_none(tmp_path: Path) -> None:
    """It stands for the whole file, in LCOV of old coverage and in Cobertura of others."""
    (xml,) = read(tmp_path, cobertura('<line number="0" hits="1" condition-coverage="50% (1/2)"/>'))
    (lcov,) = read(tmp_path, "SF:a.py\nDA:0,1\nFN:0,f\nBRDA:0,0,0,1\nend_of_record\n", DataKind.LCOV)
    assert xml.lines == lcov.lines == {}
    assert xml.branches == {}


def test_a_line_outside_a_class_belongs_to_no_file(tmp_path: Path) -> None:
    text = cobertura('<line number="1" hits="1"/>').replace("</class>", '</class><line number="2" hits="1"/>')
    (file,) = read(tmp_path, text)
    assert file.lines == {1: True}


@pytest.mark.parametrize(
    ("filename", "sources", "names"),
    [
        ("a.py", "<source>/ci/R/</source>", ("/ci/R/a.py",)),
        ("a.py", "<source>/ci/R</source><source>/ci/R/src</source>", ("/ci/R/a.py", "/ci/R/src/a.py")),
        ("a.py", "", ("a.py",)),
        ("a.py", "<source></source>", ("a.py",)),
        ("/ci/R/a.py", "<source>/other</source>", ("/ci/R/a.py",)),
        ("C:\\R\\a.py", "<source>/other</source>", ("C:\\R\\a.py",)),
    ],
)
def test_a_file_may_lie_under_each_source(tmp_path: Path, filename: str, sources: str, names: tuple[str, ...]) -> None:
    (file,) = read(tmp_path, cobertura("", filename=filename, sources=sources))
    assert file.names == names


CONDITION = '<line number="1" hits="1" condition-coverage="{}"/>'


@pytest.mark.parametrize(
    ("kind", "text", "has_branches"),
    [
        pytest.param(DataKind.COBERTURA, cobertura("", root='branches-valid="4"'), True, id="counted"),
        pytest.param(DataKind.COBERTURA, cobertura("", root='branches-valid="0"'), False, id="none-counted"),
        pytest.param(DataKind.COBERTURA, cobertura("", root='branches-valid=""'), False, id="count-left-empty"),
        pytest.param(DataKind.COBERTURA, cobertura(""), False, id="count-left-out"),
        pytest.param(DataKind.COBERTURA, cobertura(CONDITION.format("50% (1/2)")), True, id="a-condition"),
        pytest.param(DataKind.COBERTURA, cobertura(CONDITION.format("100% (1/1)")), True, id="one-exit"),
        pytest.param(DataKind.COBERTURA, cobertura(CONDITION.format("100%")), False, id="percent-alone"),
        pytest.param(DataKind.LCOV, "SF:a\nBRDA:1,0,0,1\nend_of_record\n", True, id="BRDA"),
        pytest.param(DataKind.LCOV, "SF:a\nBRDA:1,0,0,1\nDA:1,1\nend_of_record\n", True, id="BRDA-then-DA"),
        pytest.param(DataKind.LCOV, "SF:a\nDA:1,1\nBRDA:1,0,0,1\nend_of_record\n", True, id="DA-then-BRDA"),
        pytest.param(DataKind.LCOV, "SF:a\nDA:1,1\nBRF:0\nend_of_record\n", False, id="no-BRDA"),
    ],
)
def test_a_report_says_whether_branches_were_measured(
    tmp_path: Path, kind: DataKind, text: str, *, has_branches: bool
) -> None:
    (tmp_path / "r").write_text(text, encoding="utf-8")
    assert read_report(tmp_path / "r", kind).has_branches is has_branches


@pytest.mark.parametrize(
    ("size", "fine"), [(2 * 2**20, True), (256 * 2**20, True), (256 * 2**20 + 1, False)], ids=["2", "256", "more"]
)
def test_a_report_of_more_than_256_megabytes_is_refused(tmp_path: Path, size: int, *, fine: bool) -> None:
    """Only its size is looked at: what lies here are zeros that take no room."""
    with (tmp_path / "r").open("wb") as file:
        file.truncate(size)
    words = "not well-formed XML" if fine else f"is {size} bytes long; covgate reads at most {256 * 2**20}"
    with pytest.raises(MeasureError, match=words):
        read_report(tmp_path / "r", DataKind.COBERTURA)


def test_a_report_of_two_megabytes_is_read_whole(tmp_path: Path) -> None:
    (file,) = read(tmp_path, cobertura("".join(f'<line number="{n}" hits="1"/>' for n in range(1, 80_001))))
    assert len(file.lines) == 80_000


BEYOND = 1_000_001

BAD_XML = {
    "line-beyond": (
        cobertura(f'<line number="{BEYOND}" hits="1"/>'),
        r"line 1000001 of shop/a.py, .*\(line 1\)",
    ),
    "line-far-beyond": (cobertura('\n<line number="100000000000" hits="1"/>'), r"line 100000000000 .*\(line 2\)"),
    "cut": (cobertura("")[:-5], "not well-formed"),
    "nothing": ("", "not well-formed"),
    "other-root": ("<html/>", "root element is <html>"),
    "clover": ('<coverage clover="4"/>', "not a Cobertura report"),
    "no-number": (cobertura('<line hits="1"/>'), "without a usable number"),
    "words": (cobertura('<line number="x" hits="1"/>'), "without a usable number"),
    "endless-number": (cobertura(f'<line number="{"9" * 5000}" hits="1"/>'), "without a usable number"),
    "entity": ('<!DOCTYPE c [<!ENTITY a "b">]><coverage>&a;</coverage>', "declares XML entities"),
    "external-entity": ('<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><coverage>&a;</coverage>', "entities"),
    "parameter-entity": ('<!DOCTYPE c [<!ENTITY % a "b">]><coverage/>', "declares XML entities"),
    "undefined-entity": ("<coverage>&a;</coverage>", "not well-formed"),
    "encoding": ('<?xml version="1.0" encoding="big5"?><coverage/>', "not well-formed"),
}


@pytest.mark.parametrize(("text", "message"), BAD_XML.values(), ids=BAD_XML)
def test_bad_xml_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        read(tmp_path, text)


def test_a_doctype_alone_is_allowed_and_never_fetched(tmp_path: Path) -> None:
    text = '<!DOCTYPE coverage SYSTEM "http://cobertura.invalid/coverage-04.dtd">' + cobertura("")
    assert len(read(tmp_path, text)) == 1


def test_an_absurd_count_of_branches_is_not_believed(tmp_path: Path) -> None:
    lines = '<line number="1" hits="1" condition-coverage="0% (1/999999999)"/>'
    (file,) = read(tmp_path, cobertura(lines))
    assert branch_counts(file) == {}


def test_lines_and_branches_of_lcov(tmp_path: Path) -> None:
    text = "TN:\nSF:shop/a.py\nDA:1,1\nDA:2,0,checksum\nBRDA:1,0,jump to line 2,1\nBRDA:1,0,jump to line 4,-\n"
    text += "BRDA:2,0,exit, with a comma,0\nLF:2\nLH:1\nend_of_record\nSF:b.py\r\nDA:7,3\r\nend_of_record\r\n"
    one, two = read(tmp_path, text, DataKind.LCOV)
    assert (one.names, one.lines) == (("shop/a.py",), {1: True, 2: False})
    assert branch_counts(one) == {1: (1, 2), 2: (0, 1)}
    assert (two.names, two.lines) == (("b.py",), {7: True})


BAD_LCOV = {
    "line-beyond": (f"SF:a.py\nDA:{BEYOND},1\nend_of_record\n", r"line 1000001 of a.py, .*\(line 2\)"),
    "line-far-beyond": ("SF:a.py\nDA:999999999,1\nend_of_record\n", r"line 999999999 of a.py"),
    "line-without-bound": (f"SF:a.py\nDA:{'9' * 15},1\nend_of_record\n", r"line 999999999999999 of a.py"),
    "function-beyond": (f"SF:a.py\nFN:{BEYOND},f\nend_of_record\n", r"line 1000001 of f, .*\(line 2\)"),
    "branch-beyond": (f"SF:a.py\nBRDA:{BEYOND},0,0,1\nend_of_record\n", r"line 1000001 of a.py, .*\(line 2\)"),
    "word": ("SF:a\nDA:x,1\nend_of_record\n", r"DA:x,1 \(line 2\)"),
    "endless": (f"SF:a\nDA:1,{'9' * 5000}\nend_of_record\n", "malformed record DA:1,9"),
    "branch": ("SF:a\nBRDA:1,0\nend_of_record\n", "malformed record BRDA:1,0"),
    "outside": ("TN:\nDA:1,1\n", "outside a file"),
    "cut": ("SF:a.py\nDA:1,1\n", "ends inside the record of a.py"),
    "cut-before-the-next": ("SF:a.py\nDA:1,1\nSF:b.py\nend_of_record\n", "record of a.py"),
}


@pytest.mark.parametrize(("text", "message"), BAD_LCOV.values(), ids=BAD_LCOV)
def test_bad_lcov_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        read(tmp_path, text, DataKind.LCOV)


LONG = "y" * 5000


@pytest.mark.parametrize(
    ("kind", "text", "most"),
    [
        pytest.param(DataKind.COBERTURA, f"<{LONG}/>", 40, id="an-element"),
        pytest.param(DataKind.COBERTURA, cobertura(f'<line number="x" hits="{LONG}"/>'), 200, id="attributes"),
        pytest.param(
            DataKind.COBERTURA, cobertura(f'<line number="{BEYOND}" hits="1"/>', filename=LONG), 200, id="file"
        ),
        pytest.param(DataKind.LCOV, f"SF:a.py\nDA:{LONG}\nend_of_record\n", 60, id="a-line"),
        pytest.param(DataKind.LCOV, f"SF:a.py\nBRDA:{LONG}\nend_of_record\n", 60, id="a-branch"),
        pytest.param(DataKind.LCOV, f"SF:a.py\nFN:{BEYOND},{LONG}\nend_of_record\n", 200, id="a-function"),
        pytest.param(DataKind.LCOV, f"SF:{LONG}\nDA:1,1\n", 200, id="a-file-that-was-cut-off"),
    ],
)
def test_of_a_strangers_text_a_part_is_told(tmp_path: Path, kind: DataKind, text: str, most: int) -> None:
    with pytest.raises(MeasureError) as caught:
        read(tmp_path, text, kind)
    assert 0 < caught.value.message.count("y" * 10) * 10 <= most


def test_a_line_beyond_is_named_with_its_own_file(tmp_path: Path) -> None:
    second = CLASS.format("b.py", f'<line number="{BEYOND}" hits="1"/>')
    with pytest.raises(MeasureError, match=r"line 1000001 of b\.py, "):
        read(tmp_path, cobertura("").replace("</coverage>", f"{second}</coverage>"))


def test_the_last_line_a_file_can_have_is_read(tmp_path: Path) -> None:
    (xml,) = read(tmp_path, cobertura('<line number="1000000" hits="1"/>'))
    (lcov,) = read(tmp_path, "SF:a.py\nDA:1000000,1\nend_of_record\n", DataKind.LCOV)
    assert xml.lines == lcov.lines == {1_000_000: True}


@pytest.mark.parametrize("end", ["end_of_record ", "end_of_record\t", "end_of_record \r", " end_of_record"])
def test_blanks_around_the_end_of_a_record_are_nothing(tmp_path: Path, end: str) -> None:
    one, two = read(tmp_path, f"SF:a.py\nDA:1,1\n{end}\nSF:b.py\nDA:2,0\n{end}", DataKind.LCOV)
    assert (one.lines, two.lines) == ({1: True}, {2: False})


def test_lines_that_only_functions_and_exits_name_count_as_in_diff_cover(tmp_path: Path) -> None:
    """Istanbul writes no DA for the head of a function. coverage.py does, and there the DA counts."""
    text = "SF:a.ts\nFN:1,5,used\nFN:7,unused\nFN:9,counted\nFNDA:3,used\nFNDA:0,unused\nFNDA:2,counted\nFNDA:1,(x)\n"
    text += "FN:20,as_often\nFNDA:3,as_often\nFN:22,once\nFNDA:1,once\n"
    text += "FN:24,never\nDA:13,0\nBRDA:13,0,0,1\n"
    text += "DA:9,0\nBRDA:11,0,0,2\nBRDA:11,0,1,0\nBRDA:12,0,0,-\nBRDA:12,0,1,-\nend_of_record\n"
    text += "SF:b.ts\nFNDA:1,used\nFN:x\nDA:3,1\nend_of_record\n"
    one, two = read(tmp_path, text, DataKind.LCOV)
    assert one.lines == {1: True, 7: False, 9: False, 11: True, 12: False, 13: False, 20: True, 22: True, 24: False}
    assert two.lines == {3: True}


def condition(taken: int, total: int, missing: str | None = None) -> str:
    told = "" if missing is None else f' missing-branches="{missing}"'
    return f'<line number="3" hits="1" condition-coverage="x ({taken}/{total})"{told}/>'


@pytest.mark.parametrize(
    ("one", "other", "united"),
    [
        pytest.param(condition(1, 2, "5"), condition(1, 2, "exit"), (2, 2), id="another-exit-each"),
        pytest.param(condition(1, 2, "5"), condition(1, 2, "5"), (1, 2), id="the-same-exit"),
        pytest.param(condition(0, 2, "5,7"), condition(1, 2, "5"), (1, 2), id="none-and-one"),
        pytest.param(condition(0, 2, "5,7"), condition(0, 2, "5,7"), (0, 2), id="none-twice"),
        pytest.param(condition(2, 2), condition(1, 2, "5"), (2, 2), id="all-and-one"),
        pytest.param(condition(1, 3, "5,7"), condition(1, 3, "7,9"), (2, 3), id="two-of-three"),
        pytest.param(condition(0, 2, "exit,exit"), condition(1, 2, "exit"), (1, 2), id="an-exit-named-twice"),
        pytest.param(condition(1, 2), condition(1, 2), (1, 2), id="nothing-tells-which"),
        pytest.param(condition(1, 3), condition(2, 3), (2, 3), id="the-larger-where-nothing-tells-which"),
        pytest.param(condition(1, 2, "5"), condition(1, 2), (1, 2), id="one-tells-which"),
        pytest.param(condition(1, 2), condition(2, 2), (2, 2), id="all-needs-no-names"),
        pytest.param(condition(1, 2, "5,7"), condition(1, 2, "9"), (1, 2), id="names-that-do-not-fit-the-counts"),
        pytest.param(condition(0, 2, "5,7"), condition(1, 2, "9"), (1, 2), id="one-name-too-many"),
        pytest.param(condition(1, 3, "5, exit"), condition(1, 3, "exit ,7"), (2, 3), id="blanks-around-names"),
        pytest.param(condition(1, 2, "x"), condition(1, 2, "y"), (1, 2), id="names-that-are-none"),
        pytest.param(condition(2, 4, "5,x"), condition(2, 4, "7,y"), (2, 4), id="one-name-that-is-none"),
        pytest.param(condition(0, 2, "exit,exit"), condition(0, 2, "exit,exit"), (0, 2), id="both-leave-the-code"),
        pytest.param(condition(1, 2, "5"), condition(2, 3, "7"), (2, 3), id="another-number-of-exits"),
        pytest.param(condition(2, 4, "5,7"), condition(2, 4, "8,9"), (4, 4), id="all-of-four"),
        pytest.param(condition(1, 2, ""), condition(1, 2, " , "), (1, 2), id="empty-names"),
    ],
)
def test_exits_of_two_cobertura_reports_are_united_by_those_they_miss(
    tmp_path: Path, one: str, other: str, united: tuple[int, int]
) -> None:
    (first,), (second,) = read(tmp_path, cobertura(one)), read(tmp_path, cobertura(other))
    (mirrored,) = read(tmp_path, cobertura(other + one))
    first.merge(second)
    assert branch_counts(first) == branch_counts(mirrored) == {3: united}


def test_three_reports_that_miss_other_exits_of_a_line(tmp_path: Path) -> None:
    files = [read(tmp_path, cobertura(condition(1, 4, m)))[0] for m in ("2,3,4", "1,3,4", "1,2,4")]
    files[0].merge(files[1])
    files[0].merge(files[2])
    assert branch_counts(files[0]) == {3: (3, 4)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.sampled_from([DataKind.COBERTURA, DataKind.LCOV]))
def test_whatever_the_bytes_the_answer_is_a_report_or_a_refusal(tmp_path: Path, content: bytes, kind: DataKind) -> None:
    prefix = b"<coverage>" if kind is DataKind.COBERTURA else b"SF:a\n"
    try:
        read(tmp_path, prefix + content, kind)
    except MeasureError as exc:
        assert str(tmp_path / "report") in exc.message  # noqa: PT017  # either end is right


reported = st.builds(
    lambda lines: ReportedFile(names=("a",), lines=lines), st.dictionaries(st.integers(1, 9), st.booleans())
)


@given(reported, reported)
def test_uniting_two_reports_of_a_file_keeps_what_either_executed(one: ReportedFile, two: ReportedFile) -> None:
    first, second = dict(one.lines), dict(two.lines)
    one.merge(two)
    assert one.lines == {line: first.get(line, False) or second.get(line, False) for line in first | second}


@pytest.mark.parametrize(
    ("one", "other", "exits"),
    [
        pytest.param("BRDA:3,0,0,-", "BRDA:3,0,1,0", {"0,0": False, "0,1": False}, id="another-exit-each-none-taken"),
        pytest.param("BRDA:3,0,0,1", "BRDA:3,0,1,0", {"0,0": True, "0,1": False}, id="the-first-was-taken"),
        pytest.param("BRDA:3,0,0,0", "BRDA:3,0,1,2", {"0,0": False, "0,1": True}, id="the-second-was-taken"),
        pytest.param("BRDA:3,0,0,0", "BRDA:3,0,0,7", {"0,0": True}, id="the-same-exit-once"),
        pytest.param("BRDA:3,0,0,0", "BRDA:3,1,0,1", {"0,0": False, "1,0": True}, id="of-another-block"),
    ],
)
def test_exits_of_two_lcov_reports_are_united_by_their_names(
    tmp_path: Path, one: str, other: str, exits: dict[str, bool]
) -> None:
    (first,) = read(tmp_path, f"SF:a.py\nDA:3,1\n{one}\nend_of_record\n", DataKind.LCOV)
    (second,) = read(tmp_path, f"SF:a.py\nDA:3,1\n{other}\nend_of_record\n", DataKind.LCOV)
    (both,) = read(tmp_path, f"SF:a.py\nDA:3,1\n{one}\n{other}\nend_of_record\n", DataKind.LCOV)
    first.merge(second)
    assert first.branches == both.branches == {3: exits}


def test_a_source_is_its_own_text_alone(tmp_path: Path) -> None:
    sources = "\n  <source>\n /ci/one\n </source> and <source>/ci/&#116;wo</source>\n "
    (file,) = read(tmp_path, cobertura("", filename="a.py", sources=sources))
    assert file.names == ("/ci/one/a.py", "/ci/two/a.py")


def test_more_exits_taken_than_there_are_is_all_of_them(tmp_path: Path) -> None:
    (file,) = read(tmp_path, cobertura(condition(5, 2)))
    assert branch_counts(file) == {3: (2, 2)}
