/** On /embed, in an iframe: tells the page around it how tall it wants to be, and which comment a reader's link led to
 * (docs/embedding.md has the other half). */

const tell = (comment?: string) => {
  const height = document.body.offsetHeight;
  // Both are no secret, and who embeds is the server's business (frame-ancestors): so to any origin. All but `hubbub` is
  // what amp-iframe takes (https://amp.dev/documentation/components/amp-iframe#iframe-resizing).
  parent.postMessage({ hubbub: { height, comment }, sentinel: "amp", type: "embed-size", height }, "*");
};

new ResizeObserver(() => tell()).observe(document.body);
addEventListener("hashchange", () => tell(location.hash.split("#comment-")[1]));
