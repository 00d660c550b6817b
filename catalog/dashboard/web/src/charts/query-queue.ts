// Queries of the Charts tab, a few at a time: the server refuses more than five at once.

const AT_ONCE = 3

const waiting: (() => void)[] = []
let running = 0

/** Runs the work when fewer than three others are running. */
export async function queued<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}
