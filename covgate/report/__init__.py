"""From facts to words: the comment, the terminal, the pages, the JSON."""

from covgate.report.bands import Bands
from covgate.report.facts import Facts
from covgate.report.history.terminal import print_history
from covgate.report.history.view import build_history_view, history_json
from covgate.report.markdown import render_comment, render_failure, render_summary
from covgate.report.render import load_renderers, make_build, make_trend, render_failed_result, render_result
from covgate.report.terminal import print_report
from covgate.report.trend.words import show_trend
from covgate.report.view import ReportView, build_view

__all__ = [
    "Bands", "Facts", "ReportView", "build_history_view", "build_view", "history_json", "load_renderers",
    "make_build", "make_trend", "print_history", "print_report", "render_comment", "render_failed_result",
    "render_failure", "render_result", "render_summary", "show_trend",
]  # fmt: skip
