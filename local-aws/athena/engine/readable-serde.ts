// Tables and partitions of a SerDe that Athena has and the engine lacks, as the engine reads them.
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

/** A grok expression is a regular expression whose groups have names. One that nobody can read stays: the engine refuses it. */
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
