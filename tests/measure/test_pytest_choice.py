"""A run of pytest is all of the project's tests, a part of them, or none: by its options and the places it names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from covgate.measure.pytest_choice import Arguments, Invocation, find_choice, only_collects, read_arguments

ARGUMENTS: dict[str, tuple[list[str], list[str]]] = {
    "": ([], []),
    "tests": ([], ["tests"]),
    # Behind a long option that takes none, a word is a place; else it is the option's value.
    "--strict-markers tests --cov tests --maxfail 1 more": (
        ["--strict-markers", "--cov", "--maxfail"],
        ["tests", "more"],
    ),
    "--cov=shop tests": (["--cov"], ["tests"]),
    "--pyargs shop": (["--pyargs"], ["shop"]),
    "--unknown value --other -x": (["--unknown", "--other", "-x"], []),
    "--unknown": (["--unknown"], []),
    "--unknown test_a.py": (["--unknown"], ["test_a.py"]),
    "--unknown value test_a.py": (["--unknown"], ["test_a.py"]),
    "--unknown a::b": (["--unknown"], ["a::b"]),
    "-q tests": (["-q"], ["tests"]),
    "-qxk word tests": (["-q", "-x", "-k"], ["tests"]),
    "-kword tests": (["-k"], ["tests"]),
    "-m": (["-m"], []),
    "-n 4 -n4 -p no:x -vv": (["-n", "-n", "-p", "-v", "-v"], []),
    "-rA -W error -o a=b -c x.ini": (["-r", "-W", "-o", "-c"], []),
    # Letters behind one that is not known are its value.
    "-q? -?x tests": (["-q"], ["tests"]),
    "-sl -hV": (["-s", "-l", "-h", "-V"], []),
}


def test_words_are_options_values_and_places() -> None:
    read = {text: read_arguments(text.split()) for text in ARGUMENTS}
    assert read == {text: Arguments(options=tuple(a), others=tuple(b)) for text, (a, b) in ARGUMENTS.items()}


def test_the_words_that_are_read_stay_as_they_are() -> None:
    words = ["-k", "word", "tests"]
    read_arguments(words)
    assert words == ["-k", "word", "tests"]


TAKE_NO_VALUE = (
    "--strict --strict-markers --strict-config --verbose --quiet --no-header --no-summary --exitfirst --ff --nf --lf "
    "--failed-first --new-first --last-failed --cov-branch --cov-append --no-cov --showlocals --full-trace --runxfail "
    "--doctest-modules --cache-clear --disable-warnings --pyargs --noconftest --forked"
)


def test_behind_an_option_that_takes_no_value_a_word_is_a_place() -> None:
    options = TAKE_NO_VALUE.split()
    assert [one for one in options if read_arguments([one, "tests"]).others != ("tests",)] == []


NEVER_ALL = (
    "--co --collect-only --collectonly --setup-plan --setup-only --lf --last-failed --sw --stepwise --sw-skip "
    "--stepwise-skip --testmon --picked --splits --shard-id"
)


def test_an_option_that_never_runs_all_tests_makes_a_part_of_every_run(tmp_path: Path) -> None:
    options = NEVER_ALL.split()
    assert [find_choice(invoked(tmp_path, f"pytest {one}", for_once=False), []) for one in options] == options
    chosen = [f"{option}=x" for option in ("--deselect", "--ignore", "--ignore-glob")] + ["-k x", "-m x"]
    found = [find_choice(invoked(tmp_path, f"pytest {one}"), []) for one in chosen]
    assert found == ["--deselect", "--ignore", "--ignore-glob", "-k", "-m"]


def project(folder: Path, config: str = "[pytest]\n") -> list[PurePosixPath]:
    """Make a project with two folders of tests; return its files."""
    files = ["tests/test_a.py", "tests/more/b_test.py", "other/test_c.py", "other/tests.py", "shop/core.py"]
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "pytest.ini").write_text(config)
    return [PurePosixPath(name) for name in files]


def invoked(folder: Path, command: str | list[str], variable: str = "", *, for_once: bool = True) -> Invocation:
    return Invocation(directory=folder, command=command, for_once=for_once, variable=variable)


# What stands on the command line, and the word that makes it a part of the suite.
FOR_ONCE: dict[str, str | None] = {
    "pytest": None,
    "pytest -q -x --maxfail=1 --ff": "--ff with -x",
    "pytest --failed-first --exitfirst": "--failed-first with --exitfirst",
    "pytest --ff --maxfail 1": "--ff with --maxfail",
    "pytest --ff": None,
    "pytest -x": None,
    "pytest --lf": "--lf",
    "pytest -q --sw": "--sw",
    "pytest --stepwise-skip": "--stepwise-skip",
    "pytest --testmon": "--testmon",
    "pytest --splits=3 --group=1": "--splits",
    "pytest --co": "--co",
    "pytest -k word": "-k",
    "pytest -qm 'not slow'": "-m",
    "pytest --deselect tests/test_a.py::test_b": "--deselect",
    "pytest --ignore=other": "--ignore",
    "pytest tests": "tests",
    "pytest tests other": None,
    "pytest tests/more shop": "tests/more",
    "pytest other/.. -q": None,
    "pytest .": None,
    "pytest tests/test_a.py::test_x tests other": "tests/test_a.py::test_x",
    "pytest tests tests/test_a.py::test_x": "tests/test_a.py::test_x",
    "pytest tests/test_a.py tests/more other": None,
    # Not a file's suffix, nor a name that is not one of pytest's, makes a test.
    "pytest tests other/test_c.py": None,
    "pytest nowhere": None,
    "pytest --cov shop tests": "tests",
    "pytest -q && pytest tests": "tests",
    "pytest tests && pytest --lf": "tests",
    "make test": None,
}


def test_the_words_of_a_command_that_choose_for_once(tmp_path: Path) -> None:
    tracked = project(tmp_path)
    assert {command: find_choice(invoked(tmp_path, command), tracked) for command in FOR_ONCE} == FOR_ONCE
    assert find_choice(invoked(tmp_path, ["pytest", str(tmp_path / "tests")]), tracked) == str(tmp_path / "tests")
    assert find_choice(invoked(tmp_path, ["pytest", str(tmp_path)]), tracked) is None


def test_places_are_the_same_behind_a_link_and_elsewhere_there_are_none_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to("root")
    tracked = project(tmp_path / "root")
    project(tmp_path / "else")
    for folder in ("root", "link"):
        for place in ("root", "link"):
            found = [
                find_choice(invoked(tmp_path / folder, ["pytest", f"../{place}/{name}"]), tracked)
                for name in (".", "tests")
            ]
            assert found == [None, f"../{place}/tests"], (folder, place)
    assert find_choice(invoked(tmp_path / "root", ["pytest", "../else"]), tracked) == "../else"


def test_a_project_chooses_its_suite_by_its_own_command_and_configuration(tmp_path: Path) -> None:
    tracked = project(tmp_path, "[pytest]\naddopts = -m 'not slow' --ignore=other -x\n")
    commands = ["pytest", "pytest -k word", "pytest tests", "pytest tests/test_a.py::test_x", "pytest --deselect=a"]
    assert [find_choice(invoked(tmp_path, one, for_once=False), tracked) for one in commands] == [None] * 5
    # What never runs all of a suite is no choice of it, wherever it stands.
    assert find_choice(invoked(tmp_path, "pytest --lf", for_once=False), tracked) == "--lf"
    assert find_choice(invoked(tmp_path, "pytest --ff", for_once=False), tracked) == "--ff with -x"


def test_the_variable_chooses_for_once_whatever_the_command_is(tmp_path: Path) -> None:
    tracked = project(tmp_path)
    words = {"-k word": "-k", "--lf": "--lf", "tests": "tests", "-q": None, "--ff -x": "--ff with -x", "": None}
    for command in ("pytest", "make test"):
        found = {text: find_choice(invoked(tmp_path, command, text, for_once=False), tracked) for text in words}
        assert found == words, command


def test_the_places_of_the_suite_are_those_the_configuration_names(tmp_path: Path) -> None:
    tracked = project(tmp_path, "[pytest]\ntestpaths = tests\n")
    commands = {"pytest tests": None, "pytest tests/more": "tests/more", "pytest other": "other"}
    assert {command: find_choice(invoked(tmp_path, command), tracked) for command in commands} == commands


def test_an_option_of_the_configuration_that_only_collects_is_seen(tmp_path: Path) -> None:
    tracked = project(tmp_path, "[pytest]\naddopts = --collect-only\n")
    assert find_choice(invoked(tmp_path, "make test"), tracked) == "--collect-only"
    assert only_collects(invoked(tmp_path, "make test")) == "--collect-only"
    assert only_collects(invoked(tmp_path, "pytest -o addopts=")) is None


def test_a_run_collects_only_when_every_call_of_pytest_does(tmp_path: Path) -> None:
    project(tmp_path)
    commands = {
        "pytest": None,
        "pytest --co": "--co",
        "pytest --setup-plan -q": "--setup-plan",
        "pytest --setup-only && pytest --co": "--setup-only",
        "pytest --co && pytest": None,
        "pytest --lf": None,
    }
    assert {command: only_collects(invoked(tmp_path, command)) for command in commands} == commands
    assert only_collects(invoked(tmp_path, "make test", "--collectonly")) == "--collectonly"
