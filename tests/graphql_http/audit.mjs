// Usage: [SESSION_TOKEN=...] node audit.mjs <url of the GraphQL route>
// Every audit must pass, whether the specification says MUST, SHOULD or MAY.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.mjs <url>");
  process.exit(2);
}

const token = process.env.SESSION_TOKEN;
const fetchFn = (target, init = {}) =>
  fetch(target, token ? { ...init, headers: { ...init.headers, "x-session-token": token } } : init);

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  results.push(await audit.fn());
}

const failed = results.filter((result) => result.status !== "ok");
for (const result of failed) {
  console.error(`${result.status}: ${result.id} ${result.name}: ${result.reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits passed`);
process.exit(failed.length === 0 && results.length > 0 ? 0 : 1);
