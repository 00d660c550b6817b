// Lists are read page by page to their end, without requesting more pages than needed.
import { GlueClient } from '@aws-sdk/client-glue'
import { S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { Glue } from './glue.ts'
import { Bucket } from './s3.ts'

type Input = Readonly<Record<string, unknown>>

/** Answers a client's requests without a network, and records them. */
function answering<C extends S3Client | GlueClient>(client: C, answers: readonly (object | Error)[]) {
  const asked: Input[] = []
  const stack = client.middlewareStack as S3Client['middlewareStack']
  stack.add(
    () => async (args) => {
      const answer = answers[asked.length]!
      asked.push(args.input as Input)
      if (answer instanceof Error) throw answer
      return { output: { $metadata: {}, ...answer }, response: {} } as never
    },
    { step: 'initialize', priority: 'high' },
  )
  return { client, asked }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const region = 'us-east-1'
const objects = (...keys: string[]) => ({ Contents: keys.map((Key) => ({ Key, Size: 1, ETag: 'e' })) })
const keysOf = async (bucket: Bucket, options?: { startAfter?: string; limit?: number }) =>
  (await all(bucket.list('p/', options))).map(({ key }) => key)

test('objects are listed page by page, from a key on', async () => {
  const pages = [{ ...objects('p/b', 'p/c'), NextContinuationToken: 't' }, objects('p/d')]
  const { client, asked } = answering(new S3Client({ region }), pages)
  expect(await keysOf(new Bucket(client, 'lake'), { startAfter: 'p/a' })).toEqual(['p/b', 'p/c', 'p/d'])
  expect(asked).toMatchObject([{ StartAfter: 'p/a' }, { ContinuationToken: 't' }])
})

test('a limit asks for no page that is not needed', async () => {
  const pages = [{ ...objects('p/b', 'p/c'), NextContinuationToken: 't' }]
  const { client, asked } = answering(new S3Client({ region }), pages)
  expect(await keysOf(new Bucket(client, 'lake'), { limit: 2 })).toEqual(['p/b', 'p/c'])
  expect(asked).toMatchObject([{ MaxKeys: 2 }])
})

test('folders are listed page by page', async () => {
  const pages = [
    { CommonPrefixes: [{ Prefix: 'p/a/' }], NextContinuationToken: 't' },
    { CommonPrefixes: [{ Prefix: 'p/b/' }] },
  ]
  const { client } = answering(new S3Client({ region }), pages)
  expect(await all(new Bucket(client, 'lake').folders('p/'))).toEqual(['p/a/', 'p/b/'])
})

test('a page that fails says what was being listed', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDenied' })
  const s3 = answering(new S3Client({ region }), [denied]).client
  await expect(keysOf(new Bucket(s3, 'lake'))).rejects.toMatchObject({
    code: 'AWS_DENIED',
    message: expect.stringContaining('listing s3://lake/p/'),
  })
  const glue = answering(new GlueClient({ region }), [{ Partitions: [], NextToken: 't' }, denied]).client
  await expect(all(new Glue(glue).partitions('db', 't'))).rejects.toMatchObject({
    code: 'AWS_DENIED',
    message: expect.stringContaining('listing the partitions of db.t'),
  })
})

test('tables are read to their end, or until there are enough; a missing database has none', async () => {
  const pages = [
    { TableList: [{ Name: 'a' }, { Name: 'b' }], NextToken: 't' },
    { TableList: [{ Name: 'c' }] },
  ]
  const names = async (most?: number) => {
    const glue = new Glue(answering(new GlueClient({ region }), pages).client)
    return (await glue.tables('db', most)).map(({ Name }) => Name)
  }
  expect(await names()).toEqual(['a', 'b', 'c'])
  expect(await names(2)).toEqual(['a', 'b'])
  const absent = Object.assign(new Error('no'), { name: 'EntityNotFoundException' })
  expect(await new Glue(answering(new GlueClient({ region }), [absent]).client).tables('db')).toEqual([])
})
