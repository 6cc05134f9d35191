#!/usr/bin/env python3
"""Checks that an example is no longer in C++ than in Python.

Counted are lines of code: no blank lines, comments, docstrings, imports and includes, lines of braces alone, namespace
lines. In Python the two functions that stand for a library of their own (to_graph, from_graph) are not counted.

usage: check_example_length.py PYTHON_FILE C++_FILE...     exit 0: fine, 1: says by how much
"""
import ast
import re
import sys
from pathlib import Path

LIBRARY = {"to_graph", "from_graph"}
NOT_CODE = re.compile(r"^\s*(//|#|[{}()\[\];\s]*$|using |namespace |}  // namespace)")


def python_lines(path):
    tree = ast.parse(Path(path).read_text())
    lines = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) or not isinstance(node, (ast.stmt, ast.ExceptHandler)):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        lines.add(node.lineno)
        if not hasattr(node, "body"):
            lines.update(range(node.lineno, node.end_lineno + 1))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.decorator_list:
            lines.update(d.lineno for d in node.decorator_list)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in LIBRARY:
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def cpp_lines(paths):
    return sum(1 for path in paths for line in Path(path).read_text().splitlines() if not NOT_CODE.match(line))


def main(python, *cpp):
    theirs, ours = python_lines(python), cpp_lines(cpp)
    print(f"{ours} lines of C++, {theirs} lines of Python")
    return 0 if ours <= theirs else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
