"""The source tree as the lints see it: files below a root, read once."""

import os
import re

# Build output, caches, the bad fixtures of the lints and what is expected of them.
_SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", "out", "node_modules"}
_SKIPPED_PATHS = {"tools/lint/testdata", "tools/report/testdata"}
_SKIPPED_FILES = {"user.bazelrc", "compile_commands.json", "expected.txt"}


class Finding:
    """One broken rule at one place. A warning is printed and doesn't fail."""

    def __init__(self, path, line, rule, message, warning=False):
        self.path = path
        self.line = line
        self.rule = rule
        self.message = message
        self.warning = warning

    def __str__(self):
        kind = "warning" if self.warning else "error"
        return f"{self.path}:{self.line}: {kind}: [{self.rule}] {self.message}"


class Tree:
    """All text files below root, by path relative to it with forward slashes."""

    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.paths = sorted(self._walk())
        self._texts = {}

    def _walk(self):
        for folder, folders, files in os.walk(self.root):
            below = os.path.relpath(folder, self.root).replace(os.sep, "/")
            prefix = "" if below == "." else below + "/"
            folders[:] = [name for name in folders
                          if name not in _SKIPPED_FOLDERS
                          and prefix + name not in _SKIPPED_PATHS
                          and not (prefix == "" and name.startswith("bazel-"))
                          and not os.path.islink(os.path.join(folder, name))]
            for name in files:
                path = os.path.join(folder, name)
                if name not in _SKIPPED_FILES and os.path.isfile(path) and not os.path.islink(path):
                    yield prefix + name

    def select(self, pattern):
        """Paths that match the regular expression from their start to their end."""
        return [path for path in self.paths if re.fullmatch(pattern, path)]

    def sources(self, *folders):
        """C++ files below the folders; all of them where none is named."""
        prefixes = tuple(folder + "/" for folder in folders) or ("",)
        return [path for path in self.paths
                if path.startswith(prefixes) and path.endswith((".h", ".cc"))]

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def is_executable(self, path):
        return os.access(os.path.join(self.root, path), os.X_OK)
