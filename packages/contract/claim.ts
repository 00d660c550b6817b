// What a consumer records before it writes data: which records go into which objects. Claims are authoritative.
import { isLastRecord, type LastRecord } from './last-record.ts'

/** One object of a claim. In the json-object format `key` is a template with `{offset}` in it. */
export interface ClaimFile {
  readonly key: string
  readonly rows: number
}

/** The records [S,E) of one partition and where each of them is: E - S = rows + dead + gaps + skipped. */
export interface Claim {
  /**
   * The claim's version. Since 2 a claim names its release, and a consumer that knows only an earlier contract stops at
   * it. Older consumers do not check the contract: they stop at the number 2 itself. 3 is a claim of an era: releases
   * that do not know eras stop there.
   */
  readonly v: 1 | 2 | 3
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** S and E are offsets of the lake: Kafka's plus the shift of the era. */
  readonly S: number
  readonly E: number
  /** Distinguishes our own claim, after a lost answer, from a rival's. */
  readonly nonce: string
  /** The format and version of an encoder that writes the same rows, byte for byte. */
  readonly encoder: string
  /** The CONTRACT_VERSION with which the records were validated. */
  readonly contract: number
  /** Whether messages with other names for the fields were accepted; absent: they were not. */
  readonly aliases?: true
  /** The release of ticklake that wrote it; absent in version 1. */
  readonly release?: string
  readonly files: readonly ClaimFile[]
  /** Rejected records; they are in the dead-letter file of the same range. */
  readonly dead: number
  /** Offsets that hold no record: transaction markers, compacted records. */
  readonly gaps: number
  /** Records that were left out on purpose, for the reason given. */
  readonly skipped: number
  readonly reason?: string
  /**
   * Identifies its last record in Kafka; absent if it has none (only gaps, only skipped records), and in claims of
   * releases before 0.3.0.
   */
  readonly last?: LastRecord
  /** Since Kafka has replaced landed records of the partition; absent: it never has. */
  readonly era?: Era
  /** What Kafka had lost when the era began; only the claim that begins it has this, and it has no record. */
  readonly begins?: EraStart
}

/**
 * The log of a partition since Kafka lost the end of the previous one. Offsets of the lake are Kafka's plus `shift`, so
 * that no record of one era has the identity of a record of another.
 */
export interface Era {
  /** From 1. */
  readonly number: number
  readonly shift: number
  /** The highest landed Kafka offset of earlier eras: a committed offset up to it may be of such an era. */
  readonly landedBefore: number
}

export interface EraStart {
  /** The Kafka offset at which the logs diverge: earlier records are the same in both. */
  readonly kafkaOffset: number
  readonly why: string
  readonly foundAt: string
  /**
   * The Kafka offset up to which the previous log had landed: from `kafkaOffset` on only the lake has these records.
   */
  readonly replacedTo: number
  /** The previous claim, if it was incomplete: its records that did not land are lost. */
  readonly unfinished?: { readonly S: number; readonly E: number }
}

/** How far the lake's offsets are above Kafka's, in the era of this claim. */
export function shiftOf(claim: Claim | undefined): number {
  return claim?.era?.shift ?? 0
}

/**
 * The settings fixed when the dataset was created; a consumer with other settings refuses to start. Only the contract
 * may rise: a consumer of a newer release raises it, and those that know only an earlier one stop.
 */
export interface Dataset {
  readonly v: 1
  readonly topic: string
  readonly topicId: string
  readonly format: string
  readonly routing: 'hour-utc'
  readonly contract: number
  /** The release of ticklake that recorded this contract; absent before contract 2. */
  readonly release?: string
  /** Where a partition without claims begins; absent: at offset 0. */
  readonly from?: string
}

/** The number of rows in a claim's files. */
export function claimRows(claim: Claim): number {
  return claim.files.reduce((sum, file) => sum + file.rows, 0)
}

/** The versions in which claims are written now, without an era and with one. */
export const CLAIM_VERSION = 2
export const ERA_CLAIM_VERSION = 3

/**
 * Reads a stored claim. @throws Error with a plain sentence if the text is not a claim of version 1 to 3, or its counts
 * do not add up
 */
export function parseClaim(text: string): Claim {
  const claim = JSON.parse(text) as Claim
  if (![1, CLAIM_VERSION, ERA_CLAIM_VERSION].includes(claim.v)) {
    throw new Error(
      `a claim of version ${claim.v}${writtenBy(claim)}, this release reads versions 1 to ${ERA_CLAIM_VERSION}`,
    )
  }
  if (!Number.isSafeInteger(claim.contract) || claim.contract < 1) {
    throw new Error(`a claim of the contract ${claim.contract}`)
  }
  const counts = [claim.S, claim.E, claim.partition, claim.dead, claim.gaps, claim.skipped]
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0) || !Array.isArray(claim.files)) {
    throw new Error('a claim with a missing or negative count')
  }
  const accounted = claimRows(claim) + claim.dead + claim.gaps + claim.skipped
  if (claim.E - claim.S !== accounted || claim.E <= claim.S) {
    throw new Error(`a claim of [${claim.S},${claim.E}) that accounts for ${accounted} offsets`)
  }
  if (claim.last !== undefined && !isLastRecord(claim.last, claim.S, claim.E)) {
    throw new Error(`a claim of [${claim.S},${claim.E}) with the last record ${JSON.stringify(claim.last)}`)
  }
  if (!isEraRight(claim)) throw new Error(`a claim of version ${claim.v} with a wrong era`)
  return claim
}

function isEraRight({ v, S, E, era, begins, files, gaps }: Claim): boolean {
  if (v !== ERA_CLAIM_VERSION) return era === undefined && begins === undefined
  const numbers = [era?.number, era?.shift, era?.landedBefore, begins?.kafkaOffset ?? 0]
  if (!numbers.every((number) => Number.isSafeInteger(number) && number! >= 0)) return false
  if (era!.number < 1 || S < era!.shift - 1) return false
  return (
    begins === undefined || (files.length === 0 && gaps === E - S && begins.kafkaOffset === E - era!.shift)
  )
}

/** ` (ticklake 0.3.0)` if a claim or dataset.json names the release that wrote it, else ''. */
export function writtenBy({ release }: { readonly release?: string }): string {
  return typeof release === 'string' ? ` (ticklake ${release})` : ''
}

/** The text that is stored for a claim. */
export function claimText(claim: Claim): string {
  return `${JSON.stringify(claim)}\n`
}
