"""Asks the MiniStack of this container whether it serves: exit status 0 or 1.

Docker runs this every two seconds, so it imports little: what serve.py imports would take a fifth of a CPU second.
"""

import http.client
import os
import sys
from pathlib import Path

# The same values as in guard.py; guard_test.py compares them.
PATH = "/_ticklake/livez"
SECRET_HEADER = "x-ticklake-secret"


def is_alive(port: int, secret: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", PATH, headers={SECRET_HEADER: secret})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    secret = Path(os.environ["MINISTACK_SECRET_FILE"]).read_text(encoding="ascii").strip()
    sys.exit(0 if is_alive(int(os.environ.get("GATEWAY_PORT", "4566")), secret) else 1)


if __name__ == "__main__":
    main()
