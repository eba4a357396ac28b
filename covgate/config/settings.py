"""The settings of a run, merged from the places an option can be given in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from covgate.config.options import OPTIONS, Option, Settings, option_named, unknown_option
from covgate.config.read_options import TomlSettings, peek, read_toml
from covgate.config.toml_file import TomlFile
from covgate.errors import InputError


def resolve(
    *,
    command_line: Mapping[str, str] | None = None,
    command: tuple[str, ...] = (),
    inputs: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    toml: TomlFile | None = None,
) -> Settings:
    """Merge the places a setting can come from; the later wins: defaults, TOML, inputs, the command line.

    `command_line` maps option names to text, `command` is what stood after `--`, `inputs` the `INPUT_*` variables (for
    the action only), `environment` everything else. Raises InputError that names the value and where it came from.
    """
    given: dict[str, tuple[str, str]] = {o.name: (o.default, "the default") for o in OPTIONS}
    table = read_toml(toml) if toml else TomlSettings()
    given |= table.options
    given |= _from_inputs(inputs or {})
    given |= {name: (text, option_named(name).flag or name) for name, text in (command_line or {}).items()}
    if not given["github-token"][0] and (environment or {}).get("GITHUB_TOKEN"):
        given["github-token"] = ((environment or {})["GITHUB_TOKEN"], "GITHUB_TOKEN")
    values: dict[str, object] = {o.field: _parse(o, *given[o.name]) for o in OPTIONS}
    sources = {name: source for name, (_, source) in given.items()} | dict(table.goals.sources)
    if table.command and given["test-command"] == table.options["test-command"]:
        values["test_command"] = table.command
    if command:
        values["test_command"], sources["test-command"] = command, "the command line"
    goals = table.goals
    settings = Settings(**values, sources=sources, components=goals.components, target=goals.target)  # type: ignore[arg-type]  # each option is a field
    return _checked(settings)


def guess(
    name: str, *, command_line: Mapping[str, str], inputs: Mapping[str, str], toml: TomlFile | None
) -> tuple[str, bool]:
    """Return the text of an option of a run whose settings may be wrong, and whether it was given at its start.

    As `resolve` would choose, of what can be read; False is for what `[tool.covgate]` or the default says.
    """
    option = option_named(name)
    for text in (command_line.get(option.name, ""), inputs.get(option.variable, "")):
        if text.strip():
            return text.strip(), True
    return (peek(toml, option.name).strip() if toml and option.toml else "") or option.default, False


def _checked(settings: Settings) -> Settings:
    """Reject settings that contradict each other."""
    if settings.orange > settings.green:
        raise InputError(
            f"orange = {settings.orange} (from {settings.where('orange')}) is above "
            f"green = {settings.green} (from {settings.where('green')})",
            hint="green must be at least orange",
            slug="bad-option-value",
        )
    if settings.coverage_data and settings.sources["test-command"] == "the command line":
        raise InputError(
            "both --data and a test command were given",
            hint="give `--data` to read measurements made before, or a command after `--` to make them now",
            slug="bad-option-value",
        )
    return settings


def _parse(option: Option, text: str, source: str) -> object:
    if not text.strip():
        return option.parse(option.default) if option.default else None
    try:
        return option.parse(text)
    except ValueError as exc:
        raise option.bad(text.strip(), source, str(exc)) from None


def _from_inputs(inputs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Read `INPUT_*`; an empty input is one that was not given. GitHub passes misspelt inputs on, so they are found."""
    known = {o.variable: o.name for o in OPTIONS if o.action}
    given: dict[str, tuple[str, str]] = {}
    for variable, text in inputs.items():
        if not variable.startswith("INPUT_") or variable in {"INPUT_ARGS", "INPUT_ENTRYPOINT"}:
            continue
        if variable not in known:
            name = variable.removeprefix("INPUT_").lower()
            raise unknown_option(name, "the workflow's `with:`", known.values())
        if text.strip():
            given[known[variable]] = (text, f"the input {known[variable]}")
    return given


def floors_of(settings: Settings) -> dict[str | None, Decimal]:
    """Return the floors that are set: of the project (None) and of components, in percent. 0 is one, too."""
    floors = {None: settings.min_total} | {part.name: part.min_total for part in settings.components}
    return {name: floor for name, floor in floors.items() if floor is not None}
