// The memory of each service, and of the servers of the stack together, sampled over time.
import type { Service } from '@ticklake/testing/service.ts'
import { usageOf } from './process-usage.ts'
import { median } from './result.ts'

const MIB = 2 ** 20
/** After this share of the run, caches and heaps have grown to their final size. */
const WARM_UP = 1 / 4

export class MemoryOverTime {
  readonly #samples = new Map<string, number[]>()

  /** The current memory of each running process, in MiB. */
  sample(services: Readonly<Record<string, Service>>): Record<string, number> {
    const figures: Record<string, number> = {}
    const take = (name: string, residentMiB: number) => {
      figures[name] = residentMiB
      this.#samples.set(name, [...(this.#samples.get(name) ?? []), residentMiB])
    }
    let others = process.memoryUsage.rss() / MIB
    for (const [name, service] of Object.entries(services)) {
      if (service.hasEnded) continue
      const { residentMiB } = usageOf([service.process.pid!])
      take(name, residentMiB)
      others += residentMiB
    }
    take('servers', usageOf([process.pid]).residentMiB - others)
    return figures
  }

  /** Compares the median after the start with that at the end, so that slow growth shows. */
  summary(): string[] {
    return [...this.#samples].map(([name, all]) => {
      const part = Math.floor(all.length * WARM_UP)
      const early = median(all.slice(part, 2 * part + 1))
      const late = median(all.slice(-part - 1))
      const most = Math.max(...all)
      return `memory of ${name}: ${Math.round(early)} MiB after the start, ${Math.round(late)} at the end, ${Math.round(most)} at most`
    })
  }
}
