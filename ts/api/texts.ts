/** Texts that calls take where none is given. */
/** How short texts begin. */
export const PROMPTS = [
  'Once upon a time there was a little girl who',
  '"What is the matter?" said the old man,',
  'The ship sailed out of the harbour',
  'It was a dark night in November',
];
