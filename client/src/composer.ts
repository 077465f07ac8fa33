/** Where a reader writes: text, name, the draft that is never lost, and what is locked when comments are closed. */

import { button, h, setText, uuid } from "./dom";
import { editor } from "./editor";
import { LIMITS } from "./generated";
import type { Item } from "./outbox";
import { type Comment, HubbubError } from "./protocol";
import { isModerator, type Profile, type Session, savedProfile } from "./session";
import { load, save } from "./storage";
import * as t from "./strings";

interface Draft {
  body: string;
  parent?: string | undefined;
}

export interface Hooks {
  session(): Session;
  send(item: Item): void;
  typing(): void;
  find(id: string): Comment | undefined;
  /** The comment replied to is another one, or none: time to move the composer. */
  moved(parent: Comment | undefined): void;
}

export interface Composer {
  readonly root: HTMLFormElement;
  /** Loads the draft of this thread; `key` names it in storage. */
  open(key: string): void;
  reply(comment: Comment): void;
  /** Puts a text that was not sent back, after what is there. */
  putBack(item: Item): void;
  lock(closed: boolean): void;
  /** Shows the fields or the signed-in author, whichever the session says. */
  identity(): void;
}

export function composer(hooks: Hooks): Composer {
  let slot = "";
  let parent: Comment | undefined;
  let closed = false;

  const write = editor(t.COMMENT, () => {
    keep();
    setText(error, "");
    if (write.area.value) hooks.typing();
  });
  const field = (label: string, props: Record<string, unknown>) => {
    const input = h("input", props);
    return { input, label: h("label", {}, h("span", {}, label), input) };
  };
  const name = field(t.NAME, { name: "name", autocomplete: "name", maxLength: LIMITS.name, placeholder: t.ANONYMOUS });
  const email = field(t.EMAIL, { name: "email", type: "email", autocomplete: "email", maxLength: LIMITS.email });
  const website = field(t.WEBSITE, {
    name: "website",
    type: "url",
    autocomplete: "url",
    maxLength: LIMITS.website,
    pattern: "https?://.+",
    onchange() {
      const { input } = website;
      input.value = input.value.trim();
      if (input.value && !/^\w+:/.test(input.value)) input.value = `https://${input.value}`;
    },
  });
  const fields = h("div", { class: "fields" }, name.label, email.label, website.label);
  const who = h("p", { class: "who" });
  const replying = h("p", { class: "replying", hidden: true });
  const error = h("p", { class: "error", role: "alert" });
  const post = h("button", { class: "post" }, t.POST);
  const root = h(
    "form",
    { class: "composer", onsubmit: submit, "aria-label": t.COMMENT },
    replying,
    write.root,
    fields,
    h("div", { class: "row" }, who, error, post),
  );

  function keep(): void {
    const draft: Draft = { body: write.area.value, parent: parent?.id };
    if (slot) save(slot, draft.body ? draft : undefined);
  }

  const profile = (): Profile => ({
    name: name.input.value.trim(),
    email: email.input.value.trim(),
    website: website.input.value.trim(),
  });

  function submit(event: Event): void {
    event.preventDefault();
    if (closed) return;
    const body = write.area.value.trim();
    if (!body || write.tooLong()) {
      setText(error, body ? t.problem(new HubbubError("too_large")) : t.WRITE_FIRST);
      write.area.focus();
      return;
    }
    const item = { id: uuid(), body, profile: profile(), ...(parent && { parent: parent.id }) };
    write.set("");
    setParent(undefined);
    hooks.send(item);
  }

  function setParent(comment: Comment | undefined): void {
    parent = comment;
    keep();
    replying.hidden = !comment;
    replying.replaceChildren();
    if (comment)
      replying.append(
        t.REPLY_TO(comment.author.name ?? "", comment.number),
        button(t.CANCEL, () => {
          setParent(undefined);
          write.area.focus();
        }),
      );
    hooks.moved(comment);
  }

  function identity(): void {
    const mine = hooks.session().get();
    const signedIn = mine && isModerator(mine.author);
    fields.hidden = !!signedIn;
    who.hidden = !signedIn;
    who.replaceChildren();
    if (!signedIn) return;
    who.append(
      t.postingAs(mine.author.name ?? "", t.ROLES[mine.author.role ?? ""] ?? ""),
      button(t.SIGN_OUT, () => {
        hooks.session().clear();
        root.dispatchEvent(new Event("signout"));
      }),
    );
  }

  const saved = savedProfile();
  for (const [key, { input }] of Object.entries({ name, email, website })) input.value = saved[key as keyof Profile];

  return {
    root,
    open(key) {
      slot = `draft:${key}`;
      const draft = load<Draft>(slot);
      // Words typed before the thread was there are not to be overwritten by older ones.
      if (draft && !write.area.value) write.set(draft.body);
      const found = draft?.parent ? hooks.find(draft.parent) : undefined;
      if (found && !found.removed) setParent(found);
    },
    reply(comment) {
      if (closed) return;
      setParent(comment);
      write.area.focus();
    },
    putBack(item) {
      const there = write.area.value;
      write.set(there ? `${there}\n\n${item.body}` : item.body);
      const found = item.parent ? hooks.find(item.parent) : undefined;
      if (found) setParent(found);
      write.area.focus();
    },
    lock(now) {
      closed = now;
      write.lock(now);
      post.disabled = now;
      for (const { input } of [name, email, website]) input.disabled = now;
      root.classList.toggle("locked", now);
      // Nothing to keep, nothing to show: the banner says it all.
      root.hidden = now && !write.area.value;
      setText(error, now ? t.KEPT : "");
    },
    identity,
  };
}
