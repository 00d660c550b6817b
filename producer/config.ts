// The settings of the producer: the PRODUCER_* and KAFKA_* variables, read once and strictly.
import { resolve } from 'node:path'
import { isText } from '@ticklake/contract/validation.ts'
import {
  isForeignKafkaName,
  kafkaSchema,
  requireOwnDeadLetterTopic,
  topicSchema,
} from '@ticklake/kafka/config.ts'
import {
  type Env,
  integer,
  milliseconds,
  type Option,
  oneOf,
  optional,
  optionalText,
  readEnv,
  text,
  type Values,
} from '@ticklake/runtime/env.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { hostNames } from '@ticklake/runtime/request-guard.ts'
import { stopLinger } from '@ticklake/runtime/stop-reason.ts'
import { type Columns, parseColumns } from './csv/columns-setting.ts'
import { dateFormats } from './csv/dates.ts'
import { encodings } from './csv/encoding.ts'
import { decimals } from './csv/numbers.ts'
import { type JsonMap, parseMap } from './feeds/json-map.ts'
import { type FeedSpec, feedForms, parseFeed } from './feeds/spec.ts'

export const modes = ['replay', 'loop', 'sample'] as const
export type Mode = (typeof modes)[number]

const fixedSources: readonly string[] = ['generated', 'sample', '-']

export const producerSchema = {
  PRODUCER_SOURCE: {
    ...text({
      doc: `where rows come from without PRODUCER_CSV: \`generated\` is the full-size generated file, \`sample\` is data/sample.csv, \`-\` is JSON lines on standard input; or a live feed (docs/sources.md): ${feedForms}`,
      default: 'generated',
    }),
    kind: 'generated | sample | - | a live feed',
    parse: (value) => {
      if (fixedSources.includes(value) || parseFeed(value)) return value
      throw new Error(`must be one of ${fixedSources.join(', ')}, or a live feed: ${feedForms}`)
    },
  } as Option<string>,
  PRODUCER_CSV: optionalText({ doc: 'a market file to read instead; `-` is CSV on standard input' }),
  PRODUCER_MODE: {
    ...oneOf(modes, { doc: '' }),
    doc: '`replay` sends the rows once in order, `loop` again and again, `sample` one at random each time; when unset, `loop` for generated rows and `replay` for all others',
    fallback: undefined,
  } as Option<Mode | undefined>,
  PRODUCER_RATE: {
    doc: 'rows per second (may be below 1), or `max`',
    kind: 'number above 0, or max',
    fallback: 200,
    parse: (value) => {
      if (value === 'max') return value
      const rate = Number(value)
      if (!/^\d+(\.\d+)?$/.test(value) || rate < 0.001 || rate > 10_000_000) {
        throw new Error('must be max, or a number from 0.001 to 10000000')
      }
      return rate
    },
  } as Option<number | 'max'>,
  PRODUCER_ROWS: integer({ doc: 'stop after this many rows; 0 is no limit', default: 0 }),
  PRODUCER_AT_END: oneOf(['exit', 'stay'], {
    doc: 'what to do after the last row: `exit`, or `stay` ready until a signal, for containers: the next `up` would restart one that has exited',
    default: 'exit',
  }),
  PRODUCER_INDEX: optionalText({ doc: 'the index of every row, for a CSV file without an index column' }),
  PRODUCER_SOURCE_NAME: {
    ...optionalText({
      doc: 'the column `source` of rows that have none; when unset, a CSV file’s own name (without its folder), `generated` for generated rows, and nothing for standard input',
    }),
    parse: (value) => {
      if (isText(value)) return value
      throw new Error('must have at most 256 characters, none of them a control character')
    },
  } as Option<string | undefined>,
  PRODUCER_DATE_FORMAT: oneOf(dateFormats, {
    doc: 'the date format of a CSV file: `auto` detects it, and asks if it cannot; `iso` is 2021-05-31, `day-first` 31/05/2021, `month-first` 05/31/2021 (both also with years of two digits), `excel` counts days since 1900, `excel-1904` since 1904, `epoch` seconds or milliseconds since 1970 (days in UTC)',
    default: 'auto',
  }),
  PRODUCER_TIME_ZONE: {
    ...optionalText({
      doc: 'the time zone of a CSV file with times but without zones, such as `America/New_York`: with it the times fill `traded_at`, without it only the days are read',
    }),
    parse: (value) => {
      try {
        return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
      } catch {
        throw new Error('must be the name of a time zone, such as UTC or America/New_York')
      }
    },
  } as Option<string | undefined>,
  PRODUCER_COLUMNS: {
    ...optionalText({
      doc: 'names the columns of a CSV file with unknown headings: `Close=Price,Volume=Vol.`; a number instead of a heading applies to every row: `Volume=0`',
    }),
    parse: parseColumns,
  } as Option<Columns | undefined>,
  PRODUCER_ENCODING: oneOf(encodings, {
    doc: 'the character encoding of a CSV file: `auto` detects UTF-8 and UTF-16; others must be named',
    default: 'auto',
  }),
  PRODUCER_DECIMAL: oneOf(decimals, {
    doc: 'the decimal mark of a CSV file: `auto` detects it, and asks if it cannot; 1,234 is 1234 with `point`, 1.234 with `comma`',
    default: 'auto',
  }),
  PRODUCER_MAP: {
    ...optionalText({
      doc: "where messages of an HTTP or WebSocket feed have each column, if they do not use the contract’s names: `index=$.s,close=$.p,volume=$.v,traded_at=$.t`; `$.data[*].p` reads a list, `volume=0` and `index='HSI'` apply to every message, `id=$.trade_id` identifies duplicates",
    }),
    parse: parseMap,
  } as Option<JsonMap | undefined>,
  PRODUCER_SUBSCRIBE: optionalText({
    doc: 'a text that is sent to a ws:// or wss:// feed after every connect',
  }),
  PRODUCER_FEED_KEY_FILE: optionalText({
    doc: 'a file with the key for `alphavantage` and `finnhub`; HTTP and WebSocket feeds get it as `Authorization: Bearer`',
  }),
  PRODUCER_FEED_URL: address({
    doc: 'another address for the WebSocket of `coinbase`, `binance` or `finnhub`, such as a proxy or a test server',
    protocols: ['ws:', 'wss:'],
  }),
  PRODUCER_FEED_REST_URL: address({
    doc: 'another address for the REST API of `coinbase`, `binance`, `yahoo` or `alphavantage`',
    protocols: ['http:', 'https:'],
  }),
  PRODUCER_FEED_POLL_MS: optional(
    milliseconds({
      doc: 'the time between polls of `yahoo` or `alphavantage`; when unset, a minute for yahoo, and the interval of the candles for alphavantage (two hours for days)',
      min: 1,
    }),
  ),
  PRODUCER_FEED_SILENCE_MS: milliseconds({
    doc: 'a feed’s connection that stays silent for this long, even when pinged, is reopened',
    default: 60_000,
    min: 20,
  }),
  PRODUCER_FEED_BACKOFF_MS: milliseconds({
    doc: 'the first pause before reconnecting to a feed; it doubles with each attempt, up to a minute',
    default: 1_000,
    min: 1,
  }),
  PRODUCER_FEED_CONNECT_TIMEOUT_MS: milliseconds({
    doc: 'how long a feed may take to answer for the first time; later outages are retried without limit',
    default: 30_000,
    min: 1,
  }),
  PRODUCER_REJECTS: optionalText({
    doc: 'a file that gets every skipped row as a JSON line with its reason',
  }),
  PRODUCER_DELIVERY_TIMEOUT_MS: milliseconds({
    doc: 'how long a row may wait for the broker’s acknowledgement, outages included, before the run fails',
    default: 300_000,
    min: 1_000,
  }),
  PRODUCER_STOP_TIMEOUT_MS: milliseconds({
    doc: 'how long a stop by signal waits for acknowledgements',
    default: 8_000,
    min: 100,
  }),
  PRODUCER_HEALTH_HOST: text({ doc: 'where /metrics, /livez and /readyz listen', default: '127.0.0.1' }),
  PRODUCER_HEALTH_PORT: integer({ doc: 'their port; 0 picks a free one', default: 9101, max: 65_535 }),
  PRODUCER_STOP_LINGER_MS: stopLinger,
  PRODUCER_HEALTH_ALLOWED_HOSTS: hostNames({
    doc: 'host names under which they answer, in addition to localhost and PRODUCER_HEALTH_HOST, for a Prometheus that scrapes `producer:9101`',
  }),
} as const

const schema = { ...kafkaSchema, ...topicSchema, ...producerSchema }

export type ProducerConfig = Values<typeof schema> & {
  readonly mode: Mode
  /** Set if PRODUCER_SOURCE names a live feed. */
  readonly feed: FeedSpec | undefined
}

/**
 * @param env the shell's variables, overridden by the command's flags @param use `topic`: no source is read, so
 * settings of a source are allowed without it, as in `make demo`
 * @throws Failure CONFIG_INVALID for unknown PRODUCER_* names, bad values, and settings that contradict each other
 */
export function producerConfig(env: Env, use: 'rows' | 'topic' = 'rows'): ProducerConfig {
  const values = readEnv(schema, env, ['PRODUCER_', 'KAFKA_'], isForeignKafkaName)
  requireOwnDeadLetterTopic(values)
  const readsCsv = values.PRODUCER_CSV !== undefined || values.PRODUCER_SOURCE === 'sample'
  const standardInput =
    values.PRODUCER_CSV === '-' || (!values.PRODUCER_CSV && values.PRODUCER_SOURCE === '-')
  const mode =
    values.PRODUCER_MODE ??
    (values.PRODUCER_CSV || values.PRODUCER_SOURCE !== 'generated' ? 'replay' : 'loop')
  const feed = values.PRODUCER_CSV ? undefined : parseFeed(values.PRODUCER_SOURCE)
  const problems: string[] = feedProblems(values, feed, mode)
  if (values.PRODUCER_CSV && values.PRODUCER_SOURCE !== 'generated') {
    problems.push(`PRODUCER_SOURCE=${values.PRODUCER_SOURCE} and PRODUCER_CSV are two sources; set only one`)
  }
  if (standardInput && mode !== 'replay') {
    problems.push(`PRODUCER_MODE=${mode} needs rows that can be read again; standard input cannot`)
  }
  if (!readsCsv && values.PRODUCER_INDEX) {
    problems.push('PRODUCER_INDEX is for CSV files, and the source is not one')
  }
  const { PRODUCER_CSV: csv, PRODUCER_REJECTS: rejects } = values
  if (csv !== undefined && csv !== '-' && rejects !== undefined && resolve(csv) === resolve(rejects)) {
    problems.push(
      `PRODUCER_REJECTS and PRODUCER_CSV are the same file, ${csv}: it would be emptied before it is read`,
    )
  }
  if (problems.length > 0 && use === 'rows') {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: 'settings contradict each other; nothing was started',
      why: problems.join('\n       '),
      remedy: 'change one of them (`producer run --help` says what each does)',
    })
  }
  // A live feed sets the pace: a slower one would fall behind.
  const isPaced = feed === undefined || Boolean(env.PRODUCER_RATE)
  return Object.freeze({ ...values, ...(!isPaced && { PRODUCER_RATE: 'max' as const }), mode, feed })
}

function feedProblems(
  values: Values<typeof producerSchema>,
  feed: FeedSpec | undefined,
  mode: Mode,
): string[] {
  const problems: string[] = []
  const isAddress = feed?.kind === 'websocket' || feed?.kind === 'http'
  if (feed && mode !== 'replay') {
    problems.push(`PRODUCER_MODE=${mode} needs rows that can be read again; a live feed cannot`)
  }
  if (values.PRODUCER_MAP && !isAddress) {
    problems.push('PRODUCER_MAP is for http(s):// and ws(s):// feeds, and the source is not one')
  }
  if (values.PRODUCER_SUBSCRIBE && feed?.kind !== 'websocket') {
    problems.push('PRODUCER_SUBSCRIBE is for ws(s):// feeds, and the source is not one')
  }
  if ((feed?.kind === 'alphavantage' || feed?.kind === 'finnhub') && !values.PRODUCER_FEED_KEY_FILE) {
    problems.push(`PRODUCER_FEED_KEY_FILE is not set: ${feed.kind} needs a key in a file`)
  }
  return problems
}

function address({
  doc,
  protocols,
}: {
  doc: string
  protocols: readonly string[]
}): Option<string | undefined> {
  const forms = protocols.map((protocol) => `${protocol}//`).join(' or ')
  return {
    ...optionalText({ doc }),
    parse: (value) => {
      if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value
      throw new Error(`must be an address that begins with ${forms}`)
    },
  }
}
