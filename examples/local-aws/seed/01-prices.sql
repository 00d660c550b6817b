CREATE DATABASE market;

CREATE EXTERNAL TABLE market.prices (symbol string, day date, price double)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://market/prices/'
TBLPROPERTIES ('skip.header.line.count'='1');

-- Results of the statements that write go into the bucket that the seed makes.
CREATE TABLE market.latest
WITH (format = 'PARQUET', external_location = 's3://market/latest/') AS
SELECT symbol, max(day) AS day, max_by(price, day) AS price FROM market.prices GROUP BY symbol;
