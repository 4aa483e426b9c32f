/** What `comet.json` says of a checkpoint folder: import and pull write it. */
import * as v from 'valibot';
import { findModel } from '../../checkpoint/hub/node/cache.js';
import { folderSource } from '../../checkpoint/node/folder.js';
import { pathOf, readOptionalText } from '../../checkpoint/source.js';
import { CometError } from '../../core/errors.js';

const schema = v.object({ weights: v.optional(v.picklist(['public', 'secret'])) });

/**
 * Whether everybody may know a model's weights: as asked for, else as its comet.json says. They
 * are secret where nothing is said, as those of the model that comes with comet.
 * @throws CometError E_CHECKPOINT for a comet.json that is not one.
 */
export async function arePublic(model: string | undefined, asked?: boolean): Promise<boolean> {
  if (asked !== undefined || model === undefined) return asked ?? false;
  const source = folderSource(await findModel(model));
  const text = await readOptionalText(source, ORIGIN);
  if (text === undefined) return false;
  try {
    return v.parse(schema, JSON.parse(text)).weights === 'public';
  } catch {
    throw new CometError('E_CHECKPOINT', `${pathOf(source, ORIGIN)} is damaged: import or pull the model again`);
  }
}

const ORIGIN = 'comet.json';
