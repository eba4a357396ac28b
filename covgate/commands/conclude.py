"""The second half of the pipeline, imported while the tests run: judge, record, report, publish."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from covgate.change import Checkout
from covgate.commands.assess import assess
from covgate.commands.edges import Edges
from covgate.config import Settings
from covgate.errors import ExitCode
from covgate.gate import Bar
from covgate.history import Archive, Past, Recorder, RunFigures
from covgate.model import Coverage, Measurement, Unavailable
from covgate.publish import deliver, read_judged, write_diff_cover
from covgate.report import Facts, make_build
from covgate.system import ReportFolder


def judge(
    settings: Settings,
    edges: Edges,
    checkout: Checkout,
    measurement: Measurement,
    past: Past,
    bar: Bar,
    archive: Archive,
) -> Facts:
    """Judge the measurement, and record it where it is to be recorded."""
    facts = assess(
        settings,
        edges.host.context,
        checkout,
        measurement,
        past,
        bar,
        today=edges.now.date(),
        environment=edges.environment,
    )
    recorder = _recorder(settings, edges, archive, checkout)
    notes = recorder.record(_own_figures(facts, measurement.coverage, settings), past)
    return replace(facts, notes=(*facts.notes, *notes))


def tell(
    settings: Settings,
    edges: Edges,
    checkout: Checkout,
    measurement: Measurement,
    facts: Facts,
    folder: ReportFolder,
) -> ExitCode:
    """Write the reports, and publish them."""
    host, screen = edges.host, edges.screen
    write_diff_cover(settings.reports or (), screen, checkout, measurement, facts, folder)
    read = partial(read_judged, checkout, measurement)
    return deliver(settings, host, screen, facts, folder, read=read, start=edges.directory, root=checkout.git.root)


def _recorder(settings: Settings, edges: Edges, archive: Archive, checkout: Checkout) -> Recorder:
    host, today = edges.host, edges.now.date()
    return Recorder(
        settings=settings,
        host=host,
        screen=edges.screen,
        environment=edges.environment,
        today=today,
        build=make_build(settings, host.context, today),
        archive=archive,
        checkout=checkout,
    )


def figures(facts: Facts, measured: Coverage | Unavailable) -> RunFigures:
    """Pick what a record is made of: what was `measured`, unless the run was judged to have measured nothing."""
    return RunFigures(
        coverage=facts.total if isinstance(facts.total, Unavailable) else measured,
        diff=facts.diff,
        components=facts.components,
        suite=facts.verdict.suite,
        lost=facts.lost,
        head=facts.head,
        compared=facts.comparison is not None,
    )


def _own_figures(facts: Facts, measured: Coverage | Unavailable, settings: Settings) -> RunFigures:
    """Leave out the components that are judged because the base has them."""
    names = {part.name for part in settings.components}
    return replace(figures(facts, measured), components=tuple(part for part in facts.components if part.name in names))
