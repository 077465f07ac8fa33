/** On /embed, in an iframe: tells the page around it how tall it wants to be (docs/embedding.md has the other half). */

const tell = () => {
  const height = document.body.offsetHeight;
  // The height is no secret, and who embeds is the server's business (frame-ancestors): so to any origin. All but `hubbub` is
  // what amp-iframe takes (https://amp.dev/documentation/components/amp-iframe#iframe-resizing).
  parent.postMessage({ hubbub: { height }, sentinel: "amp", type: "embed-size", height }, "*");
};

new ResizeObserver(tell).observe(document.body);
