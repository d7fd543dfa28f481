// The page around GraphiQL: it sends requests to the route that served it, with the session that the tab knows.
import { content, needsStream, subscription } from "./subscriptions.js";

const KEY = "noetl-gateway-session-token";
const endpoint = window.location.pathname;
const token = document.getElementById("token");
const state = document.getElementById("state");

function remembered() {
  return window.sessionStorage.getItem(KEY) ?? "";
}

function remember(text) {
  if (text) {
    window.sessionStorage.setItem(KEY, text);
  } else {
    window.sessionStorage.removeItem(KEY);
  }
  token.value = "";
  state.textContent = text ? "A token of this tab is used." : "";
}

function post(parameters, headers, signal) {
  const session = remembered() ? { "x-session-token": remembered() } : {};
  return fetch(endpoint, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", ...headers, ...session },
    body: JSON.stringify(parameters),
    signal,
  });
}

let leaving = new AbortController();

// What is a subscription is for the gateway to say: what GraphiQL knows of the query may be older than its text.
async function send(parameters, options) {
  const headers = options?.headers ?? {};
  const gone = leaving.signal;
  const plain = { accept: "application/graphql-response+json, application/json;q=0.9", ...headers };
  const streamed = { ...headers, accept: "text/event-stream, application/json;q=0.9" };
  const answer = await content(await post(parameters, plain));
  return needsStream(answer)
    ? subscription((more, signal) => post(parameters, { ...streamed, ...more }, signal), gone)
    : answer;
}

const root = ReactDOM.createRoot(document.getElementById("graphiql"));
let shown = 0;

// A new key makes GraphiQL start over, and so read the schema with the new session. What the old one had subscribed to
// ends.
function show() {
  leaving.abort();
  leaving = new AbortController();
  shown += 1;
  root.render(
    React.createElement(GraphiQL, {
      key: shown,
      fetcher: send,
      shouldPersistHeaders: false,
      defaultQuery: "{\n  health\n  version\n}\n",
    }),
  );
}

document.getElementById("session").addEventListener("submit", (event) => {
  event.preventDefault();
  remember(token.value.trim());
  show();
});
document.getElementById("forget").addEventListener("click", () => {
  remember("");
  show();
});
remember(remembered());
show();
