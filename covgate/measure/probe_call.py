"""The probe: the script that analyses data with the project's own interpreter, started and asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from covgate.errors import InputError, MeasureError
from covgate.measure.answers import check_answer, not_an_answer
from covgate.measure.project import MINIMUM_COVERAGE, OLDEST_PYTHON, NoCoverageError, Project, _ask_version, _no_python
from covgate.system import Completed, QuietProcess, start_quiet

PROBE = Path(__file__).parent / "probe" / "__main__.py"


class Probe:
    """One call of the probe in the project's interpreter: started at once, asked when the question is known.

    Importing coverage takes it as long as finding the change takes covgate.
    """

    def __init__(self, project: Project) -> None:
        environment = {k: v for k, v in project.environment.items() if not k.startswith("COVERAGE_PROCESS_")}
        self._project = project
        try:
            self._process: QuietProcess | None = start_quiet(
                [project.python, PROBE], cwd=project.directory, env=environment, user=project.user, answers=True
            )
        except OSError as exc:
            raise _no_python(project.python, exc.strerror or str(exc)) from None

    def close(self) -> None:
        """End the process if it was never asked."""
        if self._process is not None:
            self._process.finish()
            self._process = None

    def ask(self, request: Mapping[str, object], timeout: float = 1800) -> dict[str, object]:
        """Ask, once, and wait for the answer, for at most `timeout` seconds.

        Raises MeasureError when coverage refused the data or did not end, or when what came is no answer; InputError
        when it refused the project's configuration and when the probe could not run.
        """
        process, self._process = self._process, None
        if process is None:
            raise RuntimeError("a probe answers one question")
        question = json.dumps(request).encode("ascii")
        try:
            done = process.finish(stdin=question, timeout=timeout)
        except TimeoutError as exc:
            raise MeasureError(
                f"the analysis did not end: {exc}",
                hint="`coverage report` in the same folder shows what does not answer, most often a plugin",
                slug="unreadable-data",
            ) from None
        if done.exit_code or not done.answer:
            raise self._failure(done)
        answer = _parsed(done.answer)
        if "error" in answer:
            raise _refusal(answer)
        check_answer(str(request["command"]), answer)
        return answer

    def _failure(self, done: Completed) -> InputError:
        version = _ask_version(self._project)
        if version is None:
            return _no_python(self._project.python, f"it ended with exit code {done.exit_code} and no answer")
        if version < OLDEST_PYTHON:
            shown, oldest = (f"{major}.{minor}" for major, minor in (version, OLDEST_PYTHON))
            return NoCoverageError(
                f"{self._project.python} is Python {shown}, and covgate measures {oldest} and newer",
                hint="run `coverage run` in it yourself, and give covgate the data: `covgate check --data .coverage`",
                slug="interpreter-not-usable",
            )
        if done.error_text.endswith("is too old"):
            return NoCoverageError(
                f"{done.error_text.splitlines()[-1]} in {self._project.python}",
                hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests",
                slug="interpreter-not-usable",
            )
        if "No module named 'coverage'" in done.error_text:
            return NoCoverageError(
                f"coverage is not installed for {self._project.python}",
                hint=f"install `coverage>={MINIMUM_COVERAGE}` beside the tests, or set `--python`",
                slug="interpreter-not-usable",
            )
        return InputError(
            f"the analysis did not run in {self._project.python} (exit code {done.exit_code}): {done.error_text}",
            hint="a coverage plugin or an old coverage in the project's environment is the usual cause",
            slug="interpreter-not-usable",
        )


def _refusal(answer: Mapping[str, object]) -> InputError | MeasureError:
    """Return the error for what coverage itself refused."""
    said = str(answer["error"])[:_LONGEST_ERROR]
    if answer.get("kind") == "ConfigError":
        return InputError(
            f"the project's coverage configuration cannot be used: {said}",
            hint="mend it until `coverage run -m pytest` starts in the same folder",
            slug="coverage-configuration",
        )
    return MeasureError(
        f"coverage could not use the data: {said}",
        hint="`coverage report` in the same folder shows the same problem",
        slug="unreadable-data",
    )


_LONGEST_ERROR = 2000


def _parsed(answer: bytes) -> dict[str, object]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as exc:
        raise not_an_answer(type(exc).__name__) from None
    if not isinstance(found, dict):
        raise not_an_answer(type(found).__name__)
    return found
