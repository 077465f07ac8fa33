import { beforeEach, expect, test, vi } from "vitest";
import { drawNicks, eraseOwn, exportOwn, makePairing } from "../../src/core/people";
import { session } from "../../src/core/session";
import { enter } from "../../src/core/sign-on";
import { savedProfile, signer } from "../../src/core/signing";
import { author, fakeFetch, HOST } from "../support";

const mine = () => session(HOST, "demo");
const sent = (fetch: ReturnType<typeof fakeFetch>, call = 0) => {
  const [url, init] = fetch.mock.calls[call] ?? [];
  return [String(url).replace(`${HOST}/api/v1`, ""), init?.body && JSON.parse(String(init.body)), init?.headers];
};

beforeEach(() => {
  localStorage.clear();
  mine().keep({ token: "T", author: author(), profile: { name: "Ada" } });
});

test("names to pick from are asked for by the site", async () => {
  const fetch = fakeFetch(() => [200, { nicks: ["Vega 27"] }]);
  await expect(drawNicks(mine())).resolves.toEqual(["Vega 27"]);
  expect(sent(fetch)[0]).toBe("/sites/demo/nicks");
});

test("a pairing code and an erasure are asked for with the author's token", async () => {
  const fetch = fakeFetch((url) => [200, url.endsWith("pair") ? { code: "KTRWQAHM", ends: "…" } : { erased: 3 }]);
  await expect(makePairing(mine())).resolves.toMatchObject({ code: "KTRWQAHM" });
  await expect(eraseOwn(mine())).resolves.toBe(3);
  for (const [call, path] of ["/me/pair", "/me/erase"].entries()) {
    const [url, body, headers] = sent(fetch, call);
    expect([url, body]).toEqual([path, {}]);
    expect(headers).toMatchObject({ Authorization: "Bearer T" });
  }
});

test("an export is a file, and a refusal is raised", async () => {
  vi.stubGlobal("fetch", async () => new Response('{"author":{}}\n'));
  await expect((await exportOwn(mine())).text()).resolves.toBe('{"author":{}}\n');
  fakeFetch(() => [429, { error: { code: "rate_limited", message: "slow down", retry_after: 60 } }]);
  await expect(exportOwn(mine())).rejects.toMatchObject({ code: "rate_limited", retryAfter: 60 });
  vi.stubGlobal("fetch", async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await expect(exportOwn(mine())).rejects.toMatchObject({ code: "unavailable" });
});

test("a taken name comes with names that are free", async () => {
  const error = { code: "name_taken", message: "…", suggestions: ["Ada 2"] };
  fakeFetch(() => [409, { error }]);
  await expect(signer(mine()).ensure({ name: "Bo" })).rejects.toMatchObject({ suggestions: ["Ada 2"] });
});

test("by a pairing code one is the author of the other device, and may change the name", async () => {
  const fetch = fakeFetch(() => [201, { token: "P", author: author({ name: "Bo" }) }]);
  await signer(mine()).signIn({ pair: "KTRWQAHM" });
  expect(sent(fetch)[1]).toEqual({ site: "demo", pair: "KTRWQAHM" });
  expect(mine().get()).toMatchObject({ token: "P", profile: { name: "Bo" } });
  expect(savedProfile()).toEqual({ name: "Bo" });
  await expect(signer(mine()).ensure({ name: "Bo" })).resolves.toMatchObject({ token: "P" });
  await signer(mine()).ensure({ name: "Bob" });
  expect(sent(fetch, 1)[2]).toMatchObject({ Authorization: "Bearer P" });
});

test("where the publisher signs on, their word counts, once until it ends", async () => {
  const fetch = fakeFetch(() => [201, { token: "S", author: author({ name: "Nina" }) }]);
  const signOn = vi.fn(async () => "JWT");
  const by = (anew?: boolean) => enter(mine(), signOn, anew);
  await expect(signer(mine(), by).ensure({ name: "Ada" })).resolves.toMatchObject({ token: "S" });
  expect(sent(fetch)[1]).toEqual({ site: "demo", sso: "JWT" });
  await signer(mine(), by).ensure({ name: "Eve" });
  expect(signOn).toHaveBeenCalledOnce();
  await signer(mine(), by).renew();
  expect(signOn).toHaveBeenCalledTimes(2);
});

/** A token (JWT) as it looks; nobody here checks its signature. */
const jwt = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/\+/g, "-").replace(/\//g, "_")}.x`;

test("two threads of a page sign on once, and so does a page that is opened again", async () => {
  const fetch = fakeFetch(() => [201, { token: jwt({ exp: 9e9 }), author: author({ name: "Nina" }) }]);
  const signOn = vi.fn(async () => jwt({ sub: "reader 1" }));
  await Promise.all([enter(mine(), signOn, true), enter(mine(), signOn, true)]);
  await enter(mine(), signOn, true);
  expect(fetch).toHaveBeenCalledOnce();
  signOn.mockResolvedValue(jwt({ sub: "reader 2" }));
  await enter(mine(), signOn, true);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(mine().get()).toMatchObject({ signedOn: "reader 2" });
});

test("a session that ends is renewed before, and one that was refused at once", async () => {
  const fetch = fakeFetch(() => [201, { token: jwt({ exp: Date.now() / 1000 + 30 }), author: author() }]);
  const signOn = vi.fn(async () => jwt({ sub: "reader 1" }));
  const by = (anew?: boolean) => enter(mine(), signOn, anew);
  await by(true);
  await signer(mine(), by).ensure({});
  expect(fetch).toHaveBeenCalledTimes(2);
  await signer(mine(), by).renew();
  expect(fetch).toHaveBeenCalledTimes(3);
});

test("a publisher's token that was used is asked for once again", async () => {
  const tokens = [jwt({ sub: "a", jti: "old" }), jwt({ sub: "a", jti: "new" })];
  const signOn = vi.fn(async () => tokens.shift());
  fakeFetch((_, { json }) =>
    json?.sso === jwt({ sub: "a", jti: "new" })
      ? [201, { token: "S", author: author() }]
      : [401, { error: { code: "unauthorized", message: "used", retry_after: null } }],
  );
  await expect(enter(mine(), signOn, true)).resolves.toMatchObject({ token: "S" });
  signOn.mockResolvedValue(jwt({ sub: "a", jti: "old" }));
  await expect(enter(session(HOST, "other"), signOn, true)).rejects.toMatchObject({ code: "unauthorized" });
});

test("who signs out there is signed out here; a guest stays who they are, and a moderator too", async () => {
  const nobody = async () => null;
  mine().keep({ token: "S", author: author(), signedOn: "a" });
  await expect(enter(mine(), nobody, true)).resolves.toBeUndefined();
  expect(mine().get()).toBeUndefined();
  mine().keep({ token: "T", author: author(), profile: {} });
  await enter(mine(), nobody, true);
  expect(mine().get()?.token).toBe("T");
  mine().keep({ token: "M", author: author({ role: "moderator" }) });
  await enter(mine(), async () => jwt({ sub: "a" }), true);
  expect(mine().get()?.token).toBe("M");
});
