import { beforeEach, describe, expect, test, vi } from "vitest";
import { call } from "../src/api";
import { isModerator, savedProfile, session } from "../src/session";
import { save } from "../src/storage";
import { author, fakeFetch, HOST } from "./support";

const PROFILE = { name: "Ada", website: "https://ada.example" };

beforeEach(() => {
  localStorage.clear();
  save(`session:${HOST}:demo`, undefined);
  save("profile", undefined);
});

describe("call", () => {
  test("sends a token in the header, and never a cookie", async () => {
    const fetch = fakeFetch(() => [200, { fine: true }]);
    await expect(call(HOST, "/x", { token: "T" })).resolves.toEqual({ fine: true });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe(`${HOST}/api/v1/x`);
    expect(init).toMatchObject({ credentials: "omit", headers: { Authorization: "Bearer T" } });
    expect(init).not.toHaveProperty("method");
  });

  test("raises the server's code", async () => {
    fakeFetch(() => [429, { error: { code: "rate_limited", message: "slow down", retry_after: 7 } }]);
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "rate_limited", retryAfter: 7 });
  });

  test("a dead network is offline; an answer that is no JSON is the server's fault", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "offline" });
    vi.stubGlobal("fetch", async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "internal" });
  });
});

describe("session", () => {
  test("is made at the first need, and kept", async () => {
    const fetch = fakeFetch(() => [201, { token: "T", author: author() }]);
    const mine = session(HOST, "demo");
    expect(mine.get()).toBeUndefined();
    await mine.ensure(PROFILE);
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({
      site: "demo",
      name: "Ada",
      website: "https://ada.example",
    });
    await session(HOST, "demo").ensure(PROFILE);
    expect(fetch).toHaveBeenCalledOnce();
    expect(savedProfile()).toEqual(PROFILE);
  });

  test("another name is another session", async () => {
    const fetch = fakeFetch(() => [201, { token: "T", author: author() }]);
    await session(HOST, "demo").ensure(PROFILE);
    await session(HOST, "demo").ensure({ ...PROFILE, name: "Grace" });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("sites do not share one", async () => {
    fakeFetch(() => [201, { token: "T", author: author() }]);
    await session(HOST, "demo").ensure(PROFILE);
    expect(session(HOST, "other").get()).toBeUndefined();
  });

  test("a claimed one serves under any name in the fields", async () => {
    const fetch = fakeFetch(() => [201, { token: "M", author: author({ role: "owner" }) }]);
    const mine = session(HOST, "demo");
    await mine.claim("CODE");
    expect(fetch.mock.calls[0]?.[0]).toBe(`${HOST}/api/v1/sessions/claim`);
    await expect(mine.ensure(PROFILE)).resolves.toMatchObject({ token: "M" });
    expect(isModerator(mine.get()?.author)).toBe(true);
    mine.clear();
    expect(mine.get()).toBeUndefined();
  });
});

test("without any storage what is kept lasts as long as the page", async () => {
  vi.stubGlobal("localStorage", undefined);
  fakeFetch(() => [201, { token: "T", author: author() }]);
  await session(HOST, "demo").ensure(PROFILE);
  expect(session(HOST, "demo").get()).toMatchObject({ token: "T" });
});
