/** Under which name a reader writes: asked once, then a chip "Posting as Nina"; e-mail and website behind "More". */

import type { Profile, Session } from "../core/session";
import { isModerator, type Proof, savedProfile, saveProfile } from "../core/signing";
import { type Author, LIMITS } from "../protocol/generated";
import { button, fill, focused, h, type Kid, setText } from "./dom";
import { withPeople } from "./parts";
import * as t from "./strings";

export interface Signature {
  /** The chip, and the fields that it stands for. */
  readonly _parts: readonly HTMLElement[];
  readonly _fields: HTMLFieldSetElement;
  /** Shows who the session says writes here. */
  _identify(me: Author | undefined): void;
  /** Another tab, or another place to write on this page, may have changed the name. */
  _refresh(): void;
  /** What the fields say now. */
  _profile(): Profile;
  /** Takes another name. */
  _use(name: string): void;
}

/** Who writes here, and what becomes of them. */
export interface Person {
  _session(): Session;
  /** What the site is called. */
  _site(): string | null | undefined;
  /** Becomes the author of another device. Raises HubbubError. */
  _signIn(proof: Proof): Promise<unknown>;
  _signOut(): void;
  /** They are somebody else now, or have another name. */
  _changed(): void;
  /** Puts what is asked about them below the form. */
  _put(panel: HTMLElement): void;
}

/** A field of the profile, in its label. */
function field(name: keyof Profile, label: string, type: string, more = {}): [HTMLElement, HTMLInputElement] {
  const input = h("input.field", {
    name,
    type,
    autocomplete: type === "text" ? name : type,
    maxLength: LIMITS[name],
    enterKeyHint: "send",
    ...more,
  });
  return [h("label", {}, label, " ", input), input];
}

function profileIn(inputs: readonly HTMLInputElement[]): Profile {
  const filled: Profile = {};
  for (const { name, value } of inputs) if (value) filled[name as keyof Profile] = value;
  // People write addresses without their scheme.
  if (filled.website && !filled.website.includes(":")) filled.website = `https://${filled.website}`;
  return filled;
}

/** What few fill in, behind "More". */
function extras(labels: Kid[], person: Person) {
  const rest = h("div", { class: "rest" }, labels);
  const more = button(t.MORE(), () => {
    open(!!rest.hidden);
    // Who has written here has it beside how often.
    if (!person._session().get()) withPeople(({ dataButton }) => rest.append(dataButton(person)));
  });
  function open(shown: boolean): void {
    rest.hidden = !shown;
    more.ariaExpanded = `${shown}`;
  }
  return [more, rest, open] as const;
}

/** Draws names that are free, and the first one that this reader used here, when the reader asks; `choose` takes one. */
function nicks(person: Person, choose: (name: string) => void) {
  const place = h("div", { class: "rest" });
  const draw = () => withPeople(({ nickChoice }) => fill(place, nickChoice(person, choose)));
  return [button(t.PICK_NICK(), draw), place, draw] as const;
}

export function signature(person: Person): Signature {
  const [nameLabel, name] = field("name", t.NAME(), "text", { dir: "auto", autocapitalize: "words" });
  const [emailLabel, email] = field("email", t.EMAIL(), "email");
  const [websiteLabel, website] = field("website", t.WEBSITE(), "url");
  const inputs = [name, email, website];
  const [more, rest, open] = extras([emailLabel, websiteLabel], person);
  const [pick, names, drawNames] = nicks(person, (nick) => {
    _use(nick);
    name.focus();
  });
  const _fields = h("fieldset", { oninput: () => saveProfile(_profile()) }, nameLabel, pick, more, names, rest);
  const shown = h("bdi.name");
  const change = button("", () => {
    if (staff) return person._signOut();
    ask(true);
    name.focus();
    drawNames();
  });
  const chip = h("span.who", {}, `${t.POSTING_AS()} `, shown, " ", change);
  let me: Author | undefined;
  let staff = false;

  function ask(asked: boolean): void {
    _fields.hidden = !asked;
    chip.hidden = asked;
  }

  function draw(): void {
    const typed = name.value;
    const kept = person._session().get();
    // A publisher's reader changes their name there.
    const fixed = kept && !kept.profile;
    change.hidden = !!fixed && !staff;
    setText(shown, (fixed ? me?.name : typed) || t.ANONYMOUS());
    setText(change, staff ? t.SIGN_OUT() : t.CHANGE());
    // Not below the fingers of somebody who is filling them in.
    if (!focused(_fields)) ask(!me && !typed);
  }

  const _profile = () => profileIn(inputs);

  function _use(picked: string): void {
    name.value = picked;
    saveProfile(_profile());
    draw();
  }

  function fillIn(): void {
    const saved = savedProfile();
    for (const input of inputs) if (!focused(input)) input.value = saved[input.name as keyof Profile] ?? "";
  }

  fillIn();
  open(!!(email.value || website.value));
  return {
    _parts: [_fields, chip],
    _fields,
    _identify(now) {
      me = now;
      staff = isModerator(me);
      draw();
    },
    _refresh() {
      fillIn();
      draw();
    },
    _profile,
    _use,
  };
}
