"""Checks that the table of docs/acceptance.md and the names of the tests agree.

    acceptance.py PROJECT

A row names the files whose tests carry the scenario's number, or says why there is none.
"""

import re
import sys
from pathlib import Path

SCENARIOS = 235  # so that none goes missing together with its row
SCENARIO = re.compile(r"\b[A-Z][A-Z0-9]{1,3}-\d+\b")
ROW = re.compile(r"\| ([A-Z][A-Z0-9]{1,3}-\d+) \| .* \| (.*) \|$")
TEST = re.compile(r"TEST_CASE(?:_METHOD)?\((.*?)\)\s*\{", re.DOTALL)


def tests_of(project: Path) -> dict[str, set[str]]:
    """The files whose tests have a scenario's number in their names."""
    found: dict[str, set[str]] = {}
    for path in sorted(project.glob("tests/**/*.cpp")):
        for name in TEST.findall(path.read_text(encoding="utf-8")):
            for number in SCENARIO.findall(name):
                if number != "UTF-8":
                    found.setdefault(number, set()).add(path.relative_to(project).as_posix())
    return found


def main(project: Path) -> None:
    shown = tests_of(project)
    rows: dict[str, str] = {}
    wrong = []
    for line in (project / "docs" / "acceptance.md").read_text(encoding="utf-8").splitlines():
        if row := ROW.match(line):
            if row[1] in rows:
                wrong.append(f"{row[1]} stands twice in the table")
            rows[row[1]] = row[2]
    for number, how in rows.items():
        files = set(re.findall(r"`(tests/[^`]*)`", how))
        if files != shown.get(number, set()):
            wrong.append(f"{number}: the table says {how or 'nothing'}, the tests are in {sorted(shown.get(number, set()))}")
        elif not how.strip():
            wrong.append(f"{number}: neither a test nor a reason")
    wrong += [f"{number} is in no row of the table" for number in shown if number not in rows]
    if len(rows) != SCENARIOS:
        wrong.append(f"the table has {len(rows)} scenarios, and there are {SCENARIOS}")
    if wrong:
        sys.exit("\n".join(wrong))


main(Path(sys.argv[1]))
