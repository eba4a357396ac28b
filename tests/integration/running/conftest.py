"""How suites are run is the subject here, so each of them is started as everybody starts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.warm import cold_suites


@pytest.fixture(autouse=True)
def started_suites() -> Iterator[None]:
    with cold_suites():
        yield
