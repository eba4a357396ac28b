"""The functions of files outside the change, read from a commit or from the working tree."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from covgate.change.functions import find_functions
from tests.support.git import make_repository

SOURCE = "def work():\n    return 1\n"


@pytest.mark.parametrize("committed", [True, False])
def test_only_files_of_python_have_functions(tmp_path: Path, *, committed: bool) -> None:
    repository = make_repository(tmp_path / "repository")
    names = ("m.py", "gui.pyw", "page.tmpl")
    for name in names:
        repository.write(name, SOURCE)
    sha = repository.commit("all")
    found = find_functions(repository.command, sha if committed else None, map(PurePosixPath, names))
    assert {str(path): [one.name for one in functions] for path, functions in found.items()} == {
        "m.py": ["work"],
        "gui.pyw": ["work"],
    }
