// Avro schemas: whether a definition is valid, and whether one schema can read what another wrote.
import avro from 'avsc'

/** Why the definition is not an Avro schema; undefined for a valid one. */
export function avroProblem(definition: string): string | undefined {
  try {
    typeOf(definition)
    return undefined
  } catch (error) {
    return `Schema definition of AVRO data format is invalid: ${(error as Error).message}`
  }
}

/** Avro's own rules of schema resolution. */
export function avroReads(reader: string, writer: string): boolean {
  try {
    typeOf(reader).createResolver(typeOf(writer))
    return true
  } catch {
    return false
  }
}

/** Each definition by itself, since two versions of a record have the same name. */
const typeOf = (definition: string) => avro.Type.forSchema(JSON.parse(definition), { registry: {} })
