// Finds every regular expression of the sources: literals, and arguments of RegExp.
import ts from 'typescript-6'

export interface Pattern {
  readonly line: number
  /** The pattern; undefined if it is only assembled when the program runs. */
  readonly source: string | undefined
  readonly flags: string
  /** As written in the source. */
  readonly text: string
}

/** The methods of strings that turn a string argument into a pattern. */
const takePatterns = new Set(['match', 'matchAll', 'search'])

export function patternsOf(file: string, text: string): Pattern[] {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false, kind)
  const found: Pattern[] = []
  const add = (node: ts.Node, source: string | undefined, flags: string) => {
    const start = node.getStart(tree)
    const line = tree.getLineAndCharacterOfPosition(start).line + 1
    found.push({ line, source, flags, text: text.slice(start, node.end) })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      add(node, node.text.slice(1, end), node.text.slice(end + 1))
    } else if (isRegExpCall(node)) {
      const [source, flags] = node.arguments ?? []
      // A copy of a literal is checked where the literal is.
      if (source && !ts.isRegularExpressionLiteral(source)) {
        add(node, constantText(source), (flags && constantText(flags)) ?? '')
      }
    } else if (isTextMethod(node)) {
      const source = constantText(node.arguments[0]!)
      if (source !== undefined) add(node, source, '')
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function isRegExpCall(node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  return (
    (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'RegExp'
  )
}

function isTextMethod(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) &&
    node.arguments.length > 0 &&
    ts.isPropertyAccessExpression(node.expression) &&
    takePatterns.has(node.expression.name.text)
  )
}

/** The value of an expression of literals: strings, concatenations, and joined lists of them. */
function constantText(node: ts.Expression): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [constantText(node.left), constantText(node.right)]
    return left === undefined || right === undefined ? undefined : left + right
  }
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'join' &&
    ts.isArrayLiteralExpression(node.expression.expression)
  ) {
    const parts = node.expression.expression.elements.map(constantText)
    const separator = node.arguments[0] ? constantText(node.arguments[0]) : ','
    return parts.includes(undefined) || separator === undefined ? undefined : parts.join(separator)
  }
  return undefined
}
