"""Reads BUILD files: they are Python's syntax, so Python's parser reads them."""

import ast


class Target:
    """One rule call: the macro's name, its line and its literal arguments."""

    def __init__(self, rule, line, arguments):
        self.rule = rule
        self.line = line
        self.arguments = arguments

    @property
    def name(self):
        return self.arguments.get("name", "")

    def strings(self, key):
        value = self.arguments.get(key, [])
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _literals(node):
    """All strings of a list expression, concatenations and select() included."""
    return [item.value for item in ast.walk(node)
            if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def _argument(node):
    if isinstance(node, ast.Constant):
        return node.value
    return _literals(node)


def parse(text):
    """Returns the targets of a BUILD file; raises SyntaxError where it can't be read."""
    targets = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            arguments = {key.arg: _argument(key.value) for key in node.keywords if key.arg}
            if name == "load":
                arguments["load"] = _literals(node)
            targets.append(Target(name, node.lineno, arguments))
    return targets


def globs(text):
    """True where the file uses glob(): then its sources aren't all named."""
    return any(target.rule == "glob" for target in parse(text))
