// The fourteen indices of the full-size file: their first day, their trend, and the value of their currency.

export interface Market {
  readonly index: string
  /** The first trading day, YYYY-MM-DD, a weekday. */
  readonly firstDay: string
  readonly rows: number
  /** The first price, in the index's own currency. */
  readonly start: number
  /** By which share the trend rises from one row to the next. */
  readonly drift: number
  /** The size of a usual day's move, as a share of the price. */
  readonly volatility: number
  /** The value of one unit of the currency in US dollars, for CloseUSD. */
  readonly usd: number
  /** A usual day's volume in the last years. */
  readonly volume: number
  /** Volumes are whole multiples of this; below 1 they have fractions. */
  readonly volumeStep: number
}

/** No row is later than this day. */
export const lastDay = '2021-05-31'

export const markets: readonly Market[] = [
  market('HSI', '1986-12-31', 8_029, 2568.3, 0.000303, 0.012, 0.13, 1.9e9, 100),
  market('NYA', '1965-12-31', 13_185, 528.69, 0.000261, 0.008, 1, 3.4e9, 10_000),
  market('IXIC', '1971-02-05', 11_997, 100, 0.000411, 0.01, 1, 3.6e9, 10_000),
  market('000001.SS', '1997-07-02', 5_475, 1255.909058, 0.000193, 0.013, 0.16, 3.1e5, 0.5),
  market('N225', '1965-01-05', 13_117, 1257.719971, 0.000239, 0.01, 0.01, 7.2e7, 0.25),
  market('N100', '1999-12-31', 5_175, 1000, 0.000043, 0.011, 1.22, 2.4e8, 0.5),
  market('399001.SZ', '1997-08-22', 5_446, 4177, 0.000235, 0.014, 0.16, 2.6e6, 0.25),
  market('GSPTSE', '1979-06-29', 9_952, 1614.290039, 0.000253, 0.008, 0.83, 2.3e8, 0.5),
  market('NSEI', '2007-09-17', 3_163, 4518.450195, 0.000391, 0.011, 0.01, 5.5e5, 100),
  market('GDAXI', '1987-12-30', 7_978, 1005.190002, 0.000344, 0.011, 1.22, 8.5e7, 0.25),
  market('KS11', '1996-12-11', 5_688, 704.679993, 0.000268, 0.013, 0.0009, 6.1e5, 100),
  market('SSMI', '1990-11-09', 7_252, 1378.900024, 0.000292, 0.009, 1.11, 6.2e7, 0.5),
  market('TWII', '1997-07-02', 5_549, 9094.269531, 0.000115, 0.012, 0.04, 3.9e6, 100),
  market('J203.JO', '2012-02-08', 2_218, 33_800, 0.000314, 0.009, 0.07, 2.1e8, 0.25),
]

function market(
  index: string,
  firstDay: string,
  rows: number,
  start: number,
  drift: number,
  volatility: number,
  usd: number,
  volume: number,
  volumeStep: number,
): Market {
  return { index, firstDay, rows, start, drift, volatility, usd, volume, volumeStep }
}
