{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge', unique_key=['symbol', 'day'], partitioned_by=['month(day)']) }}
select symbol, day, close from {{ ref('stg_prices') }}
