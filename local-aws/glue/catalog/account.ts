// Settings of the account's whole catalog: encryption, and the import from Athena's old catalog.
import type { Handlers } from '../api/request.ts'
import { type CatalogContext, done } from './context.ts'

const encryption = 'encryption'

export function accountOperations({ store, accountId }: CatalogContext): Handlers {
  return {
    GetCatalogImportStatus: () => ({
      ImportStatus: { ImportCompleted: true, ImportTime: 0, ImportedBy: `arn:aws:iam::${accountId}:root` },
    }),

    ImportCatalogToGlue: done,

    GetDataCatalogEncryptionSettings() {
      const row = store.one<{ data: string }>('SELECT data FROM settings WHERE name = ?', encryption)
      return {
        DataCatalogEncryptionSettings: {
          EncryptionAtRest: { CatalogEncryptionMode: 'DISABLED' },
          ConnectionPasswordEncryption: { ReturnConnectionPasswordEncrypted: false },
          ...(row ? JSON.parse(row.data) : {}),
        },
      }
    },

    PutDataCatalogEncryptionSettings({
      DataCatalogEncryptionSettings: settings,
    }: {
      DataCatalogEncryptionSettings: object
    }) {
      const sql = 'INSERT OR REPLACE INTO settings (name, data) VALUES (?, ?)'
      store.run(sql, encryption, JSON.stringify(settings))
      return {}
    },
  }
}
