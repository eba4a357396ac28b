"""Before the run: the configuration that every Python process of the suite measures with."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import site
import sys
import sysconfig

import coverage
from coverage import Coverage
from coverage.files import prep_patterns

from . import Json
from .analyst import DATA_PREFIX, SOURCES, configuration_errors, values_of
from .defaults import START_UP, set_defaults
from .packages import measure_copies


def prepare(request: Json) -> Json:
    """Answer what the run needs to know of this interpreter, and the configuration to measure with."""
    cov = Coverage(config_file=request["rcfile"] or True)
    found = cov.config.config_file
    # What is asked again when the data is there: coverage keeps the options of plugins it does not know.
    said: Json = {"by_default": found is None and not request["scoped"]}
    said.update(source=request["source"], tests=request["tests"])
    if said["by_default"]:
        set_defaults(cov, request)
    if request["source"]:
        # pytest-cov's --cov overrides the configured source: the same project, measured by covgate, does too.
        cov.set_option("run:source", request["source"])
    if not values_of(cov, *SOURCES, "run:include"):
        cov.set_option("run:omit", [*values_of(cov, "run:omit"), *START_UP])
    if request["branch"]:
        cov.set_option("run:branch", True)
    for option in ("run:omit", "run:include"):
        # Relative patterns mean this folder; a process started elsewhere would take them for its own.
        if patterns := values_of(cov, option):
            cov.set_option(option, prep_patterns(patterns))
    said["added"] = measure_copies(cov, request, defaults=found is None)
    cov.config.plugin_options = {**cov.config.plugin_options, "covgate": said}
    cov.set_option("run:data_file", request["data_file"])
    cov.set_option("run:parallel", True)
    # A name relative to the folder a process was started in would be taken for one relative to the project's.
    cov.set_option("run:relative_files", False)
    # A process that measures names its settings' origin in some messages; any name will do.
    cov.config.config_file = found or os.path.abspath("(covgate's defaults)")
    _try_out(cov)
    return {
        "coverage": coverage.__version__,
        "hook": _has_start_up_hook(),
        "pytest_cov": importlib.util.find_spec("pytest_cov") is not None,
        "config": cov.config.serialize(),
        "plugins_here": _plugins_in_this_folder(cov),
    }


def _try_out(cov: Coverage) -> None:
    """Start and stop a measurement: plugins, patches and concurrency are looked at only then.

    In the processes of the suite an error of theirs would be a traceback of Python's start-up each, and no data.
    """
    trial = Coverage(data_file=None, config_file=DATA_PREFIX + cov.config.serialize(), messages=False)
    with configuration_errors():
        trial.start()
        trial.stop()


def _has_start_up_hook() -> bool:
    """Whether coverage's .pth file is where this interpreter looks for such files."""
    folders = {*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("purelib")}
    return any(os.path.exists(os.path.join(folder, "a1_coverage.pth")) for folder in folders)


def _plugins_in_this_folder(cov: Coverage) -> bool:
    """Whether a configured plugin can be imported from the working directory only."""
    here = os.getcwd()
    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != here]
    find = importlib.machinery.PathFinder.find_spec
    tops = {plugin.split(".")[0] for plugin in cov.config.plugins}
    return any(find(top, [here]) and not find(top, elsewhere) for top in tops)
