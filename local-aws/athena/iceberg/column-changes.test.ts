import { expect, test } from 'vitest'
import { fieldsOf } from '../../glue/hive/iceberg-type.ts'
import { currentSchema, newMetadata } from '../../iceberg/metadata.ts'
import { withColumnChanged, withColumnDropped, withColumnsAdded } from './column-changes.ts'

const made = newMetadata({
  location: 's3://b/t',
  fields: fieldsOf([
    { Name: 'UserId', Type: 'int' },
    { Name: 'name', Type: 'string' },
  ]),
})
const names = (metadata: typeof made) => currentSchema(metadata).fields.map(({ name }) => name)

test('a column that another client made with capitals is found, changed and taken as the same', () => {
  const action = 'change-column' as const
  const partition = undefined
  const change = {
    action,
    partition,
    from: 'userid',
    to: { Name: 'user_id', Type: 'bigint' },
    after: undefined,
  }
  expect(names(withColumnChanged(made, change))).toEqual(['user_id', 'name'])
  expect(names(withColumnDropped(made, 'userid'))).toEqual(['name'])
  expect(() => withColumnsAdded(made, [{ Name: 'userid', Type: 'int' }])).toThrow('already exists: userid')
})
