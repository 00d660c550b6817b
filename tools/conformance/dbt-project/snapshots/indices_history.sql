{% snapshot indices_history %}
{{ config(target_schema=target.schema, unique_key='symbol', strategy='check', check_cols=['name'], table_type='iceberg') }}
select * from {{ ref('stg_indices') }}
{% endsnapshot %}
