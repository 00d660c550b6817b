// A custom classifier as it is stored, and what each kind means for a crawl.

interface Dates {
  CreationTime: number
  LastUpdated: number
  Version: number
}
export interface GrokInput {
  Name: string
  Classification: string
  GrokPattern: string
  CustomPatterns?: string
}
export interface XmlInput {
  Name: string
  Classification: string
  RowTag?: string
}
export interface JsonInput {
  Name: string
  JsonPath: string
}
export interface CsvInput {
  Name: string
  Delimiter?: string
  QuoteSymbol?: string
  ContainsHeader?: 'UNKNOWN' | 'PRESENT' | 'ABSENT'
  Header?: string[]
  DisableValueTrimming?: boolean
  AllowSingleColumn?: boolean
  CustomDatatypeConfigured?: boolean
  CustomDatatypes?: string[]
  Serde?: 'OpenCSVSerDe' | 'LazySimpleSerDe' | 'None'
}

/** One of these members, by kind. */
export interface ClassifierInput {
  GrokClassifier?: GrokInput
  XMLClassifier?: XmlInput
  JsonClassifier?: JsonInput
  CsvClassifier?: CsvInput
}
/** As GetClassifier shows it. */
export interface Classifier {
  GrokClassifier?: GrokInput & Dates
  XMLClassifier?: XmlInput & Dates
  JsonClassifier?: JsonInput & Dates
  CsvClassifier?: CsvInput & Dates
}
export const classifierKinds = ['GrokClassifier', 'XMLClassifier', 'JsonClassifier', 'CsvClassifier'] as const
