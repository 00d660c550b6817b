"""A pytest plugin that writes the outcome of each test as a line of JSON, and lets PyArrow find the endpoint."""

import json
import os

import pytest

_phases = {}
_deselected = []


def pytest_configure(config):
    _point_pyarrow_at_the_endpoint()


def pytest_runtest_logreport(report):
    """A test has three phases (setup, call, teardown); the worst of them is its outcome."""
    phases = _phases.setdefault(report.nodeid, {})
    # A repeated phase replaces the one before: pytest-rerunfailures runs a test again.
    phases[report.when] = report
    if report.when != "teardown":
        return
    failed = [each for each in phases.values() if each.failed]
    if failed:
        outcome, message = "failed", _last_line(failed[0])
    elif any(each.skipped for each in phases.values()):
        outcome, message = "skipped", ""
    else:
        outcome, message = "passed", ""
    # Under pytest-xdist the controller sees the reports of every worker; workers stay silent.
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    seconds = round(sum(each.duration for each in phases.values()), 2)
    _write(report.nodeid, outcome, message, seconds)


def pytest_collectreport(report):
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        _write(report.nodeid, "failed", str(report.longrepr)[-400:], 0)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Lists every test, then leaves out those that the file CONFORMANCE_LEAVE_OUT names, one a line.

    After all other plugins: SQLAlchemy's makes a test of its own of each, with another name.
    """
    yield
    # Every worker of pytest-xdist collects the same tests.
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        with open(os.environ["CONFORMANCE_COLLECTED"], "w", encoding="utf-8") as file:
            file.writelines(f"{item.nodeid}\n" for item in [*items, *_deselected])
    path = os.environ.get("CONFORMANCE_LEAVE_OUT")
    if not path:
        return
    with open(path, encoding="utf-8") as file:
        left_out = set(file.read().splitlines())
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
    items[:] = [item for item in items if item.nodeid not in left_out]


def pytest_deselected(items):
    """Those that -k leaves out are tests of the suite, too."""
    _deselected.extend(items)


def _write(test, outcome, message, seconds):
    line = {"test": test, "outcome": outcome, "message": message, "seconds": seconds}
    with open(os.environ["CONFORMANCE_REPORT"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _last_line(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return (crash.message if crash else str(report.longrepr))[:600]


def _point_pyarrow_at_the_endpoint():
    """PyArrow's own S3 client reads no AWS_ENDPOINT_URL, as PyAthena's Arrow cursor would need it to."""
    try:
        from pyarrow import fs
    except ImportError:
        return
    endpoint = os.environ["AWS_ENDPOINT_URL"]

    class S3FileSystem(fs.S3FileSystem):
        def __init__(self, **options):
            options.setdefault("endpoint_override", endpoint)
            options.setdefault("allow_bucket_creation", True)
            super().__init__(**options)

    fs.S3FileSystem = S3FileSystem
