// Where local-aws checks otherwise than Athena's model says: each row says why.
import type { RequestModel, Shape } from '../../requests/model.ts'

const changes: Readonly<Record<string, Partial<Shape>>> = {
  // Athena checks these later than the rest, and in words of its own: the handlers do.
  StartQueryExecutionInput: { members: { ClientRequestToken: 'String' } },
  ListQueryExecutionsInput: { members: { MaxResults: 'Integer' } },
  GetQueryResultsInput: { members: { MaxResults: 'Integer' } },
  Integer: { type: 'integer' },
  // The model leaves it to SDKs to make one; the id of the named query comes from it.
  CreateNamedQueryInput: {
    required: ['Name', 'Database', 'QueryString', 'ClientRequestToken'],
  },
  // No tag is without a key, whatever the model says.
  Tag: { required: ['Key'] },
  // PREPARE takes a name of one letter, and so does the API.
  StatementName: { pattern: '[a-zA-Z_][a-zA-Z0-9_@:]{0,255}' },
  // No key is used: any name of one is taken.
  KmsKey: { pattern: '.*' },
  // What is stored has a bound where the model has none, or one that is far beyond any use.
  String: { max: 2_048 },
  ResultOutputLocation: { max: 2_048 },
  ParametersMap: { max: 50 },
  EngineConfiguration: {
    members: { AdditionalConfigs: 'EngineProperties', SparkProperties: 'EngineProperties' },
  },
  Classification: { members: { Properties: 'EngineProperties' } },
  EngineProperties: { type: 'map', key: 'KeyString', value: 'EngineProperty', max: 50 },
  EngineProperty: { type: 'string', max: 1_024 },
  ClassificationList: { max: 50 },
  LogTypesMap: { max: 50 },
  LogTypeKey: { max: 128 },
  LogTypeValuesList: { max: 50 },
  LogTypeValue: { max: 128 },
  PreparedStatementNameList: { max: 256 },
}

export function withOwnRules({ operations, shapes }: RequestModel): RequestModel {
  const changed = Object.entries(changes).map(([name, change]) => {
    const shape = shapes[name]
    const members = change.members && { members: { ...shape?.members, ...change.members } }
    return [name, { ...shape, ...change, ...members }]
  })
  return { operations, shapes: { ...shapes, ...Object.fromEntries(changed) } }
}
