import { useEffect } from "react";

// React keeps `key` for itself, so the attribute is set by hand.
export function Comments({ path }) {
  useEffect(() => void import(/* @vite-ignore */ "https://comments.example.org/embed.js"), []);
  return <hubbub-thread site="demo" ref={(element) => element?.setAttribute("key", path)} />;
}
