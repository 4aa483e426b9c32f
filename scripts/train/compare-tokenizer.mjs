// Run by check_tokenizer.py: tokens and texts of a tokenizer.json against those that a file names.
import { readFileSync } from 'node:fs';
import { Tokenizer } from '../../dist/checkpoint/tokenizer.js';

const [path, file] = process.argv.slice(2);
const { encoded, decoded } = JSON.parse(readFileSync(file, 'utf8'));
const tokenizer = new Tokenizer(JSON.parse(readFileSync(path, 'utf8')), [], path);
let wrong = 0;

function tell(what, input, wanted, seen) {
  if (JSON.stringify(wanted) === JSON.stringify(seen)) return;
  if (wrong++ < 10)
    console.log(what, JSON.stringify(input), 'wanted', JSON.stringify(wanted), 'seen', JSON.stringify(seen));
}

for (const [text, ids] of encoded) tell('encode', text, ids, tokenizer.encode(text));
for (const [ids, text] of decoded) {
  tell('decode', ids, text, tokenizer.decode(ids));
  const stream = tokenizer.stream();
  tell('stream', ids, text, ids.map((id) => stream.push(id)).join('') + stream.end());
}
console.log(`${path}: ${encoded.length} texts and ${decoded.length} lists of tokens, ${wrong} differences`);
process.exit(wrong > 0 ? 1 : 0);
