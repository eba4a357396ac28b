"""What rendering a report costs, beside diff-cover's Markdown and HTML of the same change in the same repository.

    python bench/rendering.py [--rounds N] [--files N] [--profile]

Two generated repositories are measured: ten touched files, and 2,000. covgate checks each once; what it then renders
from is kept and rendered again, in turn with diff-cover, in one process: imports and caches are warm for both. Times
are of the processor, of git's processes too. diff-cover is run with its two reports and without: the difference is
what its rendering costs. `--profile` lists where covgate's own time on the many files goes.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from diff_cover import diff_cover_tool  # noqa: E402  # the path is set just above

from bench.sample import Size, make_repository, run  # noqa: E402
from covgate import cli  # noqa: E402
from covgate.commands import conclude  # noqa: E402
from covgate.config import ReportKind  # noqa: E402
from covgate.errors import ExitCode  # noqa: E402
from covgate.model import Coverage, DiffCoverage  # noqa: E402
from covgate.publish.comment import BODY_LIMIT  # noqa: E402
from covgate.publish.deliver import ReadSources  # noqa: E402
from covgate.report import (  # noqa: E402
    Facts,
    ReportView,
    build_view,
    code_paths,
    print_report,
    render_comment,
    render_reports,
    render_result,
    render_summary,
    with_code,
)
from covgate.report.markdown import escape_text  # noqa: E402

MAX_RATIO = 0.1

Steps = Mapping[str, Callable[[], object]]

OURS, REPORTS, VERDICT = "covgate: comment, summary, page", "diff-cover: Markdown, HTML", "diff-cover: neither"
ALL = "covgate: comment, summary, terminal, JSON"


def main() -> int:
    """Measure, print, and return 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--profile", action="store_true", help="show where covgate's time goes")
    options = parser.parse_args()
    # Short files: covgate colours the lines it shows, diff-cover whole files.
    sizes = [Size(name=f"{n:,} touched files", modules=n, lines=60, touched=n) for n in (10, options.files)]
    ratio = 1.0
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="covgate-bench-") as name:
            make_repository(Path(name), size)
            run((sys.executable, "-m", "coverage", "xml", "--quiet", "-o", "coverage.xml"), Path(name))
            with contextlib.chdir(name):
                ratio = _measure(size, options.rounds, profile=options.profile and size is sizes[-1])
    print(f"target on {sizes[-1].name}: at most {MAX_RATIO}")
    return 0 if ratio <= MAX_RATIO else 1


def _measure(size: Size, rounds: int, *, profile: bool) -> float:
    """Print what each step costs; return the ratio of the two renderings."""
    with _checked() as (facts, read):
        steps = _steps(facts, read)
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for number in range(rounds + 1):
            for name, step in steps.items():
                cost = _time(step)
                # The first round warms the caches.
                if number:
                    seconds[name].append(cost)
        if profile:
            _profile(steps[OURS])
    for name, measured in seconds.items():
        print(f"{size.name:22} {name:42} {median(measured):7.3f} s ({min(measured):.3f} to {max(measured):.3f})")
    rounds_ = list(zip(seconds[OURS], seconds[REPORTS], seconds[VERDICT], strict=True))
    whole = median(ours / theirs for ours, theirs, _ in rounds_)
    ratio = median(ours / (theirs - without) for ours, theirs, without in rounds_)
    print(f"{size.name}: {ratio:.3f} of diff-cover's rendering, {whole:.3f} of its whole run")
    return ratio


def _steps(facts: Facts, read: ReadSources) -> Steps:
    def view_of(made: Facts) -> ReportView:
        view = build_view(made)
        return with_code(view, made, read(code_paths(view)))

    def ours() -> None:
        made = _unused(facts)
        view = view_of(made)
        pages = dict(render_reports({ReportKind.HTML}, made, view, read)).values()
        for text in (render_comment(view, BODY_LIMIT), render_summary(view), *pages):
            Path("rendered").write_text(text, encoding="utf-8")

    def all_but_the_page() -> None:
        made = _unused(facts)
        view = view_of(made)
        render_comment(view, BODY_LIMIT)
        render_summary(view)
        print_report(view, ".covgate", io.StringIO())
        render_result(made, view.headline, ExitCode.RULE_BROKEN)

    arguments = ("diff-cover", "coverage.xml", "--compare-branch", "main", "--quiet")
    formats = ("--format", "html:theirs.html,markdown:theirs.md")
    return {
        ALL: all_but_the_page,
        OURS: ours,
        REPORTS: lambda: diff_cover_tool.main([*arguments, *formats]),
        VERDICT: lambda: diff_cover_tool.main([*arguments]),
    }


def _unused(facts: Facts) -> Facts:
    """Return facts as a run has them: what one rendering keeps for the next is no saving of a run."""
    escape_text.cache_clear()
    total = replace(facts.total) if isinstance(facts.total, Coverage) else facts.total
    diff = replace(facts.diff) if isinstance(facts.diff, DiffCoverage) else facts.diff
    return replace(facts, total=total, diff=diff)


@contextlib.contextmanager
def _checked() -> Iterator[tuple[Facts, ReadSources]]:
    """Check the repository in the current folder; yields what its report is rendered from."""
    found: list[tuple[Facts, ReadSources]] = []

    def keep(*run_: object, read: ReadSources, **_: object) -> ExitCode:
        found.extend((one, read) for one in run_ if isinstance(one, Facts))
        return ExitCode.PASSED

    silent = contextlib.redirect_stderr(io.StringIO())
    arguments = ["check", "--data", ".coverage", "--base", "main", "--python", sys.executable, "--min-diff", "95"]
    with mock.patch.object(conclude, "deliver", keep), contextlib.redirect_stdout(io.StringIO()), silent:
        code = cli.main(arguments)
    if not found:
        sys.exit(f"covgate check ended with {code}")
    yield found[0]


def _time(step: Callable[[], object]) -> float:
    """Return the seconds of the processor that a step takes, with the processes it starts."""
    before = time.process_time() + sum(os.times()[2:4])
    step()
    return time.process_time() + sum(os.times()[2:4]) - before


def _profile(step: Callable[[], object], shown: int = 25) -> None:
    with cProfile.Profile() as profile:
        step()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(shown)


if __name__ == "__main__":
    sys.exit(main())
