"""What lets `make gate` measure the covgate processes that tests start in a cleaned environment."""

from __future__ import annotations

import os

MEASURED = {name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ}
"""Add it to the environment of covgate itself, never to that of another program: empty but under `make gate`."""
