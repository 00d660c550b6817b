// Inspects one object: its format, columns and number of records, from as few bytes as possible.
import { brokenLines, type Warning } from './broken-lines.ts'
import type { Classifier, CsvInput } from './classifier-record.ts'
import { type Compression, unpack } from './compression.ts'
import { avroSchema, isAvro } from './formats/avro.ts'
import { type CsvOptions, csvSchema } from './formats/csv.ts'
import { type GrokExpression, grokExpression, grokSchema, logFormats } from './formats/grok.ts'
import { jsonSchema } from './formats/json.ts'
import { isOrc, orcSchema } from './formats/orc.ts'
import { isParquet, parquetFileSchema } from './formats/parquet.ts'
import { xmlSchema } from './formats/xml.ts'
import type { ReadRange } from './read-range.ts'
import type { Schema } from './schema.ts'

export type Format = 'parquet' | 'orc' | 'avro' | 'json' | 'csv' | 'grok' | 'xml'

export interface Inspection {
  /** Glue's name of the format: of a built-in one, or the classification of a custom classifier. */
  readonly classification: string
  readonly format: Format
  readonly compression: Compression
  /** Column names as in the object. */
  readonly schema: Schema
  /** How many records the whole object has; an estimate if only its start was read. */
  readonly records: number
  readonly csv?: CsvFacts
  readonly jsonPath?: string
  readonly rowTag?: string
  readonly grok?: { readonly pattern: string; readonly customPatterns?: string }
  /** The schema in an Avro object's header. */
  readonly avroSchema?: string
  /** What is unusual about the object, though it is readable. */
  readonly warning?: Warning
}

export interface CsvFacts {
  readonly delimiter: string
  readonly quote: string
  readonly hasHeader: boolean
  readonly isQuoted: boolean
  /** Whether a custom classifier requires OpenCSVSerDe. */
  readonly usesOpenCsv: boolean
}

/** Why the object's format is unknown. */
export interface NotRecognized {
  readonly reason: string
}

export interface InspectOptions {
  /** The object's name, which shows some compressions. */
  readonly key?: string
  /** Custom classifiers, in the order in which they are tried. */
  readonly classifiers?: readonly Classifier[]
}

const headBytes = 64 * 1024
const sampleBytes = 1024 * 1024

/**
 * Tries AWS's classifiers in AWS's order, custom ones first; the first that recognizes the beginning decides.
 * @throws errors of `read`
 */
export async function inspect(
  size: number,
  read: ReadRange,
  { key = '', classifiers = [] }: InspectOptions = {},
): Promise<Inspection | NotRecognized> {
  const head = await read(0, Math.min(size, headBytes))
  if (isParquet(head)) return columnar('parquet', size, head, read)
  if (isOrc(head)) return columnar('orc', size, head, read)
  const sample =
    size > headBytes ? Buffer.concat([head, await read(headBytes, Math.min(size, sampleBytes))]) : head
  try {
    const { bytes, compression, isCut } = await unpack(sample, sample.length === size, key)
    const estimate = (records: number) =>
      isCut ? Math.max(records, Math.round((records * size) / sample.length)) : records
    const found = isAvro(bytes) ? avro(bytes) : text(bytes, isCut, classifiers)
    if (!found) return { reason: reasonFor(bytes) }
    return { ...found, compression, records: estimate(found.records) }
  } catch (error) {
    return { reason: (error as Error).message }
  }
}

type Found = Omit<Inspection, 'compression'>

/** Parquet and ORC are identified by their end. */
async function columnar(
  format: 'parquet' | 'orc',
  size: number,
  head: Uint8Array,
  read: ReadRange,
): Promise<Inspection | NotRecognized> {
  let readFailure: unknown
  const readAgain: ReadRange = async (start, end) => {
    try {
      return end <= head.length ? head.subarray(start, end) : await read(start, end)
    } catch (error) {
      readFailure = error
      throw error
    }
  }
  try {
    const { schema, records } = await (format === 'orc' ? orcSchema : parquetFileSchema)(size, readAgain)
    return { classification: format, format, compression: 'none', schema, records }
  } catch (error) {
    if (readFailure) throw readFailure
    return { reason: `it begins as ${format}, but ${(error as Error).message}` }
  }
}

function avro(bytes: Uint8Array): Found {
  const { schema, records, literal } = avroSchema(bytes)
  return { classification: 'avro', format: 'avro', schema, records, avroSchema: literal }
}

function text(bytes: Uint8Array, isCut: boolean, classifiers: readonly Classifier[]): Found | undefined {
  // A character that the cut has split, at the very end, is dropped with its line anyway.
  const content = new TextDecoder('utf-8').decode(bytes)
  for (const classifier of classifiers) {
    const found = custom(content, isCut, classifier)
    if (found) return found
  }
  // Images contain commas and line ends, too.
  if (isBinary(bytes)) return undefined
  return json(content) ?? xml(content) ?? log(content, isCut) ?? csv(content, isCut)
}

function custom(content: string, isCut: boolean, classifier: Classifier): Found | undefined {
  const { GrokClassifier, XMLClassifier, JsonClassifier, CsvClassifier } = classifier
  if (JsonClassifier) return json(content, JsonClassifier.JsonPath)
  if (XMLClassifier) return xml(content, XMLClassifier.RowTag, XMLClassifier.Classification)
  if (CsvClassifier) return csv(content, isCut, CsvClassifier)
  if (!GrokClassifier) return undefined
  const { Classification, GrokPattern, CustomPatterns } = GrokClassifier
  const expression = grokExpression(GrokPattern, CustomPatterns)
  const facts = { pattern: GrokPattern, ...(CustomPatterns ? { customPatterns: CustomPatterns } : {}) }
  return grok(content, isCut, Classification, expression, facts)
}

function json(content: string, path?: string): Found | undefined {
  const found = jsonSchema(content, path)
  if (!found) return undefined
  const { schema, records, broken } = found
  return {
    classification: 'json',
    format: 'json',
    schema,
    records,
    ...(path === undefined ? {} : { jsonPath: path }),
    ...warningOf(brokenLines(broken, 'JSON')),
  }
}

function xml(content: string, rowTag?: string, classification = 'xml'): Found | undefined {
  const found = xmlSchema(content, rowTag)
  return found && { classification, format: 'xml', ...found }
}

const builtInLogs = new Map<string, GrokExpression>()

function log(content: string, isCut: boolean): Found | undefined {
  for (const { classification, pattern } of logFormats) {
    const expression = builtInLogs.get(pattern) ?? grokExpression(pattern)
    builtInLogs.set(pattern, expression)
    const found = grok(content, isCut, classification, expression, { pattern })
    if (found) return found
  }
  return undefined
}

function grok(
  content: string,
  isCut: boolean,
  classification: string,
  expression: GrokExpression,
  facts: NonNullable<Inspection['grok']>,
): Found | undefined {
  const found = grokSchema(content, isCut, expression)
  if (!found) return undefined
  const { schema, records, broken } = found
  const warning = warningOf(brokenLines(broken, classification))
  return { classification, format: 'grok', schema, records, grok: facts, ...warning }
}

function csv(content: string, isCut: boolean, input?: CsvInput): Found | undefined {
  const found = csvSchema(content, isCut, input && csvOptions(input))
  if (!found) return undefined
  const { schema, records, broken, ...facts } = found
  const usesOpenCsv =
    input?.Serde === 'OpenCSVSerDe' || (input?.Serde === undefined && input?.QuoteSymbol !== undefined)
  const quoted =
    facts.isQuoted && !usesOpenCsv
      ? {
          text: 'cells in quotation marks, which LazySimpleSerDe leaves in the values (a CSV classifier with OpenCSVSerDe does not)',
        }
      : undefined
  return {
    classification: 'csv',
    format: 'csv',
    schema,
    records,
    csv: { ...facts, usesOpenCsv },
    ...warningOf(brokenLines(broken, 'rows of as many cells as the others') ?? quoted),
  }
}

function csvOptions(input: CsvInput): CsvOptions {
  const { Delimiter, QuoteSymbol, ContainsHeader = 'UNKNOWN', Header, CustomDatatypes } = input
  return {
    ...(Delimiter === undefined ? {} : { delimiter: Delimiter }),
    ...(QuoteSymbol === undefined ? {} : { quote: QuoteSymbol }),
    ...(ContainsHeader === 'UNKNOWN' ? {} : { hasHeader: ContainsHeader === 'PRESENT' }),
    ...(Header?.length ? { names: Header } : {}),
    ...(input.CustomDatatypeConfigured && CustomDatatypes ? { types: CustomDatatypes } : {}),
    preservesBlanks: input.DisableValueTrimming === true,
    allowsOneColumn: input.AllowSingleColumn === true,
  }
}

const warningOf = (warning: Warning | undefined) => (warning === undefined ? {} : { warning })

/** Text has no zero byte; UTF-16, which Athena cannot read either, counts as binary. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 1_000).includes(0)
}

function reasonFor(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing of its beginning can be unpacked'
  return isBinary(bytes)
    ? 'its content is binary, and no format that a crawler knows'
    : 'its text is neither JSON, XML, a known log nor rows of at least two columns'
}
