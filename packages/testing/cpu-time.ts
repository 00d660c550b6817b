// CPU time of the calling thread: unlike the time on a clock, it is the same on a machine that does other things.

/** Starts to measure. Out: a function that returns the milliseconds since then. */
export function cpuTimer(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }
}

/** Measures the most work between two turns of the event loop, in milliseconds, until `stop` returns it. */
export function longestTask(): { stop(): number } {
  let elapsedMs = cpuTimer()
  let longestMs = 0
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, elapsedMs())
    elapsedMs = cpuTimer()
  }, 5)
  return {
    stop() {
      clearInterval(timer)
      return longestMs
    },
  }
}
