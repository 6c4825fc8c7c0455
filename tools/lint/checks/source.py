"""N1, source lint: what the text of core and sim may not name.

An exception is written where it is, on the line or the comment line above:
    #include <chrono>  // LINT-OK(clock): reason
One that excuses nothing is itself an error, so that they don't pile up.
"""

import re

from tree import Finding

# The wire replaces what the rules ban, and its fixture cheats on purpose.
_NOT_THE_WORLD = ("sim/tripwire/",)
_ESCAPE = re.compile(r"//\s*LINT-OK\((\w+)\)(:?)\s*(.*)")


class Rule:
    """A banned pattern, what to use instead, and where it holds."""

    def __init__(self, name, pattern, instead, folders=("core", "sim"), but=(), tests=True):
        self.name = name
        self.pattern = re.compile(pattern)
        self.instead = instead
        self.folders = tuple(folder + "/" for folder in folders)
        self.but = tuple(but) + _NOT_THE_WORLD
        self.tests = tests

    def holds_for(self, path):
        if _TEST.search(path) and not self.tests:
            return False
        return path.startswith(self.folders) and not path.startswith(self.but)


def _includes(*names):
    return r"#\s*include\s*<(?:" + "|".join(names) + ")"


# Tests, and what only they link.
_TEST = re.compile(r"_test\.cc$|_test_main\.cc$|_testing\.|/(?:harness|testing)/")
# Files and streams are the business of the sim's programs and their reader, and
# of tests that read their data and a range of seeds.
_SIM_FILES = ("sim/tool/", "sim/script/", "sim/report/")

RULES = [
    Rule("include", _includes("chrono>", "ctime>", "time.h>", "sys/time.h>", "sys/random.h>",
                              r"absl/time/clock\.h>", "random>", "thread>", "mutex>",
                              "shared_mutex>", "condition_variable>", "future>", "atomic>",
                              r"stop_token>", "semaphore>", "latch>", "barrier>", r"pthread\.h>",
                              "csignal>", r"signal\.h>", r"unistd\.h>", "sys/syscall.h>",
                              r"sys/socket\.h>", r"netinet/", "unordered_map>",
                              "unordered_set>", "locale>", "clocale>", "cassert>", r"assert\.h>"),
         "the ports of core/env, and sorted containers"),
    Rule("include", r'#\s*include\s*["<]absl/(?:time/clock|synchronization/|random/'
                    r'|container/(?:flat|node)_hash)',
         "env::Clock, env::RandomSource, absl::btree_map or LookupMap",
         but=("core/base/lookup_map.h",)),
    Rule("file", _includes("fstream>", "filesystem>", "iostream>", r"fcntl\.h>",
                           r"sys/stat\.h>", r"dirent\.h>", r"sys/mman\.h>")
         + r"|\bf?open(?:64|at)?\s*\(\s*\"|\bfopen\s*\(|std::(?:cout|cin|cerr|filesystem)\b",
         "env::Disk and env::EventLog", but=_SIM_FILES, tests=False),
    Rule("clock", r"(?<![\w/])(?:system|steady|high_resolution|utc)_clock\b|\bclock_gettime\s*\("
                  r"|\bgettimeofday\s*\(|(?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&)"
                  r"|\b(?:localtime|gmtime|strftime|mktime)(?:_r)?\s*\(|absl::Now\s*\("
                  r"|__(?:DATE|TIME|TIMESTAMP)__|\b(?:rdtsc|__rdtsc|__builtin_ia32_rdtsc)\b"
                  r"|(?<![\w.>])(?:::)?(?:usleep|nanosleep|sleep)\s*\(",
         "env::Clock and env::Scheduler"),
    Rule("thread", r"\bstd::(?:this_)?(?:j?thread|(?:recursive_|shared_|timed_)*mutex|atomic"
                   r"|async|condition_variable|call_once|lock_guard|unique_lock|scoped_lock)\b"
                   r"|\bthread_local\b|\bpthread_\w+\s*\(|absl::(?:Mutex|Notification)\b"
                   r"|\bfork\s*\(",
         "an actor and messages; core runs on one thread"),
    Rule("random", r"\b(?:std::)?random_device\b|\bstd::(?:mt19937|minstd|default_random_engine"
                   r"|uniform_\w+_distribution|normal_distribution|bernoulli_distribution|shuffle"
                   r"|sample)\b|\barc4random\w*\s*\("
                   r"|(?<![\w.>:])(?:std::|::)?(?:s?rand(?:_r)?\s*\(|random\s*\(\s*\))"
                   r"|\bget(?:random|entropy)\s*\(|absl::(?:BitGen|Uniform)\b",
         "a named stream of env::RandomSource"),
    Rule("env", r"\b(?:secure_)?getenv\s*\(|\bsetlocale\s*\(|\bgethostname\s*\(|\bgetpid\s*\(",
         "an option that the program passes in", but=_SIM_FILES, tests=False),
    Rule("hash", r"\bstd::(?:hash\b|unordered_)|absl::(?:Hash\b|HashOf|(?:flat|node)_hash)",
         "Hash128, absl::btree_map, or LookupMap which can't be iterated",
         but=("core/base/lookup_map.h",)),
    Rule("pointer", r"reinterpret_cast<\s*(?:std::)?u?intptr_t\s*>"
                    r"|\b(?:std::|absl::btree_)(?:map|set)<\s*(?:const )?[\w:]+\s*\*"
                    r"|std::owner_less|%p",
         "an id as key and tie-breaker; addresses differ from run to run"),
    Rule("exception", r"(?<![\w.])throw\b(?!\s*\()|\btry\s*\{|\bcatch\s*\(",
         "absl::Status"),
    Rule("assert", r"(?<![\w_])assert\s*\(|\bDCHECK\w*\s*\(", "GRAPHDB_CHECK, on in every build"),
    Rule("float", r"(?<![\w])(?:float|double)\b",
         "integers: replicated decisions may not round",
         folders=("core/raft", "core/shard", "core/txn", "core/env", "core/base")),
    Rule("static", r"^\s+static\s+(?!const\b|constexpr\b|inline\b|constinit const\b)[\w:<>,\s*&]+"
                   r"\s\w+\s*(?:=|;|\{[^}]*\};)",
         "a member of the node, so that a crash forgets it", folders=("core",)),
]


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def _code(line):
    """The line without its comment and without the text of its strings."""
    if re.match(r"\s*#\s*include", line):
        return line.split("//")[0]
    return re.sub(r"//.*", "", _STRING.sub(lambda text: text[0] if "%p" in text[0] else '"', line))


def _escapes(lines):
    """Returns ({line: (rule, line of the comment)}, findings-to-be as (line, message))."""
    allowed, bad = {}, []
    for number, line in enumerate(lines, 1):
        match = _ESCAPE.search(line)
        if not match:
            continue
        rule, colon, reason = match.groups()
        if not colon or len(reason.strip()) < 4:
            bad.append((number, "LINT-OK needs its reason: // LINT-OK(rule): reason"))
        elif rule not in {known.name for known in RULES}:
            names = ", ".join(sorted({known.name for known in RULES}))
            bad.append((number, f"LINT-OK names no rule '{rule}'; rules: {names}"))
        target = number
        if line.strip().startswith("//"):
            while target < len(lines) and lines[target - 1].strip().startswith("//"):
                target += 1
        allowed.setdefault(target, []).append((rule, number))
    return allowed, bad


def check(tree):
    for path in tree.sources("core", "sim"):
        lines = tree.lines(path)
        allowed, bad = _escapes(lines)
        for number, message in bad:
            yield Finding(path, number, "escape", message)
        used = set()
        in_comment = False
        for number, line in enumerate(lines, 1):
            if in_comment or line.strip().startswith("/*"):
                in_comment = "*/" not in line
                continue
            code = _code(line)
            for rule in RULES:
                if not rule.holds_for(path) or not rule.pattern.search(code):
                    continue
                excuses = [where for name, where in allowed.get(number, []) if name == rule.name]
                used.update(excuses)
                if not excuses:
                    yield Finding(path, number, rule.name,
                                  f"`{line.strip()[:60]}`: use {rule.instead}")
        known = {rule.name for rule in RULES}
        for excuses in allowed.values():
            for name, where in excuses:
                if where not in used and name in known:
                    yield Finding(path, where, "escape", f"LINT-OK({name}) excuses nothing")
