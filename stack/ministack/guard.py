"""Decides who is answered: whoever knows this start's secret and signs for a service of the product.

local-aws puts the secret beside each request that it passes on, whose signature it cannot change. Trino sends it as the
access key id of its signatures. No web page knows it, by whatever name it has found this port.
"""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

# Answered to whoever knows the secret: how the one that started this process asks whether it serves.
LIVENESS_PATH = "/_ticklake/livez"
SECRET_HEADER = b"x-ticklake-secret"

# Some operations of these JSON services run commands or code, so theirs are listed.
OPERATIONS = {
    "ssm": re.compile(r"AmazonSSM\.\w*Parameters?\w*"),
    "secretsmanager": re.compile(r"secretsmanager\.(?!Rotate)\w+"),
}

_CREDENTIAL = r"([^/,\s]{1,128})/\d{8}/[\w-]{1,64}/([\w-]{1,64})/aws4_request"
_SIGNED_HEADER = re.compile(rf"AWS4-HMAC-SHA256 Credential={_CREDENTIAL}, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]+")
_SIGNED_QUERY = re.compile(_CREDENTIAL)


class Refused(Exception):
    """Says why a request is not answered."""


@dataclass(frozen=True)
class Signature:
    """What a request says of who signed it, and for which service; nothing here computes one."""

    access_key: str
    service: str


@dataclass(frozen=True)
class Request:
    """The head of a request, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: dict[bytes, list[bytes]]

    @classmethod
    def of(cls, scope: dict) -> "Request":
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        return cls(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)

    def header(self, name: bytes) -> str | None:
        """The value of a header that comes once: of a repeated one each reader might take another."""
        values = self.headers.get(name, [])
        return values[0].decode("latin-1") if len(values) == 1 else None

    def signature(self) -> Signature | None:
        """From the Authorization header; from the query where S3 takes presigned addresses."""
        if b"authorization" in self.headers:
            match = _SIGNED_HEADER.fullmatch(self.header(b"authorization") or "")
            return Signature(match[1], match[2]) if match else None
        query = parse_qs(self.query)
        if self.method not in ("GET", "HEAD", "PUT") or "X-Amz-Signature" not in query:
            return None
        match = _SIGNED_QUERY.fullmatch(query.get("X-Amz-Credential", [""])[0])
        return Signature(match[1], match[2]) if match and match[2] == "s3" else None


def service_asked(request: Request, secret: str, services: tuple[str, ...]) -> str | None:
    """The service that a request may ask; None when it asks whether this server lives.

    Raises Refused for everything else.
    """
    signature = request.signature()
    known = request.header(SECRET_HEADER) or (signature.access_key if signature else "")
    if not hmac.compare_digest(known.encode("latin-1"), secret.encode("latin-1")):
        raise Refused("this port answers local-aws and Trino only: ask local-aws")
    if request.method == "OPTIONS":
        raise Refused("no page gets a permission here")
    if (request.method, request.path) == ("GET", LIVENESS_PATH):
        return None
    if signature is None:
        raise Refused("the request is not signed")
    service = signature.service
    if service not in services:
        raise Refused(f"there is no service {service} here, only {', '.join(services)}")
    # No bucket begins with an underscore; what MiniStack keeps for itself does.
    if service == "s3" and request.path.lstrip("/").startswith("_"):
        raise Refused("no bucket has this name")
    if service != "s3" and (request.method, request.path) != ("POST", "/"):
        raise Refused(f"{service} is asked by POST /")
    operation = request.header(b"x-amz-target") or ""
    if service in OPERATIONS and not OPERATIONS[service].fullmatch(operation):
        raise Refused(f"{service} has no operation {operation[:100]!r} here")
    return service
