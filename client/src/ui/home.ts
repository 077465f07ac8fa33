/** Where this script came from, as a module or as a classic script: the directory that has the server's addresses. */

// A module has no currentScript, and `import.meta` would keep a classic script from being read at all. The stack names
// the file in every browser; a page may have switched it off, but not its own elements.
const script =
  (document.currentScript as HTMLScriptElement | null)?.src ||
  /https?:[^?#\n]*\//.exec(new Error().stack ?? "")?.[0] ||
  document.querySelector<HTMLScriptElement>("script[src*='embed.js']")?.src ||
  location.origin;

/** `url` without the name of a script, query, fragment and last slash: what the server's addresses begin with. */
export const directory = (url: string): string => new URL(url).href.replace(/\/([^/?#]*\.js)?([?#].*)?$/, "");

/** As in https://comments.example.org, or https://paper.example/comments where the server is below a path. */
export const HOME = directory(script);
