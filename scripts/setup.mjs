// Makes a fresh clone ready: installs from the lock file when node_modules is missing or stale, then compiles dist/.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const run = (cmd, args) => execFileSync(cmd, args, { stdio: ['ignore', 2, 2] });
const hash = (text) => createHash('sha256').update(text).digest('hex');

const lock = hash(readFileSync('package-lock.json'));
const stamp = 'node_modules/.comet-lock';
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('comet: installing dependencies from package-lock.json ...');
  run(npm, ['ci', '--no-audit', '--no-fund', '--ignore-scripts']);
  writeFileSync(stamp, lock);
}

const newest = (dir) =>
  Math.max(
    ...readdirSync(dir, { withFileTypes: true }).map((e) =>
      e.isDirectory() ? newest(join(dir, e.name)) : statSync(join(dir, e.name)).mtimeMs,
    ),
  );
const built = 'dist/.built';
if (!existsSync(built) || statSync(built).mtimeMs < Math.max(newest('ts'), statSync('package.json').mtimeMs)) {
  console.error('comet: compiling ...');
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  writeFileSync(built, '');
}
