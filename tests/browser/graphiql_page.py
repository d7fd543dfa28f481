"""GraphiQL in a tab: what is typed, pressed and shown."""

import asyncio
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

RESULTS = """subscription Follow($client: String!) {
  playbookResults(clientId: $client) {
    ... on PlaybookProgress { step message }
    ... on PlaybookResult { status data }
    ... on PlaybookState { eventType synthetic }
  }
}"""
_SHOWN = "document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"
_TYPE = """([query, client]) => {
  const editor = (name) => document.querySelector(`[aria-label="${name}"] .CodeMirror`).CodeMirror;
  editor("Query Editor").setValue(query);
  editor("Variables").setValue(JSON.stringify({ client }));
}"""


@dataclass(frozen=True, slots=True)
class Editor:
    tab: Page
    url: str
    session: str

    async def open(self) -> None:
        await self.tab.goto(f"{self.url}/graphql")
        await self.tab.get_by_label("Session token").fill(self.session)
        await self.tab.get_by_role("button", name="Use", exact=True).click()
        await self.tab.wait_for_selector(".graphiql-query-editor .CodeMirror")

    async def ask_for(self, client: str) -> None:
        await self.tab.evaluate(_TYPE, [RESULTS, client])
        await self.button("Execute").click()

    async def subscribe(self, client: str) -> None:
        await self.ask_for(client)
        await expect(self.button("Stop")).to_be_visible()

    def button(self, word: str = "") -> Locator:
        """The one that runs ("Execute") and, while something runs, stops ("Stop")."""
        return self.tab.locator(f".graphiql-execute-button[aria-label^='{word}']")

    async def shows(self, *parts: str) -> str:
        """What the response editor shows once it has all of `parts`, each as often as it is given."""
        async with asyncio.timeout(15):
            while True:
                text: str = await self.tab.evaluate(_SHOWN)
                if all(text.count(part) >= parts.count(part) for part in parts):
                    return text
                await asyncio.sleep(0.05)
