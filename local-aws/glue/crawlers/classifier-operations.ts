// Custom classifiers: their operations on the store.
import { GlueError, invalidInput } from '../api/errors.ts'
import type { Handlers } from '../api/request.ts'
import { type CatalogContext, nowSeconds } from '../catalog/context.ts'
import { NamedRows } from '../catalog/named-rows.ts'
import {
  type Classifier,
  type ClassifierInput,
  type CsvInput,
  classifierKinds,
  type GrokInput,
} from './classifier-record.ts'
import { grokExpression } from './formats/grok.ts'
import { pathSteps } from './formats/json.ts'

const csvTypes = [
  'BINARY',
  'BOOLEAN',
  'DATE',
  'DECIMAL',
  'DOUBLE',
  'FLOAT',
  'INT',
  'LONG',
  'SHORT',
  'STRING',
  'TIMESTAMP',
]

export function classifierOperations({ store }: CatalogContext): Handlers {
  const rows = new NamedRows<Classifier>(store, 'classifiers')
  const find = (name: string) => {
    const row = rows.get(name)
    if (!row) throw new GlueError('EntityNotFoundException', `Classifier with name ${name} does not exist`)
    return row.value
  }

  return {
    CreateClassifier(request: ClassifierInput) {
      const { kind, input } = theOne(request)
      check(request)
      const now = nowSeconds()
      const classifier = { [kind]: { ...input, CreationTime: now, LastUpdated: now, Version: 1 } }
      if (!rows.add(input.Name, classifier)) {
        throw new GlueError('AlreadyExistsException', `Classifier with name ${input.Name} already exists`)
      }
      return {}
    },

    GetClassifier: ({ Name }: { Name: string }) => ({ Classifier: find(Name) }),

    GetClassifiers(page: { NextToken?: string; MaxResults?: number }) {
      const { items, next } = rows.page(page, ({ value }) => value)
      return { Classifiers: items, ...next }
    },

    UpdateClassifier(request: ClassifierInput) {
      const { kind, input } = theOne(request)
      const there = find(input.Name)[kind]
      if (!there) throw invalidInput(`Classifier ${input.Name} is not a ${kind}`)
      const next = { ...there, ...input, LastUpdated: nowSeconds(), Version: there.Version + 1 }
      check({ [kind]: next })
      rows.update(input.Name, { [kind]: next })
      return {}
    },

    DeleteClassifier({ Name }: { Name: string }) {
      find(Name)
      rows.delete(Name)
      return {}
    },
  }
}

function theOne(request: ClassifierInput) {
  const kinds = classifierKinds.filter((kind) => request[kind])
  const [kind] = kinds
  if (kinds.length !== 1 || !kind) throw invalidInput('Exactly one classifier must be given')
  return { kind, input: request[kind]! }
}

/** @throws GlueError InvalidInputException for a classifier that no crawl could use */
function check({ GrokClassifier, JsonClassifier, CsvClassifier }: ClassifierInput): void {
  try {
    if (GrokClassifier) checkGrok(GrokClassifier)
    if (JsonClassifier) pathSteps(JsonClassifier.JsonPath)
    if (CsvClassifier) checkCsv(CsvClassifier)
  } catch (error) {
    throw invalidInput((error as Error).message)
  }
}

function checkGrok({ GrokPattern, CustomPatterns }: GrokInput): void {
  if (grokExpression(GrokPattern, CustomPatterns).columns.length === 0) {
    throw new Error('the grok pattern names no column: %{PATTERN:column}')
  }
}

function checkCsv({ Delimiter, QuoteSymbol, ContainsHeader, Header, CustomDatatypes = [] }: CsvInput): void {
  if (Delimiter !== undefined && Delimiter === QuoteSymbol)
    throw new Error('delimiter and quote symbol must differ')
  if (ContainsHeader === 'PRESENT' && Header && new Set(Header).size < Header.length) {
    throw new Error('the names of a header must differ')
  }
  const unknown = CustomDatatypes.find((type) => !csvTypes.includes(type.toUpperCase().replace(/\(.*/, '')))
  if (unknown !== undefined)
    throw new Error(`${unknown} is no custom datatype; they are ${csvTypes.join(', ')}`)
}
