import { beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Room {
  readonly name: string;
  /** Files and folders that know Node, as the document lists them. */
  readonly node: readonly string[];
}

interface File {
  readonly file: string;
  readonly imports: readonly string[];
  readonly node: boolean;
  readonly circular: boolean;
}

const root = new URL('../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const roomOf = (file: string): string => file.split('/')[0];

let rooms: Room[];
let files: File[];
let picture: string;

beforeAll(() => {
  const script = fileURLToPath(new URL('scripts/pictures/layers.mjs', root));
  const printed = execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  ({ rooms, files, picture } = JSON.parse(printed));
});

/** Imports of rooms that do not come before the importing one. */
const upward = (order: readonly string[], all: readonly File[]): string[] =>
  all.flatMap(({ file, imports }) =>
    imports
      .filter((other) => roomOf(other) !== roomOf(file))
      .filter((other) => order.indexOf(roomOf(other)) >= order.indexOf(roomOf(file)))
      .map((other) => `${file} -> ${other}`),
  );

/** Files that import from Node, or from a file that does and that browsers do not replace. */
function knowing(all: readonly File[], replaced: readonly string[]): Set<string> {
  const known = new Set(all.filter(({ node }) => node).map(({ file }) => file));
  const passesOn = (file: string): boolean => known.has(file) && !replaced.includes(file);
  for (let before = -1; before < known.size;) {
    before = known.size;
    for (const { file, imports } of all) if (imports.some(passesOn)) known.add(file);
  }
  return known;
}

/** Whether a room's entry in the last column covers a file. */
const covers = (entry: string, room: string, file: string): boolean =>
  entry === 'all'
    ? roomOf(file) === room
    : `${room}/${entry}` === file || (entry.endsWith('/') && file.startsWith(`${room}/${entry}`));

test('the document has a line for every room of ts/, and for nothing else', () => {
  expect(rooms.map(({ name }) => name).sort()).toEqual([...new Set(files.map(({ file }) => roomOf(file)))].sort());
});

test('a room imports only from rooms before it in the document', () => {
  const order = rooms.map(({ name }) => name);
  expect(upward(order, files)).toEqual([]);
});

test('no file imports itself through others', () => {
  expect(files.filter(({ circular }) => circular).map(({ file }) => file)).toEqual([]);
});

test('the twin checks the gates, so it knows none of them', () => {
  const used = files.filter(({ file }) => roomOf(file) === 'plain').flatMap(({ imports }) => imports.map(roomOf));
  expect([...new Set(used)].sort()).toEqual(['core', 'kernels', 'plain', 'plan']);
});

test('Node is known where the document says so, and nowhere else', () => {
  const { browser } = JSON.parse(text('package.json')) as { browser: Record<string, string> };
  const replaced = Object.keys(browser).map((path) => path.replace('./dist/', '').replace(/\.js$/, '.ts'));
  const known = [...knowing(files, replaced)];
  const stated = rooms.flatMap(({ name, node }) => node.map((entry) => ({ name, entry })));
  const unstated = known.filter((file) => !stated.some(({ name, entry }) => covers(entry, name, file)));
  const idle = stated.filter(({ name, entry }) => !known.some((file) => covers(entry, name, file)));
  expect({ unstated, idle }).toEqual({ unstated: [], idle: [] });
  expect(known).not.toContain('browser.ts');
});

test('the picture in the document is the one that the imports give', () => {
  expect(text('docs/concepts/architecture.md')).toContain('(../pictures/layers.svg)');
  const committed = text('docs/pictures/layers.svg') === picture; // a diff would be long
  expect({ committed, otherwise: 'run "npm run pictures"' }).toMatchObject({ committed: true });
});

test('types count, and so do imports that run when they are needed', () => {
  const importsOf = (file: string): readonly string[] => files.find((one) => one.file === file)!.imports;
  expect(importsOf('gates/gates.ts')).toContain('plan/formats.ts'); // its types only
  expect(importsOf('api/verify.ts')).toContain('verify/verify.ts'); // import() in a function
});

test('the checks see what they look for', () => {
  const file = (name: string, imports: string[], node = false): File => ({
    file: name,
    imports,
    node,
    circular: false,
  });
  const planted = [
    file('low/a.ts', ['high/b.ts']),
    file('high/b.ts', ['low/c.ts', 'high/d.ts']),
    file('high/d.ts', [], true),
    file('low/c.ts', ['low/source.ts']),
    file('low/source.ts', [], true),
  ];
  expect(upward(['low', 'high'], planted)).toEqual(['low/a.ts -> high/b.ts']);
  expect([...knowing(planted, ['low/source.ts'])].sort()).toEqual([
    'high/b.ts',
    'high/d.ts',
    'low/a.ts',
    'low/source.ts',
  ]);
});
