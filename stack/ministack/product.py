"""What of MiniStack there is in this process: the product's services and what its AWS template makes, nothing else.

MiniStack imitates a hundred services, and several of them run what they are given: Lambda, ECS, CodeBuild, Glue jobs.
CloudFormation, S3 notifications and others call those directly, behind the router. So the list is kept where Python
finds modules: a service that is not on it cannot be imported by anyone.
"""

import asyncio
import concurrent.futures
import fnmatch
import heapq
import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from types import ModuleType

import yaml

# A request is signed for one of these; local-aws answers Athena and Glue itself.
SERVICES = ("s3", "sts", "iam", "cloudformation", "ec2", "ssm", "secretsmanager")

# CloudFormation stores the template's resources in these modules; no request reaches their own operations.
ONLY_FOR_TEMPLATES = ("athena", "autoscaling", "cloudwatch", "glue")

# Names of services that differ from the names of their modules.
REGISTERED_AS = {"cloudwatch": "monitoring"}

# The resource types of infra/template/; none of them has code, a target or an address to call.
RESOURCE_TYPES = frozenset(
    {
        "AWS::Athena::WorkGroup",
        "AWS::AutoScaling::AutoScalingGroup",
        "AWS::CloudWatch::Alarm",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::LaunchTemplate",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::Glue::Crawler",
        "AWS::Glue::Database",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::Role",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
    }
)

# The patterns of the parameters in infra/template/. Python's regular expressions match them, and with other patterns,
# such as (a+)+$, a match may never end; meanwhile nobody gets an answer.
ALLOWED_PATTERNS = frozenset(
    {
        r"^(|[^@ ]+@[^@ ]+)$",
        r"^(|cron\(.+\))$",
        r"^[0-9a-f]{128}$",
        r"^[0-9a-z_=.-]+(/[0-9a-z_=.-]+)*$",
        r"^[1-9][0-9]{0,2}(\.[0-9]{1,3}){3}/(1[6-9]|2[0-9]|3[0-2])$",
        r"^[a-z0-9_-]{1,240}$",
        r"^[a-z0-9_]{1,200}$",
        r"^[a-zA-Z0-9._-]{1,200}$",
        r"^https://[^ ']+\.tgz$",
    }
)

# Python reports these before it does them (sys.audit). No service above needs one.
FORBIDDEN_EVENTS = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "pty.spawn",
        "socket.connect",
        "subprocess.Popen",
    }
)

_HOME = "ministack.services."


class _Absent(ModuleType):
    """Stands where a service would be imported: it has nothing to call."""

    def __getattr__(self, name: str):
        raise AttributeError(f"{self.__name__}.{name} does not exist: this MiniStack has only {', '.join(SERVICES)}")


class _OnlyTheProduct(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty module for every service that is not on the list, before anyone finds the real one."""

    def find_spec(self, fullname, path, target=None):
        service = fullname.removeprefix(_HOME).partition(".")[0]
        if not fullname.startswith(_HOME) or service in SERVICES + ONLY_FOR_TEMPLATES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        return _Absent(spec.name)

    def exec_module(self, module):
        pass


def _forbid(event: str, _arguments) -> None:
    if event in FORBIDDEN_EVENTS:
        raise PermissionError(f"{event} is forbidden: this MiniStack starts no process and connects to nobody")


def load() -> ModuleType:
    """Imports MiniStack with what is on the lists, and closes its side doors. Returns `ministack.app`.

    An audit hook cannot be taken off again: from here on this process starts no other and connects to nobody.
    """
    sys.addaudithook(_forbid)
    sys.meta_path.insert(0, _OnlyTheProduct())
    from ministack import app
    from ministack.services.cloudformation import engine, provisioners, stacks

    on_list = SERVICES + ONLY_FOR_TEMPLATES
    _keep(app.SERVICE_REGISTRY, [REGISTERED_AS.get(service, service) for service in on_list])
    _keep(app.SERVICE_HANDLERS, SERVICES)
    app._state_map = app._registry_state_map()
    _keep(provisioners._RESOURCE_HANDLERS, RESOURCE_TYPES)
    # Routes by path or Host that need no signature: administration, health, consoles, data planes.
    for side_door in ("_handle_pre_body_request", "_handle_post_body_shortcuts"):
        replace(app, side_door, _nothing)
    provision = _only_listed_types(provisioners._provision_resource)
    for module in (provisioners, stacks):
        replace(module, "_provision_resource", provision)
    replace(engine, "_check_parameter_constraints", _only_listed_patterns(engine._check_parameter_constraints))
    # One of these is the loader of templates, another that of included templates.
    replace(yaml.SafeLoader, "compose_node", _without_aliases(yaml.SafeLoader.compose_node))
    for service in on_list:
        importlib.import_module(_HOME + service)
    from ministack.services import ec2, s3

    replace(ec2, "_filter_value_matches", _filter_value_matches)
    replace(s3, "_cors_pattern_matches", _cors_pattern_matches)
    replace(s3, "_collect_list_entries", _without_sorting_all(s3._collect_list_entries))
    return app


def restore(app: ModuleType) -> None:
    """Reads what an earlier run saved. Must run on the event loop that will serve.

    MiniStack's own start does this too, and beside it runs scripts from folders, looks for Docker and starts schedulers.
    """
    loop = asyncio.get_running_loop()
    replace(app, "_MAIN_LOOP", loop)
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(64, "ministack-worker"))
    if app.PERSIST_STATE:
        app._load_persisted_state()


def save(app: ModuleType) -> None:
    """Writes down, at the end, what `restore` reads."""
    if app.PERSIST_STATE:
        app.save_all(app._build_persistence_save_dict())


async def _nothing(*_arguments, **_options):
    return None


def _only_listed_types(provision):
    def provision_listed(resource_type, *arguments):
        # MiniStack accepts types without a handler: Custom::* calls Lambda, AWS::CloudFormation::* is reported as done.
        if resource_type not in RESOURCE_TYPES:
            raise ValueError(f"Unsupported resource type: {resource_type}")
        return provision(resource_type, *arguments)

    return provision_listed


# MiniStack turns each star into `.*`, and matches a value against many of them in every possible way, which may never
# end. fnmatch takes the first place that fits each star, which gives the same result.
def _filter_value_matches(actual, values) -> bool:
    def matches(value) -> bool:
        has_wildcard = "*" in value or "?" in value
        return fnmatch.fnmatchcase(actual or "", value.replace("[", "[[]")) if has_wildcard else actual == value

    return any(matches(value) for value in values)


def _cors_pattern_matches(pattern: str, value: str, flags: int = 0) -> bool:
    if flags & re.IGNORECASE:
        pattern, value = pattern.lower(), value.lower()
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]").replace("?", "[?]"))


def _without_sorting_all(collect):
    # MiniStack sorts every key of the bucket for each page: listing 100,000 objects took ten seconds of sorting.
    def collect_page(objects, prefix, delimiter, max_keys, start_after):
        if delimiter:
            return collect(objects, prefix, delimiter, max_keys, start_after)
        rest = (key for key in objects if key > start_after and key.startswith(prefix))
        keys = heapq.nsmallest(max_keys + 1, rest)
        page = keys[:max_keys]
        return page, [], len(keys) > max_keys, page[-1] if page else ""

    return collect_page


def _only_listed_patterns(check):
    def check_listed(name, definition, *arguments):
        pattern = definition.get("AllowedPattern")
        if pattern is not None and str(pattern) not in ALLOWED_PATTERNS:
            raise ValueError(f"Parameter '{name}' has an AllowedPattern that is not tried here")
        return check(name, definition, *arguments)

    return check_listed


def _without_aliases(compose_node):
    # AWS allows no YAML aliases in a template. Here a few lines of them would become millions of nodes.
    def compose(loader, parent, index):
        if loader.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not supported", loader.peek_event().start_mark)
        return compose_node(loader, parent, index)

    return compose


def _keep(table: dict, names) -> None:
    missing = set(names) - set(table)
    if missing:
        raise RuntimeError(f"this MiniStack does not know {sorted(missing)}: product.py was written for another version")
    for name in set(table) - set(names):
        del table[name]


def replace(module: ModuleType | type, name: str, value) -> None:
    """Puts another value in the place of one that is there."""
    # If another version of MiniStack makes a replacement ineffective, that must be noticed.
    getattr(module, name)
    setattr(module, name, value)
