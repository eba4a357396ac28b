"""What coverage's configuration says of what is counted, from whichever file coverage would use."""

from __future__ import annotations

import pytest

from covgate.config.coverage_file import CoverageOptions, read_coverage_options

TOML = '[tool.coverage.run]\nomit = ["a/*", "b/*"]\nbranch = true\n[tool.coverage.report]\nomit = ["c/*"]\n'
OF_TOML: CoverageOptions = {"omit": ("a/*", "b/*"), "branch": ("true",), "[report] omit": ("c/*",)}
FILES: dict[str, tuple[dict[str, str], CoverageOptions]] = {
    "pyproject": ({"pyproject.toml": TOML}, OF_TOML),
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
    "a-byte-order-mark": ({"pyproject.toml": "\ufeff" + TOML.replace("a/*", "z")}, {**OF_TOML, "omit": ("z", "b/*")}),
    "tables-of-another-tool": ({"setup.cfg": "[tool:pytest]\naddopts = -q\n", "pyproject.toml": TOML}, OF_TOML),
    "a-section-without-the-prefix-beside-one-with-it": (
        {"tox.ini": "[coverage:run]\nomit = a\n[run]\nomit = b\n"},
        {"omit": ("a",)},
    ),
    "a-table-of-no-tool": ({"pyproject.toml": "[run]\nomit = ['x']\n"}, {}),
    "values-where-tables-belong": ({"pyproject.toml": "[tool.coverage]\nrun = 1\nreport = []\n"}, {}),
    "values-where-tables-belong-in-an-rc": (
        {".coveragerc.toml": "run = 1\n[report]\nfail_under = 7\n"},
        {"fail_under": ("7",)},
    ),
    "spaces-and-empty-items": (
        {".coveragerc": "[run]\nomit = a, ,b\n[report]\nfail_under = 90,5\n"},
        {"omit": ("a", "b"), "fail_under": ("90,5",)},
    ),
    "spaces-in-a-list": ({".coveragerc.toml": "run.omit = [' a ', 'b']"}, {"omit": ("a", "b")}),
    "nothing": ({"pyproject.toml": "[project]\nname = 'x'\n"}, {}),
    "no-table": ({"pyproject.toml": "tool = 1\n"}, {}),
}


@pytest.mark.parametrize(("files", "options"), FILES.values(), ids=FILES)
def test_the_file_that_coverage_uses_is_read(files: dict[str, str], options: CoverageOptions) -> None:
    assert read_coverage_options(files) == options


def test_a_file_that_the_run_names_is_read_and_no_other() -> None:
    files = {"cov.ini": "[run]\nomit = named\n", ".coveragerc": "[run]\nomit = rc\n", "pyproject.toml": TOML}
    assert read_coverage_options(files, named="cov.ini") == {"omit": ("named",)}
    assert read_coverage_options(files, named="gone.ini") == {}
    assert read_coverage_options(files | {"cov.toml": "[run]\nsource = ['x']"}, named="cov.toml") == {"source": ("x",)}


@pytest.mark.parametrize("files", [{"pyproject.toml": "= ="}, {".coveragerc": "omit = x\n"}], ids=["toml", "ini"])
def test_a_file_that_cannot_be_parsed_is_an_error(files: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_coverage_options(files)
