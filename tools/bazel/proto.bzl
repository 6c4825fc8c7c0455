"""Protobuf and gRPC code from Debian's protoc, without rules_proto's toolchain."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def graphdb_proto_library(name, src, deps = [], import_srcs = [], visibility = ["//:core_clients"]):
    """Messages of one .proto file; include as "proto/x.pb.h"."""
    base = src[:-len(".proto")]
    native.genrule(
        name = name + "_gen",
        srcs = [src] + import_srcs,
        outs = [base + ".pb.h", base + ".pb.cc"],
        cmd = "protoc -I. --cpp_out=$(GENDIR) $(location %s)" % src,
    )
    cc_library(
        name = name,
        srcs = [base + ".pb.cc"],
        hdrs = [base + ".pb.h"],
        copts = ["-w"],
        linkstatic = True,
        deps = deps + ["//tools/third_party:protobuf"],
        visibility = visibility,
    )

def graphdb_grpc_library(name, src, deps, import_srcs = [], visibility = ["//:core_clients"]):
    """Service stubs of one .proto file; include as "proto/x.grpc.pb.h"."""
    base = src[:-len(".proto")]
    native.genrule(
        name = name + "_gen",
        srcs = [src] + import_srcs,
        outs = [base + ".grpc.pb.h", base + ".grpc.pb.cc"],
        cmd = "protoc -I. --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
              "--grpc_out=$(GENDIR) $(location %s)" % src,
    )
    cc_library(
        name = name,
        srcs = [base + ".grpc.pb.cc"],
        hdrs = [base + ".grpc.pb.h"],
        copts = ["-w"],
        linkstatic = True,
        deps = deps + ["//tools/third_party:grpc"],
        visibility = visibility,
    )
