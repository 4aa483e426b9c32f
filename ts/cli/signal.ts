/** The signal of the running command: Ctrl-C aborts whatever it does. */
const controller = new AbortController();

/** Passed to every call. */
export const signal = controller.signal;

/** Aborts the command. */
export const abort = (): void => controller.abort();
