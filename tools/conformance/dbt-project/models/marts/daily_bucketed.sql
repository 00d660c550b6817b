{{ config(bucketed_by=['symbol'], bucket_count=2, format='orc') }}
select symbol, day, close from {{ ref('stg_prices') }}
