/**
 * The server's HTML, made into nodes. The server has sanitised it already; this is the second lock: parsed in an inert
 * template, every element and attribute that comments do not need is dropped before anything touches the page.
 */

interface Policy {
  createHTML(html: string): string;
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  }
}

/** What every link that a reader wrote says of itself. */
export const REL = "nofollow ugc noopener noreferrer";

const TAGS = new Set("P BR HR B STRONG I EM U S DEL STRIKE UL OL LI BLOCKQUOTE SMALL BIG CODE PRE A IMG".split(" "));
const ATTRIBUTES = new Map([
  ["href", /^https?:\/\//i],
  ["src", /^https:\/\//i],
  ["alt", /./],
  ["title", /./],
  ["start", /^\d+$/],
]);

let policy: Policy | undefined;

/** Under a Content-Security-Policy with Trusted Types the page must allow the policy name `hubbub`. */
function trusted(html: string): string {
  const same = { createHTML: (text: string) => text };
  policy ??= window.trustedTypes?.createPolicy("hubbub", same) ?? same;
  return policy.createHTML(html);
}

export function safeHtml(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = trusted(html);
  for (const element of template.content.querySelectorAll("*")) {
    if (!TAGS.has(element.tagName)) {
      element.replaceWith(element.textContent ?? "");
      continue;
    }
    for (const { name, value } of [...element.attributes])
      if (!ATTRIBUTES.get(name)?.test(value)) element.removeAttribute(name);
    if (element.tagName === "A") element.setAttribute("rel", REL);
    if (element.tagName === "IMG") element.setAttribute("loading", "lazy");
  }
  return template.content;
}

/** `url` when it is http(s), else nothing: for the website of a commenter. */
export const webUrl = (url: string | null): string => (url && /^https?:\/\//i.test(url) ? url : "");
