#!/usr/bin/env python3
"""Writes docs/saver_behaviours.md: each behaviour of docs/behaviours/*.txt and the tests that prove it.

A test says what it proves in a comment line above it: "// proves: S1.12 E34" above TEST, TEST_F or TEST_P,
"# proves: S1.12" above a Python test or above the CMake command that adds a test. Only comments and decorators may
stand between.

usage: behaviours_table.py [ROOT]            writes the table
       behaviours_table.py --check [ROOT]    exit 0: every tag is right and the table is what the tests give;
                                             1: prints each wrong tag, and whether the table is stale
"""
import fnmatch
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

TABLE = "docs/saver_behaviours.md"
LEVELS = ["seed", "core", "rare"]
FOLDERS = ["src", "tests", "examples", "tools"]
FACT = re.compile(r"([SE][\d.]+) +(\w+) +(\S.*)")
TAG = re.compile(r"\s*(?://|#) proves:((?: [SE]\d+(?:\.\d+)?)+)\s*$")
ALMOST_A_TAG = re.compile(r"\s*(?://|#)\s*proves?\s*(?::|\s[SE]\d)", re.I)
SKIPPED = re.compile(r"\s*(//|#|@)")
TESTS = {
    ".cc": re.compile(r"\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)"),
    ".py": re.compile(r"\s*def (test_\w+)\("),
    ".txt": re.compile(r"\s*\w+\((?:NAME\s+)?([\w.]+)"),
}


@dataclass
class Behaviour:
    id: str
    level: str
    text: str
    proofs: list = field(default_factory=list)


@dataclass
class Section:
    title: str
    introduction: str = ""
    behaviours: list = field(default_factory=list)


def read_section(path):
    """"# title", then behaviours; a line that begins with a blank goes on with the one before."""
    section = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if section is None:
            section = Section(line.removeprefix("# "))
        elif line.startswith(" "):
            section.behaviours[-1].text += " " + line.strip()
        elif fact := FACT.fullmatch(line):
            if fact[2] not in LEVELS:
                raise SystemExit(f"{path}:{number}: the level is one of {', '.join(LEVELS)}, not '{fact[2]}'")
            section.behaviours.append(Behaviour(*fact.groups()))
        elif line and not line.startswith("## "):
            section.introduction += line + "\n"
    return section


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h", ".py") or path.name == "CMakeLists.txt":
                yield path


def name_of_test(path, lines):
    """The test that these lines begin with."""
    kind = TESTS.get(path.suffix)
    found = kind.match("\n".join(lines[:3])) if kind else None
    return ".".join(found.groups()) if found else None


def why_not_run(root, path, name):
    """Why a test of this name in this file never runs, or nothing."""
    folder = (root / path).parent
    if "DISABLED_" in name:
        return "is disabled"
    if path.suffix == ".cc" and path.parts[0] == "src" and not path.name.endswith("_test.cc"):
        return "stands in a file that is not called *_test.cc"
    if path.suffix == ".cc" and path.parts[0] == "tests":
        built = re.findall(r"[\w.*]+\.cc", (folder / "CMakeLists.txt").read_text())
        if not any(fnmatch.fnmatch(path.name, pattern) for pattern in built):
            return "stands in a file that its CMakeLists.txt does not build"
    if path.suffix == ".py" and folder.name == "interop" and not path.name.startswith("test_"):
        return "stands in a file that is not called test_*.py"
    return None


def read_tags(root, behaviours):
    """Adds the proofs to the behaviours; returns what is wrong."""
    wrong = []
    for path in sources(root):
        if path.name == Path(__file__).name:
            continue
        lines = path.read_text().splitlines()
        short = path.relative_to(root)
        for i, line in enumerate(lines):
            tag = TAG.match(line)
            if not tag:
                if ALMOST_A_TAG.match(line):
                    wrong.append(f"{short}:{i + 1}: a tag is '// proves: S1.2 E3', this is '{line.strip()}'")
                continue
            after = next((j for j in range(i, len(lines)) if not SKIPPED.match(lines[j])), len(lines))
            name = name_of_test(path, lines[after:])
            if not name:
                wrong.append(f"{short}:{i + 1}: there is no test below this tag")
                continue
            if reason := why_not_run(root, short, name):
                wrong.append(f"{short}:{after + 1}: {name} proves nothing: it {reason}")
            for id in dict.fromkeys(tag[1].split()):
                if id not in behaviours:
                    wrong.append(f"{short}:{i + 1}: there is no behaviour {id}")
                elif (name, short) not in behaviours[id].proofs:
                    behaviours[id].proofs.append((name, short))
    return wrong


def cell(text):
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def proofs_cell(behaviour):
    return "<br>".join(f"{name} ({path})" for name, path in behaviour.proofs)


def counts(title, behaviours):
    row = [title]
    for level in [None, *LEVELS]:
        all = [b for b in behaviours if level in (None, b.level)]
        row.append(f"{sum(bool(b.proofs) for b in all)} of {len(all)}" if all else "")
    return "| " + " | ".join(row) + " |"


def table(sections):
    everything = [b for section in sections for b in section.behaviours]
    unproved = [b for b in everything if not b.proofs]
    out = [
        "# What a Saver does, and the tests that prove it", "",
        "Written by `tools/behaviours_table.py` from `docs/behaviours/` and the tests; do not edit it by hand. A behaviour",
        "is proved if a test would fail without it. One that no test proves yet says what is aimed at, not what is there.",
        "The level: *seed* is what every tutorial shows, *core* what a faithful replacement needs, *rare* the edges.", "",
        "| proved | all | seed | core | rare |", "|---|---|---|---|---|",
        *(counts(section.title, section.behaviours) for section in sections), counts("all", everything),
    ]
    for section in sections:
        out += ["", "## " + section.title, ""]
        out += [section.introduction] if section.introduction else []
        out += ["| id | level | behaviour | proved by |", "|---|---|---|---|"]
        out += [f"| {b.id} | {b.level} | {cell(b.text)} | {proofs_cell(b)} |" for b in section.behaviours]
    out += ["", "## Not proved yet", ""]
    out += [f"- {b.id} ({b.level}): {cell(b.text)}" for b in unproved] or ["Nothing."]
    return "\n".join(out) + "\n"


def main(arguments):
    check = "--check" in arguments
    rest = [a for a in arguments if a != "--check"]
    root = Path(rest[0]).resolve() if rest else Path(__file__).resolve().parent.parent
    sections = [read_section(path) for path in sorted((root / "docs/behaviours").glob("*.txt"))]
    behaviours = {}
    wrong = []
    for b in (b for section in sections for b in section.behaviours):
        if b.id in behaviours:
            wrong.append(f"docs/behaviours: {b.id} is there twice")
        behaviours[b.id] = b
    wrong += read_tags(root, behaviours)
    text = table(sections)
    path = root / TABLE
    if not check:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        wrong.append(f"{TABLE} is not what the tests give; write it anew: tools/behaviours_table.py")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
