// How signals end a command: the first lets it clean up, a later one ends it at once.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'

// Starting processes takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const script = `
  import { runCommand, sleep } from './process.ts'
  await runCommand(async (signal) => {
    const awake = setInterval(() => {}, 1_000)
    process.stdout.write('runs ')
    await sleep(60_000, signal)
    await sleep(1_500)
    clearInterval(awake)
    process.stdout.write('closed')
  })`

/** Sends SIGINT at each of these times after it has begun. */
async function endedBy(...afterMs: number[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const begun = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
      resolve()
    })
  })
  const closed = once(child, 'close')
  await begun
  for (const ms of afterMs) setTimeout(() => child.kill('SIGINT'), ms)
  const [code] = (await closed) as [number | null]
  return { code, said }
}

test('a signal lets the command clean up, even if it comes twice, as from timeout(1)', async () => {
  expect(await endedBy(0)).toEqual({ code: 0, said: 'runs closed' })
  expect(await endedBy(0, 30)).toEqual({ code: 0, said: 'runs closed' })
})

test('a later signal asks for an immediate end', async () => {
  expect(await endedBy(0, 900)).toEqual({ code: 130, said: 'runs ' })
})

test('a native thread that does not end does not keep a process from ending in time, with its status', () => {
  const stuck = `
    import { pbkdf2 } from 'node:crypto'
    import { runCommand, sleep } from './process.ts'
    pbkdf2('', '', 2 ** 31 - 1, 64, 'sha512', () => {})
    await runCommand(async (signal) => {
      process.exitCode = 3
      process.kill(process.pid, 'SIGTERM')
      await sleep(60_000, signal)
    }, { endWithinMs: 100 })`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', stuck], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(stderr).toBe('')
  expect(status).toBe(3)
})

test.each([
  ['nowhere', 'NOT_THERE', 'ENOENT'],
  ['.', 'NOT_THERE', 'EISDIR'],
])('a missing file, or a folder in its place, is three lines without a stack: %s', (path, code, why) => {
  const reading = `
    import { readFileSync } from 'node:fs'
    import { runCommand } from './process.ts'
    await runCommand(async () => void readFileSync(${JSON.stringify(path)}))`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', reading], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toContain(code)
  expect(lines[1]).toContain(why)
  expect(status).toBe(1)
})
