import { expect, test, vi } from "vitest";
import { HubbubError } from "../../src/core/errors";
import { ERROR_CODES } from "../../src/protocol/generated";
import { HOME } from "../../src/ui/home";
import { commentCount, problem } from "../../src/ui/strings";
import { element, put } from "../page";
import { loaded } from "../support";

test("counts read as a person would say them", () => {
  expect([0, 1, 12, 1234].map(commentCount)).toEqual(["No comments", "1 comment", "12 comments", "1,234 comments"]);
});

test.each([...ERROR_CODES, "offline"] as const)("%s is put into words, never shown as a code", (code) => {
  const text = problem(new HubbubError(code, "The body is empty."));
  expect(text).toMatch(/^[A-Z].*\.$/);
  expect(text).not.toContain(code);
});

test("every refusal is said in the reader's language", async () => {
  vi.doMock(`${HOME}/de-VERSION.js`, () => ({ default: () => "Auf Deutsch." }));
  document.documentElement.lang = "de";
  put();
  element.remove();
  await loaded();
  const said = [...ERROR_CODES, "offline" as const].map((code) => problem(new HubbubError(code, "The body is empty.")));
  document.documentElement.lang = "";
  put();
  expect(said.filter((text) => !text.startsWith("Auf Deutsch."))).toEqual([]);
  // What is wrong with what was sent the server alone knows.
  expect(said[ERROR_CODES.indexOf("bad_request")]).toBe("Auf Deutsch. The body is empty.");
});

test("what only a newer server knows is said in its words", () => {
  const error = (code: string, message: string) => new HubbubError(code as "internal", message);
  expect(problem(error("over_capacity", "The site takes no more today."))).toBe("The site takes no more today.");
  expect(problem(error("over_capacity", ""))).toBe("The server has a problem. Try again.");
  expect(problem(error("unavailable", "HTTP 502"))).toBe("The server has a problem. Try again.");
});

test("rate limits say when to try again", () => {
  expect(problem(new HubbubError("rate_limited", "", 7.2))).toContain("8 seconds");
  expect(problem(new HubbubError("rate_limited", "", 1))).toContain("1 second.");
});
