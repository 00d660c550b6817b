{{ config(format='parquet', write_compression='snappy', partitioned_by=['symbol']) }}
select p.day, p.close, p.volume, i.currency, p.symbol
from {{ ref('stg_prices') }} p join {{ ref('stg_indices') }} i on i.symbol = p.symbol
