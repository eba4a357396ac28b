"""Permalinks: which commit, which lines, and what a name needs in an address."""

from __future__ import annotations

from pathlib import PurePosixPath

from covgate.host.links import Links
from covgate.model.commit import Sha
from covgate.model.coverage import Span

BLOB, HEAD, MERGE = "https://github.com/org/app/blob", Sha("a" * 40), Sha("b" * 40)
HERE, MOVED = PurePosixPath("m.py"), PurePosixPath("moved.py")


def test_a_link_leads_to_the_head_unless_the_lines_lie_elsewhere_there() -> None:
    links = Links(blob=BLOB, head=HEAD, measured=MERGE, moved=frozenset({MOVED}))
    assert links.to(HERE) == f"{BLOB}/{HEAD}/m.py"
    assert links.to(MOVED) == f"{BLOB}/{MERGE}/moved.py"
    assert links.to_measured(HERE, Span(start=3, end=3)) == f"{BLOB}/{MERGE}/m.py#L3"
    assert links.to(HERE, Span(start=3, end=4)) == f"{BLOB}/{HEAD}/m.py#L3-L4"
    odd = PurePosixPath("a b/#ü?\udce9.py")
    assert links.to(odd) == f"{BLOB}/{HEAD}/a%20b/%23%C3%BC%3F%E9.py"


def test_without_an_address_or_a_commit_there_is_no_link() -> None:
    span = Span(start=1, end=2)
    assert Links().to(HERE, span) is None
    assert Links(head=HEAD, measured=MERGE).to(HERE, span) is None
    assert Links(blob=BLOB, head=HEAD).to_measured(HERE, span) is None
    assert Links(blob=BLOB, measured=MERGE).to(HERE, span) is None
