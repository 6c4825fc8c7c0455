"""The build macros of GraphDB: the same warnings and checks everywhere."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Wimplicit-fallthrough",
    "-Wno-unused-parameter",
    "-Werror",
]

# NDEBUG switches off assert() in the libraries, never GRAPHDB_CHECK.
_COPTS = _WARNINGS + [
    "-Wno-error=array-bounds",
    "-Wno-error=maybe-uninitialized",
    "-Wno-error=stringop-overflow",
    "-Wno-error=stringop-overread",
]

# What ships loses no bit by accident; tests may.
_PRODUCT_COPTS = _COPTS + ["-Wconversion"]

def _symbol_lint(name):
    """NAME_symbols_test reads what the library asks of the machine (net N2)."""

    # A library in `data` brings no archive along; a filegroup of it does.
    native.filegroup(
        name = name + "_archive",
        srcs = [":" + name],
        visibility = ["//visibility:private"],
    )
    native.sh_test(
        name = name + "_symbols_test",
        srcs = ["//tools/lint:symbols.py"],
        args = ["$(rootpaths :%s_archive)" % name],
        data = [":%s_archive" % name],
        size = "small",
    )

def graphdb_cc_library(name, srcs = [], copts = [], testonly = False, **kwargs):
    """A library; one of core has its symbols checked as well."""
    cc_library(
        name = name,
        srcs = srcs,
        copts = (_COPTS if testonly else _PRODUCT_COPTS) + copts,
        linkstatic = True,
        testonly = testonly,
        **kwargs
    )
    compiled = [src for src in srcs if src.endswith(".cc")]
    if compiled and not testonly and native.package_name().startswith("core/"):
        _symbol_lint(name)

def graphdb_cc_binary(name, copts = [], **kwargs):
    """A program."""
    cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def graphdb_cc_test(name, deps = [], copts = [], size = "small", main = True, **kwargs):
    """A GoogleTest binary; gtest_main is linked unless main = False."""
    extra = ["//tools/third_party:gtest_main"] if main else ["//tools/third_party:gtest"]
    cc_test(name = name, deps = deps + extra, copts = _COPTS + copts, size = size, **kwargs)

def graphdb_property_test(name, deps = [], size = "medium", **kwargs):
    """A GoogleTest binary that uses rapidcheck."""
    graphdb_cc_test(name = name, deps = deps + ["//tools/third_party:rapidcheck"], size = size, **kwargs)

def graphdb_cc_benchmark(name, deps = [], copts = [], **kwargs):
    """A Google Benchmark binary; `_smoke_test` runs each benchmark once."""
    cc_binary(
        name = name,
        deps = deps + ["//tools/third_party:benchmark_main"],
        copts = _COPTS + copts,
        testonly = True,
        **kwargs
    )
    native.sh_test(
        name = name + "_smoke_test",
        srcs = ["//tools/bazel:run_benchmark_once.sh"],
        args = ["$(rootpath :" + name + ")"],
        data = [":" + name],
        size = "small",
    )

def graphdb_fuzz_test(name, srcs, corpus, deps = [], **kwargs):
    """NAME_test replays the corpus with any compiler; NAME is the libFuzzer target (manual)."""
    cc_test(
        name = name + "_test",
        srcs = srcs + ["//tools/bazel:fuzz_corpus_main.cc"],
        deps = deps,
        copts = _COPTS,
        data = corpus,
        args = ["fuzz/corpus/" + name],
        size = "small",
        **kwargs
    )
    cc_binary(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = _COPTS,
        testonly = True,
        tags = ["manual"],
        **kwargs
    )

def graphdb_two_process_test(name, program, args = [], data = [], size = "medium", **kwargs):
    """Runs the program twice as fresh processes and compares its trace= lines (net N4)."""
    native.sh_test(
        name = name,
        srcs = ["//tools/lint:two_process"],
        args = ["$(rootpath %s)" % program] + args,
        data = [program] + data,
        size = size,
        **kwargs
    )

def graphdb_scenario_tests(files):
    """Each scenario file of this package is run by the simulator, twice."""
    for file in files:
        graphdb_two_process_test(
            name = file[:-len(".txt")] + "_test",
            size = "small",
            args = [
                "run",
                "--scenario",
                native.package_name() + "/" + file,
                "--log=none",
            ],
            data = [file],
            program = "//sim/tool:graphdb-sim",
        )
