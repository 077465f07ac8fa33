/** The few lines that stand in for a framework. */

type Props = Record<string, unknown>;
type Tags = HTMLElementTagNameMap;
export type Kid = Node | string | false | null | undefined | Kid[];

/**
 * Makes an element: `h("p.quiet", {hidden: true}, "text")`; "quiet" is its class and, for the page's style, its part, which
 * docs/theming.md lists. What no page should style has its class among the properties. `onclick` and the like become listeners, properties are
 * set, anything else is an attribute.
 */
export function h<K extends keyof Tags>(what: K | `${K}.${string}`, props: Props = {}, ...kids: Kid[]): Tags[K] {
  const [tag, name = ""] = what.split(".");
  const element = document.createElement(tag as K) as Tags[K] & Props;
  if (name) Object.assign(element, { className: name, part: name });
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element) (element as Props)[name] = value;
    else element.setAttribute(name, value as string);
  }
  return fill(element, ...kids);
}

/** Puts `kids` in place of what is in `element`; nothing for those that are not there. */
export function fill<E extends Element>(element: E, ...kids: Kid[]): E {
  element.replaceChildren(...(kids.flat(9).filter(Boolean) as (Node | string)[]));
  return element;
}

/** A style sheet: constructed ones need no style-src 'unsafe-inline' of the page. */
export function styleSheet(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

export const button = (label: Kid, onclick: (event: Event) => unknown, props: Props = {}) =>
  h("button", { type: "button", part: "button", onclick, ...props }, label);

/** The language that people write here, as far as the page says; ours is another. */
export const pageLang = (): string => document.documentElement.lang;

/** Replaces the text only when it differs, so that a live region does not speak again. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** The element with focus if it is in `node`, or `node` itself. */
export function focused(node: Node): Element | undefined {
  const { activeElement } = node.getRootNode() as ShadowRoot;
  return activeElement && node.contains(activeElement) ? activeElement : undefined;
}
