// The writers of the partitions that are assigned to a member, and the memory that they share.
import { sleep } from '@ticklake/runtime/process.ts'
import { flushAfter } from '../batching/flush-pace.ts'
import { PartitionWriter } from '../claims/partition-writer.ts'
import type { ConsumerConfig } from '../config.ts'
import type { ConsumerEvents } from '../events.ts'
import type { Landing } from './landing-setup.ts'
import type { Batch, RecordSource } from './record-source.ts'

export interface PartitionWritersOptions {
  readonly config: ConsumerConfig
  readonly events: ConsumerEvents
  /** When the process began to land, by performance.now() */
  readonly startedAtMs: number
  /** Called when a writer ends with an error. */
  readonly onFailure: (error: unknown) => void
}

export class PartitionWriters {
  readonly #options: PartitionWritersOptions
  /** Of the assigned partitions. */
  readonly #assigned = new Map<number, PartitionWriter>()
  /** Includes those that still land the records of a revoked partition. */
  readonly #running = new Map<PartitionWriter, Promise<void>>()
  #progress = Promise.withResolvers<void>()

  constructor(options: PartitionWritersOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#assigned.size
  }

  get heldBytes(): number {
    let held = 0
    for (const writer of this.#running.keys()) held += writer.heldBytes
    return held
  }

  get isMemoryFull(): boolean {
    return this.heldBytes >= this.#options.config.bufferBytes
  }

  isAssigned(partition: number): boolean {
    return this.#assigned.has(partition)
  }

  /** Undefined: the partition is not assigned. */
  writerOf(partition: number): PartitionWriter | undefined {
    return this.#assigned.get(partition)
  }

  /** A writer for a partition; it takes no records before `start`. */
  add(
    { client, target, port, guard, confirmDataset, truncation }: Landing,
    partition: number,
  ): PartitionWriter {
    const { config, events, startedAtMs } = this.#options
    const writer = new PartitionWriter({
      target,
      partition,
      landing: port,
      events,
      flushAfterMs: () => flushAfter(config.pace, performance.now() - startedAtMs),
      flushBytes: config.flushBytes,
      flushRows: config.flushRows,
      confirmTopic: () => guard.confirm(),
      confirmDataset,
      truncation,
      onTruncation: config.onTruncation,
      commit: (offset) => client.commit(partition, offset),
      onProgress: () => {
        events.buffered(this.heldBytes)
        this.#progress.resolve()
      },
    })
    this.#assigned.set(partition, writer)
    return writer
  }

  start(writer: PartitionWriter): void {
    const run = writer.run().catch((error) => this.#options.onFailure(error))
    this.#running.set(writer, run)
    void run.finally(() => this.#running.delete(writer))
  }

  /** Removes the writers of revoked partitions; they keep running until `finish`. */
  remove(partitions: readonly number[]): PartitionWriter[] {
    const leaving = partitions.flatMap((partition) => this.#assigned.get(partition) ?? [])
    for (const partition of partitions) this.#assigned.delete(partition)
    return leaving
  }

  /** Lets writers land their records until the deadline, then aborts them. */
  async finish(leaving: readonly PartitionWriter[], deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const writer of leaving) writer.abort()
    }, deadlineMs)
    for (const writer of leaving) writer.drain()
    await Promise.all(leaving.map((writer) => this.#running.get(writer)))
    clearTimeout(timer)
  }

  /** The same for all running writers. */
  finishAll(deadlineMs: number): Promise<void> {
    return this.finish([...this.#running.keys()], deadlineMs)
  }

  /** Aborts those that are still assigned. */
  abortAll(): void {
    for (const writer of this.#assigned.values()) writer.abort()
  }

  /** Forgets those that are still assigned. @returns their partitions */
  clear(): number[] {
    const partitions = [...this.#assigned.keys()]
    this.#assigned.clear()
    return partitions
  }

  /** Those of revoked partitions may still claim what they have read. */
  connectionLost(): void {
    for (const writer of new Set([...this.#assigned.values(), ...this.#running.keys()]))
      writer.connectionLost()
  }

  take({ count, deliver }: Batch): void {
    const { events } = this.#options
    if (count > 0) events.recordsReceived(count)
    deliver((partition) => this.writerOf(partition)?.sink)
    events.buffered(this.heldBytes)
  }

  /** Waits until S3 has taken some. A writer that needs more records to finish a claim must not starve. */
  async relieve(): Promise<boolean> {
    const isBusy = () => [...this.#running.keys()].some((writer) => writer.isBusy)
    // Writes in progress free memory; batches sealed now would have few records each.
    if (!isBusy()) for (const writer of this.#assigned.values()) writer.pending.seal()
    if (!isBusy()) return false
    this.#progress = Promise.withResolvers()
    await Promise.race([this.#progress.promise, sleep(500)])
    return true
  }

  measureLag(source: RecordSource): void {
    for (const [partition, writer] of this.#assigned) {
      const end = source.highWatermark(partition)
      if (end !== undefined)
        this.#options.events.lagMeasured(partition, Math.max(0, end + writer.shift - writer.landedOffset))
    }
  }
}
