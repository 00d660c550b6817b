// What Glue answers about the account as a whole: tags, functions, and settings that clients look at first.

import type { Store } from '../catalog/store.ts'
import { findTable } from '../catalog/tables.ts'
import { type Operations, operation } from './request.ts'

const longestArn = 10_240

export function accountOperations(store: Store, accountId: string): Operations {
  return {
    GetTags: operation<{ ResourceArn: string }>({
      takes: { ResourceArn: 'text!' },
      longest: { ResourceArn: longestArn },
      answer({ ResourceArn }) {
        const rows = store.all<{ key: string; value: string }>(
          'SELECT key, value FROM tags WHERE arn = ?',
          ResourceArn,
        )
        return { Tags: Object.fromEntries(rows.map(({ key, value }) => [key, value])) }
      },
    }),

    TagResource: operation<{ ResourceArn: string; TagsToAdd: Record<string, string> }>({
      takes: { ResourceArn: 'text!', TagsToAdd: 'object!' },
      longest: { ResourceArn: longestArn },
      answer({ ResourceArn, TagsToAdd }) {
        addTags(store, ResourceArn, TagsToAdd)
        return {}
      },
    }),

    UntagResource: operation<{ ResourceArn: string; TagsToRemove: string[] }>({
      takes: { ResourceArn: 'text!', TagsToRemove: 'list!' },
      longest: { ResourceArn: longestArn },
      answer({ ResourceArn, TagsToRemove }) {
        store.transaction(() => {
          for (const key of TagsToRemove) {
            store.run('DELETE FROM tags WHERE arn = ? AND key = ?', ResourceArn, key)
          }
        })
        return {}
      },
    }),

    // Functions of Hive: there are none, and none can be made here.
    GetUserDefinedFunctions: operation<object>({
      takes: { Pattern: 'text!' },
      pageSize: 100,
      answer: () => ({ UserDefinedFunctions: [] }),
    }),

    GetPartitionIndexes: operation<{ DatabaseName: string; TableName: string }>({
      takes: { DatabaseName: 'text!', TableName: 'text!' },
      answer({ DatabaseName, TableName }) {
        findTable(store, DatabaseName, TableName)
        return { PartitionIndexDescriptorList: [] }
      },
    }),

    GetCatalogImportStatus: operation<object>({
      takes: {},
      answer: () => ({
        ImportStatus: { ImportCompleted: true, ImportTime: 0, ImportedBy: `arn:aws:iam::${accountId}:root` },
      }),
    }),

    GetDataCatalogEncryptionSettings: operation<object>({
      takes: {},
      answer: () => ({
        DataCatalogEncryptionSettings: {
          EncryptionAtRest: { CatalogEncryptionMode: 'DISABLED' },
          ConnectionPasswordEncryption: { ReturnConnectionPasswordEncrypted: false },
        },
      }),
    }),
  }
}

/** Adds tags to a resource, in place of those with the same key. */
export function addTags(store: Store, arn: string, tags: Record<string, string>): void {
  store.transaction(() => {
    for (const [key, value] of Object.entries(tags)) {
      store.run('INSERT OR REPLACE INTO tags (arn, key, value) VALUES (?, ?, ?)', arn, key, value)
    }
  })
}
