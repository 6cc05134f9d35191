#!/usr/bin/env python3
"""Checks that the code in README.md is the code that is compiled.

A line <!-- from FILE --> before a code block says where it comes from: each of the block's paragraphs must stand in
FILE, word for word.

usage: check_readme.py [ROOT]     exit 0: fine, 1: prints what differs
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"<!-- from (\S+) -->\n```\w*\n(.*?)```", re.S)


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    text = (root / "README.md").read_text()
    blocks = BLOCK.findall(text)
    wrong = [] if blocks else ["README.md: no quoted code"]
    for name, code in blocks:
        source = (root / name).read_text()
        for paragraph in code.strip("\n").split("\n\n"):
            if paragraph not in source:
                wrong.append(f"README.md: not in {name}:\n{paragraph}\n")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
