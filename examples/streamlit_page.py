"""A page of the lake in Streamlit: how many rows there are, the candles of an index, and a query of your own.

    streamlit run examples/streamlit_page.py
"""

import os

import pandas as pd
import streamlit as st
from pyathena import connect
from pyathena.pandas.cursor import PandasCursor

DATABASE = os.environ.get("LAKE_DATABASE", "stock_market_kafka")
RESULTS = f"s3://{os.environ['LAKE_BUCKET']}/{os.environ.get('LAKE_PREFIX', 'lake')}/_athena/"
# Athena bills each query on AWS, 10 MB at least; the local one costs nothing.
EVERY_SECONDS = 2 if "AWS_ENDPOINT_URL" in os.environ else 60


@st.cache_resource
def athena():
    """One connection for all viewers."""
    return connect(s3_staging_dir=RESULTS, schema_name=DATABASE, cursor_class=PandasCursor)


@st.cache_data(ttl=EVERY_SECONDS, show_spinner=False)
def query(sql: str, parameters: dict[str, str] | None = None) -> pd.DataFrame:
    """Runs a statement; viewers who ask the same share one answer."""
    return athena().cursor().execute(sql, parameters).as_pandas()


@st.fragment(run_every=EVERY_SECONDS)
def headline() -> None:
    """The numbers that grow while rows land."""
    facts = query("SELECT count(*) AS n, count(DISTINCT index) AS indices, max(date) AS newest FROM ticks").iloc[0]
    count, indices, newest = st.columns(3)
    count.metric("rows", f"{int(facts.n):,}")
    indices.metric("indices", int(facts.indices))
    newest.metric("newest trading day", str(facts.newest)[:10])


def prices() -> None:
    """The closing prices of one index, from the view that `catalog declare` makes."""
    names = query("SELECT DISTINCT index FROM ticks ORDER BY index")["index"]
    if names.empty:
        st.info("No row has landed yet.")
        return
    index = st.selectbox("Index", names)
    sql = "SELECT day, close, volume FROM candles_1d WHERE index = %(index)s ORDER BY day"
    st.line_chart(query(sql, {"index": index}), x="day", y="close")


st.set_page_config(page_title="ticklake", layout="wide")
st.title("The lake")
headline()
prices()
statement = st.text_area("SQL", "SELECT * FROM returns_7d ORDER BY day DESC LIMIT 20")
if st.button("Run"):
    try:
        st.dataframe(query(statement))
    except Exception as error:  # Athena's own text says what is wrong.
        st.error(str(error))
