// Gives a process a clock that is wrong by hours: shifts its Date before any of its modules is loaded.

/** The variables that give a service this clock. Timers and performance.now() are not changed. */
export function shiftedClock(byMs: number): Record<string, string> {
  const shifted = `
    const Right = Date
    const now = () => Right.now() + ${byMs}
    globalThis.Date = class Date extends Right {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now()] : parts))
      }
      static now = now
      // Node's own dates, such as those of files, use the original class.
      static [Symbol.hasInstance] = (value) => value instanceof Right
    }
  `
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifted)}` }
}
