// The shapes of Glue's requests, as its service model has them: tools/models/glue-requests.ts writes the file.
import { readFileSync } from 'node:fs'

export interface Shape {
  readonly type: string
  readonly members?: Readonly<Record<string, string>>
  readonly required?: readonly string[]
  /** The shape of a list's items. */
  readonly member?: string
  /** The shapes of a map's keys and values. */
  readonly key?: string
  readonly value?: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
}

const model = JSON.parse(readFileSync(new URL('./request-shapes.json', import.meta.url), 'utf8')) as {
  operations: Record<string, string>
  shapes: Record<string, Shape>
}

/** Names of all shapes, for tests that go through them. */
export const shapeNames = Object.keys(model.shapes)

export function shapeOf(name: string): Shape {
  return model.shapes[name]!
}

/** The shape of the operation's request; undefined for one that takes no members. */
export function requestShape(operation: string): Shape | undefined {
  const name = model.operations[operation]
  return name ? model.shapes[name] : undefined
}

/** Operations of AWS Glue that are not served here: jobs, workflows, data quality and the like. */
export const refusedOperations: ReadonlySet<string> = new Set(
  JSON.parse(readFileSync(new URL('./refused-operations.json', import.meta.url), 'utf8')) as string[],
)
