/** The characters that stand for bytes in byte-level vocabularies: those of GPT-2. */

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isPrintable(byte));

/** The character of each byte: itself where it can be printed, and one from U+0100 on where not. */
const CHARS = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 0x100 + others.indexOf(byte)),
);

const BYTES = new Map(CHARS.map((char, byte) => [char, byte]));

const utf8 = new TextEncoder();

/** The character of a byte. */
export const toByteChar = (byte: number): string => CHARS[byte];

/** A text with a character for each byte of its UTF-8. */
export const toByteChars = (text: string): string => Array.from(utf8.encode(text), (byte) => CHARS[byte]).join('');

/** The bytes of a token: those that its characters stand for, or its own UTF-8 where one of them stands for none. */
export function bytesOfToken(token: string): readonly number[] {
  const bytes = [...token].map((char) => BYTES.get(char));
  return bytes.includes(undefined) ? [...utf8.encode(token)] : (bytes as number[]);
}
