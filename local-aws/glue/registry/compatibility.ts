// The compatibility modes of the schema registry: which earlier versions a new one is compared with, in which direction.
import { type DataFormat, formats } from './schema-format.ts'

export type Compatibility =
  | 'NONE'
  | 'DISABLED'
  | 'BACKWARD'
  | 'BACKWARD_ALL'
  | 'FORWARD'
  | 'FORWARD_ALL'
  | 'FULL'
  | 'FULL_ALL'

/**
 * Whether a definition may become the next version.
 * @param earlier the definitions since the checkpoint, newest first
 */
export function isCompatible(
  format: DataFormat,
  mode: Compatibility,
  definition: string,
  earlier: readonly string[],
): boolean {
  if (mode === 'NONE') return true
  if (mode === 'DISABLED') return earlier.length === 0
  const compared = mode.endsWith('_ALL') ? earlier : earlier.slice(0, 1)
  const { reads } = formats[format]
  return compared.every((other) => {
    const isBackward = mode.startsWith('FORWARD') || reads(definition, other)
    const isForward = mode.startsWith('BACKWARD') || reads(other, definition)
    return isBackward && isForward
  })
}
