import { leaveForLogin, returnedToken } from "./auth0.js";
import { call, post, remember, session } from "./session.js";

const message = document.getElementById("message");
const choices = document.getElementById("choices");

function say(text) {
  message.textContent = text;
}

async function logIn(token, auth0) {
  say("Logging in ...");
  remember(await post("/api/auth/login", { auth0_token: token, auth0_domain: auth0?.domain ?? null }));
  window.location.assign("dashboard.html");
}

function offer(auth0) {
  choices.hidden = false;
  const usable = Boolean(auth0?.domain && auth0?.client_id);
  for (const id of ["login", "implicit"]) {
    document.getElementById(id).disabled = !usable;
    document.getElementById(id).addEventListener("click", () => leaveForLogin(auth0, { implicit: id === "implicit" }));
  }
  if (!usable) say("This gateway names no Auth0 application: log in with a token.");
  document.getElementById("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    logIn(document.getElementById("token").value.trim(), auth0).catch((error) => say(error.message));
  });
}

async function start() {
  if (session() && !window.location.search && !window.location.hash) {
    window.location.assign("dashboard.html");
    return;
  }
  const { auth0 } = await call("/api/runtime/contract");
  offer(auth0);
  try {
    const token = await returnedToken(auth0);
    if (token) await logIn(token, auth0);
  } catch (error) {
    say(error.message);
  }
}

start().catch((error) => say(error.message));
