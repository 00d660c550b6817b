// Keeps the table's partitions registered: the coming hours, and every hour that has a folder in the bucket.

import type { PartitionInput, StorageDescriptor } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { type HourPath, tablePrefix } from '@ticklake/contract/keys.ts'
import { listManifests, type NewestManifest, readManifest, runLocation } from '@ticklake/lake/manifests.ts'
import { hourName, hourOfKey, hoursAround, partitionInput } from '@ticklake/lake/partitions.ts'
import { recordTable } from '@ticklake/lake/write/tables.ts'
import { Failure } from '@ticklake/runtime/errors.ts'

const HOUR_MS = 3_600_000
/** How many recent days are listed each time; older ones once an hour, or when a day is new. */
const RECENT_DAYS = 2

export class Registrar {
  readonly #aws: Pick<Aws, 'glue' | 'bucket'>
  readonly #lake: LakeConfig
  readonly #hoursAhead: number
  #storage: StorageDescriptor | undefined
  /** Hours known to be registered. */
  #registered = new Set<string>()
  #days = new Set<string>()
  #compacted: ReadonlyMap<string, NewestManifest> = new Map()
  #listedAllAt = Number.NEGATIVE_INFINITY

  constructor(aws: Pick<Aws, 'glue' | 'bucket'>, lake: LakeConfig, hoursAhead: number) {
    this.#aws = aws
    this.#lake = lake
    this.#hoursAhead = hoursAhead
  }

  /**
   * Registers missing partitions and changes no existing one. The first time, and once an hour, it lists everything; in
   * between only the recent days' folders: 3 LIST requests, and no Glue request if nothing is new. Out: how many
   * partitions are new.
   * @throws Failure TABLE_MISSING, and any error of Glue or S3; call again later
   */
  async register(nowMs: number): Promise<number> {
    const all = Math.abs(nowMs - this.#listedAllAt) >= HOUR_MS
    if (all) {
      // Recorded first: compaction must know about the table before it has any hour.
      await recordTable(this.#aws.bucket, this.#lake)
      await this.#readTable()
      this.#compacted = await listManifests(this.#aws.bucket, this.#lake)
    }
    const wanted = [
      ...hoursAround(nowMs, this.#hoursAhead),
      ...(await this.#foundHours(nowMs, all)),
      ...(all ? this.#compacted.values() : []),
    ]
    const missing = new Map(
      wanted.filter((hour) => !this.#registered.has(hourName(hour))).map((hour) => [hourName(hour), hour]),
    )
    const inputs: PartitionInput[] = []
    for (const hour of missing.values()) inputs.push(await this.#input(hour))
    const made = await this.#aws.glue.createPartitions(this.#lake.database, this.#lake.table, inputs)
    for (const name of missing.keys()) this.#registered.add(name)
    if (all) this.#listedAllAt = nowMs
    return made
  }

  async #readTable(): Promise<void> {
    const { database, table } = this.#lake
    const existing = await this.#aws.glue.table(database, table)
    if (!existing?.StorageDescriptor) {
      throw new Failure({
        code: 'TABLE_MISSING',
        what: `the table ${database}.${table} does not exist; what has landed is in S3, but cannot be queried`,
        why: `Glue has no table of this name`,
        remedy: 'create it with `catalog declare`, or set LAKE_DATABASE and LAKE_TABLE',
        retryable: true,
      })
    }
    this.#storage = existing.StorageDescriptor
    const registered = new Set<string>()
    for await (const [dt, hour] of this.#aws.glue.partitionValues(database, table)) {
      registered.add(hourName({ dt: dt ?? '', hour: hour ?? '' }))
    }
    this.#registered = registered
  }

  /** A compacted hour is registered where its rows are; any other in its own folder. */
  async #input(hour: HourPath): Promise<PartitionInput> {
    const newest = this.#compacted.get(hourName(hour))
    if (!newest) return partitionInput(this.#lake, hour, this.#storage!)
    const manifest = await readManifest(this.#aws.bucket, this.#lake, newest)
    const input = partitionInput(this.#lake, hour, this.#storage!)
    const Location = runLocation(this.#lake, manifest)
    return { ...input, StorageDescriptor: { ...input.StorageDescriptor, Location } }
  }

  async #foundHours(nowMs: number, all: boolean): Promise<HourPath[]> {
    const recent = new Date(nowMs - (RECENT_DAYS - 1) * 24 * HOUR_MS).toISOString().slice(0, 10)
    const found: HourPath[] = []
    const days = new Set<string>()
    for await (const day of this.#aws.bucket.folders(tablePrefix(this.#lake))) {
      days.add(day)
      const isRecent = day >= `${tablePrefix(this.#lake)}dt=${recent}/`
      if (!all && !isRecent && this.#days.has(day)) continue
      for await (const folder of this.#aws.bucket.folders(day)) {
        const hour = hourOfKey(this.#lake, folder)
        if (hour) found.push(hour)
      }
    }
    this.#days = days
    return found
  }
}
