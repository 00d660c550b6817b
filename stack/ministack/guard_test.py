"""What the guard and the lists promise, without a server: run by stack/ministack.test.ts."""

import os
import re
import socket
import subprocess
import sys
import unittest
import unittest.mock
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import guard
import livez
import product
import yaml
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECRET = "0123456789abcdef" * 4


def signed(service="s3", key="test", **more):
    credential = f"{key}/20260101/us-east-1/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    return {b"authorization": [text.encode()], **more}


def request(headers=None, method="GET", path="/b/key", query=""):
    return guard.Request(method, path, path, query, headers or {})


def really_signed(secret, method="PUT", path="/b/a%20key", query="partNumber=1&uploads=", age=timedelta()):
    """As botocore signs for S3."""
    made = AWSRequest(method, f"http://127.0.0.1:4567{path}?{query}", data=b"rows")
    made.context["client_config"] = None
    with unittest.mock.patch("botocore.auth.get_current_datetime", lambda: datetime.now(timezone.utc) - age):
        S3SigV4Auth(Credentials("test", secret), "s3", "us-east-1").add_auth(made)
    headers = {name.lower().encode(): [str(value).encode()] for name, value in made.headers.items()}
    headers[b"host"] = [b"127.0.0.1:4567"]
    return guard.Request(method, unquote(path), path, query, headers)


def asked(made):
    return guard.service_asked(made, SECRET, product.SERVICES)


KNOWN = {guard.SECRET_HEADER: [SECRET.encode()]}
PRESIGNED = "X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request&X-Amz-Signature=00"
PRESIGNED_STS = PRESIGNED.replace("/s3/", "/sts/")


class WhoMayAsk(unittest.TestCase):
    def test_whoever_knows_the_secret_and_signs_is_answered(self):
        for made, service in [
            (request({**KNOWN, **signed()}), "s3"),
            (really_signed(SECRET), "s3"),
            (really_signed(SECRET, "GET", "/"), "s3"),
            (request(KNOWN, query=PRESIGNED), "s3"),
            (request({**KNOWN, **signed("sts")}, "POST", "/"), "sts"),
            (request({**KNOWN, **signed("ssm"), b"x-amz-target": [b"AmazonSSM.GetParameter"]}, "POST", "/"), "ssm"),
            (request(KNOWN, path=guard.LIVENESS_PATH), None),
        ]:
            self.assertEqual(asked(made), service, made)

    def test_everyone_else_is_refused(self):
        sent_twice = {guard.SECRET_HEADER: [SECRET.encode()] * 2}
        for made in [
            request(),
            request(signed()),
            request(signed(key=SECRET)),
            really_signed("test"),
            really_signed(SECRET, age=timedelta(minutes=20)),
            replace(really_signed(SECRET), raw_path="/b/other"),
            replace(really_signed(SECRET), query="partNumber=2&uploads="),
            replace(really_signed(SECRET), method="GET"),
            request({guard.SECRET_HEADER: [b"\xff"], **signed()}),
            request({**sent_twice, **signed()}),
            request(query=PRESIGNED),
            request(path=guard.LIVENESS_PATH),
            request(KNOWN),
            request({**KNOWN, **signed()}, "OPTIONS"),
            request({**KNOWN, b"authorization": [b"Bearer x"]}, query=PRESIGNED),
            request({**KNOWN, b"authorization": signed()[b"authorization"] * 2}),
            request(KNOWN, "POST", query=PRESIGNED),
            request(KNOWN, query=PRESIGNED_STS),
            request({**KNOWN, **signed("lambda")}, path="/2015-03-31/functions"),
            request({**KNOWN, **signed("S3")}),
            *(request({**KNOWN, **signed(service)}, "POST", "/") for service in ("lambda", "glue", "athena")),
            request({**KNOWN, **signed()}, "POST", "/_ministack/reset"),
            request({**KNOWN, **signed()}, "POST", "//_ministack/reset"),
            request({**KNOWN, **signed("iam")}, "POST", "/_ministack/config"),
            request({**KNOWN, **signed("cloudformation")}, "PUT", "/"),
            request({**KNOWN, **signed("ssm"), b"x-amz-target": [b"AmazonSSM.SendCommand"]}, "POST", "/"),
            request({**KNOWN, **signed("secretsmanager"), b"x-amz-target": [b"AWSLambda.Invoke"]}, "POST", "/"),
        ]:
            with self.assertRaises(guard.Refused, msg=str(made)):
                asked(made)


class WhatThereIs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.app = product.load()

    def test_a_service_that_is_not_on_the_list_cannot_be_imported(self):
        from ministack.services import lambda_svc
        import ministack.services.ecs as ecs

        for absent in (lambda_svc, ecs):
            with self.assertRaises(AttributeError):
                absent.handle_request
        loaded = {name.split(".")[2] for name, module in sys.modules.items()
                  if name.startswith("ministack.services.") and type(module) is type(sys)}
        self.assertEqual(loaded, {*product.SERVICES, *product.ONLY_FOR_TEMPLATES})

    def test_pages_of_a_list_are_those_of_ministack(self):
        from ministack.services import s3

        def collect(*asked):
            rows = sorted(key for key in keys if key.startswith(asked[0]) and key > asked[2])
            page = rows[: asked[1]]
            return page, [], len(rows) > asked[1], page[-1] if page else ""

        keys = {key: {} for key in ("b/2", "a", "b/1", "b/", "c", "b/10", "é")}
        for prefix in ("", "b/", "z"):
            for most in (0, 1, 2, 3, 4, 7, 1000):
                for after in ("", "b/1", "b/2", "z"):
                    found = s3._collect_list_entries(keys, prefix, "", most, after)
                    self.assertEqual(found, collect(prefix, most, after))
        self.assertEqual(s3._collect_list_entries(keys, "", "/", 2, ""), (["a"], ["b/"], True, "b/"))

    def test_no_process_is_started_and_nobody_is_called(self):
        for forbidden in (
            lambda: subprocess.run(["true"]),
            lambda: os.system("true"),
            lambda: os.execv("/bin/true", ["true"]),
            lambda: os.posix_spawn("/bin/true", ["true"], {}),
            os.fork,
            lambda: socket.socket().connect(("127.0.0.1", 9)),
            lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"),
        ):
            with self.assertRaises(PermissionError):
                forbidden()

    def test_cloudformation_makes_what_is_in_the_template_and_nothing_else(self):
        template = Path(__file__).parents[2] / "infra/template"
        types = set(re.findall(r"Type: (AWS::\w+::\w+)", "".join(part.read_text() for part in template.glob("*.yaml"))))
        # infra/local-template.ts removes the first two, which MiniStack does not know; the topic is only for an e-mail.
        self.assertEqual(product.RESOURCE_TYPES, types - {"AWS::EC2::EIP", "AWS::EC2::Volume", "AWS::SNS::Topic"})
        from ministack.services.cloudformation import provisioners

        self.assertEqual(set(provisioners._RESOURCE_HANDLERS), set(product.RESOURCE_TYPES))
        for kind in ("AWS::Lambda::Function", "Custom::Thing", "AWS::CloudFormation::WaitConditionHandle"):
            with self.assertRaisesRegex(ValueError, "Unsupported resource type"):
                provisioners._provision_resource(kind, "It", {}, "stack")

    def test_a_template_has_no_aliases_which_a_few_lines_of_could_grow_without_end(self):
        from ministack.services.cloudformation import engine

        for template in ("A: &a [1]\nResources: {B: *a}", "A: &a {b: 1}\nResources: {<<: *a}"):
            with self.assertRaisesRegex(yaml.YAMLError, "aliases are not supported"):
                engine._parse_template(template)
        self.assertEqual(engine._parse_template("Resources: {B: !Ref C}"), {"Resources": {"B": {"Ref": "C"}}})

    def test_no_pattern_is_tried_but_those_of_the_template(self):
        from ministack.services.cloudformation import engine

        template = Path(__file__).parents[2] / "infra/template"
        text = "".join(part.read_text() for part in template.glob("*.yaml"))
        self.assertEqual(product.ALLOWED_PATTERNS, set(re.findall(r"AllowedPattern: (.+)", text)))

        def tried(pattern, value):
            parameters = {"P": {"Type": "String", "AllowedPattern": pattern}}
            return engine._resolve_parameters({"Parameters": parameters}, [{"Key": "P", "Value": value}])

        self.assertEqual(tried("^[a-z0-9_]{1,200}$", "ticks")["P"]["Value"], "ticks")
        for pattern in ("(a+)+$", ["(a+)+$"]):
            with self.assertRaisesRegex(ValueError, "not tried here"):
                tried(pattern, "a" * 20 + "!")
        with self.assertRaisesRegex(ValueError, "must match pattern"):
            tried("^[0-9a-f]{128}$", "x")

    def test_many_stars_of_a_filter_or_of_cors_come_to_an_end(self):
        from ministack.services import ec2, s3

        for matches in (
            lambda value, star: ec2._filter_value_matches(value, [star]),
            lambda value, star: s3._cors_pattern_matches(star, value),
        ):
            self.assertFalse(matches("a" * 27, "*a" * 12 + "!"))
            self.assertTrue(matches("[a].b*c", "[a]*c"))
            self.assertFalse(matches("a.b", "[a]*b"))
        self.assertFalse(ec2._filter_value_matches("a" * 200, ["*a" * 100 + "!"]))
        self.assertFalse(s3._cors_pattern_matches("*a" * 100 + "!", "a" * 200))
        self.assertFalse(ec2._filter_value_matches(None, ["", "x"]))
        self.assertTrue(ec2._filter_value_matches("x", ["", "x"]))
        self.assertFalse(s3._cors_pattern_matches("a?c", "abc"))
        self.assertTrue(s3._cors_pattern_matches("X-*", "x-amz", re.IGNORECASE))

    def test_livez_asks_what_the_guard_answers(self):
        headers = {livez.SECRET_HEADER.encode(): [SECRET.encode()]}
        asked = request(headers, path=livez.PATH)
        self.assertIsNone(guard.service_asked(asked, SECRET, product.SERVICES))
        self.assertEqual((livez.PATH, livez.SECRET_HEADER.encode()), (guard.LIVENESS_PATH, guard.SECRET_HEADER))


if __name__ == "__main__":
    unittest.main()
