"""Compares the documents that bench_documents wrote with Python packages: json.loads of both texts, then the package's diff.

    documents.py INPUTS OUTPUT [--quick]

Writes the form of Google Benchmark's JSON: for each case and package the minimum of the batches, CPU time.
"""

import json
import sys
import time
from importlib.metadata import version
from itertools import cycle, islice

import jsonpatch
from deepdiff import DeepDiff


def leaves_of(found: DeepDiff) -> int:
    return sum(len(changes) for changes in found.values())


# Each compares two parsed documents; the second tells how many differences the result has.
PACKAGES = {
    "jsonpatch": (lambda a, b: jsonpatch.make_patch(a, b), lambda patch: len(patch.patch)),
    "deepdiff": (lambda a, b: DeepDiff(a, b), leaves_of),
}


def check(document: dict, name: str, run, count) -> None:
    for before, after in document["pairs"]:
        found = count(run(json.loads(before), json.loads(after)))
        if found != document["records"] and not (document["name"].startswith("real") and found > 0):
            sys.exit(f"self-check failed: {document['name']}: {name} found {found} differences, not {document['records']}")


def nanoseconds_of(pairs: list, run, times: int) -> int:
    begin = time.process_time_ns()
    for before, after in islice(cycle(pairs), times):
        run(json.loads(before), json.loads(after))
    return time.process_time_ns() - begin


def minimum(pairs: list, run, batches: int) -> float:
    return min(nanoseconds_of(pairs, run, len(pairs)) for _ in range(batches)) / len(pairs)


def main(inputs: str, output: str, mode: str = "") -> None:
    batches = 2 if mode == "--quick" else 5
    benchmarks = []
    for document in json.loads(open(inputs, encoding="utf-8").read()):
        document["pairs"] = document["pairs"][:4]  # they are of one size; deepdiff takes a tenth of a second for one
        if not document["name"].startswith("1 edit/"):
            continue
        for name, (run, count) in PACKAGES.items():
            check(document, name, run, count)
            least = minimum(document["pairs"], run, batches)
            benchmarks.append({"name": f"documents/{document['name']}/{name}", "run_type": "iteration",
                               "real_time": least, "cpu_time": least, "time_unit": "ns"})
    versions = {"Python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES}
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"context": {"versions": versions}, "benchmarks": benchmarks}, file, indent=1)


main(*sys.argv[1:])
