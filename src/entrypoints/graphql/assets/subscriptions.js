// Subscriptions over server-sent events, one request each (graphql-sse: "distinct connections mode").

const AGAIN_MS = 1000;
const SHOWN = 100;

/** Whether an answer says that the operation has to be asked for as a stream. */
export function needsStream(answer) {
  return Boolean(answer.errors?.some(({ extensions }) => extensions?.code === "subscription_needs_stream"));
}

/**
 * What GraphiQL subscribes to. `open(headers, signal)` sends the request. A stream that breaks off goes on behind the
 * last event. `gone`: ends all that is still open.
 */
export function subscription(open, gone) {
  return {
    subscribe(observer) {
      const leaving = new AbortController();
      gone.addEventListener("abort", () => leaving.abort(), { signal: leaving.signal });
      if (gone.aborted) {
        leaving.abort();
      }
      const shown = newestFirst((result) => leaving.signal.aborted || observer.next(result));
      follow(open, leaving.signal, shown).then(
        () => leaving.signal.aborted || observer.complete(),
        // GraphiQL would show the stack of an Error.
        ({ message }) => leaving.signal.aborted || observer.error({ message }),
      );
      return { unsubscribe: () => leaving.abort() };
    },
  };
}

/** GraphiQL shows the last thing it was given alone, and a run's result is not the last thing that happens. */
function newestFirst(show) {
  const earlier = [];
  let latest = null;
  return (result) => {
    if (latest !== null) {
      earlier.unshift(latest);
      earlier.length = Math.min(earlier.length, SHOWN);
    }
    latest = result;
    show(earlier.length ? { ...result, earlier: [...earlier] } : result);
  };
}

async function follow(open, signal, next) {
  let last = "";
  for (;;) {
    const response = await open(last ? { "last-event-id": last } : {}, signal);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      next(await content(response));
      return;
    }
    for await (const event of events(response.body)) {
      last = event.id ?? last;
      if (event.event === "next") {
        next(JSON.parse(event.data));
      } else if (event.event === "complete") {
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** The answer as an object, whatever its body is. */
export async function content(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `${response.status}: ${text}` }] };
  }
}

/** The events of a stream, each with its fields; it ends wherever the stream does. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) {
      return;
    }
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      yield Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
    }
  }
}
