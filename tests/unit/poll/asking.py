"""A client that polls."""

from typing import Any

import httpx
from tests.unit.running_gateway import PLAYBOOK, RunningGateway

from domain.identity import Session

RUN = """mutation Run($clientId: String) {
  executePlaybook(name: "%s", clientId: $clientId) { requestId executionId position }
}"""


class Poller:
    """Goes on from where the last answer ended."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.client_id = ""
        self.position = ""

    @property
    def cursor(self) -> dict[str, str]:
        return {"client_id": self.client_id, "last_event_id": self.position} if self.client_id else {}

    async def response(self, **parameters: object) -> httpx.Response:
        query: Any = {**self.cursor, **parameters}
        return await self._client.get("/api/events/poll", params=query)

    async def poll(self, **parameters: object) -> Any:
        response = await self.response(**parameters)
        assert response.status_code == 200, response.text
        answer = response.json()
        self.client_id, self.position = answer["clientId"], answer["position"]
        return answer

    async def run(self) -> Any:
        body = {"query": RUN % PLAYBOOK, "variables": {"clientId": self.client_id}}
        answer = (await self._client.post("/graphql", json=body)).json()
        return answer["data"]["executePlaybook"]


def poller(gateway: RunningGateway, session: Session) -> Poller:
    return Poller(gateway.http(session))


def texts(answer: Any) -> list[str]:
    """What the progress frames of an answer say."""
    return [frame["data"]["params"]["message"] for frame in answer["frames"]]
