import { beforeEach, expect, test, vi } from "vitest";
import { drawNicks, eraseOwn, exportOwn, makePairing } from "../../src/core/people";
import { session } from "../../src/core/session";
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
  await signer(mine()).pair("KTRWQAHM");
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
  await expect(signer(mine(), signOn).ensure({ name: "Ada" })).resolves.toMatchObject({ token: "S" });
  expect(sent(fetch)[1]).toEqual({ site: "demo", sso: "JWT" });
  await signer(mine(), signOn).ensure({ name: "Eve" });
  expect(signOn).toHaveBeenCalledOnce();
  await signer(mine(), signOn).renew();
  expect(signOn).toHaveBeenCalledTimes(2);
});
