// The session of these pages: kept for the tab only, so that closing it forgets the token.

const KEY = "noetl-session";

/** The gateway's address: this server unless the page names another one. */
export const gatewayUrl = (
  document.querySelector('meta[name="noetl-gateway"]')?.content || window.location.origin
).replace(/\/+$/, "");

/** @returns {{session_token: string, user: {email: string, display_name: string, roles: string[]}} | null} */
export function session() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

export function remember(login) {
  sessionStorage.setItem(KEY, JSON.stringify(login));
}

export function forget() {
  sessionStorage.removeItem(KEY);
}

/** A call of the gateway; the error of a refusal carries its sentence. */
export async function call(path, init = {}) {
  const token = session()?.session_token;
  const headers = { ...(token ? { "x-session-token": token } : {}), ...init.headers };
  const response = await fetch(gatewayUrl + path, { ...init, headers });
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Some answers are bare sentences.
  }
  if (!response.ok) {
    const error = new Error(body?.error ?? body?.detail ?? text ?? `HTTP ${response.status}`);
    error.status = response.status;
    throw error;
  }
  return body;
}

export function post(path, content) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content ?? {}),
  });
}
