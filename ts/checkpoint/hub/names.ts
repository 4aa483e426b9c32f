/** Models and files of a Hugging Face hub. */
import { CometError } from '../../core/errors.js';

/** A model, and which state of it. */
export interface ModelName {
  readonly owner: string;
  readonly name: string;
  /** Branch, tag or commit; `main` unless given. */
  readonly revision?: string;
}

const PART = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
const NAME = new RegExp(`^(${PART})/(${PART})(?:@(${PART}(?:/${PART})*))?$`);

/** Reads `OWNER/NAME` or `OWNER/NAME@REVISION`; undefined for anything else. */
export function parseModelName(text: string): ModelName | undefined {
  const [, owner, name, revision] = NAME.exec(text) ?? [];
  return owner === undefined ? undefined : { owner, name, ...(revision !== undefined && { revision }) };
}

/** Reads a name that a user gives. @throws CometError `E_ARGUMENT` when it is none. */
export function requireModelName(text: string, revision?: string): ModelName {
  const found = parseModelName(revision === undefined ? text : `${text}@${revision}`);
  if (found) return found;
  const what = revision === undefined ? text : `${text} with the revision ${revision}`;
  throw new CometError('E_ARGUMENT', `${what} is no model of a hub: give OWNER/NAME, and a branch, tag or commit`);
}

/** A file of a model as a hub lists it. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  /** Hash of the content: of a file in large file storage SHA-256, of others SHA-1 as git computes it. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

/** Files that are taken where they exist. */
const WANTED = [
  'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json',
  'added_tokens.json', 'chat_template.jinja', 'chat_template.json',
  'calibration.json', 'calibration.txt', 'predictors.json', 'predictors.safetensors',
]; // prettier-ignore

/**
 * The files that running a model needs, without the parts that an index names.
 * @throws CometError `E_UNSUPPORTED` for a model in another format.
 */
export function neededFiles(files: readonly ListedFile[], model: string): ListedFile[] {
  const names = new Set(files.map(({ path }) => path));
  const weights = [SINGLE, INDEX].find((name) => names.has(name));
  const missing = !weights ? 'safetensors' : ['config.json', 'tokenizer.json'].find((name) => !names.has(name));
  if (missing) throw new CometError('E_UNSUPPORTED', `${model} has no ${missing}; only models with it can be run`);
  return files.filter(({ path }) => path === weights || WANTED.includes(path));
}

/** The parts that an index names. @throws CometError `E_CHECKPOINT` when it is no index or names files that are not there. */
export function partsOf(index: string, files: readonly ListedFile[], model: string): ListedFile[] {
  let map: unknown;
  try {
    map = (JSON.parse(index) as { weight_map?: unknown } | null)?.weight_map;
  } catch {
    map = undefined;
  }
  const names = [...new Set(Object.values((map ?? {}) as object))] as unknown[];
  const parts = names.map((name) => files.find(({ path }) => path === name && path.endsWith('.safetensors')));
  if (parts.length > 0 && parts.every((part) => part !== undefined)) return parts;
  throw new CometError('E_CHECKPOINT', `${INDEX} of ${model} does not name its files`);
}
