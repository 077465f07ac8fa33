// What is kept of a reader, from the form: take along, erase, another device, sign out; and the publisher's own sign-on.
import { expect, test, vi } from "vitest";
import { load, save } from "../../src/core/storage";
import { all, area, button, element, host, join, one, put, root, signIn, slot, texts } from "../page";
import { author, fakeFetch, loaded, settled } from "../support";

const panel = () => one(".mine");
const said = () => one(".mine > [role=status]").textContent;
const choices = () => [...panel().querySelectorAll("button")].map(({ textContent }) => textContent);

/** Answers by the last part of the path. */
function answers(all: Record<string, unknown>) {
  return fakeFetch((url) => [200, all[url.split("/").at(-1) as string] ?? { author: { ...author(), comments: 3 } }]);
}

async function open(): Promise<void> {
  put();
  await join();
  area().focus();
  await loaded();
  if (!button("My data") || button("My data").closest("[hidden]")) button("More").click();
  await loaded();
  button("My data").click();
  await settled();
}

test("opens below the form and closes with Escape; focus goes there and back", async () => {
  signIn();
  answers({});
  await open();
  expect(root().activeElement).toBe(panel());
  expect(panel().ariaLabel ?? panel().getAttribute("aria-label")).toBe("My data");
  expect(choices()).toEqual([
    "Download all that I wrote",
    "Go on with another device",
    "Be the same person here",
    "Erase all that I wrote",
    "Sign out",
    "Done",
  ]);
  const press = (key: string) => panel().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("e");
  expect(panel()).not.toBeNull();
  press("Escape");
  expect(panel()).toBeNull();
  expect(root().activeElement).toBe(button("My data"));
  button("My data").click();
  const sheets = root().adoptedStyleSheets;
  expect(sheets).toEqual([...new Set(sheets)]);
});

test("all that one wrote is a file", async () => {
  signIn();
  answers({});
  await open();
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const pressed = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  button("Download all that I wrote").click();
  await loaded();
  expect(made).toHaveBeenCalledOnce();
  expect((pressed.mock.contexts[0] as HTMLAnchorElement).download).toBe("my-comments.jsonl");
  expect(said()).toBe("Your browser has saved it as a file.");
  const freed = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(freed.mock.calls).toEqual([["blob:x"]]);
  vi.restoreAllMocks();
});

test("erasing asks, says what happens, and then how much it was", async () => {
  signIn();
  const fetch = answers({ erase: { erased: 339 } });
  await open();
  button("Erase all that I wrote").click();
  await loaded();
  expect(panel().textContent).toContain("Nobody can bring them back.");
  expect(texts(".mine form.ask button")).toEqual(["Erase all that I wrote", "Keep"]);
  expect(root().activeElement).toBe(button("Keep"));
  const erasures = () => fetch.mock.calls.filter(([url]) => url.endsWith("/erase")).length;
  expect(erasures()).toBe(0);
  one(".mine form.ask").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  expect(erasures()).toBe(1);
  expect(said()).toBe("339 comments erased.");
});

test("a code is shown for another device, where it is entered", async () => {
  signIn();
  answers({ pair: { code: "KTRWQAHM", ends: "2026-12-02T10:00:00Z" } });
  await open();
  button("Go on with another device").click();
  await loaded();
  expect(said()).toContain("KTRW QAHM");
  // A browser that translates pages leaves it.
  expect(one(".mine b").getAttribute("translate") ?? `${one(".mine b").translate}`).toMatch(/^(no|false)$/);
  document.body.replaceChildren();
  await settled();
  save(slot(), undefined);
  const fetch = answers({ sessions: { token: "P", author: author({ name: "Nina" }) } });
  await open();
  expect(choices()).toEqual(["Be the same person here", "Done"]);
  one<HTMLInputElement>("[name=code]").value = "ktrw qahm";
  one(".mine form:has(input)").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  expect(said()).toBe("You are Nina here, too.");
  expect(JSON.parse(String(fetch.mock.calls.find(([url]) => url.endsWith("/sessions"))?.[1].body))).toEqual({
    site: "demo",
    pair: "ktrw qahm",
  });
  expect(load(slot())).toMatchObject({ token: "P" });
  expect(texts(".who")).toEqual(["Posting as Nina Change"]);
});

test("a code that the server does not know is wrong or old: nobody was signed out", async () => {
  signIn();
  answers({});
  await open();
  fakeFetch(() => [401, { error: { code: "unauthorized", message: "…", retry_after: null } }]);
  one<HTMLInputElement>("[name=code]").value = "wrong";
  one(".mine form:has(input)").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  expect(said()).toBe("This code is wrong, used, or older than ten minutes.");
});

test("a form has one way to it, also when the name is changed, and after another device's author came", async () => {
  const ways = () => all("button").filter(({ textContent }) => textContent === "My data");
  answers({ sessions: { token: "P", author: author({ name: "Nina" }) } });
  await open();
  const [way] = ways();
  expect(way?.closest("fieldset")).not.toBeNull();
  one<HTMLInputElement>("[name=code]").value = "KTRW QAHM";
  one(".mine form:has(input)").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  button("Done").click();
  expect(root().activeElement).toBe(way);
  expect(way?.closest("fieldset, [hidden]")).toBeNull();
  button("Change").click();
  button("More").click();
  await loaded();
  expect(ways()).toEqual([way]);
});

test("a refusal is told where it was asked", async () => {
  signIn();
  await open();
  fakeFetch(() => [429, { error: { code: "rate_limited", message: "…", retry_after: 60 } }]);
  button("Go on with another device").click();
  await loaded();
  expect(said()).toBe("Too many at once. Try again in 60 seconds.");
});

test("signing out asks first, and forgets who it was and their name", async () => {
  signIn();
  answers({});
  await open();
  button("Sign out").click();
  await loaded();
  one(".mine form.ask").dispatchEvent(new Event("submit", { cancelable: true }));
  await loaded();
  expect(load(slot())).toBeUndefined();
  expect(one<HTMLInputElement>("[name=name]").value).toBe("");
});

test("a publisher's reader is signed on by the token, and again when it changes", async () => {
  const fetch = fakeFetch((url, { json }) => {
    if (url.endsWith("/sessions")) return [201, { token: "S", author: author({ name: `Nina ${json?.sso}` }) }];
    return [200, { author: { ...author(), comments: 0 } }];
  });
  put('token="one"');
  await join();
  await loaded();
  expect(texts(".who")).toEqual(["Posting as Nina one Change"]);
  expect(button("Change").hidden).toBe(true);
  element.setAttribute("token", "");
  await loaded();
  expect(load(slot())).toBeUndefined();
  element.setAttribute("token", "two");
  await loaded();
  expect(texts(".who")).toEqual(["Posting as Nina two Change"]);
  expect(fetch.mock.calls.filter(([url]) => url === `${host}/api/v1/sessions`)).toHaveLength(2);
});

test("who is not signed in with the publisher has a button for that, which asks their callback", async () => {
  fakeFetch(() => [201, { token: "S", author: author({ name: "Nina" }) }]);
  let said: string | null = null;
  const asked = vi.fn();
  document.addEventListener("hubbub:sign-in", asked, { once: true });
  put('sign-in="Log in to the Courier"');
  (element as unknown as { signOn: () => Promise<string | null> }).signOn = async () => said;
  await join();
  await loaded();
  expect(button("Log in to the Courier").hidden).toBe(false);
  said = "JWT";
  button("Log in to the Courier").click();
  await loaded();
  expect(asked).toHaveBeenCalledOnce();
  expect(button("Log in to the Courier").hidden).toBe(true);
  expect(texts(".who")).toEqual(["Posting as Nina Change"]);
});
