// Sends requests to the service and puts refusals into words.

/** A problem document (RFC 9457) as an error. `status` is 0 where no answer came. */
export class Problem extends Error {
  constructor({ status = 0, detail = "", hint = "", where = "" } = {}) {
    super([detail, hint].filter(Boolean).join(": "));
    this.status = status;
    this.detail = detail;
    this.hint = hint;
    this.where = where;
  }

  /** A sentence or two, each with a capital and a full stop. */
  get sentence() {
    return [this.detail, this.hint].filter(Boolean).map(sentence).join(" ");
  }
}

/** The answer to a request that went well. Raises Problem; what was aborted raises what `fetch` does. */
export async function ask(url, options = {}) {
  let answer;
  try {
    answer = await fetch(url, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ detail: "The server cannot be reached", hint: "check the network and try again" });
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

export async function getJson(url) {
  return document(await ask(url, { headers: { Accept: "application/json" } }));
}

export async function postJson(url, body) {
  return document(
    await ask(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  );
}

async function document(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Problem({ status: answer.status, detail: "The answer cannot be read", hint: "try again" });
  }
}

async function problemOf(answer) {
  let said = {};
  try {
    said = await answer.json();
  } catch {
    // A proxy in between answers in its own way.
  }
  const detail = typeof said?.detail === "string" ? said.detail : `The server answers with status ${answer.status}`;
  return new Problem({ status: answer.status, detail, hint: said?.hint ?? "", where: said?.where ?? "" });
}

/** A clause as a sentence: "it is gone" is "It is gone." */
export function sentence(text) {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** Any error in words for a person. */
export function inWords(error) {
  return error instanceof Problem ? error.sentence : sentence(error?.message || "Something went wrong");
}
