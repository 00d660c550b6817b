// Writes docs/data-model.md from the contract, so that page and code cannot differ: `node tools/docs/data-model.ts`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLAIM_VERSION, type Claim, claimText, ERA_CLAIM_VERSION } from '@ticklake/contract/claim.ts'
import {
  CONTRACT_VERSION,
  columns,
  partitionKeys,
  sinkColumns,
  type TickType,
  tickColumns,
} from '@ticklake/contract/columns.ts'
import {
  announcementKey,
  claimKey,
  dataKey,
  datasetKey,
  deadKey,
  initialOffsetKey,
  recordKey,
  tablePrefix,
  truncationKey,
  withdrawalKey,
} from '@ticklake/contract/keys.ts'
import { rowDigest } from '@ticklake/contract/last-record.ts'
import { canonicalBytes } from '@ticklake/contract/validation.ts'

const page = join(import.meta.dirname, '../../docs/data-model.md')
const lake = { prefix: 'lake', dataset: 'ticks' }
const range = { topicId: '00a5b20662ac4cddb1bcfa62865f9645', partition: 0, S: 0, E: 34333 }
const hour = { dt: '2026-11-21', hour: '09' }
const claim: Claim = {
  v: CLAIM_VERSION,
  topic: 'stock-ticks',
  ...range,
  nonce: '682fa5b6-0b20-4cf4-ad3b-4a32dcec180d',
  encoder: 'parquet/1',
  contract: CONTRACT_VERSION,
  release: '0.3.0',
  files: [{ key: dataKey(lake, hour, range, 'parquet'), rows: 34298 }],
  dead: 35,
  gaps: 0,
  skipped: 0,
  last: { offset: 34332, sha256: rowDigest(1_795_251_600_000, new Uint8Array()), leaderEpoch: 7 },
}

const eraClaim: Claim = {
  v: ERA_CLAIM_VERSION,
  topic: 'stock-ticks',
  topicId: range.topicId,
  partition: 0,
  S: 100,
  E: 101,
  nonce: '0a3c51f6-7c1c-4c3b-9d0e-5c0f5a3f7f11',
  encoder: 'parquet/1',
  contract: CONTRACT_VERSION,
  release: '0.3.0',
  files: [],
  dead: 0,
  gaps: 1,
  skipped: 0,
  era: { number: 1, shift: 41, landedBefore: 100 },
  begins: {
    kafkaOffset: 60,
    why: 'the record at offset 99 has landed, and Kafka has another one of 2026-11-21T09:30:00.000Z at this offset',
    foundAt: '2026-11-21T09:31:12.345Z',
    replacedTo: 100,
  },
}

const messageTypes: Record<TickType, string> = {
  double: 'number',
  date: 'YYYY-MM-DD',
  timestamp: 'ISO 8601 with a zone',
  string: 'text',
}

/** The page's text. */
export function dataModelPage(): string {
  const message = canonicalBytes({
    index: 'HSI',
    date: '1986-12-31',
    open: 2568.300049,
    high: 2568.300049,
    low: 2568.300049,
    close: 2568.300049,
    adj_close: 2568.300049,
    volume: 0,
    close_usd: 333.87900637,
    source: 'indexProcessed.csv',
  })
  return `# The data model

Made from \`packages/contract/\` by \`node tools/docs/data-model.ts\`; a test holds this page to the code. Contract version ${CONTRACT_VERSION}.

A row of the market file becomes a **message**, the message a **row** of an **object**, and a **claim** says which
messages went into which objects. The **table** describes the objects.

## Message

Key: the index's name. Value: one line of JSON, these names in this order, no spaces (the canonical form):

\`\`\`json
${new TextDecoder().decode(message)}
\`\`\`

| field | heading in the file | type | may be null | since contract | |
|---|---|---|---|---|---|
${tickColumns.map((c) => `| ${c.name} | ${c.csv} | ${messageTypes[c.glue]} | ${c.nullable ? 'yes' : 'no'} | ${c.since} | ${c.doc} |`).join('\n')}

A text has 1 to 256 characters, none of them a control character. A field of contract 2 or later may be missing, which
means null; the canonical form omits it when it is null, so that older messages stay canonical.

Any equivalent JSON is accepted and rewritten in canonical form; fields that are not in this table are left
out and counted. Everything else is rejected: it becomes a line of a dead-letter file, and a message on the dead-letter
topic.

## Row

The message's fields, then what says where it came from. A row's identity is (${sinkColumns
    .slice(0, 3)
    .map((c) => c.name)
    .join(', ')}).

| column | Glue | Parquet (all optional) |
|---|---|---|
${columns.map((c) => `| ${c.name} | ${c.glue} | ${c.parquet} |`).join('\n')}

${sinkColumns.map((c) => `- \`${c.name}\`: ${c.doc}.`).join('\n')}

In the JSON formats a timestamp is \`YYYY-MM-DD HH:mm:ss.SSS\`, UTC.

## Object

Below the table's folder \`${tablePrefix(lake)}\`, by ${partitionKeys.map((key) => `\`${key.name}\` (${key.doc})`).join(' and ')}, taken from the
broker's timestamp. Each format is a dataset of its own.

| format | key |
|---|---|
| parquet (zstd) | \`${dataKey(lake, hour, range, 'parquet')}\` |
| jsonl (zstd) | \`${dataKey({ ...lake, dataset: 'ticks_jsonl' }, hour, range, 'jsonl.zst')}\` |
| json-object | \`${recordKey({ ...lake, dataset: 'ticks_json_object' }, hour, range.topicId, 0, 17)}\` |

The two numbers at a key's end are the claim's offsets [S,E), 19 digits each.

## Claim

Written before the objects, once, with \`If-None-Match: *\`; never changed, never deleted. The claims of a partition chain
without a hole from offset 0, and E - S = rows + dead + gaps + skipped.

    ${claimKey(lake, range.topicId, 0, 0)}

\`\`\`json
${claimText(claim).trim()}
\`\`\`

The number in the key is 2^63-1 minus S, so that a LIST of one key finds the newest claim. \`v\` is the claim's version:
version 1 had no release. A release reads every version up to its own, and stops at a later one. A field that an earlier release
may ignore is added without a new version, and is absent in older claims; one that it must not ignore needs a new version.
Version 3 has \`era\`; claims without an era are still written as version 2. dataset.json follows the same rule with its own \`v\`.

\`last\` (since 0.3.0, absent if a claim has only gaps or skipped records) identifies the claim's last record in Kafka:
its offset, SHA-256 of its timestamp and of the row's canonical form (of a rejected record: its value), and the leader
epoch. An offset alone proves nothing after a broker has lost the end of its log.

### Eras

If Kafka has lost landed records and given their offsets to others, and CONSUMER_ON_TRUNCATION is \`record\`, a claim of
one gap begins the partition's next era ([why](adr/0013-eras.md)):

\`\`\`json
${claimText(eraClaim).trim()}
\`\`\`

From then on the offsets of the lake, in rows, keys, claims and dead letters, are Kafka's plus \`era.shift\`: here Kafka's
offset 60 is 101 in the lake. \`begins\` says where the logs diverge (\`kafkaOffset\`), up to which Kafka offset the old log
had landed (\`replacedTo\`: only the lake has the records between the two), and which claim was unfinished then, if
one was. \`landedBefore\` is the highest Kafka offset that an earlier era may have committed. Each later claim of the
partition has \`era\`. A release before 0.3.0 stops at such a claim (CLAIM_UNREADABLE), even if it is already running.

| beside the claims | |
|---|---|
| \`${datasetKey(lake)}\` | what was fixed when the dataset was created: the topic and its id, format, routing, and with \`--from\` the start point; and the contract with its release, which may rise |
| \`${initialOffsetKey(lake, range.topicId, 0)}\` | only with \`--from\`: the initial offset of this partition, written when it is first seen without claims |
| \`${truncationKey(lake, range.topicId, 0)}\` | only if Kafka has other records than those that landed in this partition: what was found, and when. While it exists, no consumer reads the partition, unless it begins an era (whose own truncation would be \`…-era-1.json\`) |
| \`${withdrawalKey(truncationKey(lake, range.topicId, 0))}\` | only after \`consumer withdraw\`: Kafka was seen to have the last landed record after all, at its offset, with the digest and the leader epoch of its claim. The truncation no longer counts; the next one is \`00000-again-2.json\`. Neither is written by a restart, nor if the record cannot be compared |
| \`${deadKey(lake, range)}\` | the rejected records of a claim, one JSON line each: origin, reason, key, value and headers in base64 |
| \`${announcementKey(lake, range, 'follows')}\` | only if the dead-letter topic did not accept a message: written before the dead-letter file; the same key with \`.told\` is written once the message was sent |

## How a column is added

Contract ${CONTRACT_VERSION} has ${columns.length} columns. A later one may only add columns that may be null; it never changes, moves or removes one.

- **Message**: the field comes last, and may be missing. **Table, Parquet**: the column comes last, after
  \`${sinkColumns.at(-1)!.name}\`, so that no other one moves. Older rows and objects read as NULL in it, also in hours that
  were registered with fewer columns, and compaction merges both kinds into one object.
- **dataset.json** has the contract, and the release that raised it. A consumer with a newer contract raises it in
  place (If-Match). One that knows only an earlier contract is refused at its start with NEWER_CONTRACT, and one that
  is running reads dataset.json again after it has read a batch and before it claims it: a record that was sent after
  the raise is never claimed by a consumer that would drop its new field.
- **Claims** have both too. An unfinished claim of an earlier contract is finished as that contract validates: what was
  unknown to it is left out and counted, so that its rows are the same whichever release writes them. A claim of a newer contract
  stops a consumer that does not know it.
- **The release before contract 2** (0.1.0) is refused at its start as well (DATASET_DIFFERS), stops when it finds a
  claim of version 2 (CLAIM_UNREADABLE), and neither audits nor compacts such claims. But it does not read dataset.json
  again: while it runs, it continues in the partitions that it holds, and drops \`source\` there. Stop all consumers of 0.1.0
  before you start the first of a newer release ([how](how-to.md#upgrade-to-a-release-with-a-newer-contract)).

## Table

Glue database \`stock_market_kafka\`, table \`ticks\` (LAKE_DATABASE, LAKE_TABLE), the columns above, partition keys
${partitionKeys.map((key) => `\`${key.name} ${key.glue}\``).join(', ')}, and a view \`kafka_stock_market_demo\` with the columns of contract 1 under the names that tutorials use;
[candles and returns](catalog.md#candles-and-returns) are views, too.
`
}

if (import.meta.main) writeFileSync(page, dataModelPage())
