// For tests: changes the rows of a stored object, in any format.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'

type Row = Record<string, unknown>

/** Stores an object again with its first row changed. Times and dates in Parquet are numbers. */
export async function changeFirstRow(
  s3: S3Client,
  bucket: string,
  key: string,
  change: (row: Row) => Row,
): Promise<void> {
  const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  const bytes = Buffer.from(await stored.Body!.transformToByteArray())
  const Body = await changedRows(key, bytes, ([first, ...rest]) => [change(first!), ...rest])
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }))
}

/** The bytes of an object with these rows instead. */
async function changedRows(
  key: string,
  bytes: Buffer,
  change: (rows: Row[]) => Row[],
): Promise<Uint8Array | string> {
  if (key.endsWith('.parquet')) return changedParquet(bytes, change)
  const text = (key.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString()
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  const changed = `${change(rows)
    .map((row) => JSON.stringify(row))
    .join('\n')}\n`
  return key.endsWith('.zst') ? zstdCompressSync(changed) : changed
}

/** With its own schema, so with the columns that it had. */
export async function changedParquet(bytes: Buffer, change: (rows: Row[]) => Row[]): Promise<Uint8Array> {
  const file = new Uint8Array(bytes).buffer
  const rows = change(
    await parquetReadObjects({
      file,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
      parsers: {
        timestampFromMilliseconds: (ms: bigint) => ms,
        dateFromDays: (days: number) => days,
      } as never,
    }),
  )
  const { schema } = parquetMetadata(file)
  const columnData = schema.slice(1).map(({ name }) => ({ name, data: rows.map((row) => row[name]) }))
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columnData as never,
      schema,
      codec: 'ZSTD',
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
    }),
  )
}
