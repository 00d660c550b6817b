// What a demo prints: what runs, and how to query it by hand.
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { DemoConfig } from './config.ts'

/** What is produced, at which rate, from where, and to where. */
export function whatRuns(config: DemoConfig, lake: LakeConfig, topic: string, topicText: string): string {
  const rows = config.csv ?? config.source ?? 'generated rows of 14 indices'
  const once = config.source === undefined ? 'once, in order' : 'as they come'
  const how = { replay: once, loop: 'again and again', sample: 'one at random each time' }[config.mode]
  const rate = config.rate === 'max' ? 'as fast as it goes' : `${config.rate} rows a second`
  return [
    `  topic  ${topic}${topicText}`,
    `  rows   ${rows}, ${how}`,
    `  rate   ${rate}`,
    `  lake   s3://${lake.bucket}/${lake.prefix}/${lake.dataset}/`,
    `  table  "${lake.database}"."${lake.table}"`,
  ].join('\n')
}

/** The dashboard's address, and queries by three tools, to paste into another terminal in this folder. */
export function howToAsk(lake: LakeConfig, pagePort: number): string {
  const sql = `SELECT COUNT(*) FROM "${lake.database}"."${lake.table}"`
  return `
Look at it: http://127.0.0.1:${pagePort}/

Ask it yourself, in another terminal:
  make query SQL='${sql}'
  make query SQL='SELECT index, MAX(date), COUNT(*) FROM "${lake.table}" GROUP BY index'

  eval "$(make -s stack-env)"     # the same with the AWS CLI, boto3 or any SDK
  aws s3 ls --recursive s3://${lake.bucket}/${lake.prefix}/${lake.dataset}/ | head
  aws athena start-query-execution --query-string '${sql}' \\
    --result-configuration OutputLocation=${lake.results}
  aws athena get-query-results --query-execution-id ID
  python3 -c 'import boto3; print(boto3.client("glue").get_table(DatabaseName="${lake.database}", Name="${lake.table}")["Table"]["StorageDescriptor"]["Columns"])'
`
}
