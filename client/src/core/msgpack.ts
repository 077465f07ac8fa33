/** MessagePack, as far as the protocol uses it: what JSON has, and no extension types. */

const text = new TextEncoder();

/** One value. A field that is undefined is left out, as in JSON. */
export function encode(value: unknown): Uint8Array {
  const out: number[] = [];
  put(out, value);
  return new Uint8Array(out);
}

/** `size` bytes of a whole number, the highest first. */
function uint(out: number[], size: number, value: number): void {
  for (let at = size; at--; ) out.push(Math.floor(value / 256 ** at) % 256);
}

/** The length of a text, an array or a map: in its first byte, or in one to four bytes after that. */
function length(out: number[], short: number, most: number, sized: number, long: number, value: number): void {
  if (value <= most) out.push(short + value);
  else if (sized && value < 256) out.push(sized, value);
  else {
    out.push(value < 65_536 ? long : long + 1);
    uint(out, value < 65_536 ? 2 : 4, value);
  }
}

function put(out: number[], value: unknown): void {
  if (value === null || value === undefined) out.push(0xc0);
  else if (typeof value === "boolean") out.push(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") number(out, value);
  else if (typeof value === "string") {
    const bytes = text.encode(value);
    length(out, 0xa0, 31, 0xd9, 0xda, bytes.length);
    for (const byte of bytes) out.push(byte);
  } else if (Array.isArray(value)) {
    length(out, 0x90, 15, 0, 0xdc, value.length);
    for (const each of value) put(out, each);
  } else {
    const fields = Object.entries(value).filter(([, each]) => each !== undefined);
    length(out, 0x80, 15, 0, 0xde, fields.length);
    for (const field of fields) for (const each of field) put(out, each);
  }
}

function number(out: number[], value: number): void {
  if (Number.isInteger(value) && value >= -32 && value < 128) out.push(value & 0xff);
  else if (Number.isSafeInteger(value) && value > 0) {
    out.push(0xcf);
    uint(out, 8, value);
  } else {
    out.push(0xcb);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    out.push(...new Uint8Array(view.buffer));
  }
}

const plain = new TextDecoder();

/** The value in `bytes`. Raises RangeError where they end early or are of a kind that the protocol does not use. */
export function decode(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  /** The next whole number of `size` bytes. */
  const whole = (size: number): number => {
    let value = 0;
    for (const end = at + size; at < end; ) value = value * 256 + view.getUint8(at++);
    return value;
  };
  const signed = (size: number): number => {
    const value = whole(size);
    // Eight bytes are more than a number holds on the way.
    if (size === 8) return Number(view.getBigInt64(at - 8));
    return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  };
  const string = (size: number): string => {
    if (at + size > bytes.length) throw new RangeError("MessagePack ends early");
    at += size;
    return plain.decode(bytes.subarray(at - size, at));
  };
  const float = (size: 4 | 8): number => {
    at += size;
    return size === 4 ? view.getFloat32(at - 4) : view.getFloat64(at - 8);
  };
  const array = (size: number): unknown[] => Array.from({ length: size }, take);
  const map = (size: number): object => Object.fromEntries(Array.from({ length: size }, () => [take(), take()]));
  const SIZED: Record<number, () => unknown> = {
    192: () => null,
    194: () => false,
    195: () => true,
    202: () => float(4),
    203: () => float(8),
    220: () => array(whole(2)),
    221: () => array(whole(4)),
    222: () => map(whole(2)),
    223: () => map(whole(4)),
  };
  function take(): unknown {
    const first = whole(1);
    if (first < 0x80) return first;
    if (first < 0x90) return map(first - 0x80);
    if (first < 0xa0) return array(first - 0x90);
    if (first < 0xc0) return string(first - 0xa0);
    if (first >= 0xe0) return first - 256;
    if (first >= 0xcc && first < 0xd0) return whole(2 ** (first - 0xcc));
    if (first >= 0xd0 && first < 0xd4) return signed(2 ** (first - 0xd0));
    if (first >= 0xd9 && first < 0xdc) return string(whole(2 ** (first - 0xd9)));
    const read = SIZED[first];
    if (!read) throw new RangeError(`MessagePack of kind ${first} is not in the protocol`);
    return read();
  }
  return take();
}
