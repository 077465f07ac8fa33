/** On /embed, in an iframe: tells the page around it how tall it wants to be (docs/embedding.md has the other half). */

const tell = () =>
  // The height is no secret, and who embeds is the server's business (frame-ancestors): so to any origin.
  parent.postMessage({ hubbub: { height: Math.ceil(document.body.getBoundingClientRect().height) } }, "*");

if (parent !== window) new ResizeObserver(tell).observe(document.body);
