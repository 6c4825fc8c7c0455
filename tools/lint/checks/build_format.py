"""BUILD files: targets are laid out as buildifier lays them out."""

# Debian has no buildifier, so this holds what of it our files need: targets with
# a name, their attributes in order and one a line, and lists of more than one
# text with one a line, sorted where buildifier sorts them. Other calls and other
# values are taken as they stand.

import ast

from tree import Finding

# buildifier's order: these first, then all others by name, then those last.
_FIRST = ["name", "size", "timeout", "testonly", "src", "srcs", "out", "outs", "hdrs"]
_LAST = ["exports", "runtime_deps", "deps", "alwayslink"]
_SORTED = {"data", "deps", "hdrs", "srcs", "tags", "textual_hdrs", "tools", "visibility"}


def _place(name):
    if name in _FIRST:
        return (0, _FIRST.index(name), "")
    if name in _LAST:
        return (2, _LAST.index(name), "")
    return (1, 0, name)


def _label_key(text):
    """Files, then labels of this package, of this workspace, of others."""
    phase = 1
    for start, value in ((":", 2), ("//", 3), ("@", 4)):
        if text.startswith(start):
            phase = value
    return (phase, text.replace(":", ".").split("."))


def _is_comment(line):
    return line.lstrip().startswith("#")


def _sort(items, lines):
    """Sorts; a comment belongs to what follows it and begins a new run."""
    runs = [[]]
    for item in items:
        if _is_comment(lines[item.lineno - 2]):
            runs.append([])
        runs[-1].append(item)
    return [item for run in runs for item in sorted(run, key=lambda item: _label_key(item.value))]


def _value(name, node, text):
    """Lines of an attribute's value, without its indentation."""
    texts = isinstance(node, ast.List) and len(node.elts) > 1 and all(
        isinstance(item, ast.Constant) and isinstance(item.value, str) for item in node.elts)
    if not texts:
        return ast.get_source_segment(text, node).split("\n")
    items = _sort(node.elts, text.split("\n")) if name in _SORTED else node.elts
    quoted = [ast.get_source_segment(text, item) for item in items]
    quoted = [item if item.startswith('"') else f'"{ast.literal_eval(item)}"' for item in quoted]
    return ["["] + [f"        {item}," for item in quoted] + ["    ]"]


def _expected(call, text):
    lines = [f"{call.func.id}("]
    for keyword in sorted(call.keywords, key=lambda keyword: _place(keyword.arg)):
        value = _value(keyword.arg, keyword.value, text)
        value[0] = f"    {keyword.arg} = {value[0]}"
        value[-1] += ","
        lines += value
    return [line for line in lines + [")"] if not _is_comment(line)]


def _targets(text):
    for node in ast.parse(text).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
            names = [keyword.arg for keyword in call.keywords]
            if "name" in names and len(names) > 1 and None not in names:
                yield call


def check(tree):
    for path in tree.select(r"(.*/)?BUILD\.bazel"):
        text = tree.text(path)
        try:
            targets = list(_targets(text))
        except SyntaxError:
            continue  # build_files says so
        lines = tree.lines(path)
        for call in targets:
            actual = [(number, lines[number - 1])
                      for number in range(call.lineno, call.end_lineno + 1)
                      if not _is_comment(lines[number - 1])]
            wanted = _expected(call, text)
            for (number, line), other in zip(actual, wanted):
                if line.split("  # ")[0].rstrip() != other.split("  # ")[0].rstrip():
                    yield Finding(path, number, "layout",
                                  f"found `{line}`, expected `{other}`")
                    break
            else:
                if len(actual) != len(wanted):
                    yield Finding(path, call.lineno, "layout",
                                  f"the target has {len(actual)} lines, expected {len(wanted)}")
