// How long tests wait for what must come: a limit for a process that hangs, not a measure of the machine.

/** Longer than anything takes on a machine that is slow and busy. A wait ends as soon as its event has come. */
export const PATIENCE_MS = 240_000
