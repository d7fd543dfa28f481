// Universal Login by authorization code with PKCE, and by the older implicit flow.
// State and nonce are made here and checked here: an answer that this page did not ask for is refused.

const KEY = "noetl-login";

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function issuerOf(domain) {
  return (domain.includes("://") ? domain : `https://${domain}`).replace(/\/+$/, "");
}

function thisPage() {
  return window.location.origin + window.location.pathname;
}

/** Leaves for the login page. @param {{domain: string, client_id: string, audience?: string}} auth0 */
export async function leaveForLogin(auth0, { implicit = false } = {}) {
  const asked = { state: random(), nonce: random(), verifier: random() };
  sessionStorage.setItem(KEY, JSON.stringify(asked));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier));
  const flow = implicit
    ? { response_type: "id_token token" }
    : {
        response_type: "code",
        code_challenge_method: "S256",
        code_challenge: base64url(new Uint8Array(digest)),
      };
  const query = new URLSearchParams({
    client_id: auth0.client_id,
    redirect_uri: thisPage(),
    scope: "openid profile email",
    state: asked.state,
    nonce: asked.nonce,
    ...(auth0.audience ? { audience: auth0.audience } : {}),
    ...flow,
  });
  window.location.assign(`${issuerOf(auth0.domain)}/authorize?${query}`);
}

/** The ID token that the login page sent back with, null if there is none. Throws when something is wrong. */
export async function returnedToken(auth0) {
  const query = new URLSearchParams(window.location.search);
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const answer = query.has("state") ? query : fragment;
  if (!answer.has("state")) return null;
  const asked = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", window.location.pathname);
  if (!asked || answer.get("state") !== asked.state) throw new Error("This login was not started here. Please try again.");
  if (answer.has("error")) throw new Error(answer.get("error_description") ?? answer.get("error"));
  const token = answer.get("id_token") ?? (await exchanged(auth0, answer.get("code"), asked.verifier));
  const claims = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  if (claims.nonce !== asked.nonce) throw new Error("The answer belongs to another login. Please try again.");
  return token;
}

async function exchanged(auth0, code, verifier) {
  const response = await fetch(`${issuerOf(auth0.domain)}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "authorization_code",
      client_id: auth0.client_id,
      code_verifier: verifier,
      redirect_uri: thisPage(),
      code,
    }),
  });
  const reply = await response.json();
  if (!response.ok || !reply.id_token) throw new Error(reply.error_description ?? "The login could not be completed.");
  return reply.id_token;
}
