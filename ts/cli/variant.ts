/** The option that names a variant of the program. */
import { Option } from 'commander';
import { VARIANT_NAMES } from '../index.js';

/** `--variant NAME`; `of` says which of a command's work it changes. */
export const variantOption = (of = ''): Option =>
  new Option('--variant <name>', `${of}of a layer's program, what comet plan compares; digits otherwise`).choices(
    VARIANT_NAMES,
  );
