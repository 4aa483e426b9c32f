// Run by check_tokenizer.py: tokens and texts of a tokenizer.json against those that a file names.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Tokenizer } from '../../dist/checkpoint/tokenizer.js';

const [path, file] = process.argv.slice(2);
const { encoded, long, decoded } = JSON.parse(readFileSync(file, 'utf8'));
const tokenizer = new Tokenizer(JSON.parse(readFileSync(path, 'utf8')), [], path);
let wrong = 0;

function tell(what, input, wanted, seen) {
  if (JSON.stringify(wanted) === JSON.stringify(seen)) return;
  if (wrong++ < 10)
    console.log(what, JSON.stringify(input), 'wanted', JSON.stringify(wanted), 'seen', JSON.stringify(seen));
}

for (const [text, ids] of encoded) tell('encode', text, ids, tokenizer.encode(text));
let seconds = 0;
for (const [text, ids] of long) {
  const start = performance.now();
  const seen = tokenizer.encode(text);
  seconds = (performance.now() - start) / 1000; // the last one is prose
  if (ids.length !== seen.length || ids.some((id, i) => id !== seen[i]))
    tell('encode', text.slice(0, 40), ids.length, seen.length);
}
for (const [ids, text] of decoded) {
  tell('decode', ids, text, tokenizer.decode(ids));
  const stream = tokenizer.stream();
  tell('stream', ids, text, ids.map((id) => stream.push(id)).join('') + stream.end());
}
const counts = `${encoded.length + long.length} texts and ${decoded.length} lists of tokens`;
console.log(`${path}: ${counts}, ${wrong} differences; a million characters in ${seconds.toFixed(1)} s`);
process.exit(wrong > 0 ? 1 : 0);
