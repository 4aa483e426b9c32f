import { CometError } from '../core/errors.js';

/** What a caller's AbortSignal turns into. A CometError given as the signal's reason is kept. */
export function aborted(signal?: AbortSignal): CometError {
  const reason: unknown = signal?.reason;
  return reason instanceof CometError
    ? reason
    : new CometError('E_ABORTED', 'The wait was aborted by its caller.', { cause: reason });
}

/** Resolves after a time, or rejects when `signal` aborts. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal));
    const onAbort = () => (clearTimeout(timer), reject(aborted(signal)));
    const timer = setTimeout(() => (signal?.removeEventListener('abort', onAbort), resolve()), milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Runs `work` under a signal that aborts with `timeout()` after a time, or when `outer` does. */
export async function within<T>(
  milliseconds: number,
  timeout: () => CometError,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const onOuter = () => controller.abort(aborted(outer));
  if (outer?.aborted) throw aborted(outer);
  outer?.addEventListener('abort', onOuter);
  const timer = setTimeout(() => controller.abort(timeout()), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', onOuter);
  }
}
