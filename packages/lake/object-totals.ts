// The number and total size of the table's objects, by listing; closed hours are not listed each time.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { tablePrefix } from '@ticklake/contract/keys.ts'
import { listHours } from './listing.ts'
import { hourName, hoursAround } from './partitions.ts'

export interface ObjectTotals {
  readonly objects: number
  readonly bytes: number
}

/** Everything is listed again after this time: objects of old hours may change. */
const ALL_EVERY_MS = 15 * 60_000

export class ObjectLister {
  readonly #bucket: Bucket
  readonly #lake: LakeConfig
  #hours = new Map<string, ObjectTotals>()
  #allAt = Number.NEGATIVE_INFINITY

  constructor(bucket: Bucket, lake: LakeConfig) {
    this.#bucket = bucket
    this.#lake = lake
  }

  async read(nowMs: number): Promise<ObjectTotals> {
    const all = nowMs - this.#allAt > ALL_EVERY_MS
    const [previous] = hoursAround(nowMs, 1)
    // Sorts right before the first key of the previous hour.
    const startAfter = `${tablePrefix(this.#lake)}dt=${previous!.dt}/hour=${previous!.hour}`
    const found = new Map<string, ObjectTotals>()
    for await (const { hour, objects, bytes } of listHours(
      this.#bucket,
      this.#lake,
      all ? undefined : startAfter,
    )) {
      found.set(hour ?? '', { objects, bytes })
    }
    if (all) {
      this.#hours = found
      this.#allAt = nowMs
    } else {
      for (const hour of this.#hours.keys()) if (hour >= hourName(previous!)) this.#hours.delete(hour)
      for (const [hour, totals] of found) this.#hours.set(hour, totals)
    }
    let [objects, bytes] = [0, 0]
    for (const totals of this.#hours.values()) {
      objects += totals.objects
      bytes += totals.bytes
    }
    return { objects, bytes }
  }
}
