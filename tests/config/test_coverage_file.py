"""What coverage's configuration says of what is counted, from whichever file coverage would use."""

from __future__ import annotations

import pytest

from covgate.config.coverage_file import CoverageOptions, read_coverage_options

TOML = '[tool.coverage.run]\nomit = ["a/*", "b/*"]\nbranch = true\n[tool.coverage.report]\nomit = ["c/*"]\n'
FILES: dict[str, tuple[dict[str, str], CoverageOptions]] = {
    "pyproject": ({"pyproject.toml": TOML}, {"omit": ("a/*", "b/*"), "branch": ("true",), "[report] omit": ("c/*",)}),
    "rc": ({".coveragerc": "[run]\nomit =\n    a/*\n    b/*,c/*\n"}, {"omit": ("a/*", "b/*", "c/*")}),
    "an-empty-rc-hides-the-rest": ({".coveragerc": "", "pyproject.toml": TOML}, {}),
    "rc-in-toml": ({".coveragerc.toml": "[run]\nsource = ['x']\n", "setup.cfg": ""}, {"source": ("x",)}),
    "rc-in-toml-with-the-long-name": (
        {".coveragerc.toml": "[tool.coverage.run]\ninclude = ['x']\n"},
        {"include": ("x",)},
    ),
    "setup-cfg": (
        {"setup.cfg": "[coverage:report]\nfail_under = 90\n", "pyproject.toml": TOML},
        {"fail_under": ("90",)},
    ),
    "setup-cfg-without-it": (
        {"setup.cfg": "[run]\nomit = x\n", "tox.ini": "[coverage:run]\nsource = y"},
        {"source": ("y",)},
    ),
    "a-comma-in-a-pattern": (
        {".coveragerc": "[report]\nexclude_also =\n    raise X{1,2}\n    nocov\n"},
        {"exclude_also": ("raise X{1,2}", "nocov")},
    ),
    "a-variable-is-not-expanded": (
        {".coveragerc": "[run]\nomit = ${GITHUB_TOKEN}, %(x)s\n"},
        {"omit": ("${GITHUB_TOKEN}", "%(x)s")},
    ),
    "nothing": ({"pyproject.toml": "[project]\nname = 'x'\n"}, {}),
    "no-table": ({"pyproject.toml": "tool = 1\n"}, {}),
}


@pytest.mark.parametrize(("files", "options"), FILES.values(), ids=FILES)
def test_the_file_that_coverage_uses_is_read(files: dict[str, str], options: CoverageOptions) -> None:
    assert read_coverage_options(files) == options


@pytest.mark.parametrize("files", [{"pyproject.toml": "= ="}, {".coveragerc": "omit = x\n"}], ids=["toml", "ini"])
def test_a_file_that_cannot_be_parsed_is_an_error(files: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_coverage_options(files)
