/** Calls back when everything that has arrived was heard: after this turn of the event loop, where the runtime tells turns apart. */
export const afterTurn: (callback: () => void) => void =
  typeof setImmediate === 'function'
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback);
