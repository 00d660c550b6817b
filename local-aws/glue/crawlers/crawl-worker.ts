// The thread of one crawl: scans the targets, returns what it found, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { openBucket } from './s3.ts'
import { type ScanOptions, scan } from './scan.ts'

const { s3Endpoint, region, secret, options } = workerData as {
  s3Endpoint: string
  region: string
  secret: string | undefined
  options: ScanOptions
}
try {
  parentPort!.postMessage({ found: await scan(options, openBucket(s3Endpoint, region, secret)) })
} catch (error) {
  const name = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : ''
  parentPort!.postMessage({ failure: `${name}${reasonOf(error)}` })
}
