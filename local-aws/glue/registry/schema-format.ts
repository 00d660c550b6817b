// The formats of schemas: whether a definition is valid, and whether one schema can read what another wrote.
import { avroProblem, avroReads } from './avro-schema.ts'
import { jsonSchemaProblem, jsonSchemaReads } from './json-schema.ts'

export type DataFormat = 'AVRO' | 'JSON' | 'PROTOBUF'

interface Format {
  /** Why a definition is invalid; undefined for a valid one. */
  readonly problem: (definition: string) => string | undefined
  /** Whether data that was written with one schema can be read with another. */
  readonly reads: (reader: string, writer: string) => boolean
}

export const formats: Readonly<Record<DataFormat, Format>> = {
  AVRO: { problem: avroProblem, reads: avroReads },
  JSON: { problem: jsonSchemaProblem, reads: jsonSchemaReads },
  PROTOBUF: {
    problem: () => 'PROTOBUF is not available here: only AVRO and JSON are checked',
    reads: () => false,
  },
}
