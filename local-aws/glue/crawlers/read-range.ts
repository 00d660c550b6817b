// How the formats read an object: ranges of its bytes.

/** Reads the bytes [start, end) of the object. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>
