// The form that a comment is written in: one line that opens, the name, and the line that an answer leaves behind.
import { describe, expect, test, vi } from "vitest";
import { load, save } from "../../src/core/storage";
import { all, area, button, element, event, join, one, post, put, root, signIn, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, settled } from "../support";

const composer = () => one<HTMLFormElement>(".composer");
const field = (name: string) => one<HTMLInputElement>(`[name=${name}]`);
const chip = () => one(".who");
function press(key: string, more = {}): void {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  // happy-dom takes no `isComposing`.
  for (const [name, value] of Object.entries(more)) Object.defineProperty(event, name, { value });
  area().dispatchEvent(event);
}

function type(into: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  into.value = text;
  into.dispatchEvent(new Event("input", { bubbles: true }));
}

describe("the form", () => {
  test("is one line until somebody comes to write, or a draft is there", async () => {
    put();
    await join();
    expect(composer().matches(".open")).toBe(false);
    expect(area().placeholder).toBe("Join the conversation");
    expect(area().ariaLabel ?? area().getAttribute("aria-label")).toBe("Your comment");
    area().focus();
    expect(composer().matches(".open")).toBe(true);
    type(area(), "half a thought");
    document.body.replaceChildren();
    await settled();
    put();
    await join();
    expect(composer().matches(".open")).toBe(true);
  });

  test("takes over what was begun in the page's own form", async () => {
    put("", `<form><textarea name="body"></textarea></form>`);
    const own = element.querySelector("textarea") as HTMLTextAreaElement;
    own.value = "Begun before";
    await join();
    expect(area().value).toBe("Begun before");
    expect(root().activeElement).toBe(area());
    expect(own.value).toBe("");
  });

  test("ties what is wrong to the field", async () => {
    signIn();
    put();
    await join();
    await post(" ");
    expect(area().ariaInvalid).toBe("true");
    expect(root().getElementById(area().getAttribute("aria-describedby") as string)?.textContent).toBe(
      "Write something first.",
    );
    type(area(), "words");
    expect(area().ariaInvalid).toBe("false");
  });

  test("lets go of an answer that was not begun, with Escape; one that was begun stays", async () => {
    put();
    await join([comment(1)]);
    button("Reply").click();
    type(area(), "words");
    press("Escape");
    expect(one("li .composer")).not.toBeNull();
    type(area(), "");
    press("Escape");
    expect(one("li .composer")).toBeNull();
    expect(root().activeElement).toBe(area());
  });

  test("sends with Enter in a chat, and there alone", async () => {
    for (const order of ["chat", "newest"]) {
      signIn();
      put(`order="${order}"`);
      await join();
      type(area(), "words");
      const before = FakeSocket.last.sent.length;
      const sent = () => FakeSocket.last.sent.slice(before).filter(({ cmd }) => cmd === "post").length;
      press("Enter", { shiftKey: true });
      press("Enter", { isComposing: true });
      await settled();
      expect(sent()).toBe(0);
      press("Enter");
      await settled();
      expect(sent()).toBe(order === "chat" ? 1 : 0);
      document.body.replaceChildren();
      await settled();
    }
  });
});

describe("the name", () => {
  test("is asked once, then a chip says it; changing it is a button", async () => {
    fakeFetch((_, { json }) => [201, { token: "T", author: author({ name: json?.name as string }) }]);
    put();
    await join();
    expect(chip().hidden).toBe(true);
    type(field("name"), "Nina");
    await post("hello");
    expect(texts(".who")).toEqual(["Posting as Nina Change"]);
    expect(chip().hidden).toBe(false);
    expect(one("fieldset").hidden).toBe(true);
    button("Change").click();
    expect(root().activeElement).toBe(field("name"));
    expect(chip().hidden).toBe(true);
    expect(field("name").value).toBe("Nina");
  });

  test("who gave none is anonymous from the first comment on, and is not asked again", async () => {
    fakeFetch(() => [201, { token: "T", author: author({ name: null }) }]);
    put();
    await join();
    await post("hello");
    expect(texts(".who")).toEqual(["Posting as Anonymous Change"]);
    expect(chip().hidden).toBe(false);
  });

  test("is kept as it is typed, here and in another place to write", async () => {
    put();
    await join();
    type(field("name"), "Ni");
    type(field("email"), "ni@example.org");
    expect(load("profile")).toEqual({ name: "Ni", email: "ni@example.org" });
    document.body.replaceChildren();
    await settled();
    put();
    await join();
    expect([field("name").value, field("email").value]).toEqual(["Ni", "ni@example.org"]);
    localStorage.setItem("hubbub:profile", JSON.stringify({ name: "Nina" }));
    area().focus();
    expect(field("name").value).toBe("Nina");
    expect(texts(".who")).toEqual(["Posting as Nina Change"]);
    expect([chip().hidden, one("fieldset").hidden]).toEqual([false, true]);
  });

  test("may be drawn, or be the first one again; and how often one has written is said", async () => {
    signIn();
    let drawn = ["Amber Otter", "Vega 27", "Calm Finch"];
    fakeFetch((url) =>
      url.endsWith("/me")
        ? [200, { author: { ...author(), comments: 339, original: "Old Quay" } }]
        : [200, { nicks: drawn }],
    );
    put();
    await join();
    area().focus();
    button("Change").click();
    await vi.waitFor(() => expect(texts(".row > .quiet > span")).toEqual(["You have commented 339 times on demo"]));
    await vi.waitFor(() => expect(button("Vega 27")).toBeDefined());
    expect(one("[aria-label='Pick a nick']").getAttribute("role")).toBe("group");
    expect(button("My original nick").title).toBe("Old Quay");
    button("My original nick").click();
    expect(field("name").value).toBe("Old Quay");
    drawn = ["Blue Heron"];
    button("Pick a nick").click();
    await vi.waitFor(() => expect(button("Blue Heron")).toBeDefined());
    expect(button("Vega 27")).toBeUndefined();
    button("Blue Heron").click();
    expect(field("name").value).toBe("Blue Heron");
    expect(load("profile")).toEqual({ name: "Blue Heron" });
    expect(root().activeElement).toBe(field("name"));
  });

  test("who has no first name here is offered none", async () => {
    signIn();
    fakeFetch((url) =>
      url.endsWith("/me")
        ? [200, { author: { ...author(), comments: 1, original: null } }]
        : [200, { nicks: ["Vega"] }],
    );
    put();
    await join();
    area().focus();
    button("Change").click();
    await vi.waitFor(() => expect(button("Vega")).toBeDefined());
    await settled();
    expect(button("My original nick")).toBeUndefined();
  });

  test("e-mail and website are asked for by those who want that alone", async () => {
    put();
    await join();
    expect(one(".rest:last-child").hidden).toBe(true);
    expect(button("More").ariaExpanded).toBe("false");
    button("More").click();
    expect(one(".rest:last-child").hidden).toBe(false);
    expect(texts(".rest label")).toEqual(["E-mail (optional, not shown)", "Website (optional)"]);
    expect(button("More").ariaExpanded).toBe("true");
    // Who has filled in one of them sees it.
    for (const name of ["email", "website"]) {
      save("profile", { [name]: "ni@example.org" });
      document.body.replaceChildren();
      await settled();
      put();
      await join();
      expect(one(".rest:last-child").hidden).toBe(false);
    }
  });
});

describe("where an answer was written", () => {
  const line = () => one(".replied");

  async function answer(): Promise<string> {
    signIn();
    put();
    await join([comment(2), comment(1)]);
    all("li")[1]?.querySelector("button")?.click();
    await post("answer");
    return FakeSocket.last.command("post").id as string;
  }

  test("a line says that it is on its way, then which number it has, and shows it", async () => {
    const id = await answer();
    expect(line().parentElement).toBe(all("li")[2]);
    expect(line().textContent).toBe("Sending…");
    FakeSocket.last.answers("post", { seq: 3 });
    await event(3, "comment.posted", { comment: comment(3, { id, parent: "c1" }) });
    expect(line().textContent).toBe("Your reply was posted as #3 Show");
    button("Show").click();
    await settled();
    expect(root().activeElement).toBe(all("li")[0]);
  });

  test("it says that it was refused, and offers what the comment itself offers", async () => {
    await answer();
    FakeSocket.last.refuses("post", "bad_request");
    await settled();
    expect(line().textContent).toBe("Not sent. no: bad_requestRetryBack to the editorDiscard");
    line().querySelectorAll("button")[1]?.click();
    await settled();
    expect(area().value).toBe("answer");
    expect(line()).toBeNull();
  });

  test("it has focus where the answer itself is out of sight", async () => {
    const seen = vi.spyOn(HTMLElement.prototype, "getBoundingClientRect");
    seen.mockReturnValue(new DOMRect(0, -900, 10, 10));
    await answer();
    expect(root().activeElement).toBe(line());
    seen.mockRestore();
  });
});
