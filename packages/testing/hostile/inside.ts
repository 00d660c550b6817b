// Loaded into a server under test before its own code: tells what it holds, and how long its thread worked without a pause.

/** Often enough to part one piece of work from the next. */
const everyMs = 5

export interface Inside {
  /** Held once the garbage is gone. */
  readonly heapBytes: number
  /**
   * The most work between two turns of the event loop, in time of the processor: unlike the time that an answer takes, it
   * is the same on a machine that has other things to do.
   */
  readonly longestTaskMs: number
}

let before = process.threadCpuUsage()
let longestTaskMs = 0

setInterval(() => {
  const { user, system } = process.threadCpuUsage(before)
  before = process.threadCpuUsage()
  longestTaskMs = Math.max(longestTaskMs, (user + system) / 1_000)
}, everyMs).unref()

process.on('message', (word) => {
  // What it took to start is nobody's request.
  if (word === 'begin') longestTaskMs = 0
  const longest = longestTaskMs
  globalThis.gc!()
  before = process.threadCpuUsage()
  const inside: Inside = { heapBytes: process.memoryUsage().heapUsed, longestTaskMs: longest }
  process.send!(inside)
})
process.on('disconnect', () => process.exit())
