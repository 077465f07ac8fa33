/** On /embed, in an iframe: tells the page around it how tall it wants to be (docs/embedding.md has the other half). */

// The height is no secret, and who embeds is the server's business (frame-ancestors): so to any origin.
const tell = () => parent.postMessage({ hubbub: { height: document.body.offsetHeight } }, "*");

new ResizeObserver(tell).observe(document.body);
