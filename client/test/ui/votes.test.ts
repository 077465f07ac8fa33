// Votes and reactions below the comments.
import { describe, expect, test, vi } from "vitest";
import type { Comment } from "../../src/protocol/generated";
import { all, event, one, put, root, signIn } from "../page";
import { comment, FakeSocket, fakeFetch, loaded, settled, thread, tombstone } from "../support";

const SITE = { name: "demo", title: null, images: false, votes: "up", reactions: { like: "👍", wow: "😮" } };
const counts = (up = 0, reactions = {}, down = 0) => ({ score: { up, down }, reactions, replies: 0 });
const by = (id: string) => ({ id, name: id, website: null, role: "guest" });
const other = (number: number, over: Partial<Comment> = {}) =>
  comment(number, { author: by("bea"), ...counts(), ...over });

async function join(comments: Comment[], site = {}, over = {}): Promise<void> {
  const head = comments.length;
  const told = { thread: thread({ head, comments: head, ...over }), comments, more: false, site: { ...SITE, ...site } };
  FakeSocket.last.answers("join", told);
  await settled();
  await loaded();
  await loaded();
}

const scored = (seq: number, told: Record<string, object>) => event(seq, "thread.scored", { counts: told });
const up = () => one<HTMLButtonElement>("[aria-label^='Vote up']");
const down = () => one<HTMLButtonElement>("[aria-label^='Vote down']");
const chip = (name: string) => one<HTMLButtonElement>(`.chip[aria-label^='${name}']`);
const count = (button: HTMLElement) => button.dataset.count ?? "0";
const pressed = (button: HTMLElement) => button.getAttribute("aria-pressed");
const answer = async (cmd: string, said: Comment) => {
  FakeSocket.last.answers(cmd, { comment: said });
  await settled();
  await vi.advanceTimersByTimeAsync(50);
};

describe("votes", () => {
  test("come to comments that stand there, and draw none again", async () => {
    put();
    await join([other(3), other(2, { parent: "c1" }), tombstone(other(1))], { votes: "none", reactions: {} });
    const bodies = all("li .body");
    expect(one(".votes")).toBeNull();
    FakeSocket.last.says({ push: "site", site: SITE });
    await vi.waitFor(() => expect(all("[aria-label^='Vote up']").length).toBe(2));
    expect(all("li .body")).toEqual(bodies);
  });

  test("come to those of a long page that are drawn later", async () => {
    put();
    await join(Array.from({ length: 50 }, (_, index) => other(50 - index)));
    expect(all("li").length).toBeLessThan(50);
    await vi.advanceTimersByTimeAsync(50);
    expect(all("[aria-label^='Vote up']").length).toBe(50);
  });

  test("follow what the site takes; what is drawn for that stays at the next push", async () => {
    put();
    await join([other(1)]);
    expect(down()).toBeNull();
    FakeSocket.last.says({ push: "site", site: { ...SITE, votes: "both" } });
    await vi.waitFor(() => expect(down()).not.toBeNull());
    const body = one("li .body");
    await scored(2, { c1: counts(5) });
    expect([one("li .body") === body, count(up())]).toEqual([true, "5"]);
  });

  test("are shown at once, and the server's word is the last", async () => {
    signIn();
    put();
    await join([other(1, counts(3))]);
    expect([count(up()), pressed(up())]).toEqual(["3", "false"]);
    up().click();
    expect([count(up()), pressed(up())]).toEqual(["4", "true"]);
    await settled();
    expect(FakeSocket.last.command("vote")).toMatchObject({ comment: "c1", value: 1 });
    await answer("vote", other(1, { ...counts(9), mine: { vote: 1, reactions: [] } }));
    expect([count(up()), pressed(up())]).toEqual(["9", "true"]);
    up().click();
    await settled();
    expect(FakeSocket.last.command("vote")).toMatchObject({ value: 0 });
    expect([count(up()), pressed(up())]).toEqual(["8", "false"]);
  });

  test("that are refused are taken back, and the reader is told", async () => {
    signIn();
    put();
    await join([other(1, counts(3))]);
    up().click();
    await settled();
    FakeSocket.last.refuses("vote", "forbidden");
    await settled();
    await loaded();
    expect([count(up()), pressed(up())]).toEqual(["3", "false"]);
    expect(one(".notice.problem").hidden).toBe(false);
  });

  test("go against a comment where the site takes that, and one number is shown", async () => {
    signIn();
    put();
    await join([other(1, counts(3, {}, 1))], { votes: "both" });
    expect(count(up())).toBe("2");
    down().click();
    expect([count(up()), count(down()), pressed(down())]).toEqual(["1", "0", "true"]);
  });

  test("are not for the comment's own author, nor where all is closed; the sum is shown", async () => {
    signIn({ id: "bea" });
    put();
    await join([other(1, counts(3))]);
    expect([up(), one(".sum").textContent]).toEqual([null, "3 votes"]);
    await event(2, "thread.closed", { thread: thread({ state: "closed", head: 2 }) });
    expect(up()).toBeNull();
    expect(one(".votes [aria-expanded]")).toBeNull();
  });

  test("are not there where the site takes none", async () => {
    put();
    await join([other(1)], { votes: "none", reactions: {} });
    expect(one(".votes")).toBeNull();
  });

  test("wait for the connection, the last word alone, over a reload too", async () => {
    signIn();
    put();
    await join([other(1, counts(3))]);
    FakeSocket.last.drops();
    up().click();
    up().click();
    up().click();
    await settled();
    expect([count(up()), pressed(up())]).toEqual(["4", "true"]);
    expect(
      Object.values(JSON.parse(localStorage[Object.keys(localStorage).find((key) => /said/.test(key)) ?? ""])),
    ).toEqual([1]);
    const sockets = FakeSocket.all.length;
    await vi.advanceTimersByTimeAsync(12_000);
    expect(FakeSocket.all.length).toBeGreaterThan(sockets);
    FakeSocket.last.accept();
    const again = { thread: thread({ head: 1, comments: 1 }), events: [], more: false };
    FakeSocket.last.answers("join", again);
    await settled();
    await vi.advanceTimersByTimeAsync(50);
    expect(FakeSocket.last.sent.filter(({ cmd }) => cmd === "vote")).toMatchObject([{ value: 1 }]);
    await answer("vote", other(1, { ...counts(4), mine: { vote: 1, reactions: [] } }));
    expect(Object.keys(localStorage).some((key) => /said/.test(key))).toBe(false);
  });

  test("make a session for a guest who has none", async () => {
    const asked = fakeFetch(() => [200, { token: "T", author: by("cy") }]);
    put();
    await join([other(1)]);
    up().click();
    await settled();
    await vi.advanceTimersByTimeAsync(50);
    expect(asked.mock.calls.map(([url]) => url)).toEqual([expect.stringMatching(/sessions$/)]);
    expect(FakeSocket.last.command("vote")).toMatchObject({ value: 1 });
  });
});

describe("a push of sums", () => {
  test("leaves every node, selection and focus where it is, in the comment and in its answers", async () => {
    put();
    await join([other(2, { parent: "c1" }), other(1)]);
    const bodies = all(".body p");
    up().focus();
    await scored(3, { c1: counts(5, { wow: 2 }), c2: counts(1) });
    expect(all(".body p").every((node, index) => node === bodies[index])).toBe(true);
    expect(root().activeElement).toBe(up());
    expect(all("[aria-label^='Vote up']").map(count)).toEqual(["1", "5"]);
    expect(count(chip("wow"))).toBe("2");
  });

  test("of another text does draw the comment", async () => {
    put();
    await join([other(1)]);
    await event(2, "comment.edited", { comment: other(1, { html: "<p>other</p>" }) });
    expect(one(".body").textContent).toBe("other");
  });
});

describe("reactions", () => {
  test("are chips with counts, in the site's order, whose name says both", async () => {
    signIn();
    put();
    await join([other(1, counts(0, { wow: 1 }))]);
    expect(all(".chip").map((each) => each.getAttribute("aria-label"))).toEqual(["wow: 1"]);
    await scored(2, { c1: counts(0, { wow: 1, like: 4 }) });
    expect(all(".chip").map((each) => each.textContent)).toEqual(["👍", "😮"]);
    chip("wow").click();
    await settled();
    expect(FakeSocket.last.command("react")).toMatchObject({ comment: "c1", name: "wow", on: true });
    expect([count(chip("wow")), pressed(chip("wow"))]).toEqual(["2", "true"]);
  });

  test("are chosen from a menu by keyboard, and Escape leaves it", async () => {
    signIn();
    put();
    await join([other(1)]);
    const more = one<HTMLButtonElement>("[aria-label^='React']");
    const key = (name: string) =>
      root().activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    more.click();
    expect(root().activeElement?.getAttribute("aria-label")).toBe("like");
    for (const [arrow, name] of [
      ["ArrowRight", "wow"],
      ["ArrowLeft", "like"],
      ["ArrowLeft", "wow"],
    ]) {
      key(arrow as string);
      expect(root().activeElement?.getAttribute("aria-label")).toBe(name);
    }
    key("Escape");
    expect([one(".menu"), root().activeElement]).toEqual([null, more]);
    more.click();
    (root().activeElement as HTMLElement).click();
    expect([one(".menu"), root().activeElement, count(chip("like"))]).toEqual([null, more, "1"]);
  });

  test("that nobody has any more go away", async () => {
    put();
    await join([other(1, counts(0, { wow: 1 }))]);
    await scored(2, { c1: counts() });
    expect(chip("wow").hidden).toBe(true);
  });
});
