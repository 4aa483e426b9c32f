/**
 * `comet attack`: what the sets that a sparse mode opens under secret orders still tell (docs/attacks.md). Every attack is run on a control
 * without the protection that it has to overcome; one that does not even succeed there is broken and says nothing about safety.
 */
import { CometError } from '../../core/errors.js';
import { Classes } from './classes.js';
import type { MitigationName } from './mitigation-names.js';
import {
  type AttackReport,
  type AttackResult,
  ATTACKS,
  type AttackSettings,
  type AttackSubject,
  type MitigationReport,
} from './report.js';
import { attackUnder, PARTS } from './under.js';

/** Runs all attacks. @throws CometError `E_ARGUMENT` for too little text, `E_ABORTED`. */
export async function runAttacks(subject: AttackSubject, settings: AttackSettings): Promise<AttackReport> {
  const { training, target } = subject;
  if (training.ids.length < 20 || target.ids.length < 2)
    throw new CometError(
      'E_ARGUMENT',
      'attacks need a text of 2 tokens (--text, --bytes) and one of 20 to learn from (--training, --training-bytes)',
    );
  const classes = new Classes(training.ids);
  const labels = classes.labels(target.ids);
  const names = [...new Set<MitigationName>(['none', ...settings.mitigations])];
  const mitigations: MitigationReport[] = [];
  for (const [i, name] of names.entries()) {
    const onPart = (part: number): void => settings.onProgress?.('attacking', i * PARTS + part, names.length * PARTS);
    mitigations.push(await attackUnder(name, classes, labels, subject, settings, onPart));
  }
  const surprise = labels.reduce((sum, label) => sum - classes.prior[label], 0) / labels.length;
  return {
    tokens: target.ids.length,
    trainingTokens: training.ids.length,
    epochTokens: settings.epochTokens,
    seed: settings.seed,
    classes: classes.ids.length,
    covered: labels.filter((label) => label !== classes.other).length / labels.length,
    baseline: { accuracy: labels.filter((label) => label === 0).length / labels.length, crossEntropy: surprise },
    controlBeatsBaseline: controls(mitigations[0].results),
    mitigations,
  };
}

/** Of the run without mitigation. Counts need no names: their control is that run itself. */
function controls(results: readonly AttackResult[]): AttackReport['controlBeatsBaseline'] {
  const verdicts = ATTACKS.map((attack) => {
    const variant = attack === 'counts' ? 'lengths' : 'control';
    const own = results.filter((r) => r.attack === attack && r.variant === variant);
    return [attack, own.length === 0 ? undefined : own.every((r) => r.beatsBaseline)] as const;
  });
  return Object.fromEntries(verdicts.filter(([, beats]) => beats !== undefined));
}
