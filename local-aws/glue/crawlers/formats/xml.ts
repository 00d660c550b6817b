// The columns of XML text: the elements and attributes of each row's element.
import { type HiveType, mergeAll, mergeNamed, primitive, unknownType } from '../../hive/column-type.ts'
import type { Schema } from '../schema.ts'
import { numberType } from './json.ts'

const recordsToType = 1_000
const deepest = 100

export interface XmlFinding {
  readonly schema: Schema
  readonly records: number
  readonly rowTag: string
}

/** @param rowTag the element that is a row; by default the first one that is repeated below the root */
export function xmlSchema(text: string, rowTag?: string): XmlFinding | undefined {
  if (!/^\uFEFF?\s*</.test(text)) return undefined
  const root = tree(text, rowTag)
  const tag = rowTag ?? repeatedTag(root)
  if (tag === undefined) return undefined
  const records = root.children.filter(({ name }) => name === tag)
  const columns = mergeNamed(
    records.slice(0, recordsToType).map((row) => {
      const type = nodeType(row)
      return type.kind === 'struct' ? type.fields : [['_value', type] as const]
    }),
  )
  if (columns.size === 0) return undefined
  return {
    schema: [...columns].map(([name, type]) => ({ name, type })),
    records: records.length,
    rowTag: tag,
  }
}

interface Node {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Node[]
  text: string
}

const emptyNode = (name: string, attributes = new Map<string, string>()): Node => ({
  name,
  attributes,
  children: [],
  text: '',
})

/** A longer tag is not a tag. */
const longestTag = 64 * 1024

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open' | 'close' | 'empty'; readonly name: string; readonly rest: string }

/** Tags and the text between them, up to a tag that the end of the text cuts off. */
function* tokens(text: string): Generator<Token> {
  let at = 0
  for (;;) {
    const start = text.indexOf('<', at)
    if (start < 0) return
    if (start > at) yield { kind: 'text', text: text.slice(at, start) }
    const skipped = skippedUntil(text, start)
    const end = text.indexOf(skipped, start)
    if (end < 0) return
    at = end + skipped.length
    if (skipped === ']]>') yield { kind: 'text', text: text.slice(start + cdata.length, end) }
    else if (skipped === '>' && end - start <= longestTag) {
      const tag = text.slice(start + 1, end)
      const match = /^(\/?)([A-Za-z_][\w:.-]*)/.exec(tag)
      if (!match) continue
      const [all, slash, name] = match
      const kind = slash ? 'close' : tag.endsWith('/') ? 'empty' : 'open'
      yield { kind, name: name!, rest: tag.slice(all.length) }
    }
  }
}

const cdata = '<![CDATA['

/** The end mark of the part that starts there. */
function skippedUntil(text: string, start: number): string {
  if (text.startsWith('<!--', start)) return '-->'
  return text.startsWith(cdata, start) ? ']]>' : '>'
}

/**
 * The root's element with all complete elements below it. With a row tag: a root whose children are all rows.
 * The text may be truncated anywhere.
 */
function tree(text: string, rowTag: string | undefined): Node {
  const root = emptyNode('')
  const open: Node[] = [root]
  for (const token of tokens(text)) {
    const parent = open.at(-1)!
    if (token.kind === 'text') parent.text += token.text
    else if (token.kind === 'empty') parent.children.push(emptyNode(token.name, attributesOf(token.rest)))
    else if (token.kind === 'open') {
      if (open.length <= deepest) open.push(emptyNode(token.name, attributesOf(token.rest)))
    } else {
      const at = open.findLastIndex((node) => node.name === token.name)
      if (at <= 0) continue
      const node = open[at]!
      open.length = at
      if (token.name === rowTag) root.children.push(node)
      else open.at(-1)!.children.push(node)
    }
  }
  if (rowTag !== undefined) return root
  // In truncated text the root's own element is not closed.
  return open[1] ?? root.children[0] ?? root
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  const pair = /\s*([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y
  for (let match = pair.exec(text); match; match = pair.exec(text)) {
    attributes.set(match[1]!, match[2] ?? match[3] ?? '')
  }
  return attributes
}

function repeatedTag({ children }: Node): string | undefined {
  const seen = new Set<string>()
  for (const { name } of children) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

function nodeType(node: Node): HiveType {
  const { attributes, children } = node
  if (attributes.size === 0 && children.length === 0) return textType(node.text.trim())
  const fields = new Map<string, HiveType[]>()
  const add = (name: string, type: HiveType) => fields.set(name, [...(fields.get(name) ?? []), type])
  for (const [name, value] of attributes) add(name, textType(value))
  for (const child of children) add(child.name, nodeType(child))
  if (children.length === 0 && node.text.trim() !== '') add('_value', textType(node.text.trim()))
  return {
    kind: 'struct',
    fields: new Map(
      Array.from(fields, ([name, types]): [string, HiveType] => [
        name,
        types.length === 1 ? types[0]! : { kind: 'array', of: mergeAll(types) },
      ]),
    ),
  }
}

function textType(text: string): HiveType {
  if (text === '') return unknownType
  if (/^(?:true|false)$/i.test(text)) return primitive('boolean')
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? numberType(text) : primitive('string')
}
