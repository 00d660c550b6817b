// Encodes off the main thread, which is busy with the Kafka client's messages.
import { Worker } from 'node:worker_threads'
import { Failure } from '@ticklake/runtime/errors.ts'
import { giveBack, type RowOrigin, type SlabContent } from '../batching/slab.ts'

export interface EncodeJob {
  readonly format: 'parquet' | 'jsonl'
  readonly slabs: readonly SlabContent[]
  readonly origin: RowOrigin
}

/** The blocks are returned with the files. */
export type EncodeAnswer =
  | { readonly files: Uint8Array<ArrayBuffer>[]; readonly memory: ArrayBuffer[] }
  | { readonly failed: string }

export interface Encoder extends AsyncDisposable {
  /**
   * One file per UTC hour of the rows, hours in order. Transfers the blocks: the rows cannot be used afterwards.
   * @throws Failure ENCODER_FAILED; the claim stays as it is, and is finished after a restart
   */
  encode(job: EncodeJob): Promise<Uint8Array<ArrayBuffer>[]>
}

/** Starts the encoding thread. Jobs run one after the other, in order. */
export function startEncoder(): Encoder {
  const worker = new Worker(new URL('./encode-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 },
  })
  worker.unref()
  const waiting: { resolve: (files: Uint8Array<ArrayBuffer>[]) => void; reject: (error: Error) => void }[] =
    []
  worker.on('message', (answer: EncodeAnswer) => {
    const job = waiting.shift()!
    if (waiting.length === 0) worker.unref()
    if ('failed' in answer) return job.reject(encoderFailure(answer.failed))
    for (const memory of answer.memory) giveBack(memory)
    job.resolve(answer.files)
  })
  let died: string | undefined
  const die = (why: string) => {
    died ??= why
    for (const job of waiting.splice(0)) job.reject(encoderFailure(died))
  }
  worker.on('error', (error) => die(String(error)))
  worker.on('exit', (code) => die(`the encoding thread ended with ${code}`))
  return {
    encode(job) {
      // A thread that has ended answers nothing.
      if (died !== undefined) return Promise.reject(encoderFailure(died))
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>[]>()
      waiting.push({ resolve, reject })
      worker.ref()
      worker.postMessage(
        job,
        job.slabs.map(({ memory }) => memory),
      )
      return promise
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

function encoderFailure(why: string): Failure {
  return new Failure({
    code: 'ENCODER_FAILED',
    what: 'rows could not be encoded; their claim stays in S3 and is finished after a restart',
    why,
    remedy:
      'restart the consumer; if it fails again, lower CONSUMER_FLUSH_ROWS to save memory, or report the rows of this claim',
  })
}
