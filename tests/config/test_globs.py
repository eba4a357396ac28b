"""The edges of what a glob may be, and of which files a component can have."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from covgate.config.components import check_globs, match_components
from covgate.config.globs import Glob, parse_glob
from covgate.config.goals import Component
from covgate.errors import InputError


def test_what_is_just_allowed_is_read() -> None:
    longest = "a" * 200
    assert parse_glob(longest) == Glob(excludes=False, pattern=f"/{longest}")
    assert parse_glob("x[a-a].py") == Glob(excludes=False, pattern="/x[a-a].py")
    assert parse_glob("  ! old/ ") == Glob(excludes=True, pattern="/old/")


def test_a_file_outside_of_the_repository_belongs_to_no_component() -> None:
    inside, outside = PurePosixPath("core/a.py"), PurePosixPath("/usr/lib/core/a.py")
    components = [Component(name="all", paths=("**",)), Component(name="any", paths=("**/core/**",))]
    found = match_components(components, [inside, outside], prefix=PurePosixPath())
    assert found == {"all": {inside}, "any": {inside}}


def test_the_project_itself_is_not_proposed_for_a_misspelt_folder() -> None:
    component = Component(name="hidden", paths=(".g/**",))
    with pytest.raises(InputError) as caught:
        check_globs([component], [PurePosixPath("src/a.py")], lambda name: name, prefix=PurePosixPath())
    assert caught.value.message.endswith("nothing in the checkout matches .g/**")
