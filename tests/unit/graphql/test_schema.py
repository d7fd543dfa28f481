from pathlib import Path

from graphql import build_schema as schema_of
from graphql import get_introspection_query, lexicographic_sort_schema, print_schema, strip_ignored_characters
from tests.unit.graphql.fakes import Client

from entrypoints.graphql.schema import build_schema

SNAPSHOT = Path(__file__).with_name("schema.graphql")

# Wire 6, and `position`, which is new.
WIRE = """
type QueryRoot { health: String!  version: String! }
type MutationRoot {
  executePlaybook(
    name: String!, variables: JSON, resourceKind: ExecutableResourceKind, clientId: String
  ): ExecuteResult!
  rerunExecution(executionId: String!, variables: JSON, clientId: String): ExecuteResult!
  proxyRequest(input: ProxyRequestInput!): ProxyResponse!
}
type ExecuteResult {
  id: String! executionId: String! requestId: String name: String status: String textOutput: String position: String
}
type ProxyResponse { success: Boolean! data: JSON error: String }
input ProxyRequestInput { method: String! endpoint: String! body: JSON }
enum ExecutableResourceKind { playbook agent }
scalar JSON
"""

SUBSCRIPTIONS = """
schema { query: QueryRoot mutation: MutationRoot subscription: SubscriptionRoot }
type SubscriptionRoot {
  playbookResults(clientId: String!, lastEventId: String): ClientFrame!
  executionEvents(executionId: String!, lastEventId: String): PlaybookState!
}
interface ClientFrame { eventId: String! }
type PlaybookState implements ClientFrame {
  eventId: String! executionId: String! eventType: String! stepName: String status: String! at: String!
  synthetic: Boolean!
}
type PlaybookResult implements ClientFrame {
  eventId: String! requestId: String! executionId: String! status: String! data: JSON error: PlaybookError
}
type PlaybookError { code: Int message: String! data: JSON }
type PlaybookProgress implements ClientFrame {
  eventId: String! requestId: String! executionId: String! step: String message: String progress: Float
}
type HistoryLost implements ClientFrame { eventId: String! reason: String! }
"""


def without_descriptions(sdl: str) -> str:
    parts = strip_ignored_characters(sdl).split('"""')
    return print_schema(lexicographic_sort_schema(schema_of("".join(parts[::2]))))


def test_the_schema_is_the_one_that_clients_know() -> None:
    assert without_descriptions(print_schema(build_schema())) == without_descriptions(WIRE + SUBSCRIPTIONS)


def test_the_printed_schema_is_the_recorded_one() -> None:
    assert print_schema(build_schema()) + "\n" == SNAPSHOT.read_text()


async def test_the_introspection_query_of_tools_is_within_the_limits() -> None:
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    answer = await Client().run(query)
    assert "errors" not in answer.json
    names = {kind["name"] for kind in answer.json["data"]["__schema"]["types"]}
    assert {"QueryRoot", "MutationRoot", "SubscriptionRoot", "JSON"} <= names
    assert answer.json["data"]["__schema"]["subscriptionType"]["name"] == "SubscriptionRoot"
