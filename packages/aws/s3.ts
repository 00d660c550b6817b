// The catalog's interface to the bucket: ordered listings, small texts, and texts that are written only once.

import type { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { sleep } from '@ticklake/runtime/process.ts'
import { BucketClock } from './bucket-clock.ts'
import { awsFailure, httpStatus, isAwsError, pagesOf } from './failure.ts'

export interface Listed {
  readonly key: string
  readonly size: number
  readonly etag: string
}

const KEYS_PER_DELETE = 1000
/** Between attempts of a conditional write while another one of the same key is in progress. */
const CONFLICT_PAUSES_MS = [50, 100, 200, 400, 800]

export class Bucket {
  readonly #client: S3Client
  readonly name: string
  readonly clock: BucketClock

  /** @param clock reads the client's answers; without it no age is known */
  constructor(client: S3Client, name: string, clock = new BucketClock()) {
    this.#client = client
    this.name = name
    this.clock = clock
  }

  /** Every object below the prefix in the order of keys, page by page. */
  async *list(prefix: string, options: { startAfter?: string; limit?: number } = {}): AsyncGenerator<Listed> {
    let left = options.limit ?? Number.POSITIVE_INFINITY
    const more = options.startAfter ? { StartAfter: options.startAfter } : {}
    for await (const page of this.#pages(prefix, { MaxKeys: Math.min(1000, left), ...more })) {
      for (const object of page.Contents ?? []) {
        yield { key: object.Key!, size: object.Size ?? 0, etag: object.ETag ?? '' }
        if (--left <= 0) return
      }
    }
  }

  /** The folders directly below the prefix, each with its slash, in order. */
  async *folders(prefix: string): AsyncGenerator<string> {
    for await (const page of this.#pages(prefix, { Delimiter: '/' })) {
      for (const folder of page.CommonPrefixes ?? []) yield folder.Prefix!
    }
  }

  /** A small object's text and its age by the bucket's clock, if known; undefined if it does not exist. */
  async text(key: string): Promise<{ text: string; ageMs: number | undefined } | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }))
      return { text: await answer.Body!.transformToString(), ageMs: this.clock.ageMs(answer) }
    } catch (error) {
      if (isAwsError(error, 'NoSuchKey', 'NotFound')) return undefined
      throw awsFailure('S3', `reading s3://${this.name}/${key}`, error)
    }
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }))
      return true
    } catch (error) {
      if (httpStatus(error) === 404) return false
      throw awsFailure('S3', `looking for s3://${this.name}/${key}`, error)
    }
  }

  /**
   * Writes the text unless the key exists; false: it does, and is not changed. While another conditional write of the key
   * is in progress S3 answers 409; that write may still fail, so it is tried again.
   */
  async putOnce(key: string, text: string): Promise<boolean> {
    const put = {
      Bucket: this.name,
      Key: key,
      Body: text,
      IfNoneMatch: '*',
      ContentType: 'application/json',
    }
    for (let conflicts = 0; ; conflicts++) {
      try {
        await this.#client.send(new PutObjectCommand(put))
        return true
      } catch (error) {
        if (httpStatus(error) === 412) return false
        const pauseMs = httpStatus(error) === 409 ? CONFLICT_PAUSES_MS[conflicts] : undefined
        if (pauseMs === undefined) throw awsFailure('S3', `writing s3://${this.name}/${key}`, error)
        await sleep(pauseMs)
      }
    }
  }

  /** A whole object, or undefined if it does not exist. */
  async bytes(key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }))
      return await answer.Body!.transformToByteArray()
    } catch (error) {
      if (isAwsError(error, 'NoSuchKey', 'NotFound')) return undefined
      throw awsFailure('S3', `reading s3://${this.name}/${key}`, error)
    }
  }

  /** Writes an object in a folder that only this process uses. */
  async put(key: string, body: Uint8Array, contentType: string): Promise<void> {
    await this.#do(`writing s3://${this.name}/${key}`, () =>
      this.#client.send(
        new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ContentType: contentType }),
      ),
    )
  }

  /** Copies an object within the bucket, on the server. */
  async copy(from: string, to: string): Promise<void> {
    const source = `${this.name}/${from}`.split('/').map(encodeURIComponent).join('/')
    await this.#do(`copying s3://${this.name}/${from}`, () =>
      this.#client.send(new CopyObjectCommand({ Bucket: this.name, Key: to, CopySource: source })),
    )
  }

  /** Deletes objects; a missing one is not an error. */
  async delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += KEYS_PER_DELETE) {
      const some = keys.slice(start, start + KEYS_PER_DELETE).map((Key) => ({ Key }))
      const answer = await this.#do(`deleting ${some.length} objects of s3://${this.name}`, () =>
        this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects: some, Quiet: true } }),
        ),
      )
      const [bad] = answer.Errors ?? []
      if (bad) {
        const why = Object.assign(new Error(bad.Message ?? ''), { name: bad.Code ?? 'S3Error' })
        throw awsFailure('S3', `deleting s3://${this.name}/${bad.Key}`, why)
      }
    }
  }

  /** The bytes of an object from `start`; undefined if there are none. */
  async read(key: string, start: number, signal?: AbortSignal): Promise<Readable | undefined> {
    try {
      const answer = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.name,
          Key: key,
          ...(start > 0 ? { Range: `bytes=${start}-` } : {}),
        }),
        signal ? { abortSignal: signal } : {},
      )
      return answer.Body as Readable
    } catch (error) {
      if (httpStatus(error) === 416) return undefined
      throw awsFailure('S3', `reading s3://${this.name}/${key}`, error)
    }
  }

  async #do<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw awsFailure('S3', doing, error)
    }
  }

  #pages(
    prefix: string,
    more: Partial<ListObjectsV2CommandInput>,
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.name, Prefix: prefix, ...more },
    )
    return pagesOf('S3', `listing s3://${this.name}/${prefix}`, pages)
  }
}

/** Splits `s3://bucket/key`. @throws Error if the text is not such an address */
export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri)
  if (!match) throw new Error(`not an s3:// address: ${uri}`)
  return { bucket: match[1]!, key: match[2]! }
}
