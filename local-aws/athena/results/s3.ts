// Where results are stored: S3 objects that are written in bounded memory and read back by range.
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { makeBucket, s3ServerClient } from '../../s3-client.ts'
import { systemFailure } from '../api/errors.ts'

/** S3 requires 5 MiB at least for every part but the last; 10,000 parts of this size are 80 GB. */
const partBytes = 8 * 1024 * 1024
/** A page of a result is mostly smaller; for a range without an end, a server may read the whole object. */
const firstRangeBytes = 256 * 1024
/** The request for a query waits at most this long for S3's answer whether its bucket exists. */
const headTimeoutMs = 2_000
/** How long a bucket that was found is not checked again. */
const bucketIsKnownForMs = 30_000

export interface S3Location {
  readonly bucket: string
  readonly key: string
}

/** s3://bucket/key in its two parts; undefined if it does not have that form. */
export function s3Location(uri: string): S3Location | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri)
  return match ? { bucket: match[1]!, key: match[2] ?? '' } : undefined
}

/** A result that is being written: text is added, then the object appears as a whole or not at all. */
export interface ResultWriter {
  write(text: string): Promise<void>
  /** Completes the object. Out: its bytes, if there are few. */
  close(): Promise<Buffer | undefined>
  /** Waits for what is being written, and deletes it. Never throws. */
  abort(): Promise<void>
}

export interface ResultObjects extends Disposable {
  /** Whether the server answers at all within a time. */
  answers(withinMs: number): Promise<boolean>
  bucketExists(bucket: string): Promise<boolean>
  /** Creates a bucket if it is missing. @throws errors of S3 */
  makeBucket(bucket: string): Promise<void>
  /** Whether the object exists; also false if S3 does not answer. */
  exists(uri: string): Promise<boolean>
  writer(uri: string, signal: AbortSignal): ResultWriter
  /** Must not be aborted: nobody knows whether S3 stored an object whose request was interrupted. */
  put(uri: string, body: Buffer): Promise<void>
  /** The bytes from an offset on, fetched range by range on demand. @throws errors of S3 */
  read(uri: string, offset: number): AsyncGenerator<Uint8Array>
  /** The addresses of all objects below a folder. */
  list(folder: string): AsyncGenerator<string>
  remove(uris: readonly string[]): Promise<void>
  /** @throws errors of S3: then the object is still in its old place */
  move(from: string, to: string): Promise<void>
}

export function openResultObjects(endpoint: URL, region: string, secret?: string): ResultObjects {
  const s3 = s3ServerClient(endpoint, region, secret, {
    // A query fails within ten seconds if S3 is down or silent.
    maxAttempts: 2,
    // Both ends are on one machine: a checksum of each result would only cost time.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
  })
  const seenBuckets = new Map<string, number>()

  async function putObject(uri: string, body: Buffer): Promise<void> {
    const { bucket, key } = s3Location(uri)!
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/octet-stream' }),
    )
  }

  async function put(uri: string, body: Buffer): Promise<void> {
    await putObject(uri, body).catch((error) => {
      throw writeFailure(uri, error)
    })
  }

  function writeFailure(uri: string, error: unknown): Error {
    const { bucket } = s3Location(uri)!
    seenBuckets.delete(bucket)
    if ((error as Error).name === 'NoSuchBucket') {
      return systemFailure(`Unable to write the query result: the bucket ${bucket} does not exist`)
    }
    return systemFailure(
      `Unable to write the query result to ${uri}: ${reasonOf(error)}. The query can be run again`,
    )
  }

  function writer(uri: string, signal: AbortSignal): ResultWriter {
    const { bucket, key } = s3Location(uri)!
    const object = { Bucket: bucket, Key: key }
    let chunks: Buffer[] = []
    let bytes = 0
    let uploadId: string | undefined
    const parts: { ETag: string | undefined; PartNumber: number }[] = []
    let writing: Promise<unknown> = Promise.resolve()
    let isClosing = false

    async function uploadPart(): Promise<void> {
      const body = Buffer.concat(chunks)
      chunks = []
      bytes = 0
      uploadId ??= (await s3.send(new CreateMultipartUploadCommand(object))).UploadId!
      const PartNumber = parts.length + 1
      const answer = await s3.send(
        new UploadPartCommand({ ...object, UploadId: uploadId, PartNumber, Body: body }),
        { abortSignal: signal },
      )
      parts.push({ ETag: answer.ETag, PartNumber })
    }

    async function finish(): Promise<Buffer | undefined> {
      if (uploadId === undefined) {
        const body = Buffer.concat(chunks)
        await putObject(uri, body)
        return body
      }
      if (bytes > 0) await uploadPart()
      const MultipartUpload = { Parts: parts }
      await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId: uploadId, MultipartUpload }))
      return undefined
    }

    /** Runs one operation at a time, so that abort() knows what remains to be undone. */
    function during<T>(work: Promise<T>): Promise<T> {
      writing = work.catch(() => undefined)
      return work.catch((error) => {
        throw signal.aborted ? error : writeFailure(uri, error)
      })
    }

    return {
      async write(text) {
        const chunk = Buffer.from(text, 'utf8')
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes >= partBytes) await during(uploadPart())
      },
      close() {
        isClosing = true
        return during(finish())
      },
      async abort() {
        await writing
        chunks = []
        if (uploadId !== undefined) {
          await s3
            .send(new AbortMultipartUploadCommand({ ...object, UploadId: uploadId }))
            .catch(() => undefined)
        }
        if (isClosing) await remove([uri]).catch(() => undefined)
      },
    }
  }

  async function remove(uris: readonly string[]): Promise<void> {
    const byBucket = Map.groupBy(uris, (uri) => s3Location(uri)!.bucket)
    for (const [bucket, own] of byBucket) {
      for (let start = 0; start < own.length; start += 1_000) {
        const Objects = own.slice(start, start + 1_000).map((uri) => ({ Key: s3Location(uri)!.key }))
        await s3
          .send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
          .catch((error) => {
            // Without its bucket the results are gone too.
            if ((error as Error).name !== 'NoSuchBucket') throw error
          })
      }
    }
  }

  return {
    writer,
    put,
    remove,
    async move(from, to) {
      const [source, target] = [s3Location(from)!, s3Location(to)!]
      const CopySource = [source.bucket, ...source.key.split('/')].map(encodeURIComponent).join('/')
      await s3.send(new CopyObjectCommand({ Bucket: target.bucket, Key: target.key, CopySource }))
      await remove([from])
    },
    async answers(withinMs) {
      try {
        await (await fetch(endpoint, { signal: AbortSignal.timeout(withinMs) })).body?.cancel()
        return true
      } catch {
        return false
      }
    },
    async bucketExists(bucket) {
      if ((seenBuckets.get(bucket) ?? 0) > Date.now()) return true
      try {
        const abortSignal = AbortSignal.timeout(headTimeoutMs)
        await s3.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal })
      } catch (error) {
        // Only S3's own answer counts; if S3 does not answer, writing the result fails with that error.
        return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 404
      }
      seenBuckets.set(bucket, Date.now() + bucketIsKnownForMs)
      return true
    },
    async makeBucket(bucket) {
      if ((seenBuckets.get(bucket) ?? 0) > Date.now()) return
      await makeBucket(s3, bucket)
      seenBuckets.set(bucket, Date.now() + bucketIsKnownForMs)
    },
    async exists(uri) {
      const { bucket, key } = s3Location(uri)!
      return s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).then(
        () => true,
        () => false,
      )
    },
    async *read(uri, offset) {
      const { bucket, key } = s3Location(uri)!
      // A client that requests a second page mostly requests all of them.
      let size = offset === 0 ? firstRangeBytes : 4 * firstRangeBytes
      for (
        let from = offset, total = Number.POSITIVE_INFINITY;
        from < total;
        size = Math.min(size * 4, partBytes)
      ) {
        const Range = `bytes=${from}-${from + size - 1}`
        try {
          const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }))
          const bytes = await answer.Body!.transformToByteArray()
          total = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes.length)
          from += bytes.length
          yield bytes
        } catch (error) {
          // An empty object has no such range, nor does a page that begins at the end.
          if ((error as Error).name === 'InvalidRange') return
          throw error
        }
      }
    },
    async *list(folder) {
      const { bucket, key } = s3Location(folder)!
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: key })) {
        for (const object of page.Contents ?? []) yield `s3://${bucket}/${object.Key}`
      }
    },
    [Symbol.dispose]: () => s3.destroy(),
  }
}
