import { expect, test } from "vitest";
import { inserted, markupOf, quoted } from "../../src/ui/pasted";

test.each([
  ["a <b>bold</b>, and <em>so</em> on", "a **bold**, and *so* on"],
  ["a <b>bold </b>word", "a **bold** word"],
  ["in<b>side</b>words", "in**side**words"],
  ["a<b>(b)</b>c", "a<b>(b)</b>c"],
  ["<b>both <i>at once</i></b>", "<b>both *at once*</b>"],
  ["<b>bold</b><i>so</i>", "**bold**<i>so</i>"],
  ["<s>gone</s> <u>line</u> <code>a*b</code>", "~~gone~~ <u>line</u> `a*b`"],
  ['<a href="https://a.example/x">words</a>', "[words](https://a.example/x)"],
  ['<a href="https://a.example/(x)">[1]</a>', "[\\[1\\]](<https://a.example/(x)>)"],
  ['<a href="https://a.example/">https://a.example</a>', "https://a.example/"],
  ['<a href="mailto:ann@a.example">ann@a.example</a>', "<ann@a.example>"],
  ['<a href="javascript:alert(1)">x</a>', "x"],
  ['<b><a href="https://a.example/">x</a></b>', "[**x**](https://a.example/)"],
  ["<ul><li>one<li>two <b>2</b></ul>", "- one\n- two **2**"],
  ["<ol start=3><li>three<li><p>four</p></ol>", "3. three\n4. four"],
  ["<ul><li>one<ul><li>in</li></ul></li><li>two</ul>", "- one\n  - in\n- two"],
  ["<ol><li>one</li><ul><li>in</ul><li>two</ol>", "1. one\n   - in\n2. two"],
  ["<p>said:</p><blockquote><p>one</p><p>two</p></blockquote>", "said:\n\n> one\n>\n> two"],
  ["<h2>Title</h2><p>text\n  of   it</p>", "**Title**\n\ntext of it"],
  ["<b>one<br><br>two</b>", "**one**\n\n**two**"],
  ["<i>one<br>two</i>", "*one\ntwo*"],
  ["<pre>a  b\n  c\n</pre>", "```\na  b\n  c\n```"],
  ['<b style="font-weight:normal"><p><span style="font-weight:700">so</span> it is</p></b>', "**so** it is"],
  ['<span style="font-style:italic">so</span>', "*so*"],
  ["<style>b{}</style><b>so</b><script>x</script>", "**so**"],
  ["<p><b>-</b></p><p>- no list</p><p>1. none</p><p># none</p>", "**-**\n\n\\- no list\n\n1\\. none\n\n\\# none"],
  ["<b>x</b> 2 * 3, a_b, _c_, *d*, &lt;u>, &amp;amp;", "**x** 2 \\* 3, a_b, \\_c\\_, \\*d\\*, \\<u>, \\&amp;"],
  ["<b>x</b> https://a.example/_y_*z", "**x** https://a.example/_y_*z"],
])("%s", (html, markup) => {
  expect(markupOf(html, false)).toBe(markup);
});

test.each([
  "",
  "<p>plain</p><p>words</p>",
  '<div style="white-space: pre;"><b>let</b> x = 1;</div>',
  "<table><tr><td>1<td>2</table>",
])("nothing of its own for %j", (html) => {
  expect(markupOf(html, false)).toBe("");
});

test("pictures stay where the site has them, else what they show", () => {
  const html = '<p>a <img src="https://a.example/c.png" alt="cat"></p>';
  expect(markupOf(html, true)).toBe("a ![cat](<https://a.example/c.png>)");
  expect(markupOf(html, false)).toBe("a cat");
  expect(markupOf('<img src="data:image/png;base64,x">', true)).toBe("");
});

/** The text after `markup` is pasted at "|". */
function pasted(markup: string, marked: string): string {
  const at = marked.indexOf("|");
  const value = marked.replace("|", "");
  const { start, end, text, from } = inserted(markup, value, at, at);
  const after = value.slice(0, start) + text + value.slice(end);
  return `${after.slice(0, from)}|${after.slice(from)}`;
}

test.each([
  ["**so**", "it is |today", "it is **so**|today"],
  ["- a", "so:|", "so:\n\n- a|"],
  ["- a", "so:\n|\nand", "so:\n\n- a|\n\nand"],
  ["> a", "|", "> a|"],
])("%j pasted into %j", (markup, before, after) => {
  expect(pasted(markup, before)).toBe(after);
});

test.each([
  ["<p>2 * 3 <b>so</b></p><p>_c_</p>", "> 2 \\* 3 **so**\n>\n> \\_c\\_"],
  ["<blockquote><p>one</p></blockquote><p>two</p>", "> > one\n>\n> two"],
  ["<li>one</li><li>two</li>", "> one\n>\n> two"],
  [`<p>${"😮".repeat(700)}</p><p><b>more</b></p>`, `> ${"😮".repeat(600)}…`],
])("what is quoted of %.40s", (html, markup) => {
  expect(quoted(html, false)).toBe(markup);
});
