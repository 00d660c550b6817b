// Something wrong in the lake: what, what to do, and how many records are affected.

export type FindingKind =
  /** an object of a claim is missing or short */
  | 'lost'
  /** rows are counted a second time */
  | 'twice'
  /** an orphan object: no claim names it */
  | 'unlisted'
  /** a hole, an overlap or an unreadable claim */
  | 'chain'
  /** rejected records that are not where their claim says */
  | 'dead'
  /** Kafka deleted records before they landed */
  | 'retention'
  /** Kafka holds less than the lake */
  | 'broker'
  /** Kafka holds other records than the claims account for */
  | 'gap'
  /** a row or a dead letter is not what Kafka's record says */
  | 'content'

export interface Finding {
  readonly kind: FindingKind
  readonly what: string
  readonly remedy: string
  /** Lost records. */
  readonly lost: number
  /** Rows beyond the first for the same record. */
  readonly twice: number
}

/**
 * What to do when Kafka has lost landed records. The audit may run before the consumer has noticed, and does not know
 * the consumer's setting.
 */
export const truncationRemedy =
  'begin a new dataset with LAKE_DATASET for all services, and keep both: it lands what the topic still holds. A consumer with CONSUMER_ON_TRUNCATION=record does that in a new era of this dataset as soon as it notices: audit again then'

/** A finding; by default it affects no records. */
export function finding(
  kind: FindingKind,
  what: string,
  remedy: string,
  cost: { readonly lost?: number; readonly twice?: number } = {},
): Finding {
  return { kind, what, remedy, lost: cost.lost ?? 0, twice: cost.twice ?? 0 }
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
