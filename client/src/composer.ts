/** Where a reader writes: text, name, the draft that is never lost, and what is locked when comments are closed. */

import { button, fill, h, setText, uuid } from "./dom";
import { type Draft, type Drafts, drafts } from "./drafts";
import { editor } from "./editor";
import { LIMITS } from "./generated";
import type { Item } from "./outbox";
import type { Author, Comment } from "./protocol";
import { isModerator, type Profile } from "./session";
import { savedProfile } from "./signing";
import * as t from "./strings";

export interface Hooks {
  send(item: Item): void;
  typing(): void;
  find(id: string): Comment | undefined;
  signOut(): void;
  /** The comment replied to is another one, or none: time to move the composer. */
  moved(parent: Comment | undefined, root: HTMLElement): void;
}

export interface Composer {
  readonly root: HTMLFormElement;
  /** Loads the draft of this thread; `key` names it in storage. */
  open(key: string): void;
  reply(comment: Comment): void;
  /** Puts a text that was not sent back, after what is there. */
  putBack(draft: Draft): void;
  lock(closed: boolean): void;
  /** Shows the fields or the signed-in author, whichever the session says. */
  identity(me: Author | undefined): void;
  /** What the fields say now. */
  profile(): Profile;
  focus(): void;
  /** The comments have changed: the one replied to may be another by now. */
  refresh(): void;
}

export function composer(hooks: Hooks): Composer {
  let kept: Drafts | undefined;
  let parent: Comment | undefined;
  let closed = false;

  const write = editor(t.COMMENT, keep);
  const saved = savedProfile();
  const field = (name: keyof Profile, label: string, type: string, autocomplete: string, more = {}) =>
    h(
      "label",
      {},
      label,
      h("input", {
        name,
        type,
        autocomplete,
        maxLength: LIMITS[name],
        value: saved[name] ?? "",
        enterKeyHint: "send",
        ...more,
      }),
    );
  const fields = h(
    "fieldset",
    {},
    field("name", t.NAME, "text", "name", { dir: "auto", autocapitalize: "words" }),
    field("email", t.EMAIL, "email", "email"),
    field("website", t.WEBSITE, "url", "url"),
  );
  const name = h("bdi.name");
  const signOut = button(t.SIGN_OUT, () => {
    hooks.signOut();
    write.area.focus();
  });
  const who = h("p.who", {}, `${t.POSTING_AS} `, name, " ", signOut);
  const to = h("span");
  const cancel = button(t.CANCEL, () => answer(undefined));
  const replying = h("p.replying", { hidden: true }, to, " ", cancel);
  const error = h("p.error", { role: "alert" });
  const post = h("button.post", {}, t.POST);
  const root = h(
    "form.composer",
    // Not the browser's checks: people write addresses without their scheme, and the server says what it cannot take.
    { onsubmit: submit, oninput: hooks.typing, noValidate: true },
    replying,
    write.root,
    fields,
    h("div.row", {}, who, error, post),
  );

  /** Text, parent or lock have changed. */
  function keep(): void {
    const body = write.area.value;
    kept?.keep(body ? { body, parent: parent?.id } : undefined);
    // Nothing to keep in a closed thread, nothing to show: the banner says it all.
    root.hidden = closed && !body;
    setText(error, closed ? t.KEPT : "");
    error.className = closed ? "here" : "error";
  }

  function profile(): Profile {
    const filled: Profile = Object.fromEntries([...new FormData(root)].filter(([, value]) => value));
    // People write addresses without their scheme.
    if (filled.website && !filled.website.includes(":")) filled.website = `https://${filled.website}`;
    return filled;
  }

  function submit(event: Event): void {
    event.preventDefault();
    if (closed) return;
    const body = write.area.value.trimEnd();
    const wrong = body ? write.tooLong() && t.TOO_LONG : t.WRITE_FIRST;
    if (wrong) {
      setText(error, wrong);
      write.area.focus();
      return;
    }
    const item = { id: uuid(), body, profile: profile(), ...(parent && { parent: parent.id }) };
    write.set("");
    setParent(undefined);
    kept?.posted();
    hooks.send(item);
  }

  function setParent(comment: Comment | undefined): void {
    parent = comment;
    keep();
    drawReplying();
    hooks.moved(comment, root);
  }

  function drawReplying(): void {
    replying.hidden = !parent;
    fill(to, `${t.REPLY_TO} #${parent?.number} `, h("bdi", {}, parent?.author.name));
  }

  function answer(comment: Comment | undefined): void {
    setParent(comment);
    write.area.focus();
  }

  /** Words that stand there already are kept, before these. */
  function put(draft: Draft): void {
    const there = write.area.value;
    write.set(there ? `${there}\n\n${draft.body}` : draft.body);
    const found = hooks.find(draft.parent as string);
    if (found) setParent(found);
  }

  function identity(me: Author | undefined): void {
    const signedIn = isModerator(me);
    fields.hidden = signedIn;
    who.hidden = !signedIn;
    name.textContent = me?.name ?? "";
  }

  return {
    root,
    open(key) {
      kept = drafts(`draft:${key}`, (draft) => {
        if (root.isConnected) write.set(draft?.body ?? "");
        return root.isConnected;
      });
      const draft = kept.load();
      if (draft) put(draft);
    },
    reply: answer,
    putBack(draft) {
      put(draft);
      write.area.focus();
    },
    lock(now) {
      closed = now;
      write.lock(now);
      post.disabled = fields.disabled = now;
      keep();
    },
    identity,
    profile,
    focus: () => write.area.focus(),
    refresh() {
      // What is replied to may have been taken off the page, and this with it.
      if (!root.isConnected) hooks.moved(parent, root);
      const fresh = parent && hooks.find(parent.id);
      if (!fresh || fresh === parent) return;
      parent = fresh;
      drawReplying();
    },
  };
}
