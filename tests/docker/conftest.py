"""One engine and one image for all tests of the container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import Engine, NoEngineError, build_image, provide_base, running_engine

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("docker")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    try:
        with running_engine() as engine:
            yield engine
    except NoEngineError as exc:
        if os.environ.get("CI"):
            pytest.fail(f"the container is not tested: {exc}")
        pytest.skip(f"needs a Docker engine: {exc}")


@pytest.fixture(scope="session")
def base(engine: Engine) -> str | None:
    return provide_base(engine)


@pytest.fixture(scope="session")
def image(engine: Engine, base: str | None) -> str:
    return build_image(engine, base)
