/** Byte-pair encoding as the Rust library does it: of all pairs that may merge the first by rank, then by place. */
import { MinHeap } from './heap.js';
import type { Part } from './part.js';

/** Words of most texts repeat. */
const CACHED_WORDS = 16384;
const CACHED_LENGTH = 64;

/** Places are the lower digits of what the heap holds. */
const PLACES = 2 ** 24;

const utf8 = new TextEncoder();

/** A token that stands for one byte. */
export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** The model of a tokeniser. */
export class BytePairs {
  readonly vocab: ReadonlyMap<string, number>;
  readonly #ranks = new Map<number, number>();
  /** By rank, the token that two become. */
  readonly #merged: number[] = [];
  readonly #unknown?: number;
  readonly #fusesUnknown: boolean;
  readonly #bytes?: readonly (number | undefined)[];
  readonly #keepsWhole: boolean;
  readonly #stride: number;
  readonly #cache = new Map<string, readonly number[]>();

  /** @throws CometError `E_UNSUPPORTED` for what is not implemented, `E_CHECKPOINT` where merges do not fit the vocabulary. */
  constructor(part: Part) {
    if ((part.get('type') ?? 'BPE') !== 'BPE') throw part.unsupported('type', 'only "BPE" is supported');
    part.only(
      ...['type', 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix', 'fuse_unk'],
      ...['byte_fallback', 'ignore_merges', 'vocab', 'merges'],
    );
    if (part.has('dropout') && part.get('dropout') !== 0) throw part.unsupported('dropout');
    for (const affix of ['continuing_subword_prefix', 'end_of_word_suffix'])
      if (part.text(affix, '') !== '') throw part.unsupported(affix);
    this.vocab = part.vocabulary('vocab');
    this.#stride = 1 + [...this.vocab.values()].reduce((most, id) => Math.max(most, id), 0);
    if (part.has('unk_token')) this.#unknown = this.vocab.get(part.text('unk_token'));
    if (part.has('unk_token') && this.#unknown === undefined) throw part.damaged('unk_token', 'it is not in vocab');
    this.#fusesUnknown = part.flag('fuse_unk', false);
    this.#keepsWhole = part.flag('ignore_merges', false);
    if (part.flag('byte_fallback', false))
      this.#bytes = Array.from({ length: 256 }, (_, byte) => this.vocab.get(byteToken(byte)));
    this.#addMerges(part);
  }

  /** The tokens of one word. */
  encode(word: string): readonly number[] {
    const whole = this.#keepsWhole ? this.vocab.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const known = this.#cache.get(word);
    if (known) return known;
    const ids = this.#merge(this.#symbols(word));
    if (word.length <= CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
      this.#cache.set(word, ids);
    }
    return ids;
  }

  #addMerges(part: Part): void {
    for (const merge of part.list('merges')) {
      if (typeof merge === 'string' && merge.startsWith('#version')) continue;
      const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
      if (!Array.isArray(pair) || pair.length !== 2) throw part.damaged('merges', 'pairs of tokens are expected');
      const [left, right] = pair.map((token: string) => this.vocab.get(token));
      const merged = this.vocab.get(`${pair[0]}${pair[1]}`);
      if (left === undefined || right === undefined || merged === undefined)
        throw part.damaged('merges', `a token of merge ${this.#merged.length} is not in vocab`);
      // Of two that are the same the last counts.
      this.#ranks.set(left * this.#stride + right, this.#merged.length);
      this.#merged.push(merged);
    }
  }

  /** A token for each character; where it has none those of its bytes, or the unknown one. */
  #symbols(word: string): number[] {
    const ids: number[] = [];
    let unknown = false;
    for (const char of word) {
      const id = this.vocab.get(char);
      if (id !== undefined) {
        if (unknown) ids.push(this.#unknown!);
        unknown = false;
        ids.push(id);
        continue;
      }
      const bytes = this.#bytes && Array.from(utf8.encode(char), (byte) => this.#bytes![byte]);
      if (bytes && !bytes.includes(undefined)) {
        // An unknown one before them comes after them, as in the Rust library.
        ids.push(...(bytes as number[]));
      } else if (this.#unknown !== undefined) {
        if (unknown && !this.#fusesUnknown) ids.push(this.#unknown);
        unknown = true;
      }
    }
    if (unknown) ids.push(this.#unknown!);
    return ids;
  }

  #merge(ids: number[]): readonly number[] {
    const { length } = ids;
    if (length < 2) return ids;
    const next = Array.from({ length }, (_, i) => i + 1);
    const before = Array.from({ length }, (_, i) => i - 1);
    const gone = new Uint8Array(length);
    const heap = new MinHeap();
    const rankAt = (at: number) => this.#ranks.get(ids[at] * this.#stride + ids[next[at]]);
    const offer = (at: number): void => {
      const rank = next[at] < length ? rankAt(at) : undefined;
      if (rank !== undefined) heap.push(rank * PLACES + at);
    };
    for (let at = 0; at < length - 1; at++) offer(at);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const [at, merged] = [top % PLACES, this.#merged[Math.floor(top / PLACES)]];
      if (gone[at] || next[at] >= length) continue;
      const rank = rankAt(at);
      // The pair may have become another since.
      if (rank === undefined || this.#merged[rank] !== merged) continue;
      gone[next[at]] = 1;
      ids[at] = merged;
      next[at] = next[next[at]];
      if (next[at] < length) before[next[at]] = at;
      if (before[at] >= 0) offer(before[at]);
      offer(at);
    }
    return ids.filter((_, at) => !gone[at]);
  }
}
