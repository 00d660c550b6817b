// The options of a reader, with their defaults.
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { KafkaReaderError } from './errors.ts'

export interface ReaderOptions {
  /** The brokers to ask first, `host:port`. */
  readonly brokers: readonly string[]
  /** How the broker's logs and quotas name this reader. */
  readonly clientId?: string
  /** `true`, or what `tls.connect` takes: `ca`, `cert`, `key`, `servername`. Node.js trusts its own list of authorities. */
  readonly tls?: boolean | TlsOptions
  readonly sasl?: SaslOptions
  /** By default `read_committed`: neither records of aborted transactions nor those beyond the last stable offset. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /** The largest response; a single larger batch is returned whole. 4 MiB */
  readonly maxBytes?: number
  /** The same for one partition of it. 1 MiB */
  readonly maxPartitionBytes?: number
  /** How long a broker waits for records. 500 */
  readonly maxWaitMs?: number
  /** A broker waits, at most `maxWaitMs`, until it has this many bytes. 1 */
  readonly minBytes?: number
  /** The largest batch when decompressed. 128 MiB */
  readonly maxBatchBytes?: number
  /** A larger response is refused. 256 MiB */
  readonly maxResponseBytes?: number
  /** How long connecting, including authentication, may take. 10,000 */
  readonly connectTimeoutMs?: number
  /** A broker that sends nothing for this long (in addition to `maxWaitMs`) is given up. 10,000 */
  readonly requestTimeoutMs?: number
  /** The first and the longest pause before a retry. 50 and 1,000 */
  readonly retryBackoffMs?: readonly [first: number, longest: number]
  /** Metadata is refreshed at least this often. 60,000 */
  readonly metadataMaxAgeMs?: number
  /** From this many partitions of one broker on, requests name only changes (KIP-227). 100 */
  readonly sessionFromPartitions?: number
  /** This reader's rack; if set, a broker may name a replica in the same rack (KIP-392). */
  readonly rack?: string
  /** The highest version of Fetch to use; 12 uses topic names instead of ids. */
  readonly maxFetchVersion?: number
  /** Called with each error that is retried: for logs and metrics. It must not throw. */
  readonly onRetry?: (error: KafkaReaderError) => void
}

export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  /** Called at each authentication, so that a changed password needs no new reader. */
  readonly password: string | (() => string | Promise<string>)
}

export type Settings = Required<Omit<ReaderOptions, 'tls' | 'sasl' | 'brokers'>> & {
  readonly brokers: readonly Address[]
  readonly tls: TlsOptions | undefined
  readonly sasl: SaslOptions | undefined
}

export interface Address {
  readonly host: string
  readonly port: number
}

const MIB = 1024 * 1024
const HIGHEST_INT32 = 2 ** 31 - 1

/** @throws KafkaReaderError INVALID_ARGUMENT */
export function settingsOf(options: ReaderOptions): Settings {
  const { tls, sasl, brokers, ...others } = options
  if (brokers.length === 0) throw invalid('brokers: the list is empty')
  const settings: Settings = {
    clientId: 'kafka-reader',
    isolation: 'read_committed',
    maxBytes: 4 * MIB,
    maxPartitionBytes: MIB,
    maxWaitMs: 500,
    minBytes: 1,
    maxBatchBytes: 128 * MIB,
    maxResponseBytes: 256 * MIB,
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    retryBackoffMs: [50, 1_000],
    metadataMaxAgeMs: 60_000,
    sessionFromPartitions: 100,
    rack: '',
    maxFetchVersion: 17,
    onRetry: () => {},
    ...withoutUndefined(others),
    brokers: brokers.map(addressOf),
    tls: tls === true ? {} : tls || undefined,
    sasl,
  }
  for (const name of numbers) {
    const value = settings[name]
    if (!Number.isSafeInteger(value) || value < 1 || value > HIGHEST_INT32) {
      throw invalid(`${name}: ${value} is not a whole number from 1 to ${HIGHEST_INT32}`)
    }
  }
  return settings
}

const numbers = [
  'maxBytes',
  'maxPartitionBytes',
  'maxWaitMs',
  'minBytes',
  'maxBatchBytes',
  'maxResponseBytes',
  'connectTimeoutMs',
  'requestTimeoutMs',
  'metadataMaxAgeMs',
  'sessionFromPartitions',
  'maxFetchVersion',
] as const

/** `host:port`, `[::1]:9092` for IPv6. */
function addressOf(text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  if (!host || !port || Number(port) < 1 || Number(port) > 65_535) {
    throw invalid(`brokers: "${text}" is not host:port`)
  }
  return { host, port: Number(port) }
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

function invalid(message: string): KafkaReaderError {
  return new KafkaReaderError({ code: 'INVALID_ARGUMENT', message })
}
