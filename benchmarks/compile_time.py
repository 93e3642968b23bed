#!/usr/bin/env python3
"""What describing and using one more entity costs the compiler, and what the first one does.

Compiles small programs that it writes itself: 1, 10 and 50 entities of 20 fields, each described, saved, compared, read
and restored, at -O2, with varve as a compiled library (VARVE_COMPILED), on the memory store and with SQLite, and of 1 and
10 header-only. Beside them a reference: a file that includes nlohmann/json.hpp, parses a text and writes it again. Times are
CPU seconds of the compiler, the least of the rounds; what is compared is their ratio to the reference.

  compile_time.py [FILE]           table on standard output, and its rows as JSON into a file
  compile_time.py --quick [FILE]   the same with g++ alone, once, and without the header-only programs
  compile_time.py --gate           1 and 10 entities on the memory store, compiled; exits with 1 when code or names are
                                   over their limits, or a time is over its limit by half
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

FIELDS = ["std::string", "std::optional<std::string>", "std::int64_t", "bool", "std::optional<std::int64_t>", "double"]

REFERENCE = """#include <nlohmann/json.hpp>
#include <string>
std::string again(const std::string& text) { return nlohmann::json::parse(text).dump(); }
"""

DESCRIBING = "#include <varve/entity/entity.hpp>\n"

# One entity with all kinds of collections, so that their code and names are in every program.
FIRST = """
struct Part { std::int64_t id{}; std::string name{}; std::optional<std::string> note{}; };
struct Tag { std::int64_t id{}; varve::uuid uuid{}; std::string name{}; };
struct Folder {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
  std::optional<std::string> settings{};
  std::vector<Part> parts{};
  std::vector<varve::link<Tag>> tags{};
};
template <> struct varve::entity<Tag> : varve::describe<varve::public_id<&Tag::uuid>> {};
template <> struct varve::entity<Folder> : varve::describe<
    varve::public_id<&Folder::uuid>, varve::document<&Folder::settings>,
    varve::children<&Folder::parts, varve::by<&Part::name>>, varve::links<&Folder::tags>> {};
"""

USE = """
inline void use(varve::store_handle store, {name}) {{
  varve::session session{{store, varve::actor{{"ada"}}}};
  auto& managed = session.add({name}{{}});
  session.commit();
  {change};
  session.commit();
  varve::history<{name}> history{{store}};
  const auto then = history.as_of(managed.uuid, varve::now());
  const auto records = varve::diff(managed, *then);
  varve::reverter revert{{session, history.versions(managed.uuid).page(1).front()}};
  revert.all();
  session.save(managed);
  session.commit();
}}
"""


def entity(number):
    fields = ["std::int64_t id{};", "varve::uuid uuid{};"]
    fields += [f"{FIELDS[n % len(FIELDS)]} field_{n}{{}};" for n in range(18)]
    name = f"Entity{number}"
    return (f"struct {name} {{\n  " + "\n  ".join(fields) + "\n};\n"
            f"template <> struct varve::entity<{name}> : varve::describe<varve::public_id<&{name}::uuid>> {{}};\n"
            + USE.format(name=name, change="managed.field_3 = true"))


def program(count, sqlite):
    text = "#include <varve/varve.hpp>\n"
    if sqlite:
        text += "#include <varve/backend/sqlite.hpp>\n"
    text += FIRST + USE.format(name="Folder", change='managed.parts.push_back({.name = "part"})')
    text += "".join(entity(n) for n in range(count))
    kinds = ", ".join(["Folder"] + [f"Entity{n}" for n in range(count)])
    text += "int main() {\n"
    text += f'  auto store = varve::sqlite::open<{kinds}>(":memory:");\n' if sqlite else "  varve::memory_store store;\n"
    text += "  use(store, Folder{});\n" + "".join(f"  use(store, Entity{n}{{}});\n" for n in range(count)) + "}\n"
    return text


class Compiler:
    """Runs one compiler on generated files in a folder."""

    def __init__(self, command, folder):
        self.command = command
        self.folder = folder
        self.version = subprocess.run([command, "--version"], capture_output=True, text=True,
                                      check=True).stdout.splitlines()[0]

    def run(self, name, text, *options):
        """CPU seconds, greatest memory in MiB, and the object file."""
        source = self.folder / f"{name}.cpp"
        target = self.folder / f"{name}.o"
        source.write_text(text)
        command = [self.command, "-std=c++20", "-O2", "-DNDEBUG", f"-I{ROOT / 'include'}", *options, "-c", str(source),
                   "-o", str(target)]
        child = subprocess.Popen(command)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"could not compile {source}: {' '.join(command)}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, target


def code_bytes(target):
    """Bytes of machine code in an object file."""
    sections = subprocess.run(["size", "-A", str(target)], capture_output=True, text=True, check=True).stdout
    return sum(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".text"))


def longest_symbol(target):
    symbols = subprocess.run(["nm", str(target)], capture_output=True, text=True, check=True).stdout
    return max(len(line.split()[-1]) for line in symbols.splitlines() if line.strip())


def measure(compiler, cases, rounds):
    """The least CPU seconds of each case over some rounds, the memory, and the object files."""
    found = {}
    for _ in range(rounds):
        for name, text, options in cases:
            seconds, memory, target = compiler.run(name, text, *options)
            known = found.setdefault(name, {"seconds": seconds, "memory": memory, "target": target})
            known["seconds"] = min(known["seconds"], seconds)
    return found


def row(goal, what, figure, reference, ratio, limit, part):
    """A line of the table; `part` is how much of the limit was used."""
    return {"goal": goal, "what": what, "figure": figure, "reference": reference, "ratio": f"{ratio:.2f}x" if ratio else "",
            "limit": limit, "met": part <= 1, "part": round(part, 2)}


# A file with the reference costs about this long on the machine that the goals in seconds were set on.
REFERENCE_SECONDS = {"g++": 1.9, "clang++": 1.6}


def rows_of(compiler, family, seconds_limit, with_sqlite, rounds, counts, headers_only):
    compiled = ["-DVARVE_COMPILED"]
    cases = [("reference", REFERENCE, []), ("describing", DESCRIBING, [])]
    cases += [(f"memory_{n}", program(n, False), compiled) for n in counts]
    if with_sqlite:
        cases += [(f"sqlite_{n}", program(n, True), compiled) for n in counts]
    if headers_only:
        cases += [(f"headers_{n}", program(n, False), []) for n in counts[:2]]  # each takes most of a minute
    found = measure(compiler, cases, rounds)
    reference = found["reference"]["seconds"]
    unit = REFERENCE_SECONDS[family] / reference  # from this run's seconds to those of the goals
    low = counts[0]
    made = []

    def timed(goal, what, seconds, limit):
        made.append(row(goal, f"{what}, {compiler.command}", f"{seconds:.2f} s", f"{reference:.2f} s",
                        seconds / reference, f"<= {limit / REFERENCE_SECONDS[family]:.2f}, as {limit} s",
                        seconds * unit / limit))

    def slope(kind, key):
        high = max(n for n in counts if f"{kind}_{n}" in found)
        return (key(f"{kind}_{high}") - key(f"{kind}_{low}")) / (high - low)

    kinds = [("memory", "memory store, compiled", seconds_limit)]
    if with_sqlite:
        kinds.append(("sqlite", "with SQLite, compiled", 0.30))
    if headers_only:
        kinds.append(("headers", "memory store, header-only", seconds_limit))
    for kind, label, limit in kinds:
        timed("C1", f"one more entity: {label}", slope(kind, lambda n: found[n]["seconds"]), limit)
    for kind, label, _ in kinds:
        code = slope(kind, lambda n: code_bytes(found[n]["target"]))
        made.append(row("C2", f"code of one more entity: {label}, {compiler.command}", f"{code / 1000:.1f} KB", "", None,
                        "<= 12 KB", code / 12_000))
    longest = max(longest_symbol(one["target"]) for name, one in found.items() if name not in ("reference", "describing"))
    made.append(row("C2", f"longest symbol, {compiler.command}", str(longest), "", None, "<= 500", longest / 500))
    if len(counts) > 2:
        middle, high = counts[1:]
        for kind, label, _ in kinds:
            if f"{kind}_{high}" not in found:
                continue
            early = (found[f"{kind}_{middle}"]["memory"] - found[f"{kind}_{low}"]["memory"]) / (middle - low)
            late = (found[f"{kind}_{high}"]["memory"] - found[f"{kind}_{middle}"]["memory"]) / (high - middle)
            made.append(row("C3", f"compiler memory of one more entity, late to early: {label}, {compiler.command}",
                            f"{late:.1f} MiB", f"{early:.1f} MiB", late / early, "<= 1.5", late / early / 1.5))
    timed("C4", "the header that describes entities", found["describing"]["seconds"], 0.8)
    for kind, label, _ in kinds:
        timed("C4", f"a first file with everything: {label}", found[f"{kind}_{low}"]["seconds"], 4.0)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=pathlib.Path, help="where the rows go, as JSON")
    parser.add_argument("--quick", action="store_true", help="less of it, in a minute")
    parser.add_argument("--gate", action="store_true", help="the quick check of the tests")
    parser.add_argument("--compiler", action="append", help="g++ and clang++-19, as far as they are there, when not given")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    short = options.gate or options.quick
    known = ("g++",) if options.quick else ("g++", "clang++-19")
    compilers = options.compiler or [c for c in known if shutil.which(c)]
    rows = []
    for command in compilers:
        with tempfile.TemporaryDirectory() as folder:
            compiler = Compiler(command, pathlib.Path(folder))
            family = "clang++" if "clang" in command else "g++"
            rows += rows_of(compiler, family, 0.20 if family == "clang++" else 0.25, not options.gate,
                            1 if options.quick else options.rounds, [1, 10] if short else [1, 10, 50], not short)
    for one in rows:
        print(f"{one['goal']}  {one['what']:78} {one['figure']:>10} {one['reference']:>8} {one['ratio']:>6} "
              f"{one['limit']:>24}  {'met' if one['met'] else 'not met'}")
    if options.file:
        options.file.write_text(json.dumps(rows, indent=1) + "\n")
    if options.gate:
        slack = {"C1": 1.5, "C4": 1.5}
        passed = [one["what"] for one in rows if one["part"] > slack.get(one["goal"], 1)]
        if passed:
            sys.exit("over the limit: " + "; ".join(passed))


if __name__ == "__main__":
    main()
