select * from {{ ref('monthly') }} where high < low
