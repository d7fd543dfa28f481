import { call, forget, gatewayUrl, post, session } from "./session.js";

const { NoetlGatewayClient } = await import(`${gatewayUrl}/client/noetl-gateway-client.js`);

const byId = (id) => document.getElementById(id);
const current = session();
/** @type {Map<string, {line: HTMLElement, output: HTMLElement}>} */
const shown = new Map();

function leave() {
  forget();
  window.location.assign("login.html");
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function runLine(requestId, title) {
  let run = shown.get(requestId);
  if (!run) {
    const item = document.createElement("li");
    run = { line: element("div", `${title}: running`), output: element("div", "", "output") };
    item.append(run.line, run.output);
    byId("runs").prepend(item);
    shown.set(requestId, run);
  }
  return run;
}

function textOf(data) {
  return data?.textOutput ?? data?.text_output ?? data?.summary ?? JSON.stringify(data?.result ?? data, null, 2);
}

async function follow(client, requestId, title, wait) {
  const run = runLine(requestId, title);
  try {
    const result = await wait;
    run.line.textContent = `${title}: ${result.status}`;
    run.output.textContent = String(textOf(result.data)).slice(0, 4000);
  } catch (error) {
    run.line.textContent = `${title}: failed`;
    run.output.textContent = error.message;
  }
  await listExecutions().catch(() => {});
}

async function run(client, event) {
  event.preventDefault();
  byId("problem").textContent = "";
  const name = byId("name").value;
  try {
    const variables = JSON.parse(byId("variables").value || "{}");
    let started;
    const finished = client.execute(name, variables, {
      resourceKind: byId("kind").value,
      onStarted: (found) => {
        started = found;
        follow(client, found.requestId, `${name} (${found.executionId})`, finished);
      },
      onProgress: ({ step, message }) => {
        if (started) runLine(started.requestId, name).output.textContent = [step, message].filter(Boolean).join(": ");
      },
    });
    await finished.catch((error) => {
      if (!started) throw error;
    });
  } catch (error) {
    byId("problem").textContent = error.message;
  }
}

async function listExecutions() {
  const reply = await call("/noetl/executions?page_size=20");
  const rows = Array.isArray(reply) ? reply : (reply.executions ?? reply.items ?? reply.entries ?? []);
  byId("executions").replaceChildren(
    ...rows.slice(0, 20).map((row) => {
      const line = document.createElement("tr");
      line.append(
        element("td", String(row.execution_id ?? row.id ?? "")),
        element("td", String(row.path ?? row.name ?? "")),
        element("td", String(row.status ?? "")),
      );
      return line;
    }),
  );
}

async function listNames() {
  const reply = await post("/noetl/catalog/list", { resource_type: "Playbook" });
  const paths = [...new Set((reply.entries ?? []).map((entry) => entry.path))];
  byId("names").replaceChildren(
    ...paths.map((path) => {
      const option = document.createElement("option");
      option.value = path;
      return option;
    }),
  );
}

async function start() {
  if (!current) return leave();
  byId("who").textContent = `${current.user.display_name} (${current.user.roles.join(", ") || "no roles"})`;
  const client = new NoetlGatewayClient({ baseUrl: gatewayUrl, sessionToken: () => session()?.session_token ?? "" });
  client.addEventListener("state", ({ detail }) => {
    byId("state").textContent = detail;
    if (detail === "unauthorized") leave();
  });
  client.addEventListener("pending", ({ detail }) => {
    for (const { requestId, playbookPath, executionId } of detail) {
      if (!shown.has(requestId)) follow(client, requestId, `${playbookPath} (${executionId})`, client.result(requestId, { executionId }));
    }
  });
  client.addEventListener("result", ({ detail }) => {
    if (!shown.has(detail.requestId)) follow(client, detail.requestId, `run ${detail.executionId}`, client.result(detail.requestId));
  });
  client.addEventListener("executionstate", ({ detail }) => {
    if (detail.event_type.startsWith("playbook.") && !detail.synthetic) listExecutions().catch(() => {});
  });
  byId("run-form").addEventListener("submit", (event) => run(client, event));
  byId("refresh").addEventListener("click", () => listExecutions().catch((error) => (byId("problem").textContent = error.message)));
  byId("logout").addEventListener("click", async () => {
    client.close();
    client.forget();
    await call("/api/auth/logout", { method: "POST" }).catch(() => {});
    leave();
  });
  await client.connect();
  await Promise.allSettled([listNames(), listExecutions()]);
}

start().catch((error) => (byId("problem").textContent = error.message));
