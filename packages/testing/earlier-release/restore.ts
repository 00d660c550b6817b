// Restores what an earlier release left on a stack: its messages, its objects and its Glue table.
import { readFileSync } from 'node:fs'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import {
  CreateDatabaseCommand,
  CreatePartitionCommand,
  CreateTableCommand,
  GlueClient,
  type StorageDescriptor,
} from '@aws-sdk/client-glue'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import type { HourPath } from '@ticklake/contract/keys.ts'
import { changedParquet } from '../changed-object.ts'
import type { Produced } from '../topic.ts'

type Env = Readonly<Record<string, string>>

interface Recorded {
  readonly messages: readonly { readonly timestampMs: number; readonly value: string }[]
  readonly datasets: {
    readonly [format: string]: {
      readonly topicId: string
      readonly storage: StorageDescriptor
      readonly parameters: Record<string, string>
      readonly objects: { readonly [key: string]: { readonly text?: string; readonly base64?: string } }
    }
  }
}

/** The contracts of earlier releases: 0.1.0, and 0.2.0. */
export type EarlierContract = 1 | 2

const readRecorded = (contract: EarlierContract) =>
  JSON.parse(readFileSync(new URL(`./contract-${contract}.json`, import.meta.url), 'utf8')) as Recorded
const recorded = { 1: readRecorded(1), 2: readRecorded(2) }

/** What was in partition 0 of its topic, with the broker's timestamps: the topic must keep the producer's. */
export function earlierMessages(contract: EarlierContract): Produced[] {
  return recorded[contract].messages.map(({ timestampMs, value }) => ({
    value: Buffer.from(value),
    partition: 0,
    timestampMs,
  }))
}

/**
 * Stores the objects of that dataset below LAKE_PREFIX, unchanged except for the topic's id, which no broker gives to
 * another topic.
 */
export async function restoreObjects(contract: EarlierContract, env: Env, topicId: string): Promise<void> {
  const s3 = s3Client({ s3PathStyle: true })
  const dataset = recorded[contract].datasets[env.LAKE_FORMAT!]!
  const here = (text: string) =>
    text
      .replaceAll(dataset.topicId, topicId)
      .replaceAll(/\blake\/(_control|ticks)\//g, `${env.LAKE_PREFIX}/$1/`)
      .replaceAll('"topic":"stock-ticks"', `"topic":"${env.KAFKA_TOPIC}"`)
      // From 0.2.0 on the tables that read the dataset are recorded.
      .replaceAll('stock_market_kafka', env.LAKE_DATABASE!)
  for (const [key, { text, base64 }] of Object.entries(dataset.objects)) {
    const Body =
      text === undefined ? await rewritten(key, Buffer.from(base64!, 'base64'), here, topicId) : here(text)
    await s3.send(new PutObjectCommand({ Bucket: env.LAKE_BUCKET!, Key: here(key), Body }))
  }
  s3.destroy()
}

/** Creates the table as that release declared it, and registers these hours with its columns. */
export async function restoreTable(
  contract: EarlierContract,
  env: Env,
  hours: readonly HourPath[],
): Promise<void> {
  const glue = new GlueClient({ endpoint: env.AWS_ENDPOINT_URL! })
  const { storage, parameters } = recorded[contract].datasets[env.LAKE_FORMAT!]!
  const folder = `s3://${env.LAKE_BUCKET}/${env.LAKE_PREFIX}/ticks/`
  const DatabaseName = env.LAKE_DATABASE!
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DatabaseName } }))
  await glue.send(
    new CreateTableCommand({
      DatabaseName,
      TableInput: {
        Name: 'ticks',
        TableType: 'EXTERNAL_TABLE',
        Parameters: parameters,
        PartitionKeys: ['dt', 'hour'].map((Name) => ({ Name, Type: 'string' })),
        StorageDescriptor: { ...storage, Location: folder },
      },
    }),
  )
  for (const { dt, hour } of hours) {
    const StorageDescriptor = { ...storage, Location: `${folder}dt=${dt}/hour=${hour}/` }
    const PartitionInput = { Values: [dt, hour], StorageDescriptor }
    await glue.send(new CreatePartitionCommand({ DatabaseName, TableName: 'ticks', PartitionInput }))
  }
  glue.destroy()
}

async function rewritten(
  key: string,
  bytes: Buffer,
  here: (text: string) => string,
  topicId: string,
): Promise<Uint8Array> {
  if (key.endsWith('.zst')) return zstdCompressSync(here(zstdDecompressSync(bytes).toString()))
  return changedParquet(bytes, (rows) => rows.map((row) => ({ ...row, kafka_topic_id: topicId })))
}
