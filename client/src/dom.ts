/** The few lines that stand in for a framework. */

type Props = Record<string, unknown>;
type Tags = HTMLElementTagNameMap;
export type Kid = Node | string | false | null | undefined;

/**
 * Makes an element: `h("p.quiet", {hidden: true}, "text")`. `onclick` and the like become listeners, properties are
 * set, anything else is an attribute.
 */
export function h<K extends keyof Tags>(what: K | `${K}.${string}`, props: Props = {}, ...kids: Kid[]): Tags[K] {
  const [tag, name = ""] = what.split(".");
  const element = document.createElement(tag as K) as Tags[K] & Props;
  if (name) element.className = name;
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element) (element as Props)[name] = value;
    else element.setAttribute(name, value as string);
  }
  element.append(...(kids.filter(Boolean) as (Node | string)[]));
  return element;
}

export const button = (label: Kid, onclick: (event: Event) => void, props: Props = {}) =>
  h("button", { type: "button", onclick, ...props }, label);

/** Replaces the text only when it differs, so that a live region does not speak again. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A random UUID (RFC 9562 version 4). crypto.randomUUID is missing on pages that are not served over https. */
export const uuid = (): string =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (Number(digit) ^ ((crypto.getRandomValues(new Uint8Array(1))[0] as number) & (15 >> (Number(digit) / 4)))).toString(
      16,
    ),
  );

/** The element with focus, looking into shadow roots from `root`. */
export const focused = (root: ShadowRoot | Document | Node): Element | null =>
  (root.getRootNode() as ShadowRoot).activeElement ?? null;
