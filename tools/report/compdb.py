#!/usr/bin/env python3
"""Turns Bazel's list of compile actions into compile_commands.json.

    compdb.py ACTIONS.json OUT.json
"""

import json
import os
import sys


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        actions = json.load(file).get("actions", [])
    commands = []
    for action in actions:
        arguments = action["arguments"]
        source = next((word for word in arguments if word.endswith(".cc")), None)
        if source is not None:
            commands.append({"directory": os.getcwd(), "file": source, "arguments": arguments})
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(commands, file, indent=1)
        file.write("\n")
    print(f"{len(commands)} commands in {sys.argv[2]}")
    return 0 if commands else 1


if __name__ == "__main__":
    sys.exit(main())
