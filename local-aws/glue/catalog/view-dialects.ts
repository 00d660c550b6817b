// The texts of a view for several engines: UpdateTable adds, replaces or drops individual ones.
import { GlueError, invalidInput } from '../api/errors.ts'
import type { TableInput } from '../api/shapes.ts'
import type { TableRow } from './table-rows.ts'

export type ViewUpdateAction = 'ADD' | 'REPLACE' | 'ADD_OR_REPLACE' | 'DROP'

interface Definition {
  readonly Representations?: readonly { readonly Dialect?: string }[]
}

/** The input with the view's other dialects unchanged. @throws GlueError */
export function withDialects(
  row: Pick<TableRow, 'data' | 'name'>,
  input: TableInput,
  action: ViewUpdateAction,
): TableInput {
  const before = (JSON.parse(row.data) as TableInput).ViewDefinition as Definition | undefined
  const there = before?.Representations ?? []
  const definition = input.ViewDefinition as Definition | undefined
  const given = definition?.Representations ?? []
  if (given.length === 0)
    throw invalidInput(`ViewUpdateAction ${action} needs ViewDefinition.Representations`)
  const isIn = (list: typeof given, { Dialect }: { readonly Dialect?: string }) =>
    list.some((one) => one.Dialect === Dialect)
  const known = given.find((one) => isIn(there, one))
  if (action === 'ADD' && known) {
    throw new GlueError(
      'AlreadyExistsException',
      `Dialect ${known.Dialect} of view ${row.name} already exists.`,
    )
  }
  const unknown = given.find((one) => !isIn(there, one))
  if ((action === 'REPLACE' || action === 'DROP') && unknown) {
    throw new GlueError(
      'EntityNotFoundException',
      `Dialect ${unknown.Dialect} of view ${row.name} not found.`,
    )
  }
  const others = there.filter((one) => !isIn(given, one))
  const Representations = action === 'DROP' ? others : [...others, ...given]
  return { ...input, ViewDefinition: { ...before, ...definition, Representations } }
}
