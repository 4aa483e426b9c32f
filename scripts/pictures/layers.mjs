// Draws docs/pictures/layers.svg from the imports of ts/. With --json prints what it read and drew,
// and writes nothing.
import { instance } from '@viz-js/viz';
import { writeFileSync } from 'node:fs';
import { readImports, roomOf } from './imports.mjs';
import { documentedRooms } from './rooms.mjs';

const PICTURE = new URL('../../docs/pictures/layers.svg', import.meta.url);

/** Colours of the two schemes; the fill of a room is that of its floor. */
const SCHEMES = {
  light: {
    ink: { text: '#1f2328', border: '#57606a', arrow: '#8c959f' },
    fills: {
      base: '#e8ecf1',
      protocol: '#d8e6fb',
      model: '#dcf0e0',
      parties: '#fce8cf',
      tools: '#eee0f6',
      surface: '#fbdcdc',
    },
  },
  dark: {
    ink: { text: '#e6edf3', border: '#8c959f', arrow: '#6e7681' },
    fills: {
      base: '#2b333d',
      protocol: '#1d3a5f',
      model: '#1f4230',
      parties: '#54391a',
      tools: '#432b52',
      surface: '#5a2629',
    },
  },
};

const rules = ({ ink: { text, border, arrow }, fills }) =>
  [
    `text { font: 13px system-ui, sans-serif; fill: ${text}; }`,
    `.node path { stroke: ${border}; }`,
    `.edge path { stroke: ${arrow}; fill: none; }`,
    `.edge polygon { stroke: ${arrow}; fill: ${arrow}; }`,
    ...Object.entries(fills).map(([floor, fill]) => `.${floor} path { fill: ${fill}; }`),
  ].join('\n');

const STYLE = `
${rules(SCHEMES.light)}
@media (prefers-color-scheme: dark) {
${rules(SCHEMES.dark)}
}
`;

/** Which rooms each room imports from. */
function roomImports(files) {
  const rooms = new Map();
  for (const { file, imports } of files) {
    const own = roomOf(file);
    const others = rooms.get(own) ?? new Set();
    for (const other of imports.map(roomOf)) if (other !== own) others.add(other);
    rooms.set(own, others);
  }
  return rooms;
}

/** All rooms that a room reaches. */
function reachOf(rooms) {
  const known = new Map();
  return function reach(room) {
    if (!known.has(room)) {
      known.set(room, new Set()); // a circle ends here; the test of layers refuses it
      known.set(room, new Set([...(rooms.get(room) ?? [])].flatMap((other) => [other, ...reach(other)])));
    }
    return known.get(room);
  };
}

/** The graph for Graphviz, without arrows that follow from others. */
function graphOf(files, documented) {
  const rooms = roomImports(files);
  const reach = reachOf(rooms);
  const nodes = documented.map(({ name, floor }) => `"${name}" [class="${floor}"]`);
  const edges = documented.flatMap(({ name }) => {
    const others = [...(rooms.get(name) ?? [])].sort();
    const direct = others.filter((room) => !others.some((via) => via !== room && reach(via).has(room)));
    return direct.map((room) => `"${name}" -> "${room}"`);
  });
  return `digraph {
    bgcolor=transparent; nodesep=0.2; ranksep=0.25;
    node [shape=box, style="rounded,filled", fixedsize=true, width=1.1, height=0.33];
    edge [arrowsize=0.6];
    ${[...nodes, ...edges].join('\n')}
  }`;
}

/** The picture, the same for the same imports. */
async function draw(files, documented) {
  const viz = await instance();
  const svg = viz.renderString(graphOf(files, documented), { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/<!--[^]*?-->\n?/g, '')
    .replace(/<title>.*?<\/title>\n?/g, '')
    .replace(/ (font-family|font-size|fill|stroke|text-decoration)="[^"]*"/g, '')
    .replace(/(<svg[^>]*>)/, `$1\n<title>The rooms of ts/ and their imports</title>\n<style>${STYLE}</style>`);
}

const files = await readImports();
const rooms = documentedRooms();
const picture = await draw(files, rooms);
if (process.argv.includes('--json')) console.log(JSON.stringify({ rooms, files, picture }));
else writeFileSync(PICTURE, picture);
