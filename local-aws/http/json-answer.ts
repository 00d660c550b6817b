// Writes the JSON of an answer in pieces, so that a long one blocks the thread for no longer than a piece takes.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'

/** A piece is sent once it has this many characters. */
const pieceCharacters = 64 * 1024

/** A part of an answer, as a text or as its bytes. */
export type JsonPiece = string | Uint8Array

/** A list whose items are made one at a time, while the answer is written. */
export type LazyList = () => Iterable<unknown>

/** A value whose JSON exists already, as bytes. */
export class WrittenJson {
  readonly pieces: readonly Uint8Array[]
  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces
  }
}

/**
 * The JSON of an answer. The items of its lists are written one by one, and other requests get a turn between two
 * pieces. A member that is a function is a `LazyList`; members are written in their order.
 */
export async function* jsonPieces(answer: object): AsyncGenerator<JsonPiece> {
  let piece = ''
  for (const text of jsonTexts(answer)) {
    if (typeof text !== 'string') {
      if (piece !== '') yield piece
      piece = ''
      yield text
      continue
    }
    piece += text
    if (piece.length < pieceCharacters) continue
    yield piece
    piece = ''
    await yieldToEventLoop()
  }
  if (piece !== '') yield piece
}

function* jsonTexts(value: unknown): Generator<JsonPiece> {
  if (typeof value === 'function') yield* listTexts((value as LazyList)())
  else if (Array.isArray(value)) yield* listTexts(value)
  else if (value instanceof WrittenJson) yield* value.pieces
  else if (typeof value === 'object' && value !== null) yield* memberTexts(value)
  else yield JSON.stringify(value)
}

function* listTexts(items: Iterable<unknown>): Generator<string> {
  let separator = '['
  for (const item of items) {
    yield `${separator}${JSON.stringify(item)}`
    separator = ','
  }
  yield separator === '[' ? '[]' : ']'
}

function* memberTexts(value: object): Generator<JsonPiece> {
  let separator = '{'
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    yield `${separator}${JSON.stringify(name)}:`
    yield* jsonTexts(member)
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}
