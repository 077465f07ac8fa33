// @vitest-environment node
// What the build does to names: the files that readers get are minified, and other tests run the sources.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FIELDS = ["items", "count", "source", "reply", "session", "field", "presence", "known", "done", "show"];

const { shortNames, small } = await import(new URL("../minify.mjs", import.meta.url).href);
const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** Members of ours, by the name they have in the files. */
async function namesIn(code: string): Promise<Record<string, string>> {
  const { props } = (await shortNames(SRC, [code])).props;
  return Object.fromEntries(Object.entries(props).map(([name, short]) => [name.slice(1), short as string]));
}

test("a field keeps its name, however it is used", async () => {
  const uses = FIELDS.map((field) => `reply.${field}, (({ ${field} }) => ${field})(reply), read({ ${field}: 1 })`);
  const code = await small(`export default (reply, read) => [${uses}];`, {});
  const { default: probe } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const reply = Object.fromEntries(FIELDS.map((field) => [field, field]));
  expect(probe(reply, (object: object) => Object.keys(object)[0])).toEqual(
    FIELDS.flatMap((field) => [field, field, field]),
  );
});

test("what begins with _ is our own and gets a short name, one in all files", async () => {
  const names = {};
  const first = await small("export default (thread) => thread._subscription;", names);
  const second = await small("export default (thread) => ({ _other: 1, _subscription: thread._subscription });", names);
  expect(first + second).not.toContain("subscription");
  const [{ default: read }, { default: make }] = await Promise.all(
    [first, second].map((code) => import(`data:text/javascript,${encodeURIComponent(code)}`)),
  );
  const name = /\.(\w+)/.exec(first)?.[1] as string;
  expect(read(make({ [name]: "found" }))).toBe("found");
});

test("members that may meet in one object have different names", async () => {
  const classes = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => readFileSync(`${SRC}/${name}`, "utf8").split(/^(?=export class )|(?<=^\})$/m));
  const names = await namesIn(classes.join());
  expect(Object.keys(names).length).toBeGreaterThan(100);
  let shared = 0;
  for (const text of classes) {
    const used = [...new Set(text.match(/\b_[a-z]\w*/gi))];
    const short = new Set(used.map((name) => names[name]));
    expect(short).not.toContain(undefined);
    expect(short.size).toBe(used.length);
    shared += used.length;
  }
  expect(shared).toBeGreaterThan(new Set(Object.values(names)).size);
});
