// What a user sees after a mistake: the typed command, and the resulting lines. Commands run in this process where the
// mistake is not about the process, its shell or its terminal; each is started at least once.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ran } from '@ticklake/testing/catalog-commands.ts'
import { isProgram, runHere } from '@ticklake/testing/in-process.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const env: Record<string, string> = testEnv({
  KAFKA_CONNECT_TIMEOUT_MS: '2000',
  PRODUCER_HEALTH_PORT: '0',
  CONSUMER_HEALTH_PORT: '0',
  CATALOG_HEALTH_PORT: '0',
})
const dir = mkdtempSync(join(tmpdir(), 'ticklake-terminal-'))
const root = join(import.meta.dirname, '../..')
const nobody = '127.0.0.1:1'
const noBroker = { KAFKA_BOOTSTRAP_SERVERS: nobody }
const noAws = { AWS_ENDPOINT_URL: `http://${nobody}` }
/** Unset, as for a newcomer; only loopback addresses are used. */
const noCredentials = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' }

interface Read extends Ran {
  /** The lines of the error alone, without the log before it. */
  readonly error: string[]
}

/** The same words, run in this process. Quotes keep words together, as in a shell. */
async function say(args: string, settings: Record<string, string> = {}): Promise<Read> {
  const typed = args.match(/"[^"]*"|'[^']*'|\S+/g)!.map((word) => word.replaceAll(/^["']|["']$/g, ''))
  const program = typed[0]!.split('/')[0]!
  if (!isProgram(program)) throw new Error(`${program} runs only as a process`)
  return readOf(await runHere({ ...env, ...settings }, program, ...typed.slice(1)))
}

/** Runs the words after `node`, as typed in a shell. */
function type(args: string, settings: Record<string, string> = {}): Promise<Read> {
  return shell(`set -o pipefail; "${process.execPath}" ${args}`, settings)
}

/** The same on a terminal of 50 columns and 14 rows. */
function typeOnTerminal(args: string, settings: Record<string, string>): Promise<Read> {
  const command = `stty cols 50 rows 14; "${process.execPath}" ${args}`
  return shell(`script -qefc '${command}' /dev/null`, { TERM: 'xterm-256color', ...settings })
}

async function shell(command: string, settings: Record<string, string>): Promise<Read> {
  const child = spawn('bash', ['-c', command], {
    cwd: root,
    env: { ...env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return readOf({ code, stdout, stderr })
}

function readOf({ code, stdout, stderr }: Ran): Read {
  const lines = stderr.trimEnd().split('\n')
  const from = lines.findLastIndex((line) => line.startsWith('error '))
  return { code, stdout, stderr, error: from < 0 ? [] : lines.slice(from) }
}

/** Three lines: what, why and what to do, each with the right content. */
function expectLines(read: Read, what: string, why: string | RegExp, remedy: string): void {
  expect(read.code, read.stderr).not.toBe(0)
  expect(read.stderr).not.toMatch(/^ +at .*\.ts:\d+/m)
  expect(read.error, read.stderr).toHaveLength(3)
  expect(read.error[0]).toContain(what)
  expect(read.error[1]).toMatch(why)
  expect(read.error[2]).toContain(remedy)
}

beforeAll(async () => {
  expect((await type('producer/main.ts topic create')).code).toBe(0)
  expect((await type('catalog/main.ts declare')).code).toBe(0)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

// In parallel, because they mostly wait.
describe.concurrent('a typing error', () => {
  test.each([
    ['producer/main.ts runn', 'there is no command runn', 'did you mean run?', 'producer/main.ts --help'],
    ['catalog/main.ts qurey "SELECT 1"', 'there is no command qurey', 'did you mean query?', '--help'],
    ['consumer/main.ts run --form earliest', 'there is no --form', 'did you mean --from?', 'run --help'],
    ['stack/main.ts dmeo', 'there is no command dmeo', 'did you mean demo?', 'stack/main.ts --help'],
    ['infra/main.ts dploy', 'there is no command dploy', 'did you mean deploy?', 'infra/main.ts --help'],
    ['faults/main.ts --sed 1', 'there is no --sed', 'did you mean --seed?', 'faults/main.ts --help'],
  ])('%s', async (args, what, why, remedy) => {
    expectLines(await type(args), what, why, remedy)
  })

  test.each([
    ['producer/main.ts run --raet 5', 'there is no --raet', 'did you mean --rate?', 'run --help'],
    [
      'consumer/main.ts dlq lst',
      'there is no command lst',
      'did you mean list?',
      'consumer/main.ts dlq --help',
    ],
    ['catalog/main.ts audit --dep', 'there is no --dep', 'did you mean --deep?', 'audit --help'],
    ['infra/main.ts plan --instance-typ t3.micro', 'no --instance-typ', '--instance-type?', 'plan --help'],
    ['catalog/main.ts query SELECT 1 FROM x', 'came in 4 pieces', /quotes.*'SELECT \.\.\.'/, 'query --help'],
    [
      'catalog/main.ts query --output xml "SELECT 1"',
      'cannot be xml',
      'table, csv, json, jsonl',
      'query --help',
    ],
  ])('%s, in this process', async (args, what, why, remedy) => {
    expectLines(await say(args), what, why, remedy)
  })

  test('in the name of a variable: the right name is suggested', async () => {
    const read = await say('consumer/main.ts run', { CONSUMER_FLUSH_AFTER: '5' })
    expectLines(read, 'nothing was started', 'did you mean CONSUMER_FLUSH_AFTER_MS?', '.env.example')
  })

  test('in a number: the bounds and what was given', async () => {
    const read = await say('producer/main.ts run --rate quick')
    expectLines(read, 'nothing was started', /PRODUCER_RATE must be max, or a number.*"quick"/, '.env')
  })
})

describe.concurrent('no server is running', () => {
  test('no broker, for the producer', async () => {
    const read = await type('producer/main.ts run', noBroker)
    expectLines(
      read,
      `no broker answered at ${nobody} within 2 s; nothing was sent`,
      /ECONNREFUSED/,
      'make stack',
    )
    expect(read.stderr).toContain(`waiting for the broker at ${nobody}`)
  })

  test('no broker, for the consumer: it says so while it waits', async () => {
    const read = await type('consumer/main.ts run', noBroker)
    expectLines(
      read,
      `no broker answered at ${nobody} within 2 s; nothing was read`,
      /refused/i,
      'make stack',
    )
    expect(read.stderr).toContain('reach broker failed and is tried again')
  })

  test('no broker, for the audit', async () => {
    const read = await say('catalog/main.ts audit', noBroker)
    expectLines(read, `no broker answers at ${nobody}`, /refused/i, 'KAFKA_BOOTSTRAP_SERVERS')
  })
})

// One after the other: the seconds that they report would grow while another command loads its modules.
test.each(['topic create', 'topic describe'])('no broker, for producer %s', async (command) => {
  const read = await say(`producer/main.ts ${command}`, noBroker)
  expectLines(read, `no broker answered at ${nobody} within 2 s`, /ECONNREFUSED/, 'make stack')
})

/** Other settings of the AWS SDK, which reads them from this process, while the tests of a group run. */
function withAwsSettings(settings: Record<string, string>): void {
  beforeAll(() => {
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  })
  afterAll(() => void vi.unstubAllEnvs())
}

describe('no AWS endpoint', () => {
  withAwsSettings(noAws)

  test.concurrent.each(['declare', 'crawl', 'query "SELECT 1"', 'audit', 'compact', 'watch --times 1'])(
    'catalog %s',
    async (command) => {
      const read = await say(`catalog/main.ts ${command}`, noAws)
      expectLines(read, 'no data was changed', 'connect ECONNREFUSED 127.0.0.1:1', 'make stack')
    },
  )

  test.concurrent.each(['dlq list', 'dlq show 0:1', 'dlq replay --all'])('consumer %s', async (command) => {
    const read = await say(`consumer/main.ts ${command}`, noAws)
    expectLines(read, 'S3 did not answer', 'connect ECONNREFUSED 127.0.0.1:1', 'make stack')
  })
})

describe('no credentials', () => {
  withAwsSettings(noCredentials)

  test.concurrent.each([
    ['query "SELECT 1"', 'Athena: starting a query failed'],
    ['declare', 'Glue: looking for database'],
    ['crawl', 'Glue: looking for database'],
    ['compact', 'S3: reading'],
    ['watch --times 1', 'Athena: starting a query failed'],
  ])('catalog %s', async (command, what) => {
    const read = await say(`catalog/main.ts ${command}`, noCredentials)
    expectLines(read, what, /[Cc]redential/, 'AWS_PROFILE')
  })

  test.concurrent('for a list of rejected records', async () => {
    const read = await say('consumer/main.ts dlq list', noCredentials)
    expectLines(read, 'cannot be used; nothing was changed', /[Cc]redential/, 'AWS_PROFILE')
  })

  test.concurrent('for the consumer: it ends, because a retry cannot help', async () => {
    const read = await type('consumer/main.ts run', noCredentials)
    expectLines(read, 'cannot be used; nothing was consumed', /[Cc]redential/, 'AWS_PROFILE')
  })
})

describe.concurrent('the wrong name', () => {
  test('of the bucket, for the consumer', async () => {
    const read = await say('consumer/main.ts run', { LAKE_BUCKET: 'no-such-bucket' })
    expectLines(read, 'the bucket no-such-bucket cannot be used', /NoSuchBucket/, 'LAKE_BUCKET')
  })

  test('of the bucket, for a query', async () => {
    const read = await say('catalog/main.ts query "SELECT 1"', { LAKE_BUCKET: 'no-such-bucket' })
    expectLines(read, 'nothing ran', /no-such-bucket/, 'LAKE_BUCKET')
  })

  test('of the topic', async () => {
    const read = await say('producer/main.ts run --topic nosuch')
    expectLines(read, 'there is no topic nosuch; nothing was sent', /does not have it/, 'topic create')
  })

  test('of the table', async () => {
    const read = await say('catalog/main.ts query "SELECT 1 FROM tikcs"')
    expectLines(read, 'could not run the query', /line 1:15: Table .*tikcs' does not exist/, 'SHOW TABLES')
  })

  test('of a file', async () => {
    const read = await say('producer/main.ts run --csv nowhere.csv')
    expectLines(read, 'nowhere.csv', /ENOENT|no such file/, '--csv')
  })

  test('of a folder instead of a file', async () => {
    expectLines(await say(`producer/main.ts run --csv ${dir}`), dir, /EISDIR|directory/, '--csv')
  })

  test('for a file of something else, the error has its header', async () => {
    const file = join(dir, 'other.csv')
    writeFileSync(file, 'name,colour\napple,red\n')
    expectLines(
      await say(`producer/main.ts run --csv ${file}`),
      'its header lacks Date',
      /name,\s?colour/,
      'Date',
    )
  })
})

describe('the disk is full', () => {
  test('a full disk below the output of a query', async () => {
    const read = await type(
      "catalog/main.ts query 'SELECT * FROM UNNEST(sequence(1, 9999)) t(n)' > /dev/full",
    )
    expectLines(read, 'the output is cut off', /ENOSPC/, 'make room')
  })

  test('a full disk below the file of skipped rows', async () => {
    const file = join(dir, 'bad.csv')
    writeFileSync(file, 'Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\nHSI,x,1,1,1,1,1,1,1\n')
    const read = await say(`producer/main.ts run --csv ${file} --rejects /dev/full`)
    expectLines(read, 'the machine refused to write', /ENOSPC/, 'make room')
  })

  test('a disk of few MB below the data of the stack and of the demo', async (context) => {
    const home = join(dir, 'home')
    mkdirSync(home)
    const mounted = await shell(`mount -t tmpfs -o size=4m tmpfs ${home}`, {})
    if (mounted.code !== 0) return context.skip('only root may mount a small disk')
    try {
      for (const command of ['up', 'demo']) {
        const read = await type(`stack/main.ts ${command}`, { TICKLAKE_HOME: home })
        expectLines(read, 'no room for what the servers write', /has \d\.\d MB left/, 'free space there')
      }
      const later = await type("stack/main.ts exec -- node catalog/main.ts query 'SELECT 1'", {
        TICKLAKE_HOME: home,
        // On a port where nothing of `make up` answers, even if it runs on this machine.
        TICKLAKE_AWS_PORT: '1',
      })
      expectLines(later, 'no Kafka and no AWS endpoint', /has \d\.\d MB left/, 'free space there')
    } finally {
      await shell(`umount ${home}`, {})
    }
  })

  test.each([
    ['producer/main.ts run', 'PRODUCER_HEALTH_PORT'],
    ['consumer/main.ts run', 'CONSUMER_HEALTH_PORT'],
    ['catalog/main.ts serve', 'CATALOG_HEALTH_PORT'],
    ['catalog/main.ts serve', 'CATALOG_PAGE_PORT'],
  ])('%s: the port that %s names is taken', async (args, variable) => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const read = await say(args, { [variable]: String(port) })
    server.close()
    expectLines(read, `cannot listen on 127.0.0.1:${port}`, /EADDRINUSE/, variable)
  })
})

describe('no error', () => {
  test('an empty lake is not an error: each command says that it is empty', async () => {
    const [crawl, count, audit] = [
      await say('catalog/main.ts crawl'),
      await say("catalog/main.ts query 'SELECT count(*) AS n FROM ticks'"),
      await say('catalog/main.ts audit'),
    ]
    expect([crawl.code, count.code, audit.code]).toEqual([0, 0, 0])
    expect(crawl.stderr).toContain('nothing was found')
    expect(count.stdout).toBe('n\n-\n0\n')
    expect(audit.stdout).toContain('lost 0, twice 0')
  })

  test('a reader that has enough (| head) ends the command quietly', async () => {
    const read = await type(
      "catalog/main.ts query 'SELECT * FROM UNNEST(sequence(1, 9999)) t(n)' --output csv | head -2",
    )
    expect([read.code, read.stdout, read.stderr]).toEqual([0, 'n\n1\n', ''])
  })

  test('no colour and no redrawing reaches a pipe', async () => {
    for (const args of ['catalog/main.ts watch --times 1', 'catalog/main.ts watch --full --times 1']) {
      const { code, stdout, stderr } = await type(args)
      expect(code, stderr).toBe(0)
      expect(`${stdout}${stderr}`).not.toMatch(/[\r\u001b]/)
    }
    const full = await say('catalog/main.ts watch --full --times 1')
    expect(full.stdout).toMatch(/^topic +partition +end +landed +lag$/m)
    expect(full.stdout).toMatch(/^lake +0 objects \| 0\.0 MB \| no claim yet$/m)
  })

  test('on a terminal the screen fits its width, has colours unless NO_COLOR is set, and is restored', async () => {
    const on = (settings: Record<string, string>) =>
      typeOnTerminal('catalog/main.ts watch --full --times 1', settings)
    const { stdout } = await on({})
    const screen = stdout.slice(stdout.lastIndexOf('\u001b[H'), stdout.lastIndexOf('\u001b[J'))
    const lines = screen.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '').split(/\r?\n/)
    expect(lines.join('\n')).toMatch(/^lake +0 objects/m)
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(50)
    expect(lines.length).toBeLessThan(14)
    expect(screen).toMatch(/\u001b\[2mlake/)
    expect(stdout.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(stdout.indexOf('\u001b[?1049h'))
    expect((await on({ NO_COLOR: '1' })).stdout).not.toMatch(/\u001b\[\d+m/)
  })

  test('watch --full shows what does not answer, and continues with the rest', async () => {
    const { code, stdout } = await say('catalog/main.ts watch --full --times 1', noBroker)
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^topic +no broker answers at ${nobody}`, 'm'))
    expect(stdout).toMatch(/^athena +0 rows/m)
  })
})
