/** The options that say whether everybody may know a model's weights. */
import { type Command, Option } from 'commander';

/** What the two options give. */
export interface WeightsOptions {
  readonly public?: boolean;
  readonly secret?: boolean;
}

/** Adds `--public` and `--secret`; `otherwise` says what holds without them. */
export const withWeights = (command: Command, otherwise: string): Command =>
  command
    .addOption(
      new Option(
        '--public',
        `everybody may know the weights: they are not masked, and everything is computed (${otherwise})`,
      ).conflicts(['secret', 'config']),
    )
    .addOption(new Option('--secret', 'only the owner knows the weights: they are masked').conflicts('config'));

/** The same as the API takes it. */
export const publicWeightsOf = (options: WeightsOptions): { publicWeights?: boolean } =>
  options.public ? { publicWeights: true } : options.secret ? { publicWeights: false } : {};
