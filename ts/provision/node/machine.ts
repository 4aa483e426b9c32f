/** The machine's memory, and whether a model fits it: asked before anything is loaded. */
import { totalmem } from 'node:os';
import type { Shape } from '../../plan/shape.js';
import { type Extras, type MemoryUse, memoryUse, type Part, requireMemory } from '../../provision/memory.js';

export interface MemoryOptions extends Extras {
  /** Bytes that may be used; as many as the machine has, unless given. */
  readonly limit?: number;
  /** Worker threads for a party's products. */
  readonly threads?: number;
  /** Hears the estimate, before it is refused. */
  readonly onMemory?: (use: MemoryUse) => void;
}

/** Estimates what `parts` need here. @throws CometError E_LIMIT when that is more than there is or may be used. */
export function admit(shape: Shape, parts: readonly Part[], options: MemoryOptions = {}): void {
  const { limit, threads, onMemory, ...extras } = options;
  const use = memoryUse(shape, parts, extras);
  onMemory?.(use);
  requireMemory(shape, use, { memory: machineMemory(), limit, threads, ...extras });
}

/** Bytes that may be used: as many as the machine has where nobody set a limit, any number where that is not known. */
export const memoryLimit = (limit = Infinity): number => Math.min(limit, machineMemory() ?? Infinity);

/** Bytes of this machine, or of the container that this process is in, where it may know them: Deno asks for a permission. */
function machineMemory(): number | undefined {
  try {
    // Where there is no container, that is 0 or more than there is.
    const container = process.constrainedMemory();
    return container > 0 ? Math.min(container, totalmem()) : totalmem();
  } catch {
    return undefined;
  }
}
