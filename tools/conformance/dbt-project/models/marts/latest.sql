{{ config(table_type='iceberg', format='parquet') }}
select symbol, max_by(close, day) as close, max(day) as day from {{ ref('stg_prices') }} group by symbol
