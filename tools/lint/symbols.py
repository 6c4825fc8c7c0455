#!/usr/bin/env python3
"""N2, symbol lint: what the compiled core asks of the machine, and what it keeps.

    symbols.py ARCHIVE.a...

Reads the symbols of each object with nm. A banned undefined symbol is a call
that came in through a macro or an inline header, past the source lint; a
writable global is state that a crash of the node wouldn't forget. Sees every
object of the archives; no archive or no object at all is an error.
Exit status: 0 clean, 1 findings, 2 usage.
"""

import re
import subprocess
import sys

_BANNED = [
    ("clock", r"(?:__)?(?:clock_(?:gettime|nanosleep|getres)|gettimeofday|time|nanosleep|usleep"
              r"|sleep|localtime(?:_r)?|gmtime(?:_r)?|times|timespec_get|poll|select)"
              r"|std::chrono::\w+::\w+_clock::now\(\)|std::chrono::_V2::\w+_clock::now\(\)"
              r"|absl::(?:\w+::)?(?:Now|GetCurrentTimeNanos|SleepFor)\(.*|AbslInternalSleepFor"),
    ("random", r"(?:getrandom|getentropy|arc4random\w*|s?rand(?:om)?(?:_r)?|[dlm]rand48)"
               r"|std::random_device::.*|absl::random_internal::.*"),
    ("thread", r"pthread_(?!self|equal|once|key_|getspecific|setspecific)\w+|thrd_\w+|fork|vfork"
               r"|std::(?:thread|mutex|condition_variable|__future_base|_V2::error_category"
               r"::wait)\b.*|std::(?:thread|condition_variable)::.*|sem_\w+|absl::Mutex::.*"
               r"|absl::Notification::.*"),
    ("file", r"f?open(?:64|at|at64)?|freopen(?:64)?|creat(?:64)?|unlink(?:at)?|rename(?:at)?"
             r"|mkdir(?:at)?|opendir|mmap(?:64)?|pread(?:64)?|pwrite(?:64)?|f(?:data)?sync"
             r"|std::filesystem::.*|std::basic_(?:i|o)?f(?:ilebuf|stream)<.*|tmpfile(?:64)?"),
    ("network", r"socket(?:pair)?|connect|bind|listen|accept4?|send(?:to|msg)?|recv(?:from|msg)?"
                r"|getaddrinfo|epoll_\w+|gethostname"),
    ("environment", r"(?:secure_)?getenv|putenv|setenv|environ|setlocale|getpid|system|popen"
                    r"|execv\w*|posix_spawn\w*"),
    ("prod", r"rocksdb::.*|grpc(?:::|_)\w*.*"),
]
_BANNED = [(rule, re.compile(pattern)) for rule, pattern in _BANNED]

# Writable globals that may be. What the world registers once before anything
# runs; the start-up object of <iostream>, which other libraries' headers bring;
# libstdc++'s frame of the coroutine that does nothing (it is never written).
_STATE_ALLOWED = {
    "graphdb::(anonymous namespace)::g_context",
    "graphdb::(anonymous namespace)::g_costly_checks",
    "std::__ioinit",
    "std::__n4861::coroutine_handle<std::__n4861::noop_coroutine_promise>::_S_fr",
}


def nm(archive, *flags):
    result = subprocess.run(["nm", "-C", "-f", "sysv", *flags, archive], capture_output=True,
                            text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"symbols: nm {archive}: {result.stderr.strip()}")
    objects, current = {}, None
    for line in result.stdout.splitlines():
        start = re.match(r"(?:Undefined s|S)ymbols from .*\[(.+)\]:", line)
        if start:
            current = objects.setdefault(start.group(1), [])
        fields = [field.strip() for field in line.rsplit("|", 6)]
        if len(fields) == 7 and fields[0] != "Name" and current is not None:
            current.append(fields)
    return objects


def banned_calls(archive):
    objects = nm(archive, "--undefined-only")
    for name, symbols in objects.items():
        for fields in symbols:
            symbol = re.sub(r"@.*", "", fields[0])
            for rule, pattern in _BANNED:
                if pattern.fullmatch(symbol):
                    yield f"{archive}({name}): [{rule}] calls {symbol}"
                    break


def writable_state(archive):
    for name, symbols in nm(archive, "--defined-only").items():
        for symbol, _, _, kind, _, _, section in symbols:
            if kind not in ("OBJECT", "TLS") or ".rel.ro" in section:
                continue
            if not re.match(r"\.t?(?:bss|data)\b", section):
                continue
            if symbol.startswith(("guard variable", "vtable", "typeinfo", "DW.ref.")):
                continue
            if re.sub(r"\[abi:\w+\]", "", symbol) not in _STATE_ALLOWED:  # clang names the ABI
                yield f"{archive}({name}): [state] keeps {symbol} in {section}"


def main():
    archives = sorted({path for path in sys.argv[1:] if path.endswith((".a", ".lo"))})
    if not archives:
        print("symbols: no archive to look at: the lint would prove nothing")
        return 2
    findings = []
    for archive in archives:
        if not nm(archive, "--defined-only"):
            findings.append(f"{archive}: holds no object: the lint would prove nothing")
        findings += banned_calls(archive)
        findings += writable_state(archive)
    for finding in findings:
        print(finding)
    print(f"symbols: {len(archives)} archives, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
