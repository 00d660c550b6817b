// The saved charts of a lake: one small object each below `_control/`, shared by all viewers.
import { createHash } from 'node:crypto'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { controlPrefix, type Lake } from '@ticklake/contract/keys.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { ChartToSave, SavedChart } from './wire.ts'

const MOST_CHARTS = 100
const READ_AT_ONCE = 10

/** A stored chart; a removed one is overwritten, because no role may delete below `_control/`. */
type Stored = { readonly v: 1; readonly removed?: boolean } & SavedChart

export class SavedCharts {
  readonly #bucket: Pick<Bucket, 'list' | 'text' | 'put'>
  readonly #prefix: string

  constructor(bucket: Pick<Bucket, 'list' | 'text' | 'put'>, lake: Lake) {
    this.#bucket = bucket
    this.#prefix = `${controlPrefix(lake)}charts/`
  }

  /** All saved charts, by name. An object that is not a chart is skipped. */
  async list(): Promise<SavedChart[]> {
    const keys: string[] = []
    for await (const { key } of this.#bucket.list(this.#prefix)) keys.push(key)
    const charts: SavedChart[] = []
    for (let i = 0; i < keys.length; i += READ_AT_ONCE) {
      const texts = await Promise.all(keys.slice(i, i + READ_AT_ONCE).map((key) => this.#bucket.text(key)))
      for (const text of texts) {
        const chart = chartOf(text?.text)
        if (chart) charts.push(chart)
      }
    }
    return charts.sort((a, b) => a.name.localeCompare(b.name))
  }

  /** Saves the chart under its name; one of the same name is replaced. @throws Failure TOO_MANY_CHARTS */
  async save(chart: ChartToSave): Promise<SavedChart> {
    const id = idOf(chart.name)
    const others = (await this.list()).filter((each) => each.id !== id)
    if (others.length >= MOST_CHARTS) {
      throw new Failure({
        code: 'TOO_MANY_CHARTS',
        what: `${others.length} charts are saved; this one was not`,
        why: `at most ${MOST_CHARTS} charts can be saved`,
        remedy: 'remove a chart, or save this one under the name of another',
      })
    }
    const saved = { id, ...chart, savedAt: Date.now() }
    await this.#put({ v: 1, ...saved })
    return saved
  }

  /** @throws Failure NOT_FOUND */
  async remove(id: string): Promise<void> {
    const chart = (await this.list()).find((each) => each.id === id)
    if (!chart) {
      throw new Failure({
        code: 'NOT_FOUND',
        what: 'this chart is not saved',
        why: `no chart has the id ${id}`,
        remedy: 'reload the list of charts',
      })
    }
    await this.#put({ v: 1, removed: true, ...chart })
  }

  async #put(stored: Stored): Promise<void> {
    const body = Buffer.from(`${JSON.stringify(stored)}\n`)
    await this.#bucket.put(`${this.#prefix}${stored.id}.json`, body, 'application/json')
  }
}

/** A part of the URL: the same name always has the same id. */
function idOf(name: string): string {
  const readable = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`.replace(/^-/, '')
}

function chartOf(text: string | undefined): SavedChart | undefined {
  try {
    const { v, removed, ...chart } = JSON.parse(text ?? '') as Stored
    return v === 1 && !removed && typeof chart.sql === 'string' && chart.options ? chart : undefined
  } catch {
    return undefined
  }
}
