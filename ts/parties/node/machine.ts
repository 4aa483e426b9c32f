/** The machine's memory, and whether a model fits it: asked before anything is loaded. */
import { totalmem } from 'node:os';
import { type MemoryUse, memoryUse, type Part, requireMemory } from '../../provision/memory.js';
import type { Shape } from '../../model/shape.js';

export interface MemoryOptions {
  /** Bytes that may be used; as many as the machine has, unless given. */
  readonly limit?: number;
  /** Worker threads for a party's products. */
  readonly threads?: number;
  /** 1 where a session may have epochs of its own. */
  readonly epochs?: number;
  /** Hears the estimate, before it is refused. */
  readonly onMemory?: (use: MemoryUse) => void;
}

/** Estimates what `parts` need here. @throws CometError E_LIMIT when that is more than there is or may be used. */
export function admit(shape: Shape, parts: readonly Part[], options: MemoryOptions = {}): void {
  const { limit, threads, epochs, onMemory } = options;
  const use = memoryUse(shape, parts, epochs);
  onMemory?.(use);
  requireMemory(shape, use, { memory: machineMemory(), limit, threads, epochs });
}

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
