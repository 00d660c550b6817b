// Up to where each partition is claimed and written, and how old its newest claim is: what "the lake has it" means.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type Claim, parseClaim } from '@ticklake/contract/claim.ts'
import { claimStart, claimsPrefix } from '@ticklake/contract/keys.ts'
import { isComplete } from '@ticklake/lake/claims.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

export interface ClaimTail {
  readonly partition: number
  /** The end of the newest claim whose objects are all there. */
  readonly claimed: number
  readonly claim: Claim | undefined
  /** When the newest claim was written, ms since 1970. */
  readonly claimedAt: number | undefined
}

/** Remembers what was complete, so that an unchanged tail costs one LIST of one key. */
export class ClaimTails {
  readonly #bucket: Bucket
  readonly #lake: LakeConfig
  readonly #known = new Map<string, ClaimTail>()

  constructor(bucket: Bucket, lake: LakeConfig) {
    this.#bucket = bucket
    this.#lake = lake
  }

  async read(topicId: string, partitions: readonly number[]): Promise<ClaimTail[]> {
    return Promise.all(partitions.map((partition) => this.#readOne(topicId, partition)))
  }

  async #readOne(topicId: string, partition: number): Promise<ClaimTail> {
    for await (const { key } of this.#bucket.list(claimsPrefix(this.#lake, topicId, partition), {
      limit: 1,
    })) {
      const known = this.#known.get(key)
      if (known) return known
      const stored = await this.#bucket.text(key)
      if (!stored) break
      const claim = readClaim(key, stored.text)
      const complete = await isComplete(this.#bucket, this.#lake, claim)
      const tail = {
        partition,
        claimed: complete ? claim.E : claimStart(key),
        claim,
        claimedAt: Date.now() - (stored.ageMs ?? 0),
      }
      if (complete) {
        for (const [old, { partition: of }] of this.#known) if (of === partition) this.#known.delete(old)
        this.#known.set(key, tail)
      }
      return tail
    }
    return { partition, claimed: 0, claim: undefined, claimedAt: undefined }
  }
}

function readClaim(key: string, text: string): Claim {
  try {
    return parseClaim(text)
  } catch (error) {
    throw new Failure({
      code: 'CLAIM_UNREADABLE',
      what: `the claim ${key} is not readable; what has landed is as it was`,
      why: reasonOf(error),
      remedy: `run the audit, which says what it costs, and put the claim back ${fromOldVersion}`,
    })
  }
}
