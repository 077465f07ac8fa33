// How often one has commented, a name that is somebody else's, and another name for what was written under the old one.
import { beforeEach, expect, test } from "vitest";
import { area, area2, button, event, join, one, post, put, signIn, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, loaded, settled, thread } from "../support";

let me = { ...author(), comments: 338, original: "Ada L." };

beforeEach(() => {
  me = { ...author(), comments: 338, original: "Ada L." };
});

async function come(comments = [comment(1)]): Promise<void> {
  put();
  await join(comments);
  area().focus();
  await settled();
}

test("how often one has commented is told by the site's title, and anew once one has", async () => {
  fakeFetch(() => [200, { author: me }]);
  signIn();
  put();
  FakeSocket.last.answers("join", {
    thread: thread(),
    comments: [],
    more: false,
    site: { name: "demo", title: "The Courier" },
  });
  await settled();
  await loaded();
  area().focus();
  await loaded();
  expect(texts(".row > .quiet > span")).toEqual(["You have commented 338 times on The Courier"]);
  me.comments = 339;
  await post("Hello");
  const { id } = FakeSocket.last.command("post");
  FakeSocket.last.answers("post", { seq: 1 });
  await event(1, "comment.posted", { comment: comment(1, { id: id as string }) });
  await loaded();
  expect(texts(".row > .quiet > span")).toEqual(["You have commented 339 times on The Courier"]);
});

test("a stranger is told nothing", async () => {
  await come();
  expect(one(".row > .quiet").hidden).toBe(true);
});

test("for a name that is somebody else's one that is free is taken, and the comment goes out", async () => {
  signIn();
  fakeFetch((_, { json }) => [201, { token: "U", author: author({ name: json?.name as string }) }]);
  await come();
  await post("Hello");
  const { ref, id } = FakeSocket.last.command("post");
  const error = { code: "name_taken", message: "…", retry_after: null, suggestions: ["Ada 27", "Ada Otter"] };
  FakeSocket.last.says({ re: ref, ok: false, error });
  await settled();
  expect(one(".pending .error").textContent).toBe("Not sent. This name is somebody else’s here. Take another.");
  expect(button("Retry")).toBeUndefined();
  button("Ada Otter").click();
  await loaded();
  expect(one<HTMLInputElement>("[name=name]").value).toBe("Ada Otter");
  const again = FakeSocket.last.command("post");
  expect(again.ref).not.toBe(ref);
  expect(again.id).toBe(id);
  expect(texts(".who")).toEqual(["Posting as Ada Otter Change"]);
});

test("an edit gives a comment its author's new name, unless they say no", async () => {
  for (const rename of [true, false]) {
    signIn();
    fakeFetch((url, { json }) => {
      if (url.endsWith("/sessions")) return [201, { token: "U", author: author({ name: json?.name as string }) }];
      return [200, { comments: [comment(1, { body: "text 1" } as object)] }];
    });
    put();
    await join([comment(1, { at: new Date().toISOString() })]);
    const name = one<HTMLInputElement>("[name=name]");
    name.value = "Nina";
    button("Edit").click();
    await loaded();
    const also = one<HTMLInputElement>("[type=checkbox]");
    expect(also.parentElement?.textContent).toBe("Under my new name: Nina");
    also.checked = rename;
    if (!rename) area2().value = "better";
    button("Save").click();
    await loaded();
    const { cmd: _cmd, ref: _ref, ...sent } = FakeSocket.last.command("edit");
    expect(sent).toMatchObject(rename ? { body: "text 1", rename: true } : { body: "better" });
    expect("rename" in sent).toBe(rename);
    if (rename) expect(FakeSocket.last.command("join").token).toBe("U");
    document.body.replaceChildren();
    await settled();
  }
});

test("nothing is asked about a name that is the same", async () => {
  signIn();
  fakeFetch(() => [200, { comments: [comment(1, { body: "text 1" } as object)] }]);
  put();
  await join([comment(1, { at: new Date().toISOString() })]);
  one<HTMLInputElement>("[name=name]").value = "Ada";
  button("Edit").click();
  await loaded();
  expect(one("[type=checkbox]")).toBeNull();
});
