// The part of seek-bzip that is used here; the package has no types of its own.
declare module 'seek-bzip' {
  /** Either side may be any object that has these methods. */
  export function decode(
    input: {
      readByte(): number
      read(buffer: Uint8Array, offset: number, length: number): number
      seek(position: number): void
      eof(): boolean
    },
    output: { writeByte(byte: number): void },
    multistream: boolean,
  ): void
}
