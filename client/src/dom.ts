/** The few lines that stand in for a framework. */

type Props = Record<string, unknown>;
type Kid = Node | string | false | null | undefined;

/** Makes an element. `onclick` and the like become listeners, properties are set, anything else is an attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...kids: Kid[]) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element) Object.assign(element, { [name]: value });
    else element.setAttribute(name, String(value));
  }
  element.append(...(kids.filter((kid) => kid != null && kid !== false) as (Node | string)[]));
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
    (Number(digit) ^ ((crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & (15 >> (Number(digit) / 4)))).toString(16),
  );

/** The element with focus, looking into shadow roots from `root`. */
export const focused = (root: ShadowRoot | Document | Node): Element | null =>
  (root.getRootNode() as ShadowRoot).activeElement ?? null;
