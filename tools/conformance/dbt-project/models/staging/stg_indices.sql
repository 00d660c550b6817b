select symbol, upper(currency) as currency, name from {{ ref('indices') }}
