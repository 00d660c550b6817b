// The codes of the errors with which a service stops or stalls, read from its sources, since a list by hand would
// become incomplete.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript-6'

const root = join(import.meta.dirname, '../..')

/** Where the work of each service begins; undefined: the whole file. */
const services: Readonly<Record<string, readonly [path: string, name: string | undefined][]>> = {
  producer: [['producer/cli/run.ts', 'run']],
  consumer: [['consumer/cli/run.ts', 'run']],
  catalog: [
    ['catalog/cli/serve.ts', 'runServeCommand'],
    ['catalog/dashboard/server/listen.ts', 'listen'],
  ],
  'local-aws': [['local-aws/main.ts', undefined]],
}

/** Errors in answers to requests do not stop a service. */
const isAnswer = (path: string) =>
  /^catalog\/dashboard\/server\/(?!config\.ts)/.test(path) || path === 'packages/runtime/request-guard.ts'

/** By code, the services that can stop or stall with it. */
export function stopCodes(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [service, entries] of Object.entries(services)) {
    const reach = new Reach()
    for (const [path, name] of entries) reach.visit(path, name)
    for (const code of reach.codes) found.set(code, [...(found.get(code) ?? []), service])
  }
  return found
}

/** Follows names from declaration to declaration, through imports, and collects the codes. */
class Reach {
  readonly codes = new Set<string>()
  readonly #seen = new Set<string>()

  visit(path: string, name: string | undefined): void {
    const id = `${path} ${name ?? '*'}`
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    const source = sourceOf(path)
    const { imports, declarations } = namesOf(source, path)
    // What cannot be found by name is searched completely.
    const own = name === undefined ? undefined : declarations.get(name)
    const nodes = own ?? source.statements.filter((one) => !ts.isImportDeclaration(one))
    for (const node of nodes) {
      for (const code of codesIn(path, source, node)) this.codes.add(code)
      each(node, (inner) => {
        if (ts.isStringLiteralLike(inner)) {
          // A worker is named by its path.
          const worker = /^\.\/[\w-]+\.ts$/.test(inner.text) && fileOf(path, inner.text)
          if (worker) this.visit(worker, undefined)
        }
        if (!ts.isIdentifier(inner)) return
        const from = imports.get(inner.text)
        if (from && !isAnswer(from.path)) this.visit(from.path, from.name)
        else if (!from && declarations.has(inner.text)) this.visit(path, inner.text)
      })
    }
  }
}

interface Names {
  readonly imports: ReadonlyMap<string, { readonly path: string; readonly name: string }>
  readonly declarations: ReadonlyMap<string, readonly ts.Node[]>
}

const named = new Map<string, Names>()

/** The file's imports from this repository (not types), and its declarations. */
function namesOf(source: ts.SourceFile, path: string): Names {
  const known = named.get(path)
  if (known) return known
  const imports = new Map<string, { path: string; name: string }>()
  const declarations = new Map<string, ts.Node[]>()
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const from = fileOf(path, (statement.moduleSpecifier as ts.StringLiteral).text)
      const bindings = statement.importClause?.namedBindings
      if (!from || statement.importClause?.isTypeOnly || !bindings || !ts.isNamedImports(bindings)) continue
      for (const { name, propertyName, isTypeOnly } of bindings.elements)
        if (!isTypeOnly) imports.set(name.text, { path: from, name: (propertyName ?? name).text })
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations)
        each(name, (part) => {
          if (ts.isIdentifier(part)) declarations.set(part.text, [statement])
        })
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name) declarations.set(statement.name.text, [statement])
    }
  }
  named.set(path, { imports, declarations })
  return { imports, declarations }
}

/** The file of this repository that a specifier means; undefined: a package. */
function fileOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(path), specifier)
  if (!specifier.startsWith('@ticklake/')) return undefined
  return relative(root, createRequire(join(root, path)).resolve(specifier))
}

/** @throws Error if an error's code cannot be read from the file that creates it */
function codesIn(path: string, source: ts.SourceFile, within: ts.Node): string[] {
  const codes: string[] = []
  each(within, (node) => {
    if (isFailure(source, node)) {
      const own = codesOfFailure(source, node)
      if (own.length === 0) throw new Error(`${path}: no code can be read of ${node.getText(source)}`)
      codes.push(...own)
    }
    // The code reported for an error that has none, and for one whose code is known: `codeOf(error) ?? 'DEFECT'`.
    if (ts.isBinaryExpression(node) && /^codeOf\(/.test(node.left.getText(source)))
      codes.push(...literalsIn(node.right))
  })
  return codes
}

function codesOfFailure(source: ts.SourceFile, { arguments: given }: ts.NewExpression): string[] {
  const facts = given?.[0]
  const code =
    facts && ts.isObjectLiteralExpression(facts)
      ? facts.properties.find((property) => property.name?.getText(source) === 'code')
      : undefined
  if (!code || !ts.isPropertyAssignment(code)) return codesNamedIn(source)
  if (ts.isStringLiteralLike(code.initializer)) return literalsIn(code.initializer)
  return [...literalsIn(code.initializer), ...codesNamedIn(source)]
}

/** What the file has under the name `code`, in a table or as the type of a parameter. */
function codesNamedIn(source: ts.SourceFile): string[] {
  const codes: string[] = []
  const see = (node: ts.Node): void => {
    // Codes of other errors are irrelevant here.
    if (isFailure(source, node)) return
    const isNamed = ts.isPropertyAssignment(node) || ts.isParameter(node) || ts.isPropertySignature(node)
    if (isNamed && node.name.getText(source) === 'code') codes.push(...literalsIn(node))
    node.forEachChild(see)
  }
  see(source)
  return codes
}

function isFailure(source: ts.SourceFile, node: ts.Node): node is ts.NewExpression {
  return ts.isNewExpression(node) && node.expression.getText(source) === 'Failure'
}

function literalsIn(node: ts.Node): string[] {
  const found: string[] = []
  each(node, (inner) => {
    if (ts.isStringLiteralLike(inner) && /^[A-Z][A-Z0-9_]+$/.test(inner.text)) found.push(inner.text)
  })
  return found
}

function each(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  node.forEachChild((child) => each(child, see))
}

const sources = new Map<string, ts.SourceFile>()

function sourceOf(path: string): ts.SourceFile {
  const known = sources.get(path)
  if (known) return known
  const text = readFileSync(join(root, path), 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  sources.set(path, source)
  return source
}
