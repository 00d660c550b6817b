// Prepared statements: queries with question marks, under a name in their workgroup, for the API and for EXECUTE.
import { AwsError } from '../../http/aws-error.ts'
import type { Definitions } from '../engine/definitions.ts'
import type { OwnWork } from '../engine/execution.ts'
import { parameterExpression } from '../sql/parameters.ts'
import { preparedCommand } from '../sql/prepared.ts'
import { type Statement, statementOf } from '../sql/statement.ts'
import { invalidInput, QueryFailure } from './errors.ts'
import { lookup } from './lookup.ts'
import type { Operations } from './request.ts'
import type { Workgroups } from './workgroups.ts'

export interface PreparedStatement {
  readonly StatementName: string
  readonly QueryStatement: string
  readonly WorkGroupName: string
  readonly Description?: string
  readonly LastModifiedTime: number
}

const notFound = (name: string, workgroup: string) =>
  `PreparedStatement ${name} was not found in workGroup ${workgroup}`

export function preparedStatementOperations(
  stored: Definitions<PreparedStatement>,
  workgroups: Workgroups,
): Operations {
  function existing(name: string, workgroup: string): PreparedStatement {
    const found = stored.get(workgroups.of(workgroup).Name, name)
    if (!found) {
      throw new AwsError('ResourceNotFoundException', notFound(name, workgroup), { ResourceName: name })
    }
    return found
  }

  return {
    CreatePreparedStatement({ WorkGroup, ...given }) {
      const LastModifiedTime = Date.now() / 1000
      const made = { ...given, WorkGroupName: workgroups.of(WorkGroup).Name, LastModifiedTime }
      if (!stored.add(WorkGroup, given.StatementName, made)) {
        throw invalidInput(
          `PreparedStatement ${given.StatementName} already exists in workGroup ${WorkGroup}`,
        )
      }
      return {}
    },
    GetPreparedStatement: ({ StatementName, WorkGroup }) => ({
      PreparedStatement: existing(StatementName, WorkGroup),
    }),
    ListPreparedStatements({ WorkGroup, ...page }) {
      const { items, next } = stored.page(workgroups.of(WorkGroup).Name, page)
      const PreparedStatements = items.map(({ StatementName, LastModifiedTime }) => ({
        StatementName,
        LastModifiedTime,
      }))
      return { PreparedStatements, ...next }
    },
    UpdatePreparedStatement({ WorkGroup, ...given }) {
      const before = existing(given.StatementName, WorkGroup)
      const LastModifiedTime = Date.now() / 1000
      stored.change(WorkGroup, given.StatementName, { ...before, ...given, LastModifiedTime })
      return {}
    },
    DeletePreparedStatement({ StatementName, WorkGroup }) {
      existing(StatementName, WorkGroup)
      stored.remove(WorkGroup, StatementName)
      return {}
    },
    BatchGetPreparedStatement({ PreparedStatementNames, WorkGroup }) {
      const { Name } = workgroups.of(WorkGroup)
      const { found, missing } = lookup(PreparedStatementNames, (name) => stored.get(Name, name))
      return {
        PreparedStatements: found,
        UnprocessedPreparedStatementNames: () =>
          missing.map((name) => ({
            StatementName: name,
            ErrorCode: 'STATEMENT_NOT_FOUND',
            ErrorMessage: notFound(name, WorkGroup),
          })),
      }
    },
  }
}

/**
 * What a statement means for prepared statements: EXECUTE is replaced by the statement that it names or holds,
 * PREPARE and DEALLOCATE are Athena's own work. Any other statement stays as it is.
 * @throws AwsError MALFORMED_QUERY
 */
export function preparedWork(
  stored: Definitions<PreparedStatement>,
  workgroup: string,
  statement: Statement,
  parameters: readonly string[] = [],
): { readonly statement: Statement; readonly own?: OwnWork } {
  const command = preparedCommand(statement)
  if (!command) return { statement }
  if (command.verb === 'EXECUTE IMMEDIATE') return executed(command.query, command.using)
  const { name } = command
  const refuse = () => {
    throw new QueryFailure(notFound(name, workgroup), { category: 2, type: 1000 })
  }
  switch (command.verb) {
    case 'PREPARE': {
      const facts = {
        StatementName: name,
        QueryStatement: command.query,
        WorkGroupName: workgroup,
        LastModifiedTime: Date.now() / 1000,
      }
      const run = () => {
        if (!stored.add(workgroup, name, facts)) stored.change(workgroup, name, facts)
      }
      return { statement, own: { check: statement.sql, run } }
    }
    case 'DEALLOCATE':
      return { statement, own: { run: () => stored.remove(workgroup, name) || refuse() } }
    case 'EXECUTE': {
      const found = stored.get(workgroup, name)
      if (!found) return { statement, own: { run: refuse } }
      return executed(found.QueryStatement, command.using)
    }
  }

  function executed(query: string, using: readonly string[]): { readonly statement: Statement } {
    return { statement: { ...statementOf(query), query: statement.query, using: usingOf(using, parameters) } }
  }
}

/** The expressions after USING, with the request's parameters for question marks; or the parameters alone. */
function usingOf(using: readonly string[], parameters: readonly string[]): string[] {
  const given = parameters.map(parameterExpression)
  if (using.length === 0) return given
  return using.map((expression) => (expression === '?' ? (given.shift() ?? expression) : expression))
}
