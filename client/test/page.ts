// A page with one <hubbub-thread>, made anew for each test of the files that import this.
import { afterEach, beforeEach, vi } from "vitest";
import "../src/ui/embed";
import { save } from "../src/core/storage";
import type { Comment } from "../src/protocol/generated";
import { loadActing, withReading } from "../src/ui/parts";
import { author, FakeSocket, loaded, settled, thread } from "./support";

export let hosts = 0;
export let host = "";
export let element: HTMLElement;
export let heard: [string, unknown][];

export const slot = () => `session:${host}:demo`;
export const root = () => element.shadowRoot as ShadowRoot;
export const one = <T extends Element = HTMLElement>(selector: string) => root().querySelector(selector) as T;
export const all = (selector: string) => [...root().querySelectorAll<HTMLElement>(selector)];
export const texts = (selector: string) => all(selector).map(({ textContent }) => textContent?.trim());
export const button = (name: string) => all("button").find((entry) => entry.textContent === name) as HTMLButtonElement;
export const area = () => one<HTMLTextAreaElement>(".composer textarea");
export const area2 = () => one<HTMLTextAreaElement>("li textarea");

beforeEach(async () => {
  await loadActing(); // as for whoever has pressed a button before
  // What comes with the first comment of another is there, as it is on most pages.
  withReading(() => {});
  await loaded();
  vi.useFakeTimers();
  localStorage.clear();
  save("profile", undefined); // what storage has not, memory may have
  history.replaceState(null, "", "/x");
  FakeSocket.install();
  // Nothing is reached that a test does not answer for.
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  // Every test has its own host, and so its own connection.
  host = `https://comments${hosts++}.example`;
  heard = [];
});

afterEach(async () => {
  document.body.replaceChildren();
  await settled();
  vi.useRealTimers();
});

export function put(attributes = "", children = ""): void {
  const box = document.createElement("div");
  box.innerHTML = `<hubbub-thread site="demo" key="/k" host="${host}" eager ${attributes}>${children}</hubbub-thread>`;
  element = box.firstElementChild as HTMLElement;
  for (const name of ["ready", "comment", "closed", "reopened", "error"])
    element.addEventListener(`hubbub:${name}`, (event) => heard.push([name, (event as CustomEvent).detail]));
  document.body.append(element);
  FakeSocket.all.at(-1)?.accept();
}

/** The page draws the element again: another one comes in its place. It is on the page, and not joined. */
export async function drawAgain(): Promise<void> {
  const box = document.createElement("div");
  box.innerHTML = element.outerHTML;
  const twin = box.firstElementChild as HTMLElement;
  element.replaceWith(twin);
  element = twin;
  await settled();
}

/** Another element for the same thread beside it; what its shadow root has. */
export async function putTwin(): Promise<ShadowRoot> {
  const twin = element.cloneNode() as HTMLElement;
  element.after(twin);
  await settled();
  return twin.shadowRoot as ShadowRoot;
}

export async function post(text: string): Promise<void> {
  area().value = text;
  area().dispatchEvent(new Event("input", { bubbles: true }));
  one<HTMLFormElement>(".composer").dispatchEvent(new Event("submit", { cancelable: true }));
  await settled();
}

export async function join(comments: Comment[] = [], over = {}, more = false): Promise<void> {
  const head = comments[0]?.number ?? 0;
  FakeSocket.last.answers("join", { thread: thread({ head, comments: comments.length, ...over }), comments, more });
  await settled();
  await loaded(); // the part for writers, which comes once the thread is shown
  await settled();
}

export async function event(seq: number, kind: string, fields: Record<string, unknown>): Promise<void> {
  const events = [{ seq, kind, at: "2026-11-22T10:00:00.000Z", ...fields }];
  FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
  await vi.advanceTimersByTimeAsync(50);
}

export const now = () => new Date().toISOString();
export const signIn = (over = {}) => save(slot(), { token: "T", author: author(over), profile: {} });
