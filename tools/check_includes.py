#!/usr/bin/env python3
"""Checks that no room includes one above it, and that the public headers see no dependency.

usage: check_includes.py [ROOT]     exit 0: fine, 1: prints each wrong line as FILE:LINE: what is wrong
"""
import re
import sys
from pathlib import Path

# A room may include itself and what is listed, nothing else.
BASE = ["base"]
TENSOR = [*BASE, "tensor"]
FORMATS = [*TENSOR, "formats"]
GRAPH = [*FORMATS, "graph"]
OPS = [*GRAPH, "ops"]
GRADIENTS = [*OPS, "gradients"]
KERNELS = [*OPS, "kernels"]
DATA = [*KERNELS, "data"]
RUNTIME = [*DATA, "runtime"]
SAVER = [*RUNTIME, "saver"]
BINDING = [*RUNTIME, "binding"]
EVERYTHING = [*RUNTIME, "gradients", "saver", "binding", "cli", "viewer"]
ROOMS = {
    "base": BASE, "tensor": TENSOR, "formats": FORMATS, "graph": GRAPH, "ops": OPS, "gradients": GRADIENTS,
    "kernels": KERNELS, "data": DATA, "runtime": RUNTIME, "saver": SAVER, "binding": BINDING, "cli": EVERYTHING,
    "viewer": EVERYTHING,
}  # fmt: skip

# Libraries that only some rooms may see.
LIBRARIES = [
    (re.compile(r"(oneapi/)?dnnl|unsupported/Eigen|Eigen/"), {"kernels"}),
    (re.compile(r"leveldb/|zip\.h|zlib\.h"), {"formats"}),
    (re.compile(r"isa-l"), {"base"}),
    (re.compile(r"CLI/"), {"cli"}),
]
# What the public headers may include besides the standard library.
PUBLIC = re.compile(r"tenon/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
STANDARD = re.compile(r"[a-z_]+(\.h)?")


def wrong_include(room, quote, included):
    """Why a file of the room may not include this, or None."""
    top = included.split("/")[0]
    if quote == '"' and top in ROOMS and "/" in included and top not in ROOMS[room]:
        return f'room "{room}" may not include room "{top}"'
    for pattern, allowed in LIBRARIES:
        if pattern.match(included) and room not in allowed:
            return f'room "{room}" may not see this library; only {", ".join(sorted(allowed))} may'
    return None


def wrong_public_include(quote, included):
    if quote == '"' and not PUBLIC.match(included):
        return "a public header may include only tenon/... and the standard library"
    if quote == "<" and not STANDARD.fullmatch(included):
        return "a public header may include only tenon/... and the standard library"
    return None


def check(path, reason):
    count = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        why = match and reason(*match.groups())
        if why:
            print(f"{path}:{number}: {why}: {line.strip()}")
            count += 1
    return count


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in {".h", ".cc"})


def main():
    if len(sys.argv) > 2 or "--help" in sys.argv:
        print(__doc__.strip())
        return 0 if "--help" in sys.argv else 2
    root = Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).resolve().parent.parent
    wrong = 0
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        if folder.name not in ROOMS:
            print(f"{folder}: this room is not listed in tools/check_includes.py")
            wrong += 1
            continue
        for path in sources(folder):
            if not path.name.endswith("_test.cc"):
                wrong += check(path, lambda quote, included: wrong_include(folder.name, quote, included))
    for path in sources(root / "include"):
        wrong += check(path, wrong_public_include)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
