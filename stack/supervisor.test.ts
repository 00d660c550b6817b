import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type ProcessSpec, Supervisor } from './supervisor.ts'

const logs = () => mkdtempSync(join(tmpdir(), 'ticklake-supervisor-'))
const env = { PATH: process.env.PATH! }
const shell = (name: string, script: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name,
  command: 'sh',
  args: ['-c', script],
  env,
  ...more,
})

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100 && isAlive(pid); i++) await sleep(100)
  return !isAlive(pid)
}

test('processes are stopped in the reverse order of their start', async () => {
  const supervisor = new Supervisor(logs())
  const ended: string[] = []
  for (const name of ['kafka', 's3', 'engine']) {
    const { ended: end } = await supervisor.start(shell(name, 'sleep 60'))
    void end.then(() => ended.push(name))
  }
  await supervisor.stop()
  expect(ended).toEqual(['engine', 's3', 'kafka'])
})

test('one that does not heed SIGTERM is killed, with the children that it has', async () => {
  const lines: string[] = []
  const supervisor = new Supervisor(logs())
  const stubborn = await supervisor.start(
    shell('stubborn', "trap '' TERM; sleep 60 & echo $!; wait; sleep 60", {
      stopWithinMs: 300,
      onLine: (line) => lines.push(line),
      ready: async () => lines.length > 0,
    }),
  )
  await supervisor.stop()
  expect(isAlive(stubborn.pid)).toBe(false)
  expect(await gone(Number(lines[0]))).toBe(true)
})

test('one that dies while it starts is an error with its last words and its log file', async () => {
  await using supervisor = new Supervisor(logs())
  const start = supervisor.start(shell('broken', 'echo no disk left; exit 3', { ready: async () => false }))
  await expect(start).rejects.toMatchObject({
    code: 'PROCESS_DIED',
    message: 'broken ended by itself (exit status 3)',
    why: expect.stringContaining('no disk left'),
    remedy: expect.stringMatching(/^read .*broken\.log$/),
  })
})

test('one that never answers is stopped, and said to have not answered', async () => {
  await using supervisor = new Supervisor(logs())
  const deaf = shell('deaf', 'sleep 60', { ready: async () => false, readyWithinMs: 200 })
  await expect(supervisor.start(deaf)).rejects.toMatchObject({ code: 'PROCESS_NOT_READY' })
})

test('one that dies later is reported by a signal; one that may end is not', async () => {
  await using supervisor = new Supervisor(logs())
  const finite = await supervisor.start(shell('finite', 'exit 0', { mayEnd: 'well' }))
  expect(await finite.ended).toBe(0)
  expect(supervisor.failed.aborted).toBe(false)
  await supervisor.start(shell('late', 'sleep 0.2; exit 7'))
  await new Promise((resolve) => supervisor.failed.addEventListener('abort', resolve))
  expect(supervisor.failed.reason).toMatchObject({ message: 'late ended by itself (exit status 7)' })
})

test('a program that is not there is an error like any other', async () => {
  await using supervisor = new Supervisor(logs())
  const missing = { name: 'missing', command: '/no/such/program', args: [], env }
  await expect(supervisor.start(missing)).rejects.toMatchObject({ code: 'PROCESS_DIED' })
})

test('when the supervisor is killed by force, what it started ends all the same', async () => {
  const script = `
    import { Supervisor } from '${join(import.meta.dirname, 'supervisor.ts')}'
    const { pid } = await new Supervisor('${logs()}').start(${JSON.stringify(shell('orphan', 'sleep 60'))})
    console.log(pid)`
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve)))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  expect(await gone(pid)).toBe(true)
})
