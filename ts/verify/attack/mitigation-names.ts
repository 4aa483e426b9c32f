/** What a deployment can do so that openings say less, in the order in which it is tried (mitigations.ts). */
export const MITIGATIONS = ['none', 'budget', 'epochs', 'budget+epochs', 'blocks', 'dummies'] as const;
export type MitigationName = (typeof MITIGATIONS)[number];
