/** A tiny model that reads conversations: the random checkpoint with two more special tokens and a template in the manner of ChatML. */
import { join } from 'node:path';
import { editJson, tinyModel } from './fixture-model.js';

export const [START, END] = ['<|im_start|>', '<|im_end|>'];

/** Roles are one letter, because the model's context is short. */
export const TEMPLATE =
  `{% for m in messages %}{{ '${START}' + m.role[0] + '\n' + m.content + '${END}' + '\n' }}{% endfor %}` +
  `{% if add_generation_prompt %}{{ '${START}a\n' }}{% endif %}`;

interface Definition {
  added_tokens: object[];
  model: { vocab: Record<string, number>; merges: unknown[] };
}

/** Gives the last two tokens of a vocabulary to the ends of a turn. */
export function addTurnTokens({ added_tokens: added, model }: Definition): void {
  const tokens = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  const ids = [START, END].map((content, i) => {
    const [old, id] = tokens[tokens.length - 2 + i];
    delete model.vocab[old];
    model.merges = model.merges.filter(
      (merge) => (Array.isArray(merge) ? merge.join('') : String(merge).replace(' ', '')) !== old,
    );
    model.vocab[content] = id;
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  });
  added.push(...ids);
}

/** Puts the model into `dir`. */
export function chatModel(dir: string, template: unknown = TEMPLATE): string {
  tinyModel(dir);
  editJson(join(dir, 'tokenizer.json'), (definition) => addTurnTokens(definition as never));
  editJson(join(dir, 'tokenizer_config.json'), (config) => void (config.chat_template = template));
  return dir;
}
