// The page around GraphiQL: it sends requests to the route that served it, with the session that the tab knows.
(() => {
  "use strict";

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

  async function send(parameters, options) {
    const headers = {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...(options?.headers ?? {}),
    };
    if (remembered()) {
      headers["x-session-token"] = remembered();
    }
    const response = await fetch(endpoint, {
      method: "POST",
      credentials: "same-origin",
      headers,
      body: JSON.stringify(parameters),
    });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return { errors: [{ message: `${response.status}: ${text}` }] };
    }
  }

  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  let shown = 0;

  // A new key makes GraphiQL start over, and so read the schema with the new session.
  function show() {
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
})();
