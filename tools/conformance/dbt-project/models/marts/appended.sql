{{ config(materialized='incremental', incremental_strategy='append', format='json') }}
select symbol, day, close from {{ ref('stg_prices') }}
{% if is_incremental() %} where day > (select max(day) from {{ this }}) {% endif %}
