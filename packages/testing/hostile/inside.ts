// Loaded into a server under test before its own code: reports its memory, and how long its thread worked at a stretch.

/** Often enough to tell one piece of work from the next. */
const everyMs = 5

export interface Inside {
  /** Bytes in use after a garbage collection. */
  readonly heapBytes: number
  /**
   * The most work between two turns of the event loop, in CPU time: unlike the time of an answer, it is the same on a
   * machine that does other things.
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
  // Work during the start belongs to no request.
  if (word === 'begin') longestTaskMs = 0
  const longest = longestTaskMs
  globalThis.gc!()
  before = process.threadCpuUsage()
  const inside: Inside = { heapBytes: process.memoryUsage().heapUsed, longestTaskMs: longest }
  process.send!(inside)
})
process.on('disconnect', () => process.exit())
