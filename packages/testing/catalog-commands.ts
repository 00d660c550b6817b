// For stack tests: commands of the project as processes, and a dataset with claims, written by hand.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { zstdCompressSync } from 'node:zlib'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { claimText } from '@ticklake/contract/claim.ts'
import { claimKey, dataKey, datasetKey, type HourPath } from '@ticklake/contract/keys.ts'
import type { Produced } from './topic.ts'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `node <service>/main.ts …` in the test's environment. */
export function start(env: Record<string, string>, service: string, ...args: string[]) {
  const main = fileURLToPath(new URL(`../../${service}/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    child,
    ended,
    stderr: () => stderr,
    /** So that a test that fails half-way leaves nothing running. */
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The same, to its end. */
export async function run(env: Record<string, string>, service: string, ...args: string[]): Promise<Ran> {
  return await start(env, service, ...args).ended
}

/** Writes a claim of JSON lines [S,E) whose rows are all in one hour, and its object. Out: the object's key. */
export async function putClaim(
  s3: S3Client,
  lake: LakeConfig,
  topic: { name: string; id: string },
  range: { partition: number; S: number; E: number; path: HourPath },
  options: { withObject: boolean } = { withObject: true },
): Promise<string> {
  const { partition, S, E, path } = range
  const key = dataKey(lake, path, { topicId: topic.id, partition, S, E }, 'jsonl.zst')
  const claim = {
    v: 1 as const,
    topic: topic.name,
    topicId: topic.id,
    partition,
    S,
    E,
    nonce: `test-${S}`,
    encoder: 'jsonl/1',
    contract: 1,
    files: [{ key, rows: E - S }],
    dead: 0,
    gaps: 0,
    skipped: 0,
  }
  const dataset = {
    v: 1,
    topic: topic.name,
    topicId: topic.id,
    format: 'jsonl',
    routing: 'hour-utc',
    contract: 1,
  }
  await put(s3, lake, datasetKey(lake), `${JSON.stringify(dataset)}\n`)
  await put(s3, lake, claimKey(lake, topic.id, partition, S), claimText(claim))
  const rows = Array.from({ length: E - S }, (_, i) => row(topic.id, partition, S + i, path))
  if (options.withObject) await put(s3, lake, key, zstdCompressSync(`${rows.join('\n')}\n`))
  return key
}

/** The messages of these rows, for a topic that keeps the producer's timestamps. */
export function* messagesOf(count: number, partition: number, path: HourPath): Generator<Produced> {
  const timestampMs = Date.parse(`${timeOf(path).replace(' ', 'T')}Z`)
  for (let i = 0; i < count; i++) yield { value: Buffer.from(JSON.stringify(tick)), partition, timestampMs }
}

const price = { open: 1, high: 2, low: 0.5, close: 1.5, adj_close: null, volume: 1e10, close_usd: 0.19 }
const tick = { index: 'HSI', date: '2021-05-31', ...price }

function row(topicId: string, partition: number, offset: number, path: HourPath): string {
  const sink = {
    kafka_topic_id: topicId,
    kafka_partition: partition,
    kafka_offset: offset,
    kafka_timestamp: timeOf(path),
  }
  return JSON.stringify({ ...tick, ...sink })
}

function timeOf({ dt, hour }: HourPath): string {
  return `${dt} ${hour}:00:00.123`
}

async function put(s3: S3Client, lake: LakeConfig, key: string, body: string | Uint8Array): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: key, Body: body }))
}
