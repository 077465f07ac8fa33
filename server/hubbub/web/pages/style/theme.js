/** The demo's page /theme: shows what the fields say, and gives the CSS where it can be read. */

/** WCAG 2.2, 1.4.3. */
const LEAST = 4.5;
/** As in the widget's own style: how much of the text is in quiet text, and in washed ground. */
const QUIET = 0.67;
const WASH = 0.06;
/** What is behind a comment, and behind buttons, in the theme `classic`. */
const CLASSIC = { light: ["#f2f2f2", "#e9e9e4"], dark: ["#29292c", "#3a3a3e"] };
const ON_BUTTON = { light: "#ffffff", dark: "#10141a" };

const form = document.getElementById("fields");
const [verdict, css, copy, stage] = ["verdict", "css", "copy", "stage"].map((id) => document.getElementById(id));
const thread = stage.querySelector("hubbub-thread");

const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
const mixed = (top, below, share) => top.map((one, at) => one * share + below[at] * (1 - share));

/** Relative luminance, WCAG 2.2. */
function luminance(colour) {
  const [red, green, blue] = colour.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Every pair of text and ground that the comments have in a scheme: what it is, and its contrast. */
function pairs(scheme, value) {
  const [page, text, accent, alert, field] = ["page", "text", "accent", "alert", "field"].map((name) => channels(value(`${name}-${scheme}`)));
  const wash = mixed(text, page, WASH);
  const all = [["Text on buttons", channels(ON_BUTTON[scheme]), accent]];
  const classic = value("theme") === "classic" ? CLASSIC[scheme].map(channels) : [];
  const boxes = classic.slice(0, 1).map((ground) => ["comments", ground]);
  const raised = classic.slice(1).map((ground) => ["grey buttons", ground]);
  for (const [where, ground] of [["the page", page], ["notices", wash], ["fields", field], ...boxes, ...raised])
    all.push([`Text on ${where}`, text, ground], [`Quiet text on ${where}`, mixed(text, ground, QUIET), ground]);
  for (const [where, ground] of [["the page", page], ["notices", wash], ...boxes])
    all.push([`Links on ${where}`, accent, ground], [`Errors on ${where}`, alert, ground]);
  return all.map(([what, one, other]) => [what, contrast(one, other)]);
}

function properties(value) {
  const both = (name) => `light-dark(${value(`${name}-light`)}, ${value(`${name}-dark`)})`;
  const font = value("font");
  return {
    ...(font && { "--hubbub-font": font, "--hubbub-ui-font": font }),
    "--hubbub-size": `${value("size")}px`,
    "--hubbub-density": value("density"),
    ...Object.fromEntries(["text", "accent", "alert", "field"].map((name) => [`--hubbub-${name}`, both(name)])),
  };
}

function show() {
  const value = (name) => form.elements[name].value;
  const chosen = properties(value);
  for (const name of ["--hubbub-font", "--hubbub-ui-font"]) thread.style.removeProperty(name);
  for (const [name, text] of Object.entries(chosen)) thread.style.setProperty(name, text);
  if (thread.getAttribute("theme") !== value("theme")) thread.setAttribute("theme", value("theme"));
  const scheme = value("scheme");
  stage.style.colorScheme = scheme;
  stage.style.background = value(`page-${scheme}`);
  const low = ["light", "dark"].flatMap((each) =>
    pairs(each, value)
      .filter(([, ratio]) => ratio < LEAST)
      .map(([what, ratio]) => `${what}, by ${each === "light" ? "day" : "night"}: ${(Math.floor(ratio * 100) / 100).toFixed(2)}:1`),
  );
  const wrong = form.checkValidity() ? low : ["Size is from 14 to 28 px."];
  css.parentElement.hidden = copy.hidden = wrong.length > 0;
  const lines = Object.entries(chosen).map(([name, text]) => `  ${name}: ${text};`);
  css.textContent = wrong.length ? "" : `hubbub-thread {\n${lines.join("\n")}\n}\n`;
  const list = document.createElement("ul");
  list.append(...wrong.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  const told = wrong.length ? `Many could not read this, so there is no CSS to copy yet. Text needs ${LEAST}:1.` : `All text has ${LEAST}:1 or more, by day and by night.`;
  verdict.replaceChildren(told, ...(wrong.length ? [list] : []));
}

form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(show));
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(css.textContent);
  copy.textContent = "Copied";
});
show();
