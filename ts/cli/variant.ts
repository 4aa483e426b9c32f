/** The option that names a variant of the program. */
import { Option } from 'commander';
import { VARIANT_NAMES } from '../index.js';

/** `--variant NAME`. */
export const variantOption = (): Option =>
  new Option('--variant <name>', "of a layer's program, what comet plan compares; digits otherwise").choices(
    VARIANT_NAMES,
  );
