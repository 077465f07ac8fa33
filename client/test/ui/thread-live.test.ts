// What says that a thread is live: who reads, and what comes.
import { expect, test, vi } from "vitest";
import { element, event, join, one, put } from "../page";
import { comment, FakeSocket, thread } from "../support";

test("one reader is oneself, and no news", async () => {
  put();
  await join();
  FakeSocket.last.says({ push: "presence", thread: thread().id, watching: 1 });
  expect(one(".here").textContent).toBe("");
});

test("comments are said to be live while they are", async () => {
  put();
  await join();
  expect(one(".live").hidden).toBe(false);
  FakeSocket.last.drops();
  expect(one(".live").hidden).toBe(true);
});

test("the title of the server's own pages says how many came while nobody looked", async () => {
  document.title = "The ferry";
  put();
  element.setAttribute("host", "https://paper.example");
  FakeSocket.last.accept();
  await join();
  // Who looks away keeps frames from coming, also the one that was asked for.
  const frames = vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(0);
  await event(1, "comment.posted", { comment: comment(1) });
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  await event(2, "comment.posted", { comment: comment(2) });
  await event(3, "comment.posted", { comment: comment(3) });
  expect(document.title).toBe("(3) The ferry");
  frames.mockRestore();
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(document.title).toBe("The ferry");
  await vi.advanceTimersByTimeAsync(600); // the head has changed
});

test("nobody waits for a thread that has left the page", async () => {
  put();
  await join([comment(1)]);
  document.elementsFromPoint = () => []; // happy-dom has none
  const selected = vi.spyOn(globalThis, "getSelection").mockReturnValue("words" as unknown as Selection);
  await event(2, "comment.posted", { comment: comment(2) });
  await vi.advanceTimersByTimeAsync(3_000);
  const asked = selected.mock.calls.length;
  expect(asked).toBeGreaterThan(1);
  element.remove();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(selected.mock.calls.length).toBe(asked);
  selected.mockRestore();
});
