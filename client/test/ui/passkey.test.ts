// A passkey, from "My data": what is asked of the browser, what the server is told, and what goes wrong.
import { afterEach, expect, test, vi } from "vitest";
import { load } from "../../src/core/storage";
import { area, button, join, one, put, signIn, slot } from "../page";
import { author, fakeFetch, loaded, settled } from "../support";

const said = () => one(".mine > [role=status]").textContent;
const KEEP = "Keep this name with a passkey";
const USE = "I have a passkey";
const bytes = (text: string) => new TextEncoder().encode(text).buffer;
const OPTIONS = {
  rp: { id: "news.example", name: "News" },
  challenge: "-_8",
  user: { id: "AAE", name: "Ada", displayName: "Ada" },
  excludeCredentials: [{ type: "public-key", id: "Ag" }],
};

/** A browser with passkeys; `answer` is what the reader's device says, or why it says nothing. */
function device(answer: object) {
  const act = vi.fn(async (_: { publicKey: Record<string, unknown> }) => {
    if (answer instanceof Error) throw answer;
    return { id: "id", type: "public-key", response: answer };
  });
  vi.stubGlobal("PublicKeyCredential", class {});
  vi.spyOn(navigator, "credentials", "get").mockReturnValue({
    create: act,
    get: act,
  } as unknown as CredentialsContainer);
  return act;
}

function server(refusal?: string) {
  return fakeFetch((url, { method, json }) => {
    if (url.endsWith("/options")) return [200, { options: OPTIONS }];
    if (method === "POST" && refusal) return [401, { error: { code: refusal, message: "…", retry_after: null } }];
    if (json?.passkey && url.endsWith("/sessions")) return [201, { token: "P", author: author({ name: "Nina" }) }];
    return [200, { author: { ...author(), comments: 3 }, passkeys: [] }];
  });
}

const told = (fetch: ReturnType<typeof server>, path: string) =>
  JSON.parse(String(fetch.mock.calls.find(([url]) => url.endsWith(path))?.[1].body));

async function open(): Promise<void> {
  put();
  await join();
  area().focus();
  await loaded();
  if (!button("My data") || button("My data").closest("[hidden]")) button("More").click();
  await loaded();
  button("My data").click();
  await settled();
  await loaded();
}

async function press(label: string): Promise<void> {
  button(label).click();
  await loaded();
  await loaded();
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("the author's name is kept with the device's answer", async () => {
  signIn();
  const act = device({ clientDataJSON: bytes('{"a":">>?"}'), attestationObject: bytes("ab") });
  const fetch = server();
  await open();
  await press(KEEP);
  const { publicKey } = act.mock.calls[0]?.[0] ?? { publicKey: {} };
  expect(publicKey).toMatchObject({
    rp: OPTIONS.rp,
    challenge: new Uint8Array([251, 255]),
    user: { id: new Uint8Array([0, 1]), name: "Ada" },
    excludeCredentials: [{ type: "public-key", id: new Uint8Array([2]) }],
  });
  expect(told(fetch, "/me/passkeys")).toEqual({
    passkey: { id: "id", response: { clientDataJSON: "eyJhIjoiPj4_In0", attestationObject: "YWI" } },
  });
  expect(said()).toBe("Kept. With this passkey you are Ada on your other devices, too.");
});

test("who has one is the author it stands for", async () => {
  const act = device({ clientDataJSON: bytes("a"), signature: bytes("b"), userHandle: null });
  const fetch = server();
  await open();
  expect(button(KEEP)).toBeUndefined();
  await press(USE);
  expect(act.mock.calls[0]?.[0].publicKey.challenge).toEqual(new Uint8Array([251, 255]));
  expect(told(fetch, "/sessions")).toEqual({
    site: "demo",
    passkey: { id: "id", response: { clientDataJSON: "YQ", signature: "Yg" } },
  });
  expect(said()).toBe("You are Nina here, too.");
  expect(load(slot())).toMatchObject({ token: "P", profile: { name: "Nina" } });
});

test.each([
  [USE, new DOMException("", "NotAllowedError"), undefined, "No passkey was used."],
  [KEEP, new DOMException("", "InvalidStateError"), undefined, "You have a passkey on this device already."],
  [USE, {}, "unauthorized", "This passkey is not known here."],
  [USE, {}, "rate_limited", "Too many at once. Try again in 10 seconds."],
])("what goes wrong is said: %s, %s, %s", async (label, answer, refusal, words) => {
  signIn();
  device(answer);
  server(refusal);
  await open();
  await press(label);
  expect(said()).toBe(words);
  expect(load(slot())).toMatchObject({ author: { name: "Ada" } });
});

test("nothing of it where the browser has none", async () => {
  signIn();
  server();
  await open();
  expect(button("Sign out")).toBeDefined();
  expect(button(USE)).toBeUndefined();
});
