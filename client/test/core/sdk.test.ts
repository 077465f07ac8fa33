// @vitest-environment node
// The SDK runs in a program without a page: no document, no window, no storage.
import { expect, test, vi } from "vitest";
import { Connection } from "../../src/core/connection";
import { outbox } from "../../src/core/outbox";
import { type Handlers, Subscription } from "../../src/core/subscription";
import { uuid } from "../../src/core/uuid";
import { comment, FakeSocket, HOST, posted, settled, thread } from "../support";

test("a thread is followed and written in without a page", async () => {
  expect(globalThis).not.toHaveProperty("document");
  FakeSocket.install();
  const connection = new Connection(HOST, async () => () => FakeSocket.last);
  const status = vi.fn();
  const renew = async () => undefined;
  const handlers = { changed() {}, presence() {}, refused() {}, unreached() {}, status, renew, signedOut() {} };
  const subscription = new Subscription(connection, HOST, { site: "demo", key: "/k" }, handlers satisfies Handlers);
  subscription.start();
  FakeSocket.last.accept();
  FakeSocket.last.answers("join", { thread: thread({ head: 1, comments: 1 }), comments: [comment(1)], more: false });
  await settled();
  expect(status).toHaveBeenLastCalledWith("live");
  FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events: [posted(2)] });
  expect(subscription.state?.thread.comments).toBe(2);

  subscription.session().keep({ token: "T", author: comment(1).author });
  const send = (item: { id: string; body: string }) =>
    subscription.send<{ seq: number }>({ cmd: "post", thread: thread().id, id: item.id, body: item.body });
  const box = outbox("k", send, () => {});
  box.add({ id: uuid(), body: "hello", profile: {} });
  await settled();
  FakeSocket.last.answers("post", { seq: 3 });
  await settled();
  expect(box.items()).toMatchObject([{ body: "hello", state: "sent", seq: 3 }]);
  subscription.leave();
  expect(FakeSocket.last.closed).toBe(true);
});
