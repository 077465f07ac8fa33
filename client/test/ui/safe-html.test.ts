import { describe, expect, test } from "vitest";
import { safeHtml, webUrl } from "../../src/ui/safe-html";

function clean(html: string): string {
  const box = document.createElement("div");
  box.append(safeHtml(html));
  return box.innerHTML;
}

test("what comments are made of passes unchanged", () => {
  const html =
    "<p>a <strong>b</strong> <em>c</em> <u>d</u> <del>e</del> <s>f</s> <small>g</small> <big>h</big> <code>i</code><br></p>" +
    '<blockquote><p>q</p></blockquote><ul><li>x</li></ul><ol start="3"><li>y</li></ol><pre><code>z</code></pre>';
  expect(clean(html)).toBe(html);
});

test("links keep their address and always say what they are", () => {
  expect(clean('<a href="https://a.example/?b=1" rel="me" target="x" onclick="y()">l</a>')).toBe(
    '<a href="https://a.example/?b=1" rel="nofollow ugc noopener noreferrer">l</a>',
  );
  expect(clean('<a href="#12">l</a>')).toContain('href="#12"');
});

test("images are https only", () => {
  expect(clean('<img src="https://i.example/a.png" alt="A" onerror="x()">')).toMatch(/src="https/);
  expect(clean('<img src="https://i.example/a.png" alt="">')).toContain('alt=""');
  expect(clean('<img src="http://i.example/a.png" alt="A">')).not.toContain("src=");
  expect(clean('<img src="https://i.example/a.png" alt="A" onerror="x()">')).not.toContain("onerror");
});

describe("what a broken or hostile server might send", () => {
  test.each([
    "<script>alert(1)</script>",
    '<p onclick="alert(1)">x</p>',
    '<p style="position:fixed">x</p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="  java\nscript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<a href="//evil.example">x</a>',
    '<a href="#1" name="constructor" constructor="x" __proto__="y">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    "<svg><script>alert(1)</script></svg>",
    '<math><mtext><a href="javascript:1">x</a></mtext></math>',
    "<style>*{display:none}</style>",
    '<form action="https://evil.example"><input name="q"></form>',
    "<template><img src=x onerror=alert(1)></template>",
  ])("%s does no harm", (html) => {
    const box = document.createElement("div");
    box.append(safeHtml(html));
    for (const element of box.querySelectorAll("*")) {
      expect("A BIG BLOCKQUOTE BR CODE DEL EM IMG LI OL P PRE S SMALL STRONG U UL".split(" ")).toContain(
        element.tagName,
      );
      for (const { name, value } of element.attributes) {
        expect(["href", "src", "alt", "start", "rel", "loading", "referrerpolicy"]).toContain(name);
        if (name === "href") expect(value).toMatch(/^(https?:|mailto:|#\d)/);
      }
    }
  });
});

test("a commenter's website is http or https, or none", () => {
  expect(webUrl("https://a.example")).toBe("https://a.example");
  expect(webUrl("HTTP://a.example")).toBe("HTTP://a.example");
  for (const bad of ["javascript:alert(1)", " javascript:1", "data:,x", "/x", "", null]) expect(webUrl(bad)).toBe("");
});
