// The names under which other programs know the columns of a tick: the one table for CSV headings and message fields.
import { type TickColumn, tickColumns } from './columns.ts'

export type ColumnName = TickColumn['name']

/**
 * Names as `nameKey` writes them. A name that could also mean another column is missing on purpose: NSE's LAST is
 * beside CLOSE, and is another price.
 */
const aliases: Partial<Record<ColumnName, readonly string[]>> = {
  index: [
    ...['symbol', 'ticker', 'name', 'tic', 'code', 'indexname', 'tickersymbol', 'stocksymbol', 'actsymbol'],
    ...['tckrsymb', 'stock', 'scrip', 'scripcode', 'scripname', 'security', 'securityname', 'instrument'],
    ...[
      'company',
      'companyname',
      'asset',
      'coin',
      'pair',
      'currencypair',
      'tscode',
      'indice',
      'índice',
      'symbole',
    ],
    ...['股票代码', '代码', '证券代码', 'コード', '銘柄コード'],
  ],
  date: [
    ...['timestamp', 'datetime', 'tradedate', 'tradingdate', 'tradingday', 'date1', 'traddt', 'indexdate'],
    ...['day', 'formatteddate', 'data', 'datum', 'fecha', 'дата', '日期', '交易日期', '日付', '日付け'],
  ],
  open: [
    ...[
      'openprice',
      'openingprice',
      'opnpric',
      'openindexvalue',
      'otwarcie',
      'eröffn',
      'eröffnung',
      'erster',
    ],
    ...['eröffnungskurs', 'ouverture', 'ouv', 'apertura', 'abertura', 'откр', '开盘', '开盘价', '始値'],
  ],
  high: [
    ...['highprice', 'hghpric', 'highindexvalue', 'najwyzszy', 'hoch', 'tageshoch', 'plushaut', 'máximo'],
    ...['máxima', 'massimo', 'макс', '最高', '最高价', '高値'],
  ],
  low: [
    ...[
      'lowprice',
      'lwpric',
      'lowindexvalue',
      'najnizszy',
      'tief',
      'tagestief',
      'plusbas',
      'mínimo',
      'mínima',
    ],
    ...['minimo', 'мин', '最低', '最低价', '安値'],
  ],
  close: [
    ...['closelast', 'price', 'closeprice', 'closingprice', 'clspric', 'closingindexvalue', 'zamkniecie'],
    ...[
      'zuletzt',
      'schlusskurs',
      'schluss',
      'dernier',
      'clôture',
      'último',
      'ultimo',
      'cierre',
      'fechamento',
    ],
    ...['chiusura', 'цена', '收盘', '收盘价', '終値'],
  ],
  traded_at: ['tradetime', 'tradetimestamp'],
  adj_close: ['adjustedclose', 'adjcloseprice', 'adjustedcloseprice', 'adjclosingprice'],
  volume: [
    ...['vol', 'sharestraded', 'tottrdqty', 'ttltrdqnty', 'ttltradgvol', 'totaltradedquantity', 'wolumen'],
    ...[
      'numberofshares',
      'tradedvolume',
      'volumetraded',
      'quantitytraded',
      'tradedquantity',
      'stuecke',
      'stücke',
      'объём',
      'объем',
    ],
    ...['成交量', '出来高'],
  ],
}

/**
 * A name without the parts that vary: case, blanks, underscores, points, brackets, asterisks, Alpha Vantage's `1. `.
 */
export function nameKey(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/^\d+\. /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}

/** How a name matches a column: as its own name, in any spelling, or as an alias. */
export type NameMatch = { readonly column: ColumnName; readonly isAlias: boolean }

const byKey = new Map<string, NameMatch>()
for (const { name, csv } of tickColumns) {
  for (const own of [name, csv]) byKey.set(nameKey(own), { column: name, isAlias: false })
}
for (const [column, names] of Object.entries(aliases)) {
  for (const name of names) byKey.set(name, { column: column as ColumnName, isAlias: true })
}

/** The column that a name means; undefined if none. */
export function columnNamed(name: string): NameMatch | undefined {
  return byKey.get(nameKey(name))
}
