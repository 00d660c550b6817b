// The part of a service model that the checks need: tools/models/request-shapes.ts writes the files.
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

export interface RequestModel {
  /** The shape of each operation's request; '' if it has no members. */
  readonly operations: Readonly<Record<string, string>>
  readonly shapes: Readonly<Record<string, Shape>>
}

export function readModel(file: URL): RequestModel {
  return JSON.parse(readFileSync(file, 'utf8')) as RequestModel
}
