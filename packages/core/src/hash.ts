/** A running 64-bit hash (two lanes of 32), for telling states apart; no protection against an adversary. */
export class Hash {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0xcc9e2d51);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b + value, 0x1b873593) ^ ((this.#b << 13) | (this.#b >>> 19));
  }

  bytes(bytes: Uint8Array): void {
    this.word(bytes.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length - (bytes.length % 4);
    for (let at = 0; at < whole; at += 4) this.word(view.getInt32(at, true));
    for (let at = whole; at < bytes.length; at++) this.word(bytes[at]!);
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return hex(finish(this.#a ^ this.#b)) + hex(finish(this.#b + Math.imul(this.#a, 5)));
  }
}

/** 32 bits over packed words. */
export function hashWords(words: Int32Array): number {
  let hash = words.length;
  for (let index = 0; index < words.length; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return finish(hash);
}

function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
