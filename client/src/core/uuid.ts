/** A random UUID (RFC 9562, version 4). crypto.randomUUID is missing on pages that are not served over https. */
export const uuid = (): string =>
  // The 4 is the version; the 8 keeps its two upper bits, which are the variant. All other digits are random.
  "00000000-0000-4000-8000-000000000000".replace(/[08]/g, (digit) =>
    (+digit | ((crypto.getRandomValues(new Uint8Array(1))[0] as number) & (digit === "8" ? 3 : 15))).toString(16),
  );
