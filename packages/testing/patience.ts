// How long tests wait for an event: a limit for hanging processes, not a measure of speed.

/** Longer than anything takes on a slow, busy machine. A wait ends as soon as its event has come. */
export const PATIENCE_MS = 240_000
