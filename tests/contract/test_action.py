"""action.yml, the option table and the list of outputs say the same."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import yaml

from covgate.config.options import OPTIONS
from covgate.config.outputs import OUTPUT_NAMES
from covgate.config.settings import resolve
from covgate.config.toml_file import TomlFile
from tools.generate import TARGETS, stale

ROOT = Path(__file__).resolve().parents[2]

Fields = dict[str, str]


def load_action() -> dict[str, object]:
    return cast("dict[str, object]", yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8")))


def load_fields(section: str) -> dict[str, Fields]:
    return cast("dict[str, Fields]", load_action()[section])


def passed_by_the_runner(with_: dict[str, str]) -> dict[str, str]:
    """The variables the runner makes of `with:`: every input, upper case, spaces replaced, defaults filled in."""
    inputs = load_fields("inputs")
    values = {name: fields.get("default", "") for name, fields in inputs.items()} | with_
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in values.items()}


def test_generated_files_are_up_to_date() -> None:
    assert stale(ROOT, TARGETS) == {}, "run `python -m tools.generate`"


def test_inputs_are_the_options_of_the_action() -> None:
    assert list(load_fields("inputs")) == [option.name for option in OPTIONS if option.action]


def test_outputs_are_the_list_of_outputs() -> None:
    assert tuple(load_fields("outputs")) == OUTPUT_NAMES


def test_every_input_and_output_is_described() -> None:
    for name, fields in (load_fields("inputs") | load_fields("outputs")).items():
        assert fields["description"].endswith("."), name


@pytest.mark.parametrize("name", [option.name for option in OPTIONS if option.action])
def test_settings_read_what_the_runner_passes(name: str) -> None:
    samples = {"min-total": "80", "min-diff": "80", "green": "90", "orange": "10", "reports": "xml"}
    samples |= {"comment": "never", "publish": "required", "mode": "publish", "timeout-minutes": "5"}
    samples |= {"max-drop": "1", "record": "true", "history-limit": "9", "ratchet": "true", "guard": "warn"}
    samples |= {"annotations": "notice", "python-version": "3.12"}
    settings = resolve(inputs=passed_by_the_runner({name: samples.get(name, "something")}))
    assert settings.where(name) == f"the input {name}"


def test_an_unset_input_leaves_the_option_to_pyproject() -> None:
    toml = TomlFile(name="pyproject.toml", text="[tool.covgate]\ntest-command = 'tox'\ngreen = 99\norange = 1\n")
    settings = resolve(inputs=passed_by_the_runner({}), toml=toml)
    assert (settings.test_command, int(settings.green), int(settings.orange)) == ("tox", 99, 1)


def test_nothing_set_anywhere_means_the_defaults() -> None:
    by_action = resolve(inputs=passed_by_the_runner({"github-token": ""}))
    alone = resolve()
    for option in OPTIONS:
        assert getattr(by_action, option.field) == getattr(alone, option.field), option.name


def test_the_image_is_built_from_the_dockerfile() -> None:
    assert load_action()["runs"] == {"using": "docker", "image": "Dockerfile"}
