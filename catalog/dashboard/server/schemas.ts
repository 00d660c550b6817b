// JSON schemas of the dashboard's requests; Fastify refuses all others with BAD_REQUEST.

export interface StatementBody {
  readonly sql: string
}

export interface SampleBody {
  readonly database: string
  readonly table: string
  readonly key: string
  readonly values?: readonly string[]
}

export interface TableQuery {
  readonly database: string
  readonly table: string
  /** The values of a partition, in the order of its keys. */
  readonly value?: string | readonly string[]
}

export interface ClaimsQuery {
  readonly partition: string
  readonly before?: string
}

export const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const

/** Glue's and S3's own limits: longer names cannot exist. */
export const names = {
  database: { type: 'string', minLength: 1, maxLength: 255 },
  table: { type: 'string', minLength: 1, maxLength: 255 },
  key: { type: 'string', minLength: 1, maxLength: 1_024 },
  value: { anyOf: [text, texts] },
  values: texts,
} as const

/** An offset or a partition: a whole number that JavaScript holds exactly. */
export const wholeNumber = { type: 'string', pattern: '^\\d{1,15}$' } as const

/** An empty JSON body; its content type is one that no form of another site can send. */
export const anyObject = { type: 'object' } as const

const column = { type: 'string', minLength: 1, maxLength: 255 } as const

export const chartBody = {
  type: 'object',
  required: ['name', 'sql', 'options'],
  properties: {
    name: { type: 'string', pattern: '\\S', maxLength: 80 },
    sql: { type: 'string', minLength: 1, maxLength: 20_000 },
    options: {
      type: 'object',
      required: ['type', 'x', 'y'],
      additionalProperties: false,
      properties: {
        type: { enum: ['line', 'bar', 'candle', 'scatter'] },
        x: column,
        y: { type: 'array', minItems: 1, maxItems: 12, items: column },
        series: column,
      },
    },
  },
} as const

export const chartParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', pattern: '^[a-z0-9-]{1,60}$' } },
} as const
