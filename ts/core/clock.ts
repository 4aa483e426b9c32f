/** Milliseconds on a clock that all threads of a process have in common; `performance.now` alone begins anew in each. */
export const commonNow = (): number => performance.timeOrigin + performance.now();
