"""Queries against a seeded Athena, as a project's own tests would make them."""

import time
from pathlib import Path

import boto3
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

SEED = Path(__file__).parents[1] / "seed"


@pytest.fixture(scope="session")
def athena():
    container = (
        DockerContainer("ticklake-aws")
        .with_exposed_ports(4566)
        .with_volume_mapping(str(SEED), "/seed", "ro")
        .waiting_for(HttpWaitStrategy(4566, "/_ticklake/health").for_status_code(200).with_startup_timeout(180))
    )
    with container:
        endpoint = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(4566)}"
        yield boto3.client(
            "athena",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def rows(athena, sql):
    started = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://market/results/"}
    )
    query = {"QueryExecutionId": started["QueryExecutionId"]}
    while True:
        status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    assert status["State"] == "SUCCEEDED", status.get("StateChangeReason")
    result = athena.get_query_results(**query)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in result[1:]]


def test_the_seeded_table_is_counted(athena):
    assert rows(athena, "SELECT count(*) FROM market.prices") == [["3"]]


def test_the_seeded_ctas_has_the_latest_price(athena):
    assert rows(athena, "SELECT symbol, price FROM market.latest ORDER BY symbol") == [
        ["HSI", "200.25"],
        ["IXIC", "101.5"],
    ]
