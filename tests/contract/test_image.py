"""What the image holds is pinned, comes from nowhere in particular, and is what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = (ROOT / "requirements" / "image.txt").read_text(encoding="utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    """Each requirement's lines by its name."""
    entries = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"(?m)^\s*#.*\n", "", PINS))
    return {normal(re.split(r"[^\w.-]", entry, maxsplit=1)[0]): entry for entry in entries}


def test_every_requirement_is_pinned_by_hash() -> None:
    for name, entry in pinned().items():
        assert re.match(r"\S+==\S+", entry), name
        assert "--hash=sha256:" in entry, name


def test_no_index_is_named() -> None:
    assert "://" not in PINS
    assert "index-url" not in PINS


def test_the_dependencies_and_uv_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in project["dependencies"]}
    assert names | {"uv"} <= set(pinned())


def test_the_dockerfile_obeys_the_runner() -> None:
    """GitHub: a container action runs as root, in the folder the runner sets, from an absolute entry point."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    instructions = re.findall(r"(?m)^([A-Z]+) ", text)
    assert not {"USER", "WORKDIR", "CMD", "VOLUME"} & set(instructions)
    assert re.search(r'(?m)^ENTRYPOINT \["/opt/', text)
    assert "--mount" not in text, "the legacy builder has no mounts"
