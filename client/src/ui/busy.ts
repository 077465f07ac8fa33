/** Says on `button` that it is at work, and begins once that is on the screen: the touch is answered, however long the work takes. */
export async function busy<T>(button: Element, work: () => Promise<T>): Promise<T> {
  button.setAttribute("aria-busy", "true");
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  const done = await work();
  button.removeAttribute("aria-busy");
  return done;
}
