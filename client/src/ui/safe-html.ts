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

const TAGS = /^(A|BIG|BLOCKQUOTE|BR|CODE|DEL|EM|IMG|LI|OL|P|PRE|S|SMALL|STRONG|U|UL)$/;
/** As name=value: no parser gives an attribute a name with "=" after its first character. */
const ATTRIBUTES = /^(href=(https?:|mailto:|#\d+$)|src=https:|start=\d+$|(alt|loading|referrerpolicy)=)/i;

let policy: Policy | undefined;

/** Under a Content-Security-Policy with Trusted Types the page must allow the policy name `hubbub`. */
function trusted(html: string): string {
  const same = { createHTML: (text: string) => text };
  policy ??= window.trustedTypes?.createPolicy("hubbub", same) ?? same;
  return policy.createHTML(html);
}

/** As nodes that do nothing: nothing is loaded, no script runs. */
export function inert(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = trusted(html);
  return template.content;
}

export function safeHtml(html: string): DocumentFragment {
  const content = inert(html);
  for (const element of content.querySelectorAll("*")) {
    if (!TAGS.test(element.tagName)) {
      element.replaceWith(element.textContent ?? "");
      continue;
    }
    for (const { name, value } of [...element.attributes])
      if (!ATTRIBUTES.test(`${name}=${value}`)) element.removeAttribute(name);
    if (element.tagName === "A") element.setAttribute("rel", REL);
  }
  return content;
}

/** `url` when it is http(s), else nothing: for the website of a commenter. */
export const webUrl = (url: string | null): string => (url && /^https?:/i.test(url) ? url : "");
