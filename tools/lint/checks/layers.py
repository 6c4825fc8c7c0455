"""The layer law: every include and every dependency follows an allowed arrow."""

import posixpath
import re

import build_file
from tree import Finding

_BELOW_STORAGE = {"core/base", "core/env", "core/graph", "proto"}
_BELOW_SHARD = _BELOW_STORAGE | {"core/raft", "core/storage"}

# Who may use what, each layer with all below it (docs/adr/0001-layer-law.md).
_CORE = {
    "core/base": set(),
    "core/env": {"core/base"},
    "core/raft": {"core/base", "core/env", "proto"},
    "core/graph": {"core/base", "core/env", "proto"},
    "core/storage": _BELOW_STORAGE,
    "core/shard": _BELOW_SHARD,
    "core/txn": _BELOW_SHARD | {"core/shard"},
    "core/cypher": _BELOW_SHARD | {"core/shard", "core/txn"},
    "core/cluster": _BELOW_SHARD | {"core/shard", "core/txn", "core/cypher"},
    "core/migrate": _BELOW_SHARD | {"core/shard", "core/txn", "core/cypher", "core/cluster"},
}
_TOP = {
    "proto": set(),
    "sim": {"core", "proto"},
    "prod": {"core", "proto"},
    "bench": {"core", "sim", "prod", "proto"},
    "fuzz": {"core", "sim", "prod", "proto"},
    "tools": {"core", "sim", "prod", "proto"},
    "scenarios": {"sim"},
}
# By visibility as well: the RocksDB lane may use prod's engine; a property test
# of migrate is run by the simulator.
_EXCEPTIONS = [
    (re.compile(r"sim/rocks_lane"), re.compile(r"prod/rocks"), False),
    (re.compile(r"core/migrate"), re.compile(r"sim(/.*)?"), True),
]
_OURS = re.compile(r"(core|sim|prod|proto|bench|fuzz|scenarios)/")
_PROD_ONLY = re.compile(r'#\s*include\s*["<](rocksdb/|grpc|yaml-cpp/|spdlog/|CLI/|httplib'
                        r'|prometheus/|openssl/|asio)')


def layer(package):
    """core/raft for core/raft and all below it, else the top folder."""
    parts = package.split("/")
    return "/".join(parts[:2]) if parts[0] == "core" else parts[0]


def allowed(user, used, is_test):
    """May the package `user` depend on the package `used`?"""
    if layer(user) == layer(used):
        return True
    for who, what, tests_only in _EXCEPTIONS:
        if who.fullmatch(user) and what.fullmatch(used) and (is_test or not tests_only):
            return True
    if user.startswith("core/"):
        return layer(used) in _CORE.get(layer(user), set())
    return used.split("/")[0] in _TOP.get(layer(user), set())


def _is_test(target):
    return bool(target.arguments.get("testonly")) or target.rule.endswith("_test")


def _test_sources(tree, package):
    """The files of a package that only tests and testonly targets name."""
    build = posixpath.join(package, "BUILD.bazel")
    tests, product = set(), set()
    try:
        targets = build_file.parse(tree.text(build)) if tree.exists(build) else []
    except SyntaxError:
        targets = []
    for target in targets:
        files = target.strings("srcs") + target.strings("hdrs")
        (tests if _is_test(target) else product).update(files)
    return tests - product


def _check_includes(tree):
    for path in tree.sources("core", "sim", "prod", "proto", "bench", "fuzz", "tools"):
        package = posixpath.dirname(path)
        is_test = (path.endswith("_test.cc")
                   or posixpath.basename(path) in _test_sources(tree, package))
        for number, line in enumerate(tree.lines(path), 1):
            match = re.match(r'#\s*include\s*"([^"]+)"', line)
            if match and _OURS.match(match.group(1)):
                used = posixpath.dirname(match.group(1))
                if not allowed(package, used, is_test):
                    yield Finding(path, number, "layer", f"{layer(package)} may not use {used}")
            third = _PROD_ONLY.match(line)
            if third and path.startswith(("core/", "sim/")):
                if not (path.startswith("sim/rocks_lane/") and third.group(1) == "rocksdb/"):
                    yield Finding(path, number, "layer",
                                  f"{line.strip()}: only prod knows this library")


def _check_dependencies(tree):
    for path in tree.select(r"(core|sim|prod|proto|bench|fuzz|tools|scenarios)/(.*/)?BUILD\.bazel"):
        package = posixpath.dirname(path)
        try:
            targets = build_file.parse(tree.text(path))
        except SyntaxError as error:
            yield Finding(path, error.lineno or 1, "layer", "can't be read as a BUILD file")
            continue
        for target in targets:
            for label in target.strings("deps") + target.strings("srcs"):
                if not label.startswith("//") or not _OURS.match(label[2:].split(":")[0] + "/"):
                    continue
                used = label[2:].split(":")[0]
                if not allowed(package, used, _is_test(target)):
                    yield Finding(path, target.line, "layer",
                                  f"{target.name}: {layer(package)} may not depend on {label}")


def _check_known(tree):
    for path in tree.select(r"core/[^/]+/BUILD\.bazel"):
        if layer(posixpath.dirname(path)) not in _CORE:
            yield Finding(path, 1, "layer", "a package of core that the layer law doesn't know")


def check(tree):
    yield from _check_includes(tree)
    yield from _check_dependencies(tree)
    yield from _check_known(tree)
