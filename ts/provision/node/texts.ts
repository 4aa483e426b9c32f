/** Texts that models are measured on: a file that was named, one in the model's folder, or else one that comes with comet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../checkpoint/chat/template.js';
import { codeOf } from '../../core/errors.js';
import { decodeText, readBytes, readText } from './io.js';

/** What a text is for: to learn from, or to measure on what nobody learned from. */
export type TextKind = 'calibration' | 'heldout';

/** Writes a conversation down as a model with a chat template reads it, the end of the text included. */
export type RenderChat = (turns: readonly Message[]) => string | Promise<string>;

/** The model that a text is for. */
export interface Reader {
  readonly dir: string;
  /** Of a model with a chat template: it is measured on conversations. */
  readonly renderChat?: RenderChat;
}

/** One line of what a call decided for its user. */
export type OnNotice = (message: string) => void;

/** A text, and how to call it in messages. */
export interface FoundText {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where the texts that come with comet are. */
const OWN = fileURLToPath(new URL('../../../models/texts', import.meta.url));

/**
 * The text at `path`; without one that of the model's folder, or else comet's own, which `onNotice` then hears of.
 * @throws CometError E_IO.
 */
export async function findText(reader: Reader, kind: TextKind, path?: string, onNotice?: OnNotice): Promise<FoundText> {
  if (path !== undefined) return { name: path, bytes: await readBytes(path) };
  const beside = join(reader.dir, `${kind}.txt`);
  if (existsSync(beside)) return { name: beside, bytes: await readBytes(beside) };
  const conversations = await ownConversations(reader, kind, onNotice);
  const what =
    conversations === undefined ? 'prose that comes with comet takes' : 'conversations that come with comet take';
  onNotice?.(`there is no ${beside}: ${what} its place`);
  const name = `comet's ${kind} text`;
  if (conversations === undefined) return { name, bytes: await readBytes(join(OWN, `${kind}.txt`)) };
  return { name, bytes: new TextEncoder().encode(conversations) };
}

/** Comet's conversations as the model reads them; none without a chat template, or where it does not take them. */
async function ownConversations(
  { renderChat }: Reader,
  kind: TextKind,
  onNotice?: OnNotice,
): Promise<string | undefined> {
  if (!renderChat) return undefined;
  const chats = JSON.parse(await readText(join(OWN, 'chat.json'))) as Record<TextKind, Message[][]>;
  const written: string[] = [];
  try {
    for (const turns of chats[kind]) written.push(await renderChat(turns));
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    onNotice?.(`${(error as Error).message}: the model is measured without it`);
    return undefined;
  }
  return written.join('');
}

/** The text, whole. @throws CometError E_ARGUMENT for one that is not UTF-8. */
export const wholeText = ({ name, bytes }: FoundText): string => decodeText(bytes, name);

/** Its first bytes; a character that is cut off at the end is left out, and what is not UTF-8 is replaced. */
export const textStart = ({ bytes }: FoundText, most?: number): string =>
  new TextDecoder().decode(bytes.subarray(0, most), { stream: true });
