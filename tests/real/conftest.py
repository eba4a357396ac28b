"""Prints the table when the projects are through; `--update-table` writes it into docs/real-projects.md too."""

from __future__ import annotations

import pytest

from tests.real import table


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-table", action="store_true", help="write the table of real projects into its page")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        table.forget_rows()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = table.load_rows()
    if not rows:
        return
    text = table.render(rows)
    terminalreporter.section("real projects")
    terminalreporter.write_line(text)
    if config.getoption("--update-table", default=False):
        table.write(text)
