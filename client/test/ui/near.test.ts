import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../page";
import { FakeSocket, settled, thread } from "../support";

let watched: Set<Element>;
let come: (target: Element, isIntersecting?: boolean) => void;
let margin: string | undefined;

class FakeObserver {
  constructor(callback: (entries: object[]) => void, options: { rootMargin: string }) {
    come = (target, isIntersecting = true) => callback([{ target, isIntersecting }]);
    margin = options.rootMargin;
  }
  observe = (target: Element) => watched.add(target);
  unobserve = (target: Element) => watched.delete(target);
}

let element: HTMLElement;
let sockets: number;

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", FakeObserver);
  watched ??= new Set();
  sockets = FakeSocket.all.length;
});

afterEach(() => vi.unstubAllGlobals());

let hosts = 0;

function put(attributes = ""): void {
  document.body.innerHTML = `<hubbub-thread site=demo key=/k host=https://far${hosts++}.example ${attributes}>before</hubbub-thread>`;
  element = document.body.firstElementChild as HTMLElement;
}

const isMounted = () => !!element.shadowRoot;
const opened = () => FakeSocket.all.length - sockets;

test("a thread that is far from the window fetches nothing until it is near", async () => {
  put();
  await settled();
  expect([isMounted(), opened()]).toEqual([false, 0]);
  come(element, false);
  expect([isMounted(), opened()]).toEqual([false, 0]);
  come(element);
  expect([isMounted(), opened()]).toEqual([true, 1]);
  expect(watched.size).toBe(0);
  expect(margin).toBe("100%");
});

test("an attribute that changes while it waits does not bring it", async () => {
  put();
  element.setAttribute("key", "/other");
  await settled();
  expect(isMounted()).toBe(false);
  come(element);
  FakeSocket.last.accept();
  expect(FakeSocket.last.sent.at(-1)).toMatchObject({ key: "/other" });
});

test("an element that has gone is not waited for", async () => {
  put();
  element.remove();
  await settled();
  expect(watched.size).toBe(0);
});

test("with the attribute eager it comes at once", () => {
  put("eager");
  expect([isMounted(), opened()]).toEqual([true, 1]);
});

test.each(["#comment-3", "#3", "#hubbub-abc-3", "#hubbub-claim=c0de"])("so does a thread that %s is about", (hash) => {
  history.replaceState(null, "", hash);
  put();
  expect(isMounted()).toBe(true);
});

test("an address of something else on the page does not bring it, and a comment's brings it later", () => {
  history.replaceState(null, "", "#imprint");
  put();
  expect(isMounted()).toBe(false);
  history.replaceState(null, "", "#comment-7");
  dispatchEvent(new Event("hashchange"));
  expect(isMounted()).toBe(true);
});

test("in a hidden page, and where nothing tells what is near, it comes at once", () => {
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  put();
  expect(isMounted()).toBe(true);
  vi.restoreAllMocks();
  vi.stubGlobal("IntersectionObserver", undefined);
  put();
  expect(isMounted()).toBe(true);
});

test("the rest of a page that is inside the element is told of once", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  for (const inside of ["<p>Comments</p>", "<footer>Imprint</footer>", "<footer>Imprint</footer>"]) {
    put("eager");
    element.innerHTML = inside;
    FakeSocket.last.accept();
    FakeSocket.last.answers("join", { thread: thread(), comments: [], more: false });
    await settled();
    expect(warn.mock.calls.length).toBe(inside.includes("footer") ? 1 : 0);
  }
  expect(warn.mock.calls[0]?.[0]).toContain("/>");
});
