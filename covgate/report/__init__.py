"""From facts to words: the comment, the terminal, the pages, the JSON."""

from covgate.report.alarm import word_alarm
from covgate.report.annotations import make_annotations
from covgate.report.bands import Bands
from covgate.report.code import code_paths, with_code
from covgate.report.facts import MOST_RESULT, Facts, Origin
from covgate.report.history.terminal import print_history
from covgate.report.history.view import build_history_view, history_json
from covgate.report.markdown import render_comment, render_failure, render_summary, render_unjudged
from covgate.report.render import (
    load_renderers,
    make_build,
    make_trend,
    read_result,
    render_failed_result,
    render_reports,
    render_result,
    restore_facts,
)
from covgate.report.since import MOST_PLACES, PLACE_DIGITS, PushFigures, push_figures, with_push
from covgate.report.steps import Judged, find_steps
from covgate.report.terminal import print_report
from covgate.report.trend.words import show_trend
from covgate.report.view import ReportView, build_view

__all__ = [
    "MOST_PLACES", "MOST_RESULT", "PLACE_DIGITS", "Bands", "Facts", "Judged", "Origin", "PushFigures", "ReportView",
    "build_history_view", "build_view", "code_paths", "find_steps", "history_json", "load_renderers",
    "make_annotations", "make_build", "make_trend", "print_history", "print_report", "push_figures", "read_result",
    "render_comment", "render_failed_result", "render_failure", "render_reports", "render_result", "render_summary",
    "render_unjudged", "restore_facts", "show_trend", "with_code", "with_push", "word_alarm",
]  # fmt: skip
