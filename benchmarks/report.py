"""Makes the tables and plots of what benchmarks/run measured.

    report.py RESULTS [--docs DOCS]

RESULTS has the JSON files of the programs; table, JSON and plots are written there, and with --docs into docs/.
"""

import argparse
import json
import platform
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import plot
from goals import NPM, PYTHON, Goal, all_goals

PROJECT = Path(__file__).resolve().parent.parent
PROGRAMS = ["collections", "documents", "npm_peers", "python_peers", "save", "sqlite", "read", "postgres", "mariadb"]
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
LIBRARIES = {"Google Benchmark": "libbenchmark-dev", "SQLite": "libsqlite3-dev", "simdjson": "libsimdjson-dev",
             "RapidJSON": "rapidjson-dev", "Boost.JSON": "libboost1.81-dev", "nlohmann_json": "nlohmann-json3-dev",
             "PostgreSQL": "postgresql-15", "MariaDB": "mariadb-server-core"}


class Results:
    """Of each benchmark the minimum of its repetitions, in nanoseconds, and its counters."""

    def __init__(self, folder: Path) -> None:
        self.figures: dict[str, dict[str, float]] = {}
        self.versions: dict[str, str] = {}
        self.compile_time: list[dict] = []
        self.dates: set[str] = set()  # on which something was measured
        for program in PROGRAMS:
            path = folder / f"{program}.json"
            try:
                self._add(json.loads(path.read_text()))
            except (FileNotFoundError, json.JSONDecodeError):
                print(f"{program}: nothing measured, or not to the end", file=sys.stderr)
        if (folder / "compile_time.json").exists():
            self.compile_time = json.loads((folder / "compile_time.json").read_text())
            measured = date.fromtimestamp((folder / "compile_time.json").stat().st_mtime).isoformat()
            self.dates.add(measured if self.dates <= {measured} else f"{measured} (the compiler's rows)")

    def _add(self, program: dict) -> None:
        self.versions |= program["context"].get("versions", {})
        if "date" in program["context"]:
            self.dates.add(program["context"]["date"][:10])
        for run in program["benchmarks"]:
            if run["run_type"] != "iteration" or run.get("error_occurred"):
                continue
            unit = NANOSECONDS[run["time_unit"]]
            name = run["name"].split("/iterations:")[0].split("/repeats:")[0].split("/real_time")[0]
            figure = self.figures.setdefault(name, {})
            for measure, value in (("cpu", run["cpu_time"] * unit), ("real", run["real_time"] * unit)):
                figure[measure] = min(value, figure.get(measure, value))
            for counter in ("allocations", "pages", "statements", "bytes", "trips"):
                if counter in run:
                    figure[counter] = run[counter]

    def of(self, name: str | None, measure: str) -> float | None:
        return self.figures.get(name, {}).get(measure) if name else None


def with_unit(value: float | None, measure: str) -> str:
    if value is None:
        return ""
    if measure not in ("cpu", "real"):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    for unit in ("s", "ms", "us"):
        if value >= NANOSECONDS[unit]:
            return f"{value / NANOSECONDS[unit]:.3g} {unit}"
    return f"{value:.3g} ns"


def row_of(goal: Goal, results: Results) -> dict | None:
    """The worst case of a goal; nothing when none was measured."""
    worst = None
    measured = 0
    for case in goal.cases:
        figure = results.of(case.figure, goal.measure)
        reference = results.of(case.reference, goal.measure)
        if figure is None or (case.reference and reference is None):
            continue
        measured += 1
        if case.reference is None:
            value = figure
        else:
            above, below = (reference, figure) if goal.faster else (figure, reference)
            value = above / below if below else float("inf") if above else 1.0
        if worst is None or (value < worst["value"] if goal.faster else value > worst["value"]):
            worst = {"case": case.label, "value": value, "figure": figure, "reference": reference}
    if worst is None:
        return None
    what = goal.what
    if measured > 1:
        what += f" (worst of {measured}: {worst['case']})"
    met = None
    if goal.limit is not None:
        met = worst["value"] >= goal.limit if goal.faster else worst["value"] <= goal.limit
    sign = ">=" if goal.faster else "<="
    times = "" if worst["reference"] is None else "x"
    return {
        "goal": goal.name,
        "what": what,
        "figure": with_unit(worst["figure"], goal.measure),
        "reference": with_unit(worst["reference"], goal.measure),
        "ratio": f"{worst['value']:.2f}x" if times else "",
        "limit": "" if goal.limit is None else f"{sign} {goal.limit:g}{times}",
        "met": met,
    }


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table whose columns are as wide as their contents, so that it reads well on a terminal too."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def goal_table(rows: list[dict]) -> str:
    says = {True: "yes", False: "NO", None: ""}
    return markdown(["goal", "what is measured", "figure", "reference", "ratio", "limit", "met"],
                    [[row["goal"], row["what"], row["figure"], row["reference"], row["ratio"], row["limit"],
                      says[row["met"]]] for row in rows])


def figure_table(results: Results, program: str, measure: str = "cpu") -> str:
    """All figures of a program: a row for each case, a column for each variant."""
    cases: dict[str, dict[str, str]] = defaultdict(dict)
    variants: list[str] = []
    for name, figure in results.figures.items():
        if not name.startswith(program + "/") or measure not in figure:
            continue
        _, case, size, variant = name.split("/")
        cases[f"{case}, {size}"][variant] = with_unit(figure[measure], measure)
        if variant not in variants:
            variants.append(variant)
    return markdown(["case", *variants], [[case, *(row.get(v, "") for v in variants)] for case, row in cases.items()])


def plots(results: Results, folder: Path) -> None:
    def points(pattern: str, sizes: list[int], amount) -> list[tuple[float, float]]:
        found = [(size, results.of(pattern.format(size), "cpu")) for size in sizes]
        return [(size, amount(size, nanoseconds)) for size, nanoseconds in found if nanoseconds]

    sizes = [2, 20, 200]
    variants = ["varve", "varve, parsed", "simdjson parse", "simdjson", "RapidJSON", "Boost.JSON", "nlohmann", "nlohmann diff", *NPM, *PYTHON]
    titles = {"varve, parsed": "varve, held parsed", "simdjson parse": "simdjson, parse alone", "simdjson": "simdjson + walk",
              "RapidJSON": "RapidJSON + walk", "Boost.JSON": "Boost.JSON + walk", "nlohmann": "nlohmann + walk",
              "nlohmann diff": "nlohmann json::diff"}
    documents = {titles.get(v, v): points(f"documents/1 edit/{{}}/{v}", sizes, lambda kilobytes, ns: 2 * kilobytes * 1e6 / ns)
                 for v in variants}
    if any(documents.values()):
        plot.lines(folder / "performance_documents.svg", "Documents compared, one edit", "size of each of the two texts, KB",
                   "MB/s, both texts", documents, {"varve"})
    sizes = [10, 100, 1000, 10_000, 100_000]
    lines = {"==, equal": "equal/{}/equal", "varve, equal": "equal/{}/diff", "varve, 1% changed": "1% changed/{}/diff",
             "varve, 10% added": "10% added/{}/diff", "varve, shuffled": "shuffled/{}/diff",
             "two maps, equal": "equal/{}/maps", "two maps, shuffled": "shuffled/{}/maps"}
    collections = {name: points("collections/" + pattern, sizes, lambda children, ns: children * 1e3 / ns)
                   for name, pattern in lines.items()}
    if any(collections.values()):
        plot.lines(folder / "performance_collections.svg", "Child collections compared", "children",
                   "million children a second", collections, {"varve, equal"})


def first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def machine(results: Results) -> dict[str, str]:
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = first_line("nproc")
    about = {"date": ", ".join(sorted(results.dates)), "processor": f"{model}, {cores} cores", "system": platform.platform(),
             "compiler": first_line("g++", "--version") + ", -O3"}
    for name, package in LIBRARIES.items():
        about[name] = first_line("dpkg-query", "-W", "-f=${Version}\n", package)
    return about | results.versions


def page(rows: list[dict], notes: dict[str, str], about: dict[str, str], results: Results) -> str:
    missed = [row for row in rows if row["met"] is False]
    judged = [row for row in rows if row["met"] is not None]
    reasons = "\n".join(f"- **{name}**: {notes[name]}" for name in dict.fromkeys(row["goal"] for row in missed) if name in notes)
    return f"""# Performance

What the programs of `benchmarks/run` measured, on this machine at these dates; the page and its plots are written by it.

{markdown(["", ""], [[name, value] for name, value in about.items()])}

## Goals

A figure is the least of nine repetitions (CPU time, or wall time where it is said), in random order with its reference,
over the same data. A row with several cases shows the worst.

{goal_table(rows)}

{len(judged) - len(missed)} of {len(judged)} are met.
{reasons}

How the goals are measured:

- **D**: a column has 11 fields, 6 of them texts; about 8,000 are compared in turn, so that the branch predictor cannot learn
  them. The real dataset is the widest of the example's corpus.
- **J**: layouts as a dashboard has them, compared leaf by leaf, lists whole. The peers parse both texts and compare; npm
  packages in a process of their own, right after. yyjson is not in Debian bookworm, so it is not among them. The real documents are
  successive states of two Grafana dashboards and of one layout; there the packages that go into lists find more.
- **S**: the floor is code written with SQLite's C API alone that writes the same rows into the same tables; the leaner tables
  have no token, no filler and only the indexes that reading cannot do without. WAL: a file, synchronous NORMAL.
- **P**, **M**: the servers of `tests/servers`, on a socket and in memory, without waiting for a disk. By hand: libpq's
  pipeline of prepared statements, or one compound text, that does the same work in the same tables: the same rows, a time later
  than the newest transaction's and than that of the version that ends, a version that must still be the one that was read, and
  statements that fail when they find no row. The bare ones lock and write, and check nothing: beside them stands what
  the checks cost (until November 2026 P1 was measured against the bare pipeline). The triggers check nothing either; they are
  run as a program does it, one statement after the other. The load of the machine stands in the results (`load_avg`).
- **R**: the entity has 100 children; each version changed one field and one child.

Before anything is timed, all variants must have given the same records and rows.

![Documents: throughput over size](performance_documents.svg)

![Collections: throughput over size](performance_collections.svg)

## Documents

CPU time for one pair of documents. The numbers in the first column are KB.

{figure_table(results, "documents")}

## Collections

CPU time for one pair of collections. The numbers in the first column are children.

{figure_table(results, "collections")}

## Saving

The memory store, CPU time; then SQLite, wall time and pages written for each save of 1, 3 or 10 fields (or one field of one of
many children, or a document of 200 KB). Where a transaction has 100 saves, the figures are for the 100.

{figure_table(results, "memory")}

{figure_table(results, "sqlite", "real")}

{figure_table(results, "sqlite", "pages")}

## Saving on servers

Wall time of a save of 1, 3 or 10 fields of 18, a transaction each.

{figure_table(results, "postgres", "real")}

{figure_table(results, "mariadb", "real")}

## Reading

CPU time, of an entity with 1,000 and with 100,000 versions.

{figure_table(results, "read")}
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("results", type=Path)
    arguments.add_argument("--docs", type=Path)
    given = arguments.parse_args()

    results = Results(given.results)
    rows = [row for goal in all_goals() if (row := row_of(goal, results))] + results.compile_time
    if not rows:
        print("Nothing was measured", file=sys.stderr)
        return 1
    notes = json.loads((PROJECT / "benchmarks" / "notes.json").read_text())
    about = machine(results)
    print(goal_table(rows))
    judged = [row for row in rows if row["met"] is not None]
    print(f"\n{sum(row['met'] for row in judged)} of {len(judged)} goals are met.")

    folder = given.docs or given.results
    (folder / "performance.md").write_text(page(rows, notes, about, results))
    (folder / "performance.json").write_text(
        json.dumps({"machine": about, "goals": rows, "figures": results.figures}, indent=1) + "\n")
    plots(results, folder)
    print(f"Written to {folder}/performance.md, performance.json, performance_*.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
