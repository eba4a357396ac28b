"""The values covgate computes with, and their arithmetic: exact counts, unknown as a value, no rounding."""

from covgate.model import figures
from covgate.model.change import ChangedFile, ChangedLines, DiffCoverage, DiffFile, FileShift, Move, Shifts
from covgate.model.commit import Base, BaseHow, Sha, parse_sha
from covgate.model.coverage import (
    PYTHON_SUFFIXES,
    WITHOUT_LINE,
    Branch,
    Coverage,
    Doubt,
    FileCoverage,
    Function,
    Gap,
    Measurement,
    OmittedFile,
    Reason,
    ReasonKind,
    Span,
    UnmeasuredFile,
    spans_of,
)
from covgate.model.figures import show_number, show_percent
from covgate.model.guard import NO_GATE_CHANGES, GateChange, GateChangeKind, GateChanges
from covgate.model.history import (
    NOTHING_RECORDED,
    Aim,
    Baseline,
    BaselineHow,
    Comparison,
    FileLines,
    Flap,
    FlapShown,
    History,
    IndirectFile,
    LineRecord,
    Point,
    Record,
    Start,
)
from covgate.model.numbers import Counts, Tally, cut, floor_percent
from covgate.model.places import MOST_REASONS, Place, find_places, find_places_with_lines, weigh
from covgate.model.secret import Secret
from covgate.model.steps import MOST_CHOSEN, MOST_FOLDERS, FolderGap, Spot, Steps
from covgate.model.test_results import MOST_FAILURES, MOST_GONE, FailedTest, GoneTests, TestResults
from covgate.model.text import name_some, plain, shorten, visible, without_credentials, without_ident
from covgate.model.unknown import Unavailable, UnknownKind, broken_file, known
from covgate.model.verdict import (
    FAILED_SUITES,
    MAX_DROP,
    MIN_DIFF,
    MIN_TOTAL,
    Check,
    ComponentFigures,
    Drop,
    Status,
    SuiteRun,
    SuiteStatus,
    Verdict,
    VerdictKind,
)

__all__ = [
    "FAILED_SUITES", "MAX_DROP", "MIN_DIFF", "MIN_TOTAL", "MOST_CHOSEN", "MOST_FAILURES", "MOST_FOLDERS", "MOST_GONE",
    "MOST_REASONS", "NOTHING_RECORDED", "NO_GATE_CHANGES", "PYTHON_SUFFIXES", "WITHOUT_LINE", "Aim", "Base", "BaseHow",
    "Baseline", "BaselineHow", "Branch", "ChangedFile", "ChangedLines", "Check", "Comparison", "ComponentFigures",
    "Counts", "Coverage", "DiffCoverage", "DiffFile", "Doubt", "Drop", "FailedTest", "FileCoverage", "FileLines",
    "FileShift", "Flap", "FlapShown", "FolderGap", "Function", "Gap", "GateChange", "GateChangeKind", "GateChanges",
    "GoneTests", "History", "IndirectFile", "LineRecord", "Measurement", "Move", "OmittedFile", "Place", "Point",
    "Reason", "ReasonKind", "Record", "Secret", "Sha", "Shifts", "Span", "Spot", "Start", "Status", "Steps", "SuiteRun",
    "SuiteStatus", "Tally", "TestResults", "Unavailable", "UnknownKind", "UnmeasuredFile", "Verdict", "VerdictKind",
    "broken_file", "cut", "figures", "find_places", "find_places_with_lines", "floor_percent", "known", "name_some",
    "parse_sha", "plain", "shorten", "show_number", "show_percent", "spans_of", "visible", "weigh",
    "without_credentials", "without_ident",
]  # fmt: skip
