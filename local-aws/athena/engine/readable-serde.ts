// Tables and partitions with a SerDe that Athena has and the engine lacks, in a form that the engine can read.
import type { SerDeInfo, StorageDescriptor } from '../../glue/api/shapes.ts'
import { grokRegex } from '../../glue/crawlers/formats/grok.ts'

const grokSerde = 'com.amazonaws.glue.serde.GrokSerDe'
const regexSerde = 'org.apache.hadoop.hive.serde2.RegexSerDe'

/** A table or a partition with a SerDe that the engine has. */
export function withReadableSerde<T extends { StorageDescriptor?: StorageDescriptor }>(item: T): T {
  const { StorageDescriptor } = item
  const SerdeInfo = StorageDescriptor?.SerdeInfo && readableSerde(StorageDescriptor.SerdeInfo)
  return SerdeInfo ? { ...item, StorageDescriptor: { ...StorageDescriptor, SerdeInfo } } : item
}

/** A grok expression becomes a regular expression with named groups. An invalid one stays: the engine refuses it. */
function readableSerde(serde: SerDeInfo): SerDeInfo | undefined {
  const { SerializationLibrary, Parameters = {} } = serde
  const expression = Parameters['input.format']
  if (SerializationLibrary !== grokSerde || expression === undefined) return undefined
  try {
    const regex = grokRegex(expression, Parameters['input.grokCustomPatterns'])
    return { ...serde, SerializationLibrary: regexSerde, Parameters: { 'input.regex': regex } }
  } catch {
    return undefined
  }
}
