// What the single-page clients of the former gateway do, no more: it drops what they drop (wire 4.6).
"use strict";

const gateway = new URLSearchParams(location.search).get("gateway");
const waiters = new Map();
const seen = { clientId: null, pending: [], results: {}, states: [], progress: [], dropped: [], errors: [], opened: 0 };
let source = null;

function kept(name) {
  return sessionStorage.getItem(name);
}

async function post(path, body, headers = {}) {
  const response = await fetch(gateway + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

async function logIn(auth0Token) {
  const { status, body } = await post("/api/auth/login", { auth0_token: auth0Token });
  if (status === 200) sessionStorage.setItem("session_token", body.session_token);
  return status;
}

function connect() {
  const url = new URL(gateway + "/events");
  url.searchParams.set("session_token", kept("session_token"));
  if (kept("client_id")) url.searchParams.set("client_id", kept("client_id"));
  source = new EventSource(url);
  source.onopen = () => { seen.opened += 1; };
  source.addEventListener("message", (event) => {
    const { result } = JSON.parse(event.data);
    seen.clientId = result.clientId;
    seen.pending = result.pendingRequests || [];
    sessionStorage.setItem("client_id", result.clientId);
  });
  source.addEventListener("playbook/result", (event) => resolve(JSON.parse(event.data).params));
  source.addEventListener("playbook/state", (event) => seen.states.push(JSON.parse(event.data).params));
  source.addEventListener("playbook/progress", (event) => seen.progress.push(JSON.parse(event.data).params));
  source.addEventListener("error", (event) => {
    if (event.data) seen.errors.push(JSON.parse(event.data).error);
  });
  source.onerror = () => {
    source.close();
    setTimeout(connect, 2000);
  };
}

function resolve(params) {
  const waiter = waiters.get(params.requestId);
  if (!waiter) {
    seen.dropped.push(params.requestId);
    return;
  }
  waiters.delete(params.requestId);
  forget(params.requestId);
  waiter(params);
}

// The waiter comes to be when the response has been parsed, and not before.
async function run(name, variables) {
  const query = `mutation Run($name: String!, $vars: JSON, $clientId: String!) {
    executePlaybook(name: $name, variables: $vars, clientId: $clientId) { requestId executionId status }
  }`;
  const { body } = await post(
    "/graphql",
    { query, variables: { name, vars: variables, clientId: seen.clientId } },
    { authorization: `Bearer ${kept("session_token")}` },
  );
  if (body.errors) throw new Error(body.errors[0].message);
  await_(body.data.executePlaybook.requestId);
  return body.data.executePlaybook;
}

function await_(requestId) {
  remember(requestId);
  waiters.set(requestId, (params) => {
    seen.results[requestId] = params;
    const item = document.createElement("li");
    const data = params.data || {};
    item.textContent = params.error ? params.error.message : data.textOutput || data.text_output || data.summary;
    document.getElementById("results").append(item);
  });
}

function pendingHere() {
  return JSON.parse(kept("waiting") || "[]");
}

function remember(requestId) {
  sessionStorage.setItem("waiting", JSON.stringify([...new Set([...pendingHere(), requestId])]));
}

function forget(requestId) {
  sessionStorage.setItem("waiting", JSON.stringify(pendingHere().filter((waiting) => waiting !== requestId)));
}

async function look(path, headers) {
  try {
    const response = await fetch(gateway + path, { headers });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { failed: error.name };
  }
}

// After a reload the page goes on waiting for what it waited for.
pendingHere().forEach(await_);
if (kept("session_token")) connect();
