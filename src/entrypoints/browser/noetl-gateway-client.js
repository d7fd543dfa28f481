// Runs playbooks and agents through the NoETL Gateway and delivers their results, whatever the network does.
// An ES module without dependencies: load it from the gateway (/client/noetl-gateway-client.js) or bundle it.

/**
 * @typedef {"idle" | "connecting" | "live" | "polling" | "waiting" | "unauthorized" | "closed"} State
 *   `waiting`: the connection was lost and is tried again soon; nothing is lost meanwhile.
 *
 * @typedef {object} Options
 * @property {string} baseUrl Where the gateway is, such as `https://gateway.example.com`.
 * @property {string | (() => string)} sessionToken The session token, or how to get the current one.
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem">} [storage] Remembers client and position across
 *   reloads of the page; `sessionStorage` by default, one client per tab.
 * @property {number} [openTimeout] Milliseconds in which a stream has to begin; past it, polling is tried. 10 000.
 * @property {boolean} [pollingOnly] Never open a stream.
 *
 * @typedef {object} RunOptions
 * @property {"playbook" | "agent"} [resourceKind]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(started: Started) => void} [onStarted]
 * @property {number} [timeout] Milliseconds to wait for the result; forever by default.
 * @property {AbortSignal} [signal] Stops waiting; the run itself goes on.
 *
 * @typedef {{requestId: string, executionId: string, step: string | null, message: string | null,
 *   progress: number | null}} Progress
 * @typedef {{requestId: string, executionId: string, name: string | null, status: string | null}} Started
 * @typedef {{requestId: string, executionId: string, status: string, data: unknown}} Result
 */

const STORAGE_KEY = "noetl-gateway-client";
const STREAM_FAILURES_BEFORE_POLLING = 3;
const LONGEST_PAUSE = 15_000;
const POLL_SECONDS = 20;

const EXECUTE = `mutation Run($name: String!, $variables: JSON, $kind: ExecutableResourceKind, $clientId: String) {
  executePlaybook(name: $name, variables: $variables, resourceKind: $kind, clientId: $clientId) {
    executionId requestId name status
  }
}`;

/** The run ended, but not well. */
export class RunFailed extends Error {
  /** @param {{message?: string, code?: number, data?: unknown}} error @param {Result} result */
  constructor(error, result) {
    super(error.message ?? "The run failed.");
    this.name = "RunFailed";
    this.code = error.code;
    this.data = error.data;
    this.requestId = result.requestId;
    this.executionId = result.executionId;
  }
}

/** The gateway refused a request. `status` is the HTTP status, `code` the gateway's word for the reason. */
export class GatewayRefused extends Error {
  /** @param {string} message @param {number} status @param {string | undefined} code */
  constructor(message, status, code) {
    super(message);
    this.name = "GatewayRefused";
    this.status = status;
    this.code = code;
  }
}

/**
 * One client of the gateway. Events (`addEventListener`):
 *   `state` (detail: State), `progress` (Progress), `result` (Result), `executionstate` (the state frame's params),
 *   `pending` (what the gateway says is still awaited, after a reconnect), `reset` (history is missing).
 */
export class NoetlGatewayClient extends EventTarget {
  /** @param {Options} options */
  constructor(options) {
    super();
    this._options = { openTimeout: 10_000, pollingOnly: false, ...options };
    this._baseUrl = options.baseUrl.replace(/\/+$/, "");
    this._storage = options.storage ?? globalThis.sessionStorage;
    /** @type {State} */
    this.state = "idle";
    const remembered = this._remembered();
    /** @type {string | null} */
    this.clientId = remembered.clientId;
    this._position = remembered.position;
    /** @type {Map<string, {resolve: (result: Result) => void, reject: (error: Error) => void,
     *   onProgress?: (progress: Progress) => void, executionId: string}>} */
    this._awaited = new Map();
    /** @type {Map<string, object>} results that came before anybody awaited them */
    this._early = new Map();
    this._source = null;
    this._abort = null;
    this._failures = 0;
    this._running = false;
    this._wake = () => {};
  }

  /** Connects and stays connected until `close`. Resolves once the gateway knows this client. @returns {Promise<void>} */
  connect() {
    if (this._running) return this._connected;
    this._running = true;
    this._connected = new Promise((resolve, reject) => {
      this._announce = { resolve, reject };
    });
    this._connected.catch(() => {});
    this._stayConnected();
    return this._connected;
  }

  /** Ends the connection. Awaited runs are rejected; they go on at NoETL. */
  close() {
    this._running = false;
    this._source?.close();
    this._abort?.abort();
    this._wake();
    this._become("closed");
    for (const awaited of this._awaited.values()) awaited.reject(new Error("The client was closed."));
    this._awaited.clear();
  }

  /** Forgets who this client was: the next `connect` begins anew. */
  forget() {
    this.clientId = null;
    this._position = null;
    this._storage?.removeItem(STORAGE_KEY);
  }

  /**
   * Runs a playbook or an agent and waits for its result.
   * @param {string} name @param {Record<string, unknown>} [variables] @param {RunOptions} [options]
   * @returns {Promise<Result>} rejected with RunFailed or GatewayRefused
   */
  async execute(name, variables = {}, options = {}) {
    await this.connect();
    const started = await this._mutate({
      name,
      variables,
      kind: options.resourceKind ?? "playbook",
      clientId: this.clientId,
    });
    options.onStarted?.(started);
    return this.result(started.requestId, { ...options, executionId: started.executionId });
  }

  /**
   * Waits for a run that was started before, such as one that the `pending` event names after a reload.
   * @param {string} requestId @param {RunOptions & {executionId?: string}} [options] @returns {Promise<Result>}
   */
  result(requestId, options = {}) {
    return new Promise((resolve, reject) => {
      const done = (settle) => (value) => {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", aborted);
        this._awaited.delete(requestId);
        settle(value);
      };
      const aborted = () => done(reject)(options.signal.reason ?? new Error("Aborted."));
      const timer = options.timeout
        ? setTimeout(() => done(reject)(new Error("The result did not come in time.")), options.timeout)
        : undefined;
      options.signal?.addEventListener("abort", aborted);
      this._awaited.set(requestId, {
        resolve: done(resolve),
        reject: done(reject),
        onProgress: options.onProgress,
        executionId: options.executionId ?? "",
      });
      const early = this._early.get(requestId);
      if (early) this._settle(early);
    });
  }

  /** @returns {Promise<Started>} */
  async _mutate(variables) {
    const response = await this._fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: EXECUTE, variables }),
    });
    const reply = await response.json();
    if (reply.errors?.length) {
      const [error] = reply.errors;
      throw new GatewayRefused(error.message, response.status, error.extensions?.code);
    }
    return reply.data.executePlaybook;
  }

  async _fetch(path, init = {}) {
    const token = this._options.sessionToken;
    const headers = { ...init.headers, "x-session-token": typeof token === "function" ? token() : token };
    const response = await fetch(this._baseUrl + path, { ...init, headers, signal: init.signal ?? null });
    if (!response.ok && response.status !== 202) {
      const text = await response.text();
      let message = text;
      try {
        message = JSON.parse(text).error ?? text;
      } catch {
        // Some refusals are bare sentences.
      }
      throw new GatewayRefused(message, response.status, response.headers.get("x-error-code") ?? undefined);
    }
    return response;
  }

  async _stayConnected() {
    let pause = 500;
    while (this._running) {
      this._become("connecting");
      try {
        await (this._polls() ? this._poll() : this._stream());
        pause = 500;
      } catch (error) {
        if (this._gaveUp(error)) return;
        this._failures += 1;
      }
      if (!this._running) return;
      this._become("waiting");
      await this._sleep(pause * (0.5 + Math.random() / 2));
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  }

  _polls() {
    return this._options.pollingOnly || this._failures >= STREAM_FAILURES_BEFORE_POLLING || !globalThis.EventSource;
  }

  _gaveUp(error) {
    if (!(error instanceof GatewayRefused) || error.status !== 401) return false;
    this._running = false;
    this._become("unauthorized");
    this._announce.reject(error);
    for (const awaited of [...this._awaited.values()]) awaited.reject(error);
    return true;
  }

  /** One stream, from a ticket to its end. A ticket, so that no session token gets into a URL. */
  async _stream() {
    const { ticket } = await (await this._fetch("/api/events/ticket", { method: "POST" })).json();
    const query = new URLSearchParams({ ticket, ...this._cursor() });
    await new Promise((resolve, reject) => {
      const source = new EventSource(`${this._baseUrl}/events?${query}`);
      this._source = source;
      const end = (settle) => (value) => {
        clearTimeout(slow);
        source.close();
        settle(value);
      };
      const swallowed = () => {
        this._failures = STREAM_FAILURES_BEFORE_POLLING;
        end(reject)(new Error("The stream did not begin."));
      };
      const slow = setTimeout(swallowed, this._options.openTimeout);
      let live = false;
      const take = (event) => {
        clearTimeout(slow);
        live = true;
        this._take(event.lastEventId, event.type, event.data);
        this._become("live");
      };
      for (const name of ["message", "playbook/state", "playbook/progress", "playbook/result", "reset"]) {
        source.addEventListener(name, take);
      }
      source.addEventListener("error", (event) => {
        if (event.data) end(reject)(new GatewayRefused("Invalid or expired session", 401, "session_invalid"));
        else end(live ? resolve : reject)(new Error("The stream broke."));
      });
    });
  }

  async _poll() {
    this._abort = new AbortController();
    let wait = 0;
    while (this._running) {
      const query = new URLSearchParams({ wait: String(wait), ...this._cursor() });
      const response = await this._fetch(`/api/events/poll?${query}`, { signal: this._abort.signal });
      const answer = await response.json();
      this._know(answer.clientId, answer.pendingRequests);
      if (answer.reset) this._reset();
      for (const frame of answer.frames) this._take(frame.id, frame.event, JSON.stringify(frame.data));
      this._remember(answer.position);
      this._become("polling");
      wait = POLL_SECONDS;
    }
  }

  _cursor() {
    const cursor = {};
    if (this.clientId) cursor.client_id = this.clientId;
    if (this._position) cursor.last_event_id = this._position;
    return cursor;
  }

  _take(id, event, text) {
    const message = JSON.parse(text);
    if (event === "message" && message.result) this._know(message.result.clientId, message.result.pendingRequests);
    else if (event === "reset") this._reset();
    else if (event === "playbook/progress") this._progress(message.params);
    else if (event === "playbook/state") this._emit("executionstate", message.params);
    else if (event === "playbook/result") this._result(message.params);
    if (id) this._remember(id);
  }

  _know(clientId, pending) {
    if (clientId !== this.clientId) this._position = null;
    this.clientId = clientId;
    this._remember(this._position);
    this._failures = 0;
    this._announce.resolve();
    if (pending) this._emit("pending", pending);
  }

  /** History is missing: ask how the awaited runs stand, for their results may have been among it. */
  _reset() {
    this._emit("reset", null);
    for (const [requestId, awaited] of [...this._awaited]) this._lookAgain(requestId, awaited);
  }

  async _lookAgain(requestId, awaited) {
    if (!awaited.executionId) return;
    try {
      const response = await this._fetch(`/noetl/executions/${encodeURIComponent(awaited.executionId)}/status`);
      const status = await response.json();
      const word = String(status.status ?? (status.failed ? "FAILED" : status.completed ? "COMPLETED" : "RUNNING"));
      const ended = { requestId, executionId: awaited.executionId, status: word.toUpperCase(), data: null };
      if (ended.status === "COMPLETED") awaited.resolve(ended);
      else if (ended.status !== "RUNNING") awaited.reject(new RunFailed({ message: `The run ended: ${word}.` }, ended));
    } catch {
      // It stays awaited; a later frame may still tell.
    }
  }

  _progress(progress) {
    this._awaited.get(progress.requestId)?.onProgress?.(progress);
    this._emit("progress", progress);
  }

  _result(params) {
    this._early.set(params.requestId, params);
    if (this._early.size > 100) this._early.delete(this._early.keys().next().value);
    this._settle(params);
    this._emit("result", params);
  }

  _settle(params) {
    const awaited = this._awaited.get(params.requestId);
    if (!awaited) return;
    if (params.status === "FAILED" || params.error) awaited.reject(new RunFailed(params.error ?? {}, params));
    else awaited.resolve(params);
  }

  _remembered() {
    try {
      return { clientId: null, position: null, ...JSON.parse(this._storage?.getItem(STORAGE_KEY) ?? "{}") };
    } catch {
      return { clientId: null, position: null };
    }
  }

  _remember(position) {
    this._position = position;
    this._storage?.setItem(STORAGE_KEY, JSON.stringify({ clientId: this.clientId, position }));
  }

  _become(state) {
    if (this.state === state) return;
    this.state = state;
    this._emit("state", state);
  }

  _emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  _sleep(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this._wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
