#!/usr/bin/env bash
# Pins what the image holds: writes requirements/image.txt. Arguments go to uv (`--upgrade`, `--upgrade-package NAME`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Universal: the image may be built on another base's Python, and on arm64. No address of an index may get into the
# file: whoever builds the image has an index of their own. PyGithub brings cryptography, for the keys of a GitHub App:
# covgate has a token, and its first request would wait for that import.
uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package cryptography --no-emit-index-url --no-emit-find-links --custom-compile-command "bash tools/lock.sh" \
  --output-file requirements/image.txt "$@" pyproject.toml requirements/image.in
