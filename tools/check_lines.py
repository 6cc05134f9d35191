#!/usr/bin/env python3
"""No line of the C++ sources has more than 120 columns, a tab, or blanks at its end.

usage: check_lines.py [ROOT]      exit 0: so it is; 1: prints each line that is not so
"""
import sys
from pathlib import Path

COLUMNS = 120
FOLDERS = ["bench", "examples", "fuzz", "include", "src", "tests"]


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                yield path


def wrong(line):
    if len(line) > COLUMNS:
        return f"{len(line)} columns"
    if "\t" in line:
        return "a tab"
    return "blanks at the end" if line != line.rstrip() else None


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    found = [f"{path.relative_to(root)}:{number}: {what}"
             for path in sources(root)
             for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
             if (what := wrong(line))]
    print("\n".join(found) if found else "every line is fine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
