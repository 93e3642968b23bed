#!/usr/bin/env python3
"""Each piece of C++ that README.md and docs/*.md show stands in a program that the tests build and run.

  shown.py PROJECT    exits with 1 and names the pieces that stand in none of examples/*.cpp and examples/*.hpp

Lines are compared with each run of blanks as one, and without the blanks around them.
"""

import pathlib
import re
import sys


def lines_of(text):
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def stands_in(shown, program):
    return any(program[at:at + len(shown)] == shown for at in range(len(program) - len(shown) + 1))


def main():
    project = pathlib.Path(sys.argv[1])
    programs = [lines_of(path.read_text()) for path in sorted(project.glob("examples/*.[ch]pp"))]
    missing = count = 0
    for page in [project / "README.md", *sorted(project.glob("docs/*.md"))]:
        for shown in re.findall(r"```cpp\n(.*?)```", page.read_text(), re.DOTALL):
            count += 1
            shown = lines_of(shown)
            if not any(stands_in(shown, program) for program in programs):
                missing += 1
                print(f"{page.relative_to(project)}: no program in examples/ has what it shows from here on: {shown[0]}")
    print(f"{count} pieces are shown, {missing} of them stand in no program")
    return 1 if missing or not count else 0


if __name__ == "__main__":
    sys.exit(main())
