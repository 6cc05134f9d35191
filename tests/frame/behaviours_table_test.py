"""tools/behaviours_table.py refuses wrong tags and stale tables.  usage: behaviours_table_test.py ROOT"""
import subprocess
import sys
import tempfile
from pathlib import Path

BEHAVIOURS = "# Facts\nS1.1   core  Water is wet;\n             it always was.\nE2     rare  Stones are hard.\n"
TEST = "TEST(Water, IsWet) {}"
MISTAKES = {
    "an id that nobody knows": {"src/a_test.cc": "// proves: S1.2\n" + TEST},
    "no test below": {"src/a_test.cc": "// proves: S1.1\nint x;\n" + TEST},
    "a comma": {"src/a_test.cc": "// proves: S1.1, E2\n" + TEST},
    "no colon": {"tests/interop/test_a.py": "# proves S1.1\ndef test_a():"},
    "a disabled test": {"src/a_test.cc": "// proves: S1.1\nTEST(Water, DISABLED_IsWet) {}"},
    "a test that is not built": {"tests/x/a_test.cc": "// proves: S1.1\n" + TEST, "tests/x/CMakeLists.txt": "f(b_test.cc)"},
    "a test in a file of no tests": {"src/a.cc": "// proves: S1.1\n" + TEST},
    "a Python file that nothing finds": {"tests/interop/a.py": "# proves: S1.1\ndef test_a():"},
    "a level that there is not": {"docs/behaviours/2.txt": "# More\nS1.3 odd Air is light."},
    "an id twice": {"docs/behaviours/2.txt": "# More\nS1.1 core Water is wet."},
}
FINE = {
    "src/a_test.cc": "// proves: S1.1 E2\n// Why.\nTEST_F(Water,\n       IsWet) {}",
    "tests/x/a_test.cc": "// proves: E2\nTEST_P(Stones, AreHard) {}",
    "tests/x/CMakeLists.txt": "file(GLOB tests *_test.cc)\n# proves: S1.1\nadd_test(NAME water.runs COMMAND water)",
    "tests/interop/test_a.py": "class A:\n    # proves: S1.1\n    @slow\n    def test_water(self):",
}
ROW = ("| S1.1 | core | Water is wet; it always was. | Water.IsWet (src/a_test.cc)<br>test_water (tests/interop/test_a.py)"
       "<br>water.runs (tests/x/CMakeLists.txt) |")


def tool(root, *arguments):
    return subprocess.run([sys.executable, Path(sys.argv[1]) / "tools" / "behaviours_table.py", *arguments, root],
                          capture_output=True, text=True)


def tree(root, files):
    for name, text in {"docs/behaviours/1.txt": BEHAVIOURS, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def main():
    wrong = []
    for what, files in MISTAKES.items():
        with tempfile.TemporaryDirectory() as folder:
            if tool(tree(Path(folder), files)).returncode == 0:
                wrong.append(what)
    with tempfile.TemporaryDirectory() as folder:
        root = tree(Path(folder), FINE)
        if tool(root, "--check").returncode == 0:
            wrong.append("a table that is not there")
        if done := tool(root).stdout:
            wrong.append("the correct tree: " + done)
        if tool(root, "--check").returncode != 0 or ROW not in (root / "docs/saver_behaviours.md").read_text():
            wrong.append("the table of the correct tree")
        (root / "src/a_test.cc").write_text("// proves: E2\n" + TEST)
        if "write it anew" not in tool(root, "--check").stdout:
            wrong.append("a stale table")
    for what in wrong:
        print("not as it should be:", what)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
