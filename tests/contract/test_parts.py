"""What covgate uses of coverage and diff-cover without a promise: it is there, with the shape that is used."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from coverage import Coverage
from coverage.config import CoverageConfig
from coverage.files import GlobMatcher, prep_patterns
from coverage.python import PythonFileReporter
from coverage.results import Analysis
from diff_cover.diff_reporter import BaseDiffReporter
from diff_cover.report_generator import TEMPLATE_ENV, JsonReportGenerator, TemplateReportGenerator
from diff_cover.snippets import Snippet
from diff_cover.violationsreporters.base import BaseViolationReporter
from jinja2 import StrictUndefined

from covgate.change import diff_cover_reporters
from covgate.change.diff_cover_reporters import ChangedStatements, MeasuredStatements
from covgate.measure.probe.covgate_probe.analyst import DATA_PREFIX, PRIVATE_NAMES, Analyst

ROOT = Path(__file__).resolve().parents[2]
PROBE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "covgate/measure/probe").rglob("*.py"))

ANALYST = (ROOT / "covgate/measure/probe/covgate_probe/analyst.py").read_text(encoding="utf-8")


def names(function: Callable[..., object]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


# --- coverage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("_analyze", ["morf", "file_reporter"]),
        ("_get_file_reporters", ["morfs"]),
        ("_get_file_reporter", ["morf"]),
    ],
)
def test_a_private_method_of_coverage_is_as_the_probe_calls_it(name: str, parameters: list[str]) -> None:
    assert name in PRIVATE_NAMES
    assert names(getattr(Coverage, name)) == parameters


def test_the_list_of_private_names_is_complete() -> None:
    used = set(re.findall(r"\b(?:cov|super\(\))\.(_[a-z]\w*)", PROBE))
    of_coverage = Coverage(data_file=None, config_file=False)
    used |= {name for name in re.findall(r"\b(?:def |self\.)(_[a-z]\w*)", ANALYST) if hasattr(of_coverage, name)}
    assert used == set(PRIVATE_NAMES)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b(?:cov|self)\.config\.(\w+)", PROBE))))
def test_an_attribute_of_the_configuration_is_there(name: str) -> None:
    assert hasattr(CoverageConfig(), name)


@pytest.mark.parametrize("name", sorted(set(re.findall(r'"((?:run|report):\w+)"', PROBE))))
def test_an_option_of_the_configuration_is_there(name: str) -> None:
    Coverage(config_file=False, data_file=None).get_option(name)


def test_a_configuration_goes_through_text_and_back(tmp_path: Path) -> None:
    cov = Coverage(config_file=False)
    cov.set_option("run:source", [str(tmp_path)])
    cov.set_option("run:branch", True)  # noqa: FBT003  # coverage's own signature
    cov.config.config_file = str(tmp_path / "x")
    text = cov.config.serialize()
    assert isinstance(text, str)
    again = CoverageConfig.deserialize(text)
    assert (again.source, again.branch) == ([str(tmp_path)], True)
    through_the_prefix = Analyst(data_file=None, config_file=DATA_PREFIX + text)
    assert through_the_prefix.get_option("run:source") == [str(tmp_path)]
    assert through_the_prefix.get_option("run:branch") is True


def test_an_analysis_has_what_the_probe_reads(tmp_path: Path) -> None:
    source = tmp_path / "m.py"
    source.write_text("def f(a):\n    if a:\n        return (\n            1)\n", encoding="utf-8")
    cov = Analyst(data_file=None, config_file=False)
    data = cov.get_data()
    data.add_arcs({str(source): [(-1, 1), (1, -1)]})
    reporter = cov.reporter_of(str(source))
    assert isinstance(reporter, PythonFileReporter)
    analysis = cov.analysis_of(reporter)
    assert isinstance(analysis, Analysis)
    assert (analysis.statements, analysis.missing, analysis.excluded) == ({1, 2, 3}, {2, 3}, set())
    assert analysis.branch_stats() == {2: (2, 0)}
    assert reporter.translate_lines([4]) == {3}
    assert [(r.kind, r.name, min(r.lines), max(r.lines)) for r in reporter.code_regions()] == [("function", "f", 2, 4)]
    assert reporter.should_be_python()
    # Python 3.13 warns of a database in memory that nobody closed.
    data.close(force=True)


def test_a_matcher_is_made_from_patterns(tmp_path: Path) -> None:
    assert GlobMatcher(prep_patterns(["*/gen/*"]), "x").match(str(tmp_path / "gen" / "m.py"))


# --- diff-cover ----------------------------------------------------------------------------------------------------


def test_diff_cover_is_the_pinned_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pin,) = [text for text in project["dependencies"] if text.startswith("diff-cover")]
    assert pin == f"diff-cover=={importlib.metadata.version('diff-cover')}"


def test_the_two_interfaces_of_diff_cover_ask_what_covgate_answers() -> None:
    assert set(BaseDiffReporter.__abstractmethods__) == {"src_paths_changed", "lines_changed"}
    assert set(BaseViolationReporter.__abstractmethods__) == {"violations"}
    assert "violations_batch" not in vars(MeasuredStatements)
    for ours, theirs in ((ChangedStatements, BaseDiffReporter), (MeasuredStatements, BaseViolationReporter)):
        for name, method in vars(ours).items():
            if inspect.isfunction(method) and name != "__init__":
                assert names(method) == names(getattr(theirs, name)), f"{name} is one of diff-cover"


def test_no_private_name_of_diff_cover_is_used() -> None:
    source = ast.parse(Path(diff_cover_reporters.__file__).read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)}
    defined = {node.name for node in ast.walk(source) if isinstance(node, ast.FunctionDef) if node.name != "__init__"}
    assert not {name for name in used if name.startswith("_") and name != "__init__"}
    methods = {name for ours in (ChangedStatements, MeasuredStatements) for name in vars(ours)} & defined
    assert methods == {"src_paths_changed", "lines_changed", "violations", "measured_lines"}


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (JsonReportGenerator.__init__, ["violations_reporter", "diff_reporter", "total_percent_float"]),
        (JsonReportGenerator.report_dict, []),
        (JsonReportGenerator.covered_lines, ["src_path"]),
        (JsonReportGenerator.violation_lines, ["src_path"]),
        (TemplateReportGenerator.combine_adjacent_lines, ["line_numbers"]),
        (Snippet.style_defs, []),
        (Snippet.html, []),
        (Snippet.markdown, []),
        (
            Snippet.__init__,
            [
                *("src_tokens", "src_filename", "start_line", "last_line", "violation_lines", "lexer_name"),
                "covered_lines",
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_what_covgate_calls_of_diff_cover_is_there(function: Callable[..., object], parameters: list[str]) -> None:
    assert names(function) == parameters


@pytest.mark.parametrize("template", ["html_coverage_report.html", "markdown_coverage_report.md"])
def test_a_template_of_diff_cover_needs_what_covgate_gives(template: str) -> None:
    """With undefined names forbidden, both render the context that `render_diff_cover` makes."""
    environment = TEMPLATE_ENV.overlay(undefined=StrictUndefined)
    stats = {"percent_covered": 50.0, "violation_lines": ["1"], "snippets_html": [], "snippets_markdown": []}
    totals = {"total_num_lines": 1, "total_num_violations": 1, "total_percent_covered": 0}
    context = {"diff_name": "d", "src_stats": {"m.py": stats}, "css_url": None, "snippet_style": "s", **totals}
    assert "m" in environment.get_template(template).render(context)
