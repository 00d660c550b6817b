// `make pictures`: the pictures of the README: runs a demo, and takes pictures of its terminal and its dashboard.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { alertsFile, takeDashboardPictures } from './dashboard.ts'
import { screenOf } from './terminal-screen.ts'
import { terminalSvg } from './terminal-svg.ts'

const COLUMNS = 118
const MOST_BYTES = 250_000
/** Leaves a slow machine time to open the browser. */
const typed = 'make demo SECONDS_TO_RUN=200'
const root = join(import.meta.dirname, '../..')

await runCommand(async (signal) => {
  // A home of its own: the pictures begin with an empty lake, and leave the user's as it is.
  const home = mkdtempSync(join(tmpdir(), 'ticklake-pictures-'))
  const failed = new AbortController()
  try {
    const demo = runDemo(home, AbortSignal.any([signal, failed.signal]))
    const taken = demo.dashboardUrl.then((url) => takeDashboardPictures(url, write))
    // Whichever fails first ends the other.
    const [written] = await Promise.all([demo.ended, taken]).catch(async (error) => {
      failed.abort()
      await Promise.allSettled([demo.ended, taken])
      throw error
    })
    write('terminal.svg', terminalSvg(screenOf(`$ ${typed}\n${written}`, COLUMNS), COLUMNS, typed))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

interface Demo {
  /** The address of the dashboard, as soon as the demo has printed it. */
  readonly dashboardUrl: Promise<string>
  /** All its output, when it has ended well. */
  readonly ended: Promise<string>
}

/** The command as a user types it, on a terminal of its own. @throws Failure DEMO_FAILED (both promises) */
function runDemo(home: string, signal: AbortSignal): Demo {
  const alerts = join(home, 'alerts.yml')
  writeFileSync(alerts, alertsFile)
  const command = `stty cols ${COLUMNS} rows 60; exec ${typed}`
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: root,
    // As if it were typed: a make inside of make would name the folder that it enters.
    env: {
      ...process.env,
      MAKELEVEL: undefined,
      MAKEFLAGS: undefined,
      TICKLAKE_HOME: home,
      CATALOG_ALERTS_FILE: alerts,
      TERM: 'xterm-256color',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Ctrl-C, as on any terminal: the demo stops what it started.
  signal.addEventListener('abort', () => child.stdin.write('\u0003'), { once: true })
  const address = Promise.withResolvers<string>()
  const end = Promise.withResolvers<string>()
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text
    const url = /Look at it: (http:\S+)/.exec(written)?.[1]
    if (url) address.resolve(url)
  })
  child.once('error', (error) => end.reject(error))
  child.once('close', (code) => {
    if (code === 0) return end.resolve(written)
    end.reject(
      new Failure({
        code: 'DEMO_FAILED',
        what: `${typed} ended with ${code}; the picture of the terminal is as it was`,
        why: written.trim().split(/\r?\n/).slice(-4).join('\n       '),
        remedy: 'run it by hand',
      }),
    )
  })
  end.promise.catch((error) => address.reject(error))
  return { dashboardUrl: address.promise, ended: end.promise }
}

/** @throws Failure PICTURE_TOO_LARGE, after it was written: git stores every version of it */
function write(name: string, content: string | Buffer): void {
  const file = join(root, 'docs/pictures', name)
  writeFileSync(file, content)
  const { size } = statSync(file)
  process.stderr.write(`docs/pictures/${name}: ${Math.round(size / 1000)} KB\n`)
  if (size <= MOST_BYTES) return
  throw new Failure({
    code: 'PICTURE_TOO_LARGE',
    what: `docs/pictures/${name} has ${size} bytes`,
    why: `git stores each version for ever; ${MOST_BYTES} are allowed`,
    remedy: 'take a smaller part of the dashboard',
  })
}
