"""The settings of a run: every option declared once, read from where it can be given, and who set it."""

from covgate.config.components import check_globs, listed, match_components
from covgate.config.coverage_file import COVERAGE_FILES, CoverageOptions, read_coverage_options
from covgate.config.goals import Component, Target
from covgate.config.option_values import (
    AnnotationPolicy,
    CommentPolicy,
    GuardPolicy,
    Mode,
    PublishPolicy,
    did_you_mean,
    parse_lines,
)
from covgate.config.options import OPTIONS, Option, Settings, option_named
from covgate.config.outputs import OUTPUT_NAMES
from covgate.config.read_goals import MOST_COMPONENTS
from covgate.config.read_options import has_table, read_toml
from covgate.config.report_files import ALL_EXPORTS, DIFF_COVER_FILES, EXPORT_FILES, PAGE, ReportKind, names_of
from covgate.config.settings import floors_of, guess, resolve
from covgate.config.toml_file import TomlFile, parse_toml, show_value
from covgate.config.whose import take_from_base, unused_options

__all__ = [
    "ALL_EXPORTS",
    "COVERAGE_FILES",
    "DIFF_COVER_FILES",
    "EXPORT_FILES",
    "MOST_COMPONENTS",
    "OPTIONS",
    "OUTPUT_NAMES",
    "PAGE",
    "AnnotationPolicy",
    "CommentPolicy",
    "Component",
    "CoverageOptions",
    "GuardPolicy",
    "Mode",
    "Option",
    "PublishPolicy",
    "ReportKind",
    "Settings",
    "Target",
    "TomlFile",
    "check_globs",
    "did_you_mean",
    "floors_of",
    "guess",
    "has_table",
    "listed",
    "match_components",
    "names_of",
    "option_named",
    "parse_lines",
    "parse_toml",
    "read_coverage_options",
    "read_toml",
    "resolve",
    "show_value",
    "take_from_base",
    "unused_options",
]  # fmt: skip
