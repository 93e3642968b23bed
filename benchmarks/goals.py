"""The goals that benchmarks/run checks: which figure is compared with which, and what the ratio may be."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """Two benchmarks of one run; without a reference the figure itself is what counts."""

    label: str
    figure: str
    reference: str | None = None


@dataclass(frozen=True)
class Goal:
    """One row of the table: the worst of its cases."""

    name: str
    what: str
    cases: list[Case] = field(default_factory=list)
    limit: float | None = None  # None: reported, without a goal
    faster: bool = False  # the ratio is reference to figure and must be at least the limit
    measure: str = "cpu"  # or real, or the name of a counter


UNCHANGED = ["equal", "1 changed", "1% changed"]
CHANGED = ["10% changed", "10% added", "10% removed", "1 moved far"]
NPM = ["fast-json-patch", "microdiff", "deep-diff", "jsondiffpatch", "json-diff-ts"]
PYTHON = ["jsonpatch", "deepdiff"]
REAL = ["real, haproxy/187", "real, unbound/60", "real, layout/13"]
DATABASES = ["memory", "WAL"]

# How much two counts may differ that mean the same: tokens fall on other pages of their index.
SAME = 1.02


def collections() -> list[Goal]:
    def cases(edits: list[str], sizes: list[int], reference: str) -> list[Case]:
        names = [(edit, f"collections/{edit}/{size}") for edit in edits for size in sizes]
        return [Case(f"{edit}, {name.rsplit('/', 1)[1]}", f"{name}/diff", f"{name}/{reference}") for edit, name in names]

    rows = [Goal("D1", f"equal or at most 1% changed, {size:,} children, to ==", cases(UNCHANGED, [size], "equal"), 1.3)
            for size in (100, 1000)]
    rows += [Goal("D2", f"10% changed, added or removed, or 1 moved, {size:,} children, to ==",
                  cases(CHANGED, [size], "equal"), 1.5) for size in (100, 1000, 10_000)]
    rows += [
        Goal("D3", "shuffled, up to 1,000 children, to ==", cases(["shuffled"], [10, 100, 1000], "equal"), 3.5),
        Goal("D3", "shuffled, 10,000 children, to ==", cases(["shuffled"], [10_000], "equal"), 5),
        Goal("D4", "as D1, faster than two unordered_maps", cases(UNCHANGED, [100, 1000], "maps"), 8, faster=True),
        Goal("D4", "as D3, faster than two unordered_maps", cases(["shuffled"], [100, 1000, 10_000], "maps"), 4,
             faster=True),
        Goal("D5", "equal, 100,000 children, to memcmp of as many bytes", cases(["equal"], [100_000], "memcmp"), 2),
        Goal("D6", "10 records as three JSON texts, faster than nlohmann and dump",
             [Case("", "records/three texts/10/varve", "records/three texts/10/nlohmann")], 8, faster=True),
        Goal("D7", "allocations where nothing differs",
             [Case(f"{size}", f"collections/equal/{size}/diff") for size in (10, 100, 1000, 10_000, 100_000)], 0,
             measure="allocations"),
        Goal("D", "a real dataset of 328 columns, to ==",
             cases(["real, equal", "real, 1 changed"], [328], "equal")),
    ]
    return rows


def memory_store() -> list[Goal]:
    name = "memory/1 field of 1 child/100"
    return [
        Goal("D8", "memory store: save of 1 field of 1 child of 100, to a walk and two kept rows by hand",
             [Case("", f"{name}/varve", f"{name}/hand")], 1.6),
        Goal("D8", "its allocations", [Case("", f"{name}/varve")], 4, measure="allocations"),
    ]


def documents() -> list[Goal]:
    def case(name: str, reference: str) -> Case:
        return Case(name, f"documents/{name}/varve", f"documents/{name}/{reference}")

    def goal(number: str, name: str, reference: str, limit: float | None, faster: bool = False) -> Goal:
        edit, size = name.split("/")
        relation = "faster than" if faster else "to"
        to = {"simdjson parse": "simdjson's parse of both", "nlohmann diff": "nlohmann parse and json::diff"}
        return Goal(number, f"{edit}, {size} KB, {relation} {to.get(reference, reference)}", [case(name, reference)],
                    limit, faster)

    rows = [goal("J1", f"equal/{size}", "memcmp", 1.2) for size in (2, 20, 200)]
    rows += [goal("J2", f"1 edit/{size}", "simdjson parse", 0.6) for size in (20, 200)]
    rows += [goal("J3", f"8 edits/{size}", "simdjson parse", limit) for size, limit in ((20, 1.2), (200, 0.9))]
    rows += [goal("J4", "1 inserted/200", "simdjson parse", 1.0)]
    rows += [goal("J5", f"1 edit/{size}", "nlohmann diff", limit, True) for size, limit in ((2, 25), (200, 60))]
    rows += [goal("J6", f"1 edit/{size}", "fast-json-patch", limit, True) for size, limit in ((2, 10), (20, 20), (200, 25))]
    rows += [Goal("J7", f"1 edit, 2 to 200 KB, faster than {peer}",
                  [case(f"1 edit/{size}", peer) for size in (2, 20, 200)], limit, True)
             for peer, limit in [*((peer, 12) for peer in NPM[1:]), *((peer, 80) for peer in PYTHON)]]
    rows += [goal("J", name, "simdjson parse", None) for name in REAL]
    return rows


def counted(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"


def sqlite() -> list[Goal]:
    def case(name: str, reference: str) -> Case:
        return Case(name, f"sqlite/{name}/varve", f"sqlite/{name}/{reference}")

    one = [(database, fields, f"{database}, 1 a transaction/{fields}") for database in DATABASES for fields in (1, 3, 10)]
    in_file = [f"WAL, 1 a transaction/{fields}" for fields in (1, 3, 10)]
    many = [f"{database}, 100 a transaction/3" for database in DATABASES]
    children = [f"WAL, 1 field of 1 child/{children}" for children in (10, 100, 1000)]
    rows = [Goal("S1", f"{database}, {counted(fields)}, CPU to the floor by hand", [case(name, "hand")], 1.15)
            for database, fields, name in one]
    rows += [Goal("S1", f"{name.split(',')[0]}, 100 saves a transaction, CPU to the floor by hand", [case(name, "hand")], 1.15)
             for name in many]
    rows += [Goal("S2", f"{measure} a save, to the floor by hand", [case(name, "hand") for name in in_file + many[1:]],
                  SAME, measure=measure) for measure in ("pages", "statements", "bytes")]
    rows += [Goal("S2", f"{measure} a save of 1 of 10, 100 or 1,000 children, to the floor by hand",
                  [case(name, "hand") for name in children], SAME, measure=measure) for measure in ("pages", "statements")]
    rows += [
        Goal("S2", "pages a save of 1 of 1,000 children, to 1 of 10",
             [Case("", f"sqlite/{children[2]}/varve", f"sqlite/{children[0]}/varve")], 1.1, measure="pages"),
        Goal("S2", "pages a save, to leaner tables", [case(name, "lean") for name in in_file], 1.4, measure="pages"),
    ]
    rows += [Goal("S3", f"{database}, {counted(fields)}, wall time to triggers that write the same", [case(name, "triggers")],
                  0.85, measure="real") for database, fields, name in one]
    rows += [Goal("S", f"WAL, {name.rsplit('/', 1)[1]} fields, wall time to {what}", [case(name, variant)], measure="real")
             for name in in_file[1:2]
             for variant, what in (("session extension", "the session extension"), ("live", "the live write alone"))]
    document = "WAL, document/200"
    rows += [
        Goal("S4", "200 KB document, wall time to a save by hand that closes no version",
             [case(document, "without closing")], 1.4, measure="real"),
        Goal("S4", "200 KB document, pages to a save by hand that closes no version",
             [case(document, "without closing")], 1.4, measure="pages"),
    ]
    return rows


def reading() -> list[Goal]:
    def case(name: str) -> Case:
        return Case(name, f"read/{name}/100000/varve", f"read/{name}/1000/varve")

    moments = ["oldest 2%", "middle", "newest"]
    return [
        Goal("R1", "list of 25, 100,000 versions to 1,000", [case("newest 25"), case("25 from the middle")], 1.3),
        Goal("R2", "row as of any transaction, 100,000 versions to 1,000",
             [case(f"row as of {moment}") for moment in moments], 1.3),
        Goal("R3", "state with 100 children as of any transaction, 100,000 versions to 1,000",
             [case(f"state as of {moment}") for moment in moments], 1.5),
    ]


def servers() -> list[Goal]:
    def cases(server: str, reference: str | None) -> list[Case]:
        names = [(counted(fields), f"{server}/save/{fields}") for fields in (1, 3, 10)]
        return [Case(label, f"{name}/varve", f"{name}/{reference}" if reference else None) for label, name in names]

    def wall(number: str, what: str, server: str, reference: str, limit: float | None) -> Goal:
        return Goal(number, what, cases(server, reference), limit, measure="real")

    return [
        Goal("P1", "PostgreSQL: round trips a save", cases("postgres", None), 1, measure="trips"),
        wall("P1", "PostgreSQL: wall time to a pipeline by hand with the same checks", "postgres", "pipeline", 1.15),
        wall("P", "PostgreSQL: wall time to a pipeline by hand that checks nothing", "postgres", "bare pipeline", None),
        wall("P2", "PostgreSQL: wall time to a PL/pgSQL trigger", "postgres", "trigger", 0.8),
        wall("P2", "PostgreSQL: wall time to the extension periods, which has no records", "postgres", "periods", 1.0),
        wall("P", "PostgreSQL: wall time to the live write alone", "postgres", "live", None),
        Goal("M1", "MariaDB: round trips a save", cases("mariadb", None), 1, measure="trips"),
        wall("M1", "MariaDB: wall time to a trigger", "mariadb", "trigger", 1.1),
        wall("M", "MariaDB: wall time to one text by hand with the same checks", "mariadb", "text", None),
        wall("M", "MariaDB: wall time to one text by hand that checks nothing", "mariadb", "bare text", None),
        wall("M", "MariaDB: wall time to system versioning, which has no records", "mariadb", "system versioning", None),
        wall("M", "MariaDB: wall time to the live write alone", "mariadb", "live", None),
    ]


def all_goals() -> list[Goal]:
    return collections() + memory_store() + documents() + sqlite() + reading() + servers()
