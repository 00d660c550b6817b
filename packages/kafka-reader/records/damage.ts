// Why a batch cannot be returned; the reader adds its topic, partition and offset.

export type DamageCode = 'CORRUPT_BATCH' | 'BATCH_TOO_LARGE' | 'UNSUPPORTED_BATCH'

export class Damage extends Error {
  readonly code: DamageCode

  constructor(code: DamageCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'Damage'
    this.code = code
  }
}

export function corrupt(what: string, cause?: unknown): Damage {
  return new Damage('CORRUPT_BATCH', what, cause)
}

export function tooLarge(limit: number): Damage {
  return new Damage('BATCH_TOO_LARGE', `the batch has more than ${limit} bytes when decompressed`)
}
