// What a page's publisher reads on the console, and its reader on the page, when comments cannot be had.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { host, join, put, texts } from "../page";
import { comment, FakeSocket, fakeFetch, loaded, settled } from "../support";

const NOT_NOW = "Comments are not available right now.";
let said: string[];

beforeEach(() => {
  said = [];
  vi.spyOn(console, "error").mockImplementation((text) => void said.push(text));
  // After no wait at all, the next try would be given up just when a test goes on.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const refuses = (status: number, code: string, message = "") => fakeFetch(() => [status, { error: { code, message } }]);

/** The page comes, and no WebSocket does. */
async function unreached(attributes = ""): Promise<void> {
  put(attributes);
  for (let time = 0; time < 3; time++) {
    FakeSocket.last.drops();
    await vi.advanceTimersByTimeAsync(10_000);
  }
  await loaded();
  await settled();
}

const shown = () => texts(".notice:not([hidden]), .quiet:not([hidden])").filter((text) => text !== "No comments yet.");

test.each([
  [
    "not_found",
    'has no site "demo". To make it, run on the server: hubbub site add demo --origin https://paper.example',
  ],
  ["forbidden", "To allow them, run on the server: hubbub site add demo --origin https://paper.example"],
  ["bad_request", 'refuses site="demo" key="/k": no: bad_request'],
])("a join that is refused as %s", async (code, fix) => {
  put();
  FakeSocket.last.refuses("join", code);
  await settled();
  await loaded();
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^\[hubbub\] /);
  expect(said[0]).toContain(fix);
  expect(shown()).toEqual([NOT_NOW]);
});

test("a page that may not come in, as a request tells: no more tries", async () => {
  refuses(403, "forbidden");
  await unreached();
  expect(said[0]).toContain("hubbub site add demo --origin https://paper.example");
  expect(shown()).toEqual([NOT_NOW]);
  const tries = FakeSocket.all.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all).toHaveLength(tries);
});

test("a page of no allowed origin may read no answer, but the script", async () => {
  fakeFetch((url) => {
    if (url.endsWith("/embed.js")) return [200, ""];
    throw new TypeError("CORS");
  });
  await unreached();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("does not allow pages of https://paper.example");
  expect(shown()).toEqual([NOT_NOW]);
});

test("a page without an origin", async () => {
  vi.stubGlobal("origin", "null");
  fakeFetch((url) => {
    if (url.endsWith("/embed.js")) return [200, ""];
    throw new TypeError("CORS");
  });
  await unreached();
  expect(said[0]).toContain("allow-same-origin");
});

test("a server that is away is tried on, and its thread comes in the end", async () => {
  await unreached();
  expect(said).toEqual([`[hubbub] ${host} does not answer. Does it run?`]);
  expect(shown()).toEqual([NOT_NOW]);
  FakeSocket.last.accept();
  await join([comment(1)]);
  expect(shown()).toEqual([]);
  expect(texts(".number")).toEqual(["#1"]);
});

test("a proxy that lets no WebSocket through: comments all the same", async () => {
  fakeFetch((url) => [200, url.includes("/events") ? { events: [], more: false } : SNAPSHOT]);
  await unreached();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("pass Upgrade on");
  expect(shown()).toEqual([]);
  expect(texts(".number")).toEqual(["#1"]);
});

test("a Content-Security-Policy that keeps us out", async () => {
  put();
  const blocked = (blockedURI: string, disposition = "enforce") =>
    document.dispatchEvent(Object.assign(new Event("securitypolicyviolation"), { blockedURI, disposition }));
  blocked("https://other.example/x");
  blocked(`${host.replace("http", "ws")}/api/v1/live`, "report");
  blocked(`${host.replace("http", "ws")}/api/v1/live`);
  blocked(`${host}/api/v1/threads`);
  await loaded();
  await settled();
  expect(said).toEqual([
    `[hubbub] The page's Content-Security-Policy keeps comments out. Add to it: connect-src ${host} ${host.replace("http", "ws")}`,
  ]);
});

test.each([
  ["site", `<hubbub-thread> needs a site="NAME"`],
  ["host", `host="c.example" of <hubbub-thread> is no address`],
])("an element whose %s says nothing keeps what it has", async (name, words) => {
  const box = document.createElement("div");
  box.innerHTML = `<hubbub-thread site="demo" key="/k" host="${host}"><p>from the server</p></hubbub-thread>`;
  const wrong = box.firstElementChild as HTMLElement;
  if (name === "host") wrong.setAttribute("host", "c.example");
  else wrong.removeAttribute("site");
  document.body.append(wrong);
  await loaded();
  await settled();
  const root = wrong.shadowRoot as ShadowRoot;
  expect(root.querySelector("slot")).not.toBeNull();
  expect(root.textContent).toBe(NOT_NOW);
  expect(said.join()).toContain(words);
  wrong.setAttribute("site", "demo");
  wrong.setAttribute("host", host);
  FakeSocket.last.accept();
  FakeSocket.last.answers("join", SNAPSHOT);
  await settled();
  expect(root.querySelectorAll("li")).toHaveLength(1);
});

test("a page that was never connected does not say that it lost a connection", async () => {
  put();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(shown()).toEqual(["Loading comments…"]);
  FakeSocket.last.drops();
  await vi.advanceTimersByTimeAsync(2_100);
  expect(shown()).toEqual([NOT_NOW]);
});

const SNAPSHOT = {
  thread: { id: "abcdefghijklmnop", site: "demo", key: "/k", state: "open", epoch: "e1", head: 1, comments: 1 },
  comments: [comment(1)],
  more: false,
};
