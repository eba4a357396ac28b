"""What the release workflow asks of the tree: `python -m tools.release --help`. The standard library alone.

The tag of a release is a commit beside main, in which action.yml names the image by digest: a run pulls it instead of
building it.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_VERSION = re.compile(r"(?m)^__version__ = \"(.+)\"$")
_IMAGE = re.compile(r"(?m)^  image: .+$")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9.-]+(/[a-z0-9._-]+)+")


def check(version: str, root: Path = ROOT) -> str:
    """Return why `version` cannot be released, or an empty string."""
    (stands,) = _VERSION.findall((root / "covgate" / "__init__.py").read_text(encoding="utf-8"))
    if version != stands:
        return f"covgate/__init__.py says {stands}, not {version}"
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return f"{version} is no release: three numbers are"
    if f"\n## {version}\n" not in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        return f"CHANGELOG.md has no heading `## {version}`"
    return ""


def pin(image: str, digest: str, root: Path = ROOT) -> str:
    """Let action.yml run `image` by `digest`; return why that cannot be, or an empty string."""
    if not _NAME.fullmatch(image) or not _DIGEST.fullmatch(digest):
        return f"{image}@{digest} is no image by its digest"
    action = root / "action.yml"
    text, count = _IMAGE.subn(f"  image: docker://{image}@{digest}", action.read_text(encoding="utf-8"))
    if count != 1:
        return f"action.yml names {count} images"
    action.write_text(text, encoding="utf-8")
    return ""


def main() -> str | None:
    """Do what was asked; a problem is the message the process ends with."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="is this the version to release?").add_argument("version")
    pinning = commands.add_parser("pin", help="let action.yml name the image")
    pinning.add_argument("image")
    pinning.add_argument("digest")
    asked = parser.parse_args()
    return (check(asked.version) if asked.command == "check" else pin(asked.image, asked.digest)) or None


if __name__ == "__main__":
    sys.exit(main())
