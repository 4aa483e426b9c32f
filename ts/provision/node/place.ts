/** Where `comet share` may put its directory: nothing but shares is ever replaced. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { GENERATION_CONFIG } from '../../checkpoint/end-tokens.js';
import { exists, ioErrors } from '../../checkpoint/node/draft.js';
import { TOKENIZER_FILES } from '../../checkpoint/tokenizer.js';
import { type Role, ROLES } from '../../core/config.js';
import { CometError } from '../../core/errors.js';

/** Every file that a role's share may have. */
const FILES = ['manifest.json', 'secret.json', 'masked.bin', 'tables.bin', ...TOKENIZER_FILES, GENERATION_CONFIG];

/** @throws CometError E_IO where something is that may not be replaced: anything without `force`, all but shares with it. */
export function requirePlace(out: string, force: boolean): Promise<void> {
  return ioErrors(out, () => checkPlace(out, force));
}

async function checkPlace(out: string, force: boolean): Promise<void> {
  const target = resolve(out);
  if (!(await exists(target))) return;
  if (!force) throw new CometError('E_IO', `${out} exists already; choose another --out, or say --force to replace it`);
  if (!(await holdsShares(target)))
    throw new CometError('E_IO', `${out} is not a directory of shares, which --force replaces; choose another --out`);
  if (!relative(await realpath(target), await realpath('.')).startsWith('..'))
    throw new CometError('E_IO', `${out} is where this command runs; run it elsewhere to replace the shares`);
}

/** Whether a directory has role directories with manifests in it, and nothing else; one with nothing in it has nothing to lose. */
async function holdsShares(path: string): Promise<boolean> {
  if (!(await lstat(path)).isDirectory()) return false;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !ROLES.includes(entry.name as Role)) return false;
    const files = await readdir(join(path, entry.name), { withFileTypes: true });
    if (!files.some(({ name }) => name === 'manifest.json')) return false;
    if (!files.every((file) => file.isFile() && FILES.includes(file.name))) return false;
  }
  return true;
}
