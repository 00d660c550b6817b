select symbol, day, close, coalesce(volume, 0) as volume from {{ ref('prices') }}
