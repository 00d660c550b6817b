// The texts of --help: each is enough for a newcomer to work from.

import { lakeSchema } from '@ticklake/aws/config.ts'
import { kafkaSchema } from '@ticklake/kafka/config.ts'
import { catalogSchema } from '../config.ts'

export interface HelpText {
  readonly usage: string
  readonly examples: readonly (readonly [string, string])[]
  readonly epilogue: string
}

const schema = { ...kafkaSchema, ...lakeSchema, ...catalogSchema }
type Variable = keyof typeof schema

/** The variables that a command reads, with their defaults. */
function variables(...names: readonly Variable[]): string {
  const lines = names.map((name) => {
    const option = schema[name]
    const fallback =
      'fallback' in option && option.fallback !== undefined ? ` (${option.fallback} when unset)` : ''
    return `  ${name}  ${option.doc}${fallback}`
  })
  return [
    'Variables, from the shell or .env:',
    ...lines,
    'AWS’s own variables (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL ...) are the SDK’s.',
  ].join('\n')
}

const where = [
  'LAKE_BUCKET',
  'LAKE_PREFIX',
  'LAKE_FORMAT',
  'LAKE_DATASET',
  'LAKE_DATABASE',
  'LAKE_TABLE',
] as const
const athena = ['LAKE_WORKGROUP', 'LAKE_RESULTS'] as const

export const catalog = [
  'The lake as Glue and Athena see it: declares the table, registers partitions, crawls, queries, watches, audits.',
  '',
  '  node catalog/main.ts <command>',
].join('\n')

export const declare: HelpText = {
  usage: [
    'catalog declare [--replace]',
    '',
    'Creates the Glue database, the crawler’s database, the table over the dataset’s folder, the view with the tutorials’ column names, and the partitions: the coming hours, and every hour that already has objects. It may be run again at any time: what exists as wanted stays. What exists and differs is shown (found, wanted) and not changed, and the exit status is 1. It creates no bucket. Any number of tables may describe one dataset.',
  ].join('\n'),
  examples: [
    ['catalog declare', 'the database stock_market_kafka and its table ticks'],
    [
      'LAKE_DATABASE=stock-market-kafka LAKE_TABLE=kafka-stock-market-engine-ym catalog declare',
      'the same dataset under the names of a tutorial',
    ],
    ['catalog declare --replace', 'overwrite a table that someone has changed'],
  ],
  epilogue: variables(...where, 'CATALOG_VIEW', 'CATALOG_HOURS_AHEAD'),
}

export const crawl: HelpText = {
  usage: [
    'catalog crawl [--compare]',
    '',
    'Creates (or updates) the Glue crawler of the dataset’s folder, starts it, waits for its end and shows the tables that it created in `<database>_crawled`. --compare compares columns, types, partitions and counts with the declared table, for rows that landed before the crawl, so it may run while rows land. Parquet crawls to an equal table; the JSON formats do not (a crawler reads their dates as strings). On AWS a crawl is billed for 10 minutes at least.',
  ].join('\n'),
  examples: [
    ['catalog crawl', 'crawl, and show the tables found'],
    ['catalog crawl --compare', 'exit status 0 only if the crawled table equals the declared one'],
    ['catalog crawl --output jsonl', 'one line per table'],
  ],
  epilogue: variables(...where, 'CATALOG_CRAWLER', 'CATALOG_CRAWLER_ROLE', 'CATALOG_CRAWL_TIMEOUT_MS'),
}

export const query: HelpText = {
  usage: [
    'catalog query <sql> [--output table|csv|json|jsonl]',
    '',
    'Runs the statement in Athena and writes its rows to standard output, any number of them in constant memory. 64-bit integers keep every digit. In csv an empty field is NULL and "" an empty text, as Athena writes it. Ctrl-C cancels the query at Athena. An error is Athena’s own text, with exit status 1. On a terminal a last line on standard error shows the rows, the time, the bytes scanned and what that costs on AWS ($5 a TB, 10 MB at least).',
  ].join('\n'),
  examples: [
    ["catalog query 'SELECT count(*) FROM ticks'", 'the rows so far'],
    ["catalog query 'SELECT * FROM kafka_stock_market_demo LIMIT 10'", 'the tutorials’ column names'],
    ["catalog query --output csv 'SELECT * FROM ticks' > ticks.csv", 'all rows to a file'],
    ['catalog query - < report.sql', 'a statement from a file'],
  ],
  epilogue: variables('LAKE_DATABASE', ...athena),
}

export const watch: HelpText = {
  usage: [
    'catalog watch [--every SECONDS] [--times N] [--full]',
    '',
    'Polls and redraws one line: SELECT count(*) of Athena, rows a second, the age of the newest row, and how many records of the topic have not landed yet. When the output is not a terminal, each answer is a line of its own; --output jsonl and csv write plain numbers. --full redraws a small screen instead: each partition’s end offset, landed offset and lag, the objects of the lake, and how the count grew. Each answer is an Athena query: on AWS at least 10 MB are billed for it ($0.00005), so once a minute is the default there.',
  ].join('\n'),
  examples: [
    ['catalog watch', 'until Ctrl-C'],
    ['catalog watch --every 1', 'each second, for a local stack'],
    ['catalog watch --full --every 1', 'a small screen with partitions, objects and the rate'],
    ['catalog watch --times 3 --output jsonl', 'three lines for a program'],
  ],
  epilogue: variables(
    'KAFKA_BOOTSTRAP_SERVERS',
    'KAFKA_TOPIC',
    ...where,
    ...athena,
    'CATALOG_WATCH_EVERY_MS',
    'CATALOG_QUERY_TIMEOUT_MS',
  ),
}

export const audit: HelpText = {
  usage: [
    'catalog audit [--deep] [--wait SECONDS] [--dataset NAME] [--compare NAME]',
    '',
    'Proves that each record of the topic is in the lake exactly once, while everything runs. It trusts no counter: end offsets come from Kafka, the claims are listed and read one by one, and Athena counts the rows of each object. Exit status 0 only if nothing is lost, duplicated, or in the bucket without a claim. The last line is always',
    '',
    '  audit: produced N, landed N, dead D, skipped K, lost L, twice T',
    '',
    '  produced  the end offsets of all partitions added up, less the gaps that the claims name (offsets without a record: transaction markers, aborted and compacted records)',
    '  landed    rows that Athena reads from objects that claims name, each counted once',
    '  dead      rejected records, counted in their dead-letter files',
    '  skipped   records left out on purpose, by a claim that says why',
    '  lost      named by a claim but missing, or deleted by Kafka before they landed',
    '  twice     rows beyond the first for the same record',
    '',
    'Records that have not landed yet are on a separate line; --wait waits for them, and for the catalog to register their hours. Verified hours are recorded in the bucket, and only read again if an object in them was added, changed or deleted. --deep checks all of them, and re-reads what Kafka still has: gaps must hold no record, and each row is compared with its record column by column. Rows with other values are named, and counted as changed after the last number; what could not be compared is listed.',
  ].join('\n'),
  examples: [
    ['catalog audit', 'what has landed by now'],
    ['catalog audit --wait 30', 'first wait up to 30 s for what was just produced to land'],
    ['catalog audit --deep', 'check every hour again, and compare all rows with Kafka'],
    ['catalog audit --compare again', 'also show which records differ from, or are missing in, `again`'],
  ],
  epilogue: variables(
    'KAFKA_BOOTSTRAP_SERVERS',
    'KAFKA_TOPIC',
    'KAFKA_CONNECT_TIMEOUT_MS',
    ...where,
    ...athena,
    'CATALOG_IN_FLIGHT_MS',
    'CATALOG_QUERY_TIMEOUT_MS',
  ),
}

export const doctor: HelpText = {
  usage: [
    'catalog doctor [--partitions N] [--output table|json]',
    '',
    'Checks everything that rows need to flow, dependencies first: settings; this machine’s clock; the credentials; the bucket, writing to it, and that a second If-None-Match is refused; Glue; Athena’s workgroup and a query; the broker’s name, port, certificate, login and protocol; the addresses that it advertises to its clients, and whether they can be reached from here; the topic, its partitions and its timestamps; the group protocol. Each check is a line: ok, FAILED with what, why and what to do, or skipped with the reason. No check waits forever.',
    '',
    'It changes nothing but one small object, `<LAKE_PREFIX>/_control/doctor/probe.json`. On AWS it costs less than a hundredth of a cent. Exit status 0 only if nothing failed.',
  ].join('\n'),
  examples: [
    ['catalog doctor', 'before the first start, and when something does not work'],
    ['catalog doctor --partitions 6', 'also require at least six partitions of the topic'],
    ['catalog doctor --output json', 'for a program'],
  ],
  epilogue: variables(
    'KAFKA_BOOTSTRAP_SERVERS',
    'KAFKA_TOPIC',
    'KAFKA_GROUP_PROTOCOL',
    'KAFKA_SECURITY_PROTOCOL',
    'KAFKA_SASL_MECHANISM',
    'KAFKA_SASL_USERNAME',
    'KAFKA_SASL_PASSWORD_FILE',
    'KAFKA_SSL_CA_FILE',
    ...where,
    ...athena,
  ),
}

export const compact: HelpText = {
  usage: [
    'catalog compact [--hour YYYY-MM-DDTHH]',
    '',
    'Merges the small objects of each closed hour into a few large ones, so that a count stays fast; `serve` does this by itself. A query that runs meanwhile sees the same rows before, during and after: the new objects are written beside the old ones and checked, a manifest says which objects they replace, every Glue table of the dataset is switched to them in one step, and only an hour later the old objects are deleted (CATALOG_COMPACT_DELETE_AFTER_MS). It may be killed at any point, and two may run at once; the next run continues. An hour is closed when it ended more than ten minutes ago and every partition has landed a later record, or all of its records. Later rows are merged with a second switch; until then `audit` counts them as late. Formats: parquet and jsonl; json-object is never compacted.',
  ].join('\n'),
  examples: [
    ['catalog compact', 'all closed hours'],
    ['catalog compact --hour 2026-11-21T09', 'one of them'],
  ],
  epilogue: variables(
    'KAFKA_BOOTSTRAP_SERVERS',
    'KAFKA_TOPIC',
    ...where,
    'CATALOG_COMPACT_EVERY_MS',
    'CATALOG_COMPACT_DELETE_AFTER_MS',
  ),
}

export const serve: HelpText = {
  usage: [
    'catalog serve [--allow-crawl]',
    '',
    'The long-running service. Its dashboard at http://localhost:8080/ shows the pipeline live, queries Athena (read-only), draws charts, and shows the catalog, the claims and the dead letters.',
    'It also registers the partitions of the coming hours, and those of every hour that has objects, so that a row is counted as soon as it has landed; starts the crawler on a schedule, if set; runs audits, compaction and alerts; answers /livez, /readyz and /metrics. The count in the metrics is renewed only by a scrape. When Glue, Athena or S3 do not answer, it logs that and continues when they are back. It creates partitions, and changes them only after a compaction.',
  ].join('\n'),
  examples: [
    ['catalog serve', 'until SIGTERM or Ctrl-C'],
    ['catalog serve --allow-crawl', 'with a button that starts the crawler'],
    ['CATALOG_CRAWL_EVERY_MS=3600000 catalog serve', 'with a crawl each hour'],
    ['curl http://127.0.0.1:9103/metrics', 'the metrics of a running `serve`'],
  ],
  epilogue: variables(
    ...where,
    'CATALOG_HOURS_AHEAD',
    'CATALOG_REGISTER_EVERY_MS',
    'CATALOG_CRAWL_EVERY_MS',
    'CATALOG_COMPACT_EVERY_MS',
    'CATALOG_COMPACT_DELETE_AFTER_MS',
    'CATALOG_WATCH_EVERY_MS',
    'CATALOG_ALERTS_FILE',
    'CATALOG_ALERTS_SECRET_FILE',
    'CATALOG_HEALTH_HOST',
    'CATALOG_HEALTH_PORT',
    'CATALOG_HEALTH_ALLOWED_HOSTS',
    'CATALOG_PAGE_HOST',
    'CATALOG_PAGE_PORT',
    'CATALOG_PAGE_ALLOWED_HOSTS',
    'CATALOG_PAGE_PRODUCER_METRICS',
    'CATALOG_PAGE_CONSUMER_METRICS',
  ),
}

export const alerts: HelpText = {
  usage: [
    'catalog alerts plan [--measure]',
    '',
    'Checks the file that CATALOG_ALERTS_FILE names, and prints for each alert how often it runs, what that costs a day on AWS, and whom it notifies. Without --measure the cost is the minimum: 10 MB for each query. `serve` runs the alerts.',
  ].join('\n'),
  examples: [
    [
      'CATALOG_ALERTS_FILE=alerts.yml catalog alerts plan',
      'check the file, and print the least that they cost',
    ],
    [
      'CATALOG_ALERTS_FILE=alerts.yml catalog alerts plan --measure',
      'print what they cost by the bytes that they scan now',
    ],
  ],
  epilogue: variables('CATALOG_ALERTS_FILE', ...where, ...athena, 'CATALOG_QUERY_TIMEOUT_MS'),
}
