// The SQL editor: Athena's dialect, with completion of the lake's tables and columns.
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { SQLDialect, type SQLNamespace, sql } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, Prec, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { DatabaseSummary } from '../../../server/wire.ts'

export interface SqlEditor {
  text(): string
  setText(text: string): void
  setCatalog(databases: readonly DatabaseSummary[], database: string): void
  /** Marks an error, both from 1; undefined removes the mark. */
  setError(position: { line: number; column: number } | undefined): void
  focus(): void
  destroy(): void
}

/** The keywords of Trino's grammar for read-only statements; names such as `index` and `close` are not keywords. */
const keywords =
  'all analyze and any as asc at between by case columns create cross cube current current_date current_timestamp databases desc describe distinct else end escape except exists explain false fetch filter first following for format from full functions group grouping having ignore in inner intersect interval is join last lateral left like limit natural next not null nulls offset on only or order ordinality outer over partition partitions preceding range recursive respect right rollup row rows schemas select sets show some stats tables tablesample then ties true type unbounded union unnest using values verbose view views when where window with within zone'

const functions =
  'abs approx_distinct approx_percentile arbitrary array_agg avg cardinality cast ceil coalesce concat contains corr count count_if date_add date_diff date_format date_parse date_trunc day dense_rank extract first_value floor format from_iso8601_timestamp from_unixtime greatest hour if json_extract json_extract_scalar json_parse lag last_value lead least length ln log lower ltrim max max_by min min_by minute month now nullif ntile parse_datetime power rank regexp_extract regexp_like regexp_replace replace reverse round row_number rtrim sequence split split_part sqrt starts_with stddev strpos substr sum to_unixtime transform trim try try_cast typeof unnest upper variance week year'

const dialect = SQLDialect.define({
  keywords,
  types:
    'boolean tinyint smallint integer int bigint real double decimal varchar char varbinary json date time timestamp interval array map row',
  builtin: functions,
  identifierQuotes: '"`',
  doubleQuotedStrings: false,
  slashComments: false,
})

const highlight = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.modifier],
    color: 'var(--sql-keyword)',
    fontWeight: '600',
  },
  { tag: tags.string, color: 'var(--sql-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--sql-number)' },
  { tag: [tags.standard(tags.name), tags.typeName], color: 'var(--sql-function)' },
  { tag: [tags.special(tags.string)], color: 'var(--ink)' },
  { tag: [tags.comment], color: 'var(--muted)', fontStyle: 'italic' },
])

const editorTheme = EditorView.theme({
  '&': { fontSize: '14px', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '12px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--accent-faint)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)' },
  '.cm-error-mark': {
    textDecoration: 'underline wavy var(--bad) 1.5px',
    textUnderlineOffset: '4px',
    backgroundColor: 'var(--bad-soft)',
  },
  '.cm-error-line': { backgroundColor: 'var(--bad-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    overflow: 'hidden',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '13px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '4px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
})

const markError = StateEffect.define<{ line: number; column: number } | undefined>()

const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, change) {
    for (const effect of change.effects) {
      if (effect.is(markError)) return effect.value ? markAt(change.state, effect.value) : Decoration.none
    }
    // The error may be fixed: the first change removes the mark.
    return change.docChanged ? Decoration.none : marks
  },
  provide: (field) => EditorView.decorations.from(field),
})

function markAt(state: EditorState, { line, column }: { line: number; column: number }): DecorationSet {
  if (line < 1 || line > state.doc.lines) return Decoration.none
  const { from, to, text } = state.doc.line(line)
  const start = Math.min(from + column - 1, to)
  const word = /^("[^"]*"|`[^`]*`|[\w$]+|\S)/.exec(text.slice(start - from))?.[0] ?? ''
  const end = Math.min(to, start + Math.max(1, word.length))
  const marks = [Decoration.line({ class: 'cm-error-line' }).range(from)]
  if (end > start) marks.push(Decoration.mark({ class: 'cm-error-mark' }).range(start, end))
  return Decoration.set(marks, true)
}

export function makeSqlEditor(
  parent: HTMLElement,
  text: string,
  events: { onRun: () => void; onCancel: () => void; onChange: (text: string) => void },
): SqlEditor {
  const language = new Compartment()
  const run = () => {
    events.onRun()
    return true
  }
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(
          document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '',
        ),
        Prec.highest(
          keymap.of([
            { key: 'Mod-Enter', run },
            { key: 'Ctrl-Enter', run },
          ]),
        ),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        // Matched from their beginning: `LIMIT 60` and Enter would otherwise become FROM_ISO8601_TIMESTAMP.
        autocompletion({ icons: false, filterStrict: true }),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        // Tab leaves the editor, as keyboard users expect.
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        language.of(sql({ dialect })),
        syntaxHighlighting(highlight),
        editorTheme,
        errorMark,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL statement; Control and Enter run it' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) events.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  return {
    text: () => view.state.doc.toString(),
    setText(newText) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: newText },
        selection: { anchor: newText.length },
      })
    },
    setCatalog(databases, database) {
      view.dispatch({
        effects: language.reconfigure([
          sql({ dialect, schema: schemaOf(databases), defaultSchema: database, upperCaseKeywords: true }),
          dialect.language.data.of({ autocomplete: columnsOffered(databases, database) }),
        ]),
      })
    },
    setError(position) {
      view.dispatch({ effects: markError.of(position) })
      if (!position || position.line > view.state.doc.lines) return
      const { from, to } = view.state.doc.line(position.line)
      view.dispatch({ selection: { anchor: Math.min(from + position.column - 1, to) }, scrollIntoView: true })
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}

function schemaOf(databases: readonly DatabaseSummary[]): SQLNamespace {
  const schema: Record<string, Record<string, { label: string; detail: string }[]>> = {}
  for (const { name, tables } of databases) {
    schema[name] = Object.fromEntries(
      tables.map((table) => [
        table.name,
        table.columns.map((column) => ({ label: column.name, detail: column.type, type: 'property' })),
      ]),
    )
  }
  return schema
}

/** Columns of the tables that the statement names, else of all tables of the database, without the prefix `table.`. */
function columnsOffered(databases: readonly DatabaseSummary[], database: string) {
  const own = databases.find(({ name }) => name === database)?.tables ?? []
  const all = databases.flatMap(({ tables }) => tables)
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w"]+/)
    if (!word || (word.from > 0 && context.state.sliceDoc(word.from - 1, word.from) === '.')) return null
    const statement = context.state.doc.toString()
    const named = all.filter(({ name }) => statement.includes(name))
    const columns = new Map(
      (named.length > 0 ? named : own).flatMap((table) => table.columns.map((each) => [each.name, each])),
    )
    return {
      from: word.from,
      validFor: /^[\w"]*$/,
      options: [...columns.values()].map(({ name, type }) => ({
        label: name,
        apply: /^[a-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`,
        detail: type,
        type: 'property',
        boost: 10,
      })),
    }
  }
}
