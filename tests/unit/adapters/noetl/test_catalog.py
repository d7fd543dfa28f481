import pytest
from tests.unit.adapters.noetl.scripted_upstream import Answer, ScriptedUpstream, Silence, replayed, says
from tests.unit.demo.captures import capture

from adapters.noetl.api_client import NoetlApi
from adapters.noetl.catalog import NoetlCatalog
from domain.errors import UpstreamMisbehaved, UpstreamTimedOut, UpstreamUnreachable
from domain.ports.catalog import Catalog


@pytest.fixture
def catalog(api: NoetlApi) -> Catalog:
    return NoetlCatalog(api)


async def test_a_catalog_entry_names_its_path(catalog: Catalog, upstream: ScriptedUpstream) -> None:
    entry = capture("catalog_list_playbook")["response"]["body"]["entries"][0]
    upstream.script.append(says(entry))
    assert await catalog.path_of(entry["catalog_id"]) == "fixtures/playbooks/hello_world"
    assert (upstream.only.method, upstream.only.target) == ("POST", "/api/catalog/resource")
    assert upstream.only.json == {"catalog_id": entry["catalog_id"]}


async def test_an_execution_names_the_path_of_its_playbook(catalog: Catalog, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({"execution_id": 1, "catalog_id": 2, "path": "a/b", "status": "RUNNING"}))
    assert await catalog.path_of_execution("1") == "a/b"
    assert (upstream.only.method, upstream.only.target) == ("GET", "/api/executions/1?page_size=10")


async def test_an_id_cannot_leave_its_place_in_the_path(catalog: Catalog, upstream: ScriptedUpstream) -> None:
    upstream.script.append(says({}))
    await catalog.path_of_execution("1/../../auth")
    assert upstream.only.target == "/api/executions/1%2F..%2F..%2Fauth?page_size=10"


@pytest.mark.parametrize(
    "answer", [replayed("detail_404"), says({"path": None}), says({}), says({}, 403), says({}, 422)]
)
async def test_what_is_not_known_has_no_path(catalog: Catalog, upstream: ScriptedUpstream, answer: Answer) -> None:
    upstream.script += [answer, answer]
    assert await catalog.path_of("2") is None
    assert await catalog.path_of_execution("1") is None


@pytest.mark.parametrize("answer", [says({"path": "a/b"}, 500), Answer(body=b"<html>"), says({"path": ["a/b"]})])
async def test_an_answer_that_is_none_is_misbehaviour(
    catalog: Catalog, upstream: ScriptedUpstream, answer: Answer
) -> None:
    upstream.script.append(answer)
    with pytest.raises(UpstreamMisbehaved):
        await catalog.path_of("2")


async def test_trouble_on_the_way_is_raised(
    catalog: Catalog, hasty_api: NoetlApi, upstream: ScriptedUpstream
) -> None:
    upstream.script += [UpstreamUnreachable(), Silence()]
    with pytest.raises(UpstreamUnreachable):
        await catalog.path_of("2")
    with pytest.raises(UpstreamTimedOut):
        await NoetlCatalog(hasty_api).path_of("2")
