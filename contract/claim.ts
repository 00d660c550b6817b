// What a consumer writes down before it writes data: which records, into which objects. Claims are the truth.

/** One object of a claim. In the json-object format `key` is a template with `{offset}` in it. */
export interface ClaimFile {
  readonly key: string
  readonly rows: number
}

/** The records [S,E) of one partition and where each of them is: E - S = rows + dead + gaps + skipped. */
export interface Claim {
  readonly v: 1
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly S: number
  readonly E: number
  /** Tells a claim that is one's own, its answer lost, from a rival's. */
  readonly nonce: string
  /** Who can write these files again, byte for byte the same rows: format and its version. */
  readonly encoder: string
  /** The CONTRACT_VERSION that judged the records. */
  readonly contract: number
  readonly files: readonly ClaimFile[]
  /** Refused records; they are in the dead file of the same range. */
  readonly dead: number
  /** Offsets that hold no record: transaction markers, compacted records. */
  readonly gaps: number
  /** Records that were left out on purpose, for the reason given. */
  readonly skipped: number
  readonly reason?: string
}

/** What was fixed when the dataset was first written; a consumer with other settings refuses to start. */
export interface Dataset {
  readonly v: 1
  readonly topic: string
  readonly topicId: string
  readonly format: string
  readonly routing: 'hour-utc'
  readonly contract: number
  /** Where a partition without claims begins; absent: at offset 0. */
  readonly from?: string
}

/** The rows that a claim's files hold. */
export function claimRows(claim: Claim): number {
  return claim.files.reduce((sum, file) => sum + file.rows, 0)
}

/**
 * Reads a stored claim.
 * @throws Error with a plain sentence when the text is no claim of version 1, or its counts do not add up
 */
export function parseClaim(text: string): Claim {
  const claim = JSON.parse(text) as Claim
  if (claim.v !== 1) throw new Error(`a claim of version ${claim.v}, this release reads version 1`)
  const counts = [claim.S, claim.E, claim.partition, claim.dead, claim.gaps, claim.skipped]
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0) || !Array.isArray(claim.files)) {
    throw new Error('a claim with a missing or negative count')
  }
  const told = claimRows(claim) + claim.dead + claim.gaps + claim.skipped
  if (claim.E - claim.S !== told || claim.E <= claim.S) {
    throw new Error(`a claim of [${claim.S},${claim.E}) that accounts for ${told} offsets`)
  }
  return claim
}

/** The text that is stored for a claim. */
export function claimText(claim: Claim): string {
  return `${JSON.stringify(claim)}\n`
}
