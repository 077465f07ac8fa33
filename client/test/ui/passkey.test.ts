// A passkey, from "My data": what is asked of the browser, what the server is told, and what goes wrong.
import { afterEach, describe, expect, test, vi } from "vitest";
import { load } from "../../src/core/storage";
import { all, area, button, join, one, post, put, signIn, slot } from "../page";
import { author, FakeSocket, fakeFetch, loaded, settled } from "../support";

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

const KEPT = [
  { id: "k1", host: "news.example", at: "2026-03-12T10:00:00Z", used_at: null },
  { id: "k2", host: "comments.example", at: "2026-11-02T10:00:00Z", used_at: null },
];

function server(refusal?: string) {
  let passkeys = KEPT;
  return fakeFetch((url, { method, json }) => {
    if (method === "DELETE") passkeys = passkeys.filter(({ id }) => id !== json?.id);
    if (url.endsWith("/options")) return [200, { options: OPTIONS }];
    if (method === "POST" && refusal) return [401, { error: { code: refusal, message: "…", retry_after: null } }];
    if (json?.passkey && url.endsWith("/sessions")) return [201, { token: "P", author: author({ name: "Nina" }) }];
    return [200, { author: { ...author(), comments: 3 }, passkeys }];
  });
}

const told = (fetch: ReturnType<typeof server>, path: string) =>
  JSON.parse(String(fetch.mock.calls.find(([url, { body }]) => body && url.endsWith(path))?.[1].body));

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

const FIRST = "Remove the passkey for news.example, of Mar 12, 2026";
const SECOND = "Remove the passkey for comments.example, of Nov 2, 2026";
const listed = () => all(".keys button").map(({ textContent }) => textContent);

test("where the browser has none, those of the author are listed, and no other is made or used", async () => {
  signIn();
  server();
  await open();
  expect(listed()).toEqual([FIRST, SECOND]);
  expect([button(USE), button(KEEP)]).toEqual([undefined, undefined]);
});

test("one passkey is removed, once that was asked", async () => {
  signIn();
  const fetch = server();
  await open();
  await press(FIRST);
  expect(one(".mine .ask").textContent).toContain("It will no longer bring you back here. Remove it?");
  one(".mine .ask").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  await loaded();
  const [, removal] = fetch.mock.calls.find(([, { method }]) => method === "DELETE") ?? [];
  expect(JSON.parse(String(removal?.body))).toEqual({ id: "k1" });
  expect(said()).toBe("The passkey is removed.");
  expect(listed()).toEqual([SECOND]);
});

describe("at a name that is somebody else's", () => {
  const YOURS = "Yours? Use your passkey";

  async function taken(): Promise<string> {
    put();
    await join();
    one<HTMLInputElement>("[name=name]").value = "Nina";
    await post("Hello");
    await loaded();
    const { ref, id } = FakeSocket.last.command("post");
    const error = { code: "name_taken", message: "…", retry_after: null, suggestions: ["Nina Otter"] };
    FakeSocket.last.says({ re: ref, ok: false, error });
    await loaded();
    return id as string;
  }

  test("its owner comes back by their passkey, and the comment goes out", async () => {
    signIn();
    device({ clientDataJSON: bytes("a"), signature: bytes("b") });
    server();
    const id = await taken();
    expect(button("Nina Otter")).toBeDefined();
    await press(YOURS);
    expect(load(slot())).toMatchObject({ token: "P", profile: { name: "Nina" } });
    expect(FakeSocket.last.command("post")).toMatchObject({ id });
    expect(FakeSocket.last.command("join").token).toBe("P");
    expect(all(".pending .error")).toEqual([]);
  });

  test("what goes wrong is said there", async () => {
    signIn();
    device(new DOMException("", "NotAllowedError"));
    server();
    await taken();
    await press(YOURS);
    expect(one(".pending [role=status]").textContent).toBe("No passkey was used.");
    expect(button("Nina Otter")).toBeDefined();
  });

  test("nothing of it where the browser has none", async () => {
    signIn();
    server();
    await taken();
    expect(button("Nina Otter")).toBeDefined();
    expect(button(YOURS)).toBeUndefined();
  });
});
