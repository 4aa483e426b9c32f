/** The runtimes that can run the command here. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A program and the arguments that come before a script's path. */
export type Runtime = readonly string[];

export const NODE: Runtime = [process.execPath];

/** Deno from the lock file, with the permissions that deno.json documents; undefined where its platform has none. */
export const DENO: Runtime | undefined = findDeno();

function findDeno(): Runtime | undefined {
  try {
    const { runInstall } = createRequire(import.meta.url)('deno/install_api.cjs') as { runInstall(): string };
    const { tasks } = JSON.parse(readFileSync(at('deno.json'), 'utf8')) as { tasks: { comet: string } };
    const [, ...options] = tasks.comet.split(' ').slice(0, -1);
    return [runInstall(), ...options];
  } catch (error) {
    console.log(`comet: no Deno here, its tests are left out (${(error as Error).message})`);
    return undefined;
  }
}
