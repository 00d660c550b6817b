{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['month'], format='parquet') }}
select symbol, max(close) as high, min(close) as low, date_format(day, '%Y-%m') as month
from {{ ref('stg_prices') }} group by 1, 4
