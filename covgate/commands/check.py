"""The pipeline: settings and the edges in, an exit code out. Measure, compare, judge, report, publish."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from covgate.change import Checkout, find_change, load_engine
from covgate.commands.base_side import BaseSide, find_bar
from covgate.commands.edges import Edges
from covgate.commands.setup import run_setup
from covgate.commands.start import in_thread
from covgate.config import ALL_EXPORTS, EXPORT_FILES, CoverageOptions, Settings, check_globs, names_of
from covgate.errors import ExitCode, InputError
from covgate.history import history_folder, look_back, open_archive
from covgate.measure import Measuring, Probe, Project, Wanted, find_project, measure
from covgate.model import ChangedLines
from covgate.system import (
    USER_VARIABLE,
    GitCommand,
    Isolation,
    ReportFolder,
    Screen,
    close_own_memory,
    find_cache,
    find_user,
    in_image,
    lent,
    make_cache,
    make_report_folder,
    take_back,
    user_settings,
)


def run(settings: Settings, edges: Edges, base_side: BaseSide | None = None) -> ExitCode:
    """Run covgate. Raises CovgateError for what makes a report impossible; everything else ends in a report.

    `base_side` is given where the base was looked for before.
    """
    host, screen = edges.host, edges.screen
    if settings.github_token:
        close_own_memory()
    directory = _project_directory(settings, edges)
    tests_user = find_user(edges.environment)
    folder = _report_folder(settings, edges, directory, tests_user)
    # What `git diff` shows this user: in a workflow no machine's settings enter.
    mine = user_settings(directory, edges.environment) if host.context.local else ()
    known = base_side is not None and not mine and base_side.place.start == directory
    git = base_side.git if base_side and known else GitCommand(directory, edges.environment, mine)
    project = find_project(directory=directory, root=git.root, python=settings.python, environment=edges.environment)
    with contextlib.ExitStack() as stack:
        # The analysis of data that is there already imports coverage while the change is looked for. With a user of its
        # own the project's code runs when the workspace is lent to it, and not beside git.
        ahead = settings.coverage_data and tests_user is None
        probe = stack.enter_context(contextlib.closing(Probe(project))) if ahead else None
        prefix = PurePosixPath(directory.relative_to(git.root.resolve()))
        _check_components(settings, git, prefix, screen)
        checkout = find_change(settings, host.context, git, prefix, base_side.base if base_side else None)
        bar = find_bar(settings, base_side, checkout, edges.environment.get("PYTEST_ADDOPTS", ""))
        # Before the tests: they must not meet the token in use, nor touch the clone that is looked into.
        archive = stack.enter_context(open_archive(settings, host, git, directory))
        past = look_back(archive, checkout)
        if past.problem:
            screen.error(past.problem)
        if settings.setup_command:
            run_setup(settings, edges)
        cache = make_cache(edges.environment) if in_image(edges.environment) else None
        with _isolated(settings, edges, git, directory, tests_user, cache) as user:
            job = _measuring(settings, edges, checkout, replace(project, user=user), folder, bar.otherwise)
            measurement = measure(replace(job, cache=cache), probe)
        from covgate.commands import conclude  # noqa: PLC0415  # see _import_ahead

        facts = conclude.judge(settings, edges, checkout, measurement, past, bar, archive)
    return conclude.tell(settings, edges, checkout, measurement, facts, folder)


def _report_folder(settings: Settings, edges: Edges, directory: Path, tests_user: int | None) -> ReportFolder:
    """Make the report's folder, without the reports of an earlier run, in a workspace that is its owner's."""
    caches = [cache] if (cache := find_cache(edges.environment)) else []
    if tests_user is not None and take_back(tests_user, [edges.directory, directory], caches):
        edges.screen.say("An earlier run was killed while the workspace was the tests': it is given back to its owner")
    # Not the project's folder: the tests may put a link in its place.
    anchor = None if edges.host.context.local else edges.directory
    folder = make_report_folder(directory / settings.report_dir, settings.where("report-dir"), anchor)
    # An export of an earlier run may be what this one is to judge.
    read = [os.path.normpath(directory / pattern) for pattern in settings.coverage_data or ()]
    earlier = [name for name in ALL_EXPORTS if not any(fnmatch(str(folder.path / name), pattern) for pattern in read)]
    folder.clear(earlier, names_of(settings.reports or ()))
    return folder


def _check_components(settings: Settings, git: GitCommand, prefix: PurePosixPath, screen: Screen) -> None:
    if settings.components:
        listing = (*git.tracked(), *git.untracked())
        for note in check_globs(settings.components, listing, settings.where, prefix=prefix):
            screen.say(note)


@contextlib.contextmanager
def _isolated(
    settings: Settings, edges: Edges, git: GitCommand, directory: Path, number: int | None, cache: Path | None
) -> Iterator[Isolation | None]:
    """Lend the workspace to the tests' user in the block; None, and said, where there is no such user."""
    if number is None:
        edges.screen.say(_not_isolated(edges))
        yield None
        return
    with history_folder(settings, edges.host, directory) as records:
        # The clone's own folder has another name than .git in a worktree, or with --separate-git-dir.
        kept = [git.own_path("HEAD").parent, git.own_path("config").parent, *([] if records is None else [records])]
        folders, caches = [edges.directory, git.root, directory], [cache] if cache else []
        with lent(number, folders, kept, edges.environment, caches) as user:
            if not user.has_second_wall():
                edges.screen.say("One wall around the project's code, not two: this kernel or engine has no Landlock")
            yield user


def _not_isolated(edges: Edges) -> str:
    if edges.host.context.local:
        return "Not isolated: the project's code runs as you, with all that you may read and write"
    why = f"covgate is not {'root in its container' if edges.environment.get(USER_VARIABLE) else 'in its container'}"
    return (
        f"Not isolated, as {why}: the project's code runs as covgate's own user, and can change what covgate and later "
        "steps read (docs/security.md)"
    )


def _measuring(
    settings: Settings,
    edges: Edges,
    checkout: Checkout,
    project: Project,
    folder: ReportFolder,
    otherwise: CoverageOptions | None,
) -> Measuring:
    kinds, lines, files = settings.reports or (), checkout.lines, checkout.git.files()
    import_ahead = lru_cache(lambda: in_thread(partial(_import_ahead, lines)))

    def while_running() -> contextlib.AbstractContextManager[None]:
        # Not earlier: what comes before the first command, or the tests, would have to share the processor.
        import_ahead()
        return edges.host.log.stopped_commands()

    if settings.coverage_data:
        import_ahead()
    return Measuring(
        settings=settings,
        project=project,
        git=checkout.git,
        files=files,
        wanted=Wanted(
            changed=(*lines.files, *lines.others) if lines else (),
            tracked=checkout.python_files(files),
            exports={kind: folder.path / EXPORT_FILES[kind] for kind in kinds if kind in EXPORT_FILES},
            otherwise=otherwise,
        ),
        committed=checkout.tree is not None,
        changed=frozenset(lines.others) if lines else frozenset(),
        from_ci=bool(edges.environment.get("CI")),
        screen=edges.screen,
        while_running=while_running,
        group=edges.host.log.group,
        start=edges.directory,
        makes_environment=in_image(edges.environment) and settings.python is None,
    )


def _import_ahead(lines: ChangedLines | None) -> None:
    """Import what judges and renders the report, while another thread waits for tests and analysis."""
    from covgate.commands import conclude  # noqa: F401, PLC0415  # what it is for
    from covgate.report import load_renderers  # noqa: PLC0415  # what it is for

    if lines is not None and any(file.lines for file in lines.files.values()):
        load_engine()
    load_renderers()


def _project_directory(settings: Settings, edges: Edges) -> Path:
    directory = (edges.directory / settings.working_directory).resolve()
    if not directory.is_dir():
        raise InputError(
            f"working-directory = {settings.working_directory} "
            f"(from {settings.where('working-directory')}) is no folder",
            hint="give the project's folder, relative to the checkout",
            slug="bad-option-value",
        )
    return directory
