// `make demo` and `make stack` as their users run them, on the default ports, in a network that has only loopback.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { outcome } from './outcome.ts'
import { loopbackAddresses, OwnNetwork, whyNoOwnNetwork } from './own-network.ts'

const whyNot = whyNoOwnNetwork()
const inOwnNetwork = test.skipIf(whyNot !== undefined)
const stack = (...args: string[]) => [process.execPath, 'stack/main.ts', ...args]

let network: OwnNetwork
let env: Record<string, string>
beforeEach(async () => {
  if (whyNot !== undefined) return
  network = await OwnNetwork.open()
  const home = mkdtempSync(join(tmpdir(), 'ticklake-life-'))
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  env = { PATH: PATH!, HOME: HOME!, TICKLAKE_HOME: home, ...hostile }
  // Make's, too.
  if (NODE_COMPILE_CACHE !== undefined) env.NODE_COMPILE_CACHE = NODE_COMPILE_CACHE
})
afterEach(() => network?.[Symbol.dispose]())

/** A shell with variables that point everywhere but here. */
const hostile = {
  AWS_PROFILE: 'production',
  AWS_CONFIG_FILE: '/no/such/config',
  AWS_ENDPOINT_URL_S3: 'http://192.0.2.1:9',
  AWS_ENDPOINT_URL_ATHENA: 'http://192.0.2.1:9',
  AWS_ENDPOINT_URL_GLUE: 'http://192.0.2.1:9',
  AWS_REGION: 'eu-west-1',
  HTTP_PROXY: 'http://192.0.2.1:3128',
  https_proxy: 'http://192.0.2.1:3128',
  KAFKA_BOOTSTRAP_SERVERS: '192.0.2.1:9092',
  LAKE_S3_PATH_STYLE: 'false',
  JAVA_TOOL_OPTIONS: '-Dhttp.proxyHost=192.0.2.1',
}

async function until(what: string, holds: () => boolean, withinMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await sleep(50)
  }
}

const nothingListens = () => network.listening().length === 0

inOwnNetwork(
  'a demo loses nothing, leaves nothing running, and calls nothing but loopback, whatever the shell says',
  async () => {
    const demo = network.spawn(stack('demo'), { ...env, SECONDS_TO_RUN: '6' })
    const ended = outcome(demo)
    const listened = new Set<string>()
    const watching = setInterval(() => {
      for (const { address } of network.listening()) listened.add(address)
    }, 100)
    const { status, output } = await ended
    clearInterval(watching)

    const audit = output.trimEnd().split('\n').at(-1)
    const [, produced, landed] =
      /^audit: produced (\d+), landed (\d+), dead 0, skipped 0, lost 0, twice 0$/.exec(audit!) ?? []
    expect(Number(produced), output).toBeGreaterThan(500)
    expect(landed).toBe(produced)
    expect(status).toBe(0)
    expect(listened.size).toBeGreaterThan(0)
    expect([...listened].filter((address) => !loopbackAddresses.includes(address))).toEqual([])
    expect(network.listening()).toEqual([])
    expect(network.attemptsToLeave()).toBe(0)
  },
)

inOwnNetwork(
  'a stack is started once, found by other commands, gone when its supervisor is killed, started again, and gone after stack-down',
  async () => {
    const first = await network.run(stack('up'), env)
    expect(first).toMatchObject({
      status: 0,
      output: expect.stringContaining("AWS_ENDPOINT_URL='http://127.0.0.1:4566'"),
    })
    const listening = network.listening()
    const again = await network.run(stack('up'), env)
    expect(again).toMatchObject({ status: 0, output: expect.stringContaining('make stack runs already') })
    expect(network.listening()).toEqual(listening)
    const seen = await network.run(
      stack('exec', '--', 'sh', '-c', 'echo "$AWS_PROFILE-$AWS_REGION-$KAFKA_BOOTSTRAP_SERVERS"'),
      env,
    )
    expect(seen.output).toBe('-us-east-1-127.0.0.1:9092\n')
    const failing = await network.run(stack('exec', '--', 'sh', '-c', 'exit 3'), env)
    expect(failing.status).toBe(3)
    expect(await network.run(stack('clean-data'), env)).toMatchObject({
      status: 1,
      output: expect.stringContaining('STACK_RUNS'),
    })

    // Killed by force, it leaves no process, and its state file does not prevent the next start.
    const { pid } = JSON.parse(readFileSync(join(env.TICKLAKE_HOME!, 'stack.json'), 'utf8')) as {
      pid: number
    }
    process.kill(pid, 'SIGKILL')
    await until('every server has ended', nothingListens)
    expect(await network.run(stack('up'), env)).toMatchObject({ status: 0 })

    expect(await network.run(stack('down'), env)).toMatchObject({ status: 0 })
    expect(network.listening()).toEqual([])
    const without = await network.run(stack('exec', '--', 'true'), env)
    expect(without).toMatchObject({ status: 1, output: expect.stringMatching(/make demo .* make stack/) })
  },
)

inOwnNetwork('Ctrl-C in the middle of the start, once or twice, leaves nothing', async () => {
  for (const times of [1, 2]) {
    const demo = network.spawn(stack('demo'), env)
    const ended = outcome(demo)
    await until('something listens', () => network.listening().length > 0)
    for (let i = 0; i < times; i++) demo.kill('SIGINT')
    await ended
    await until('every server has ended', nothingListens)
  }
})

inOwnNetwork('a taken port stops the start with the name of who holds it', async () => {
  const script = 'require("net").createServer().listen(4566, "127.0.0.1")'
  const holder = network.spawn([process.execPath, '-e', script], env)
  await until('the port is taken', () => network.listening().length > 0)
  const { status, output } = await network.run(stack('demo'), env)
  holder.kill()
  expect(status).toBe(1)
  expect(output).toMatch(new RegExp(`PORT_TAKEN[^]*4566[^]*pid ${holder.pid}: .*createServer`))
})
