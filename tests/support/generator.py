"""Generated changes: repositories by edits, renames, copies and odd names; modules whose coverage is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

Files = dict[bytes, bytes]
"""Content by name."""

_NAME_PARTS = (
    *(b"a", b"b/", b" ", b" b/", b'"', b"\\", b"\\n", b"\t", b"\n", b"\r", b"\x7f", b"\x1b", b"'", b"=>", b"{", b"}"),
    *(b"*", b"?", b"[", b"]", b"-", b"--", b":", b"@", b"^", b"~", b"#", b"%", b"\xff", b"\xc3", "ü".encode()),
    *("😀".encode(), "\u2028".encode(), b"dev/null/", b"b/b/", b"a/", b".", b",", b"$"),
)

_LINES = (
    *(b"", b"x = 1", b"def f():", b"    return 1", b"    # note", b"pass", b"same", b"other", b"\tend"),
    # Lines that look like a part of a diff, as they are and behind the sign git puts before them.
    *(b"++ b/evil.py", b"-- a/evil.py", b"+++ b/evil.py", b"--- a/evil.py", b"++ /dev/null", b"-- /dev/null"),
    *(b"diff --git a/evil.py b/evil.py", b"@@ -1 +1 @@", b"@@ -1,3 +1,9 @@ def f():", b"\\ No newline at end of file"),
    *(b"rename to evil.py", b"index 0000000..1111111 100644", b"Binary files a/x and b/x differ", b'++ "b/evil.py"'),
    # Line ends of others, and bytes that are no text.
    *(b"carriage\rreturn", b"\r", b"form\x0cfeed", b"\xff\xfe", b"nul\0", "\u2028".encode(), b"\x1c\x1d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The files before and after."""

    before: Files
    after: Files


def _usable(name: bytes) -> bool:
    parts = name.split(b"/")
    return all(part not in {b"", b".", b".."} and len(part) < 100 for part in parts)


def _names(number: int) -> st.SearchStrategy[bytes]:
    """Names that differ by their number, nearly all of them of Python files."""
    parts = st.lists(st.sampled_from(_NAME_PARTS), max_size=5).map(b"".join)
    suffixes = st.sampled_from([b".py"] * 9 + [b".txt"])
    return st.builds(lambda front, suffix: front + f"m{number}".encode() + suffix, parts, suffixes).filter(_usable)


def _lines() -> st.SearchStrategy[list[bytes]]:
    # Numbers make some lines the only ones of their kind; the pool makes others repeat.
    unique = st.integers(0, 10_000).map(lambda n: f"line{n} = {n}".encode())
    return st.lists(st.one_of(st.sampled_from(_LINES), unique), max_size=14)


def _text(lines: list[bytes], end: bytes, *, ended: bool) -> bytes:
    text = end.join(lines) + (end if ended and lines else b"")
    return text if ended or not text.endswith(end) else text[: -len(end)]


@st.composite
def _contents(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    return _text(lines, draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"])), ended=draw(st.booleans()))


@st.composite
def _edited(draw: st.DrawFn, lines: list[bytes]) -> list[bytes]:
    """Some lines replaced, inserted, removed or moved."""
    result = list(lines)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(result)))
        until = draw(st.integers(at, min(len(result), at + 3)))
        moved = result[at:until] if draw(st.booleans()) else []
        result[at:until] = draw(st.lists(st.sampled_from(_LINES), max_size=3)) + moved
    return result


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw up to five files, and for each what becomes of it."""
    before: Files = {}
    after: Files = {}
    for number in range(draw(st.integers(1, 5))):
        lines = draw(_lines())
        old, new = draw(_names(2 * number)), draw(_names(2 * number + 1))
        fate = draw(st.sampled_from(["add", "edit", "edit", "delete", "rename", "move", "copy", "ends"]))
        original = draw(_contents(lines))
        changed = draw(_contents(draw(_edited(lines))))
        if fate != "add":
            before[old] = original
        match fate:
            case "add":
                after[new] = original
            case "edit":
                after[old] = changed
            case "rename":
                after[new] = original
            case "move":
                after[new] = changed
            case "copy":
                after |= {old: original, new: original}
            case "ends":
                after[old] = draw(_contents(lines))
            case _:
                pass
    return Change(before=before, after=after)


# --- modules whose coverage is known by construction ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module before and after a change, and what the change touches: the first lines of statements."""

    before: str
    after: str
    covered: frozenset[int]
    missing: frozenset[int]


def _assignment(n: int) -> list[tuple[str, bool]]:
    return [(f"v{n} = {n}", True)]


def _call(n: int) -> list[tuple[str, bool]]:
    return [
        (f"v{n} = dict(", True),
        (f"    a{n}={n},", True),
        (f"    # note {n}", False),
        (f"    b{n}={n},", True),
        (f")  # end {n}", True),
    ]


def _string(n: int) -> list[tuple[str, bool]]:
    return [(f'v{n} = """{n}', True), (f"# not a comment {n}", True), (f'"""  # end {n}', True)]


def _comment(n: int) -> list[tuple[str, bool]]:
    return [(f"# comment {n}", False)]


def _backslash(n: int) -> list[tuple[str, bool]]:
    return [(f"v{n} = {n} + \\", True), (f"    {n}", True)]


_STATEMENTS: tuple[Callable[[int], list[tuple[str, bool]]], ...] = (_assignment, _call, _string, _comment, _backslash)
"""Each makes the lines of one statement, or of a comment, and says which of them hold a part of it."""


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """Draw functions that are called or never called; some of their lines are others in the base."""
    lines: list[str] = []
    base: list[str] = []
    touched: dict[bool, set[int]] = {True: set(), False: set()}

    def add(piece: list[tuple[str, bool]], *, indent: str, executed: bool) -> None:
        first = len(lines) + 1
        for text, holds_code in piece:
            is_changed = draw(st.integers(0, 3)) == 0
            lines.append(indent + text)
            base.append(f"was {len(lines)}" if is_changed else indent + text)
            if is_changed and holds_code:
                touched[executed].add(first)

    for number in range(draw(st.integers(1, 4))):
        called = draw(st.booleans())
        add(
            [(f"def f{number}(", True), (f"    a{number}=1,", True), (f"):  # f{number}", True)],
            indent="",
            executed=True,
        )
        for piece in draw(st.lists(st.sampled_from(_STATEMENTS), max_size=4)):
            add(piece(len(lines)), indent="    ", executed=called)
        add([(f"return {number}", True)], indent="    ", executed=called)
        if called:
            add([(f"f{number}()", True)], indent="", executed=True)
    return Module(
        before="".join(f"{line}\n" for line in base),
        after="".join(f"{line}\n" for line in lines),
        covered=frozenset(touched[True]),
        missing=frozenset(touched[False]),
    )
