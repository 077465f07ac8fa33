import { beforeEach, describe, expect, test, vi } from "vitest";
import { call } from "../../src/core/api";
import { session } from "../../src/core/session";
import { isModerator, savedProfile, signer } from "../../src/core/signing";
import { save } from "../../src/core/storage";
import { author, fakeFetch, HOST } from "../support";

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

  test("a dead network is offline", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "offline" });
  });

  test.each([
    [502, "<h1>Bad gateway</h1>"],
    [503, '{"message":"no upstream"}'],
    [504, '{"error":"timeout"}'],
    [404, "null"],
    [200, "<h1>Back soon</h1>"],
  ])("a proxy's answer, such as %i %s, says that the server is away", async (status, body) => {
    vi.stubGlobal("fetch", async () => new Response(body, { status }));
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "unavailable", message: `HTTP ${status}` });
  });

  test("a proxy that takes no such length says so", async () => {
    vi.stubGlobal("fetch", async () => new Response("<h1>Too large</h1>", { status: 413 }));
    await expect(call(HOST, "/x")).rejects.toMatchObject({ code: "too_large" });
  });
});

describe("session", () => {
  test("is made at the first need, and kept", async () => {
    const fetch = fakeFetch(() => [201, { token: "T", author: author() }]);
    const mine = session(HOST, "demo");
    expect(mine.get()).toBeUndefined();
    await signer(mine).ensure(PROFILE);
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({
      site: "demo",
      name: "Ada",
      website: "https://ada.example",
    });
    await signer(session(HOST, "demo")).ensure(PROFILE);
    expect(fetch).toHaveBeenCalledOnce();
    expect(savedProfile()).toEqual(PROFILE);
  });

  test("another name is the same author's, by the old token", async () => {
    const fetch = fakeFetch(() => [201, { token: "T", author: author() }]);
    await signer(session(HOST, "demo")).ensure(PROFILE);
    await signer(session(HOST, "demo")).ensure({ ...PROFILE, name: "Grace" });
    expect(fetch.mock.calls.map(([, { headers }]) => new Headers(headers).get("Authorization"))).toEqual([
      null,
      "Bearer T",
    ]);
  });

  test("another name under a token that is good no longer is a new author's", async () => {
    save(`session:${HOST}:demo`, { token: "old", author: author(), profile: {} });
    const fetch = fakeFetch((_, { headers }) =>
      new Headers(headers).has("Authorization")
        ? [401, { error: { code: "unauthorized" } }]
        : [201, { token: "T", author: author() }],
    );
    await expect(signer(session(HOST, "demo")).ensure(PROFILE)).resolves.toMatchObject({ token: "T" });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test("two first comments in one breath are one author's", async () => {
    const fetch = fakeFetch(() => [201, { token: "T", author: author() }]);
    await Promise.all([signer(session(HOST, "demo")).ensure(PROFILE), signer(session(HOST, "demo")).ensure(PROFILE)]);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("a session that could not be had is asked for again", async () => {
    fakeFetch(() => [400, { error: { code: "bad_request" } }]);
    await expect(signer(session(HOST, "demo")).ensure(PROFILE)).rejects.toMatchObject({ code: "bad_request" });
    fakeFetch(() => [201, { token: "T", author: author() }]);
    await expect(signer(session(HOST, "demo")).ensure(PROFILE)).resolves.toMatchObject({ token: "T" });
  });

  test("sites do not share one", async () => {
    fakeFetch(() => [201, { token: "T", author: author() }]);
    await signer(session(HOST, "demo")).ensure(PROFILE);
    expect(session(HOST, "other").get()).toBeUndefined();
  });

  test("a claimed one serves under any name in the fields", async () => {
    const fetch = fakeFetch(() => [201, { token: "M", author: author({ role: "owner" }) }]);
    const mine = session(HOST, "demo");
    await signer(mine).claim("CODE");
    expect(fetch.mock.calls[0]?.[0]).toBe(`${HOST}/api/v1/sessions/claim`);
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({ code: "CODE", site: "demo" });
    await expect(signer(mine).ensure(PROFILE)).resolves.toMatchObject({ token: "M" });
    expect(isModerator(mine.get()?.author)).toBe(true);
    mine.keep(undefined);
    expect(mine.get()).toBeUndefined();
  });
});

test("a code that is refused leaves the session that there is", async () => {
  save(`session:${HOST}:demo`, { token: "T", author: author(), profile: {} });
  fakeFetch(() => [403, { error: { code: "forbidden" } }]);
  await expect(signer(session(HOST, "demo")).claim("CODE")).rejects.toMatchObject({ code: "forbidden" });
  expect(session(HOST, "demo").get()).toMatchObject({ token: "T" });
});

test("without any storage what is kept lasts as long as the page", async () => {
  vi.stubGlobal("localStorage", undefined);
  fakeFetch(() => [201, { token: "T", author: author() }]);
  await signer(session(HOST, "demo")).ensure(PROFILE);
  expect(session(HOST, "demo").get()).toMatchObject({ token: "T" });
});
