"""tools/check_includes.py refuses what it must.  usage: check_includes_test.py ROOT"""
import subprocess
import sys
import tempfile
from pathlib import Path

MISTAKES = {
    "src/base/a.cc": '#include "graph/node.h"',
    "src/kernels/a.h": '#include "gradients/walker.h"',
    "src/graph/b.cc": "#include <oneapi/dnnl/dnnl.hpp>",
    "src/runtime/c.cc": "# include <CLI/CLI.hpp>",
    "include/tenon/a.h": "#include <fmt/format.h>",
    "include/tenon/b.h": '#include "graph/node.h"',
    "src/unknown/a.cc": "",
}
FINE = {
    "src/kernels/a.cc": '#include "ops/builder.h"\n#include <oneapi/dnnl/dnnl.hpp>\n#include "tenon/tensor.h"',
    "src/cli/a.cc": '#include "runtime/plan.h"\n#include <CLI/CLI.hpp>',
    "src/graph/a_test.cc": '#include "runtime/plan.h"',
    "include/tenon/a.h": '#include "tenon/error.h"\n#include <vector>\n#include <stdint.h>',
}


def passes(root, files):
    with tempfile.TemporaryDirectory() as folder:
        for name in ["src/base/x.h", "include/tenon/x.h"]:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        tool = Path(root) / "tools" / "check_includes.py"
        return subprocess.run([sys.executable, tool, folder], capture_output=True).returncode == 0


def main():
    root = sys.argv[1]
    wrong = [name for name, text in MISTAKES.items() if passes(root, {name: text})]
    if not passes(root, FINE):
        wrong.append("the correct tree")
    for name in wrong:
        print("wrong verdict:", name)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
