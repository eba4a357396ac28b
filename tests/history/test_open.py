"""Which place history is kept in: what the settings, the event and the token say."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.config import resolve
from covgate.errors import InputError
from covgate.history.open import LOCAL_FOLDER, history_folder, open_archive
from covgate.host.context import EventKind, RunContext
from covgate.host.github.host import GithubHost
from covgate.host.github.log import Runner
from covgate.model.secret import Secret
from tests.support.git import Repository, make_repository
from tests.support.recorded import build, entry, record

LOCAL = RunContext(kind=EventKind.LOCAL)
WORKFLOW = RunContext(kind=EventKind.PULL_REQUEST, repository="org/shop")

OWN = f"the folder {LOCAL_FOLDER}"
NAMED = "the folder notes"
BRANCH = "the branch covgate-data"
FETCHED = "the branch origin/covgate-data"


@pytest.fixture
def checkout(tmp_path: Path) -> Repository:
    repository = make_repository(tmp_path / "checkout")
    repository.commit("one")
    return repository


def host(context: RunContext, token: str) -> GithubHost:
    return GithubHost(context=context, log=Runner(), token=Secret(value=token) if token else None)


@pytest.mark.parametrize(
    ("context", "token", "named", "there", "read", "written", "absent"),
    [
        pytest.param(LOCAL, "", "", "", OWN, OWN, False, id="laptop"),
        pytest.param(LOCAL, "t", "", "", OWN, OWN, False, id="laptop-with-a-token"),
        pytest.param(LOCAL, "", "", "branch", f"{FETCHED} and {OWN}", OWN, False, id="laptop-fetched"),
        pytest.param(LOCAL, "", "notes", "branch", NAMED, NAMED, False, id="laptop-named"),
        pytest.param(WORKFLOW, "t", "", "branch folder", BRANCH, BRANCH, False, id="workflow"),
        pytest.param(WORKFLOW, "t", "notes", "branch", NAMED, NAMED, False, id="workflow-named"),
        pytest.param(WORKFLOW, "", "", "", None, OWN, True, id="no-token"),
        pytest.param(WORKFLOW, "", "", "folder", OWN, OWN, True, id="no-token-kept-between-runs"),
        pytest.param(WORKFLOW, "", "", "branch folder", FETCHED, OWN, True, id="no-token-fetched"),
        pytest.param(RunContext(kind=EventKind.BRANCH), "t", "", "", None, OWN, True, id="no-repository"),
    ],
)
def test_where_history_is_read_and_written(
    checkout: Repository,
    context: RunContext,
    token: str,
    named: str,
    there: str,
    read: str | None,
    written: str,
    *,
    absent: bool,
) -> None:
    if "branch" in there:
        checkout.git("update-ref", "refs/remotes/origin/covgate-data", "HEAD")
    if "folder" in there:
        (checkout.path / LOCAL_FOLDER).mkdir(parents=True)
    settings = resolve(command_line={"history-dir": named} if named else {})
    with open_archive(settings, host(context, token), checkout.command, checkout.path) as archive:
        assert (archive.source.where if archive.source else None, archive.store.where) == (read, written)
        assert bool(archive.absent) is absent
        assert (archive.data is not None) is (read == BRANCH)
    # Nothing was made.
    assert (checkout.path / LOCAL_FOLDER).exists() is ("folder" in there)


@pytest.mark.parametrize(("name", "folder"), [("web", "notes/by-name/web"), ("", "notes")])
def test_a_report_with_a_name_has_records_of_its_own(checkout: Repository, name: str, folder: str) -> None:
    settings = resolve(command_line={"history-dir": "notes", "name": name})
    with open_archive(settings, host(LOCAL, ""), checkout.command, checkout.path) as archive:
        archive.store.append(entry(1), build)
    assert [path.parent for path in checkout.path.rglob("history.jsonl")] == [checkout.path / folder]


@pytest.mark.parametrize("context", [LOCAL, WORKFLOW], ids=["laptop", "workflow-without-a-token"])
def test_a_report_with_a_name_reads_its_own_records_of_a_fetched_branch(
    checkout: Repository, context: RunContext
) -> None:
    for number, name in ((1, "web"), (2, "")):
        settings = resolve(command_line={"history-dir": ".", "name": name})
        checkout.write(".covgate-data", "")
        with open_archive(settings, host(LOCAL, ""), checkout.command, checkout.path) as archive:
            archive.store.append(entry(number), build)
    checkout.commit("history")
    checkout.git("update-ref", "refs/remotes/origin/covgate-data", "HEAD")
    for name, records in (("web", (record(1),)), ("", (record(2),))):
        settings = resolve(command_line={"name": name})
        with open_archive(settings, host(context, ""), checkout.command, checkout.path) as archive:
            assert archive.source is not None
            assert archive.source.read().records == records


@pytest.mark.parametrize(
    ("token", "named", "folder"),
    [("t", "", None), ("t", "notes", "notes"), ("", "", LOCAL_FOLDER), ("", "notes", "notes")],
)
def test_the_folder_of_history_is_there_for_a_while(tmp_path: Path, token: str, named: str, folder: str | None) -> None:
    settings = resolve(command_line={"history-dir": named} if named else {})
    with history_folder(settings, host(WORKFLOW, token), tmp_path) as found:
        assert found == (tmp_path / folder if folder else None)
        assert found is None or found.is_dir()
    assert found is None or not found.exists()


def test_a_folder_that_holds_history_stays(tmp_path: Path) -> None:
    settings = resolve(command_line={"history-dir": "notes"})
    with history_folder(settings, host(WORKFLOW, ""), tmp_path) as found:
        assert found
        (found / "history.jsonl").touch()
    assert found.is_dir()


@pytest.mark.parametrize("named", ["notes", "notes/deep", "x/../notes"])
def test_a_link_of_the_project_leads_to_no_history(tmp_path: Path, named: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / "notes").symlink_to(tmp_path / "elsewhere")
    settings = resolve(command_line={"history-dir": named})
    with (
        pytest.raises(InputError, match="a symbolic link leads to the history") as caught,
        history_folder(settings, host(WORKFLOW, ""), tmp_path / "project"),
    ):
        pass
    assert caught.value.slug == "history-unreachable"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_link_outside_of_the_project_may_lead_to_history(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    settings = resolve(command_line={"history-dir": str(tmp_path / "link")})
    with history_folder(settings, host(WORKFLOW, ""), tmp_path / "project") as found:
        assert found == tmp_path / "link"
