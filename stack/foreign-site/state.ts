// What a request could change in a stack, as lines that are compared before and after.
import { readdirSync } from 'node:fs'
import {
  AthenaClient,
  BatchGetQueryExecutionCommand,
  ListQueryExecutionsCommand,
} from '@aws-sdk/client-athena'
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import kafkaJavascript from '@confluentinc/kafka-javascript'
import { s3Client } from '@ticklake/aws/config.ts'
import { loopback, type Ports } from '../ports.ts'
import { forged, type Prey } from './attempts.ts'

const LIST_WITHIN_MS = 20_000

/** Buckets, objects, Glue, Athena's history, CloudFormation, IAM, Lambda, topics, and files that code would leave. */
export async function stateOf(ports: Ports, prey: Prey): Promise<string[]> {
  const parts = await Promise.all([
    objects(prey),
    queries(),
    ask(ports.aws, 'glue', { target: 'AWSGlue.GetDatabases' }).then((text) =>
      named('database', text, /"Name":"([^"]+)"/g),
    ),
    ask(ports.aws, 'cloudformation', { action: 'ListStacks' }).then((text) =>
      named('stack', text, /<StackName>([^<]+)/g),
    ),
    ask(ports.aws, 'iam', { action: 'ListUsers' }).then((text) => named('user', text, /<UserName>([^<]+)/g)),
    // local-aws does not offer these; MiniStack itself is asked, as long as it answers.
    ask(ports.miniStack, 'lambda', { path: '/2015-03-31/functions/' }).then((text) =>
      named('function', text, /"FunctionName": ?"([^"]+)"/g),
    ),
    topics(ports),
  ])
  return [...parts.flat(), ...readdirSync(prey.markers).map((file) => `code ran: ${file}`)].sort()
}

async function objects({ bucket, key }: Prey): Promise<string[]> {
  const s3 = s3Client({ s3PathStyle: true })
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return [
    ...Buckets.map(({ Name }) => `bucket ${Name}`),
    ...Contents.map(({ Key }) => `object ${Key}`),
    `content ${await Body!.transformToString()}`,
  ]
}

/** The newest hundred. */
async function queries(): Promise<string[]> {
  const athena = new AthenaClient({})
  const lines: string[] = []
  let NextToken: string | undefined
  do {
    const page = await athena.send(new ListQueryExecutionsCommand({ MaxResults: 50, NextToken }))
    const QueryExecutionIds = page.QueryExecutionIds ?? []
    if (QueryExecutionIds.length === 0) break
    const { QueryExecutions = [] } = await athena.send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds }),
    )
    lines.push(...QueryExecutions.map(({ QueryExecutionId, Query }) => `query ${QueryExecutionId} ${Query}`))
    NextToken = page.NextToken
  } while (NextToken && lines.length < 100)
  return lines
}

async function topics(ports: Ports): Promise<string[]> {
  const admin = kafkaJavascript.AdminClient.create({ 'bootstrap.servers': `${loopback}:${ports.kafka}` })
  try {
    const names = await new Promise<string[]>((resolve, reject) => {
      admin.listTopics({ timeout: LIST_WITHIN_MS }, (error, topics) =>
        error ? reject(error) : resolve(topics),
      )
    })
    return names.map((topic) => `topic ${topic}`)
  } finally {
    admin.disconnect()
  }
}

interface Asked {
  readonly path?: string
  readonly target?: string
  readonly action?: string
}

async function ask(port: number, service: string, { path = '/', target, action }: Asked): Promise<string> {
  const answer = await fetch(`http://${loopback}:${port}${path}`, {
    method: path === '/' ? 'POST' : 'GET',
    headers: {
      ...forged(service),
      'content-type': target ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded',
      ...(target ? { 'x-amz-target': target } : {}),
    },
    ...(path === '/' ? { body: target ? '{}' : `Action=${action}&Version=2010-05-15` } : {}),
  })
  return answer.ok ? answer.text() : ''
}

function named(kind: string, text: string, form: RegExp): string[] {
  return [...text.matchAll(form)].map(([, name]) => `${kind} ${name}`)
}
