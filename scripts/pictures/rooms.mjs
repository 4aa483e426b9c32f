// The rooms of ts/ as docs/concepts/architecture.md states them, low to high.
import { readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../docs/concepts/architecture.md', import.meta.url);

/**
 * Rows of the table of rooms: `{ floor, name, node }`. `node` lists the files and folders that know
 * Node; "all" stands for any.
 */
export function documentedRooms(text = readFileSync(DOCUMENT, 'utf8')) {
  const table = text.split('| floor | room |')[1]?.split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, floor, name, , node]) => ({
      floor,
      name: name.replaceAll('`', ''),
      node: node === '' ? [] : node.split(', ').map((file) => file.replaceAll('`', '')),
    }));
}
