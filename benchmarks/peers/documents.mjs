// Compares the documents that bench_documents wrote with npm packages: JSON.parse of both texts, then the package's diff.
//
//   node documents.mjs INPUTS OUTPUT [--quick]
//
// Writes the form of Google Benchmark's JSON: for each case and package the minimum of the batches, CPU time of all of
// node's threads or wall time, whichever is less.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import deepDiff from "deep-diff";
import fastJsonPatch from "fast-json-patch";
import { create } from "jsondiffpatch";
import { diff as jsonDiffTs } from "json-diff-ts";
import microdiff from "microdiff";

const [inputs, output, mode] = process.argv.slice(2);
const batches = mode === "--quick" ? 5 : 15;
const batchNanoseconds = mode === "--quick" ? 2e6 : 20e6;

const jsondiffpatch = create();
// A delta is an array where something differs, and an object of deltas above.
const leavesOfDelta = (delta) =>
  delta === undefined ? 0 : Array.isArray(delta) ? 1 : Object.entries(delta)
    .reduce((sum, [name, below]) => sum + (name === "_t" ? 0 : leavesOfDelta(below)), 0);
const leavesOfChanges = (changes) =>
  changes.reduce((sum, change) => sum + (change.changes ? leavesOfChanges(change.changes) : 1), 0);

// Each compares two parsed documents; `count` tells how many differences the result has.
const packages = {
  "JSON.parse": { run: () => undefined },
  "fast-json-patch": { run: (a, b) => fastJsonPatch.compare(a, b), count: (patch) => patch.length },
  microdiff: { run: (a, b) => microdiff(a, b), count: (differences) => differences.length },
  "deep-diff": { run: (a, b) => deepDiff.diff(a, b), count: (differences) => differences?.length ?? 0 },
  jsondiffpatch: { run: (a, b) => jsondiffpatch.diff(a, b), count: leavesOfDelta },
  "json-diff-ts": { run: (a, b) => jsonDiffTs(a, b), count: leavesOfChanges },
};

function check(document, name, { run, count }) {
  if (!count) return;
  for (const [before, after] of document.pairs) {
    const found = count(run(JSON.parse(before), JSON.parse(after)));
    const real = document.name.startsWith("real");
    if (real ? found > 0 : found === document.records) continue;
    console.error(`self-check failed: ${document.name}: ${name} found ${found} differences, not ${document.records}`);
    process.exit(1);
  }
}

let kept; // what was found last, so that nothing is left out as unused
function nanosecondsOf(pairs, run, times) {
  const begin = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  for (let i = 0; i < times; ++i) {
    const [before, after] = pairs[i % pairs.length];
    kept = run(JSON.parse(before), JSON.parse(after));
  }
  const wall = Number(process.hrtime.bigint() - begin);
  const { user, system } = process.cpuUsage(cpu);
  return Math.min(wall, (user + system) * 1000);
}

function minimum(pairs, run) {
  let times = pairs.length;
  let spent = nanosecondsOf(pairs, run, times); // also warms up
  while (spent < batchNanoseconds) {
    times = Math.max(times + 1, Math.min(times * 10, Math.ceil((times * batchNanoseconds) / Math.max(spent, 1))));
    spent = nanosecondsOf(pairs, run, times);
  }
  let least = spent / times;
  for (let i = 0; i < batches; ++i) least = Math.min(least, nanosecondsOf(pairs, run, times) / times);
  return least;
}

const require = createRequire(import.meta.url);
const lock = require("./package-lock.json");
const versions = { node: process.versions.node };
for (const name of Object.keys(packages)) {
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version) versions[name] = version;
}

const documents = JSON.parse(readFileSync(inputs, "utf8"));
const benchmarks = [];
for (const document of documents)
  for (const [name, one] of Object.entries(packages)) {
    check(document, name, one);
    const time = minimum(document.pairs, one.run);
    benchmarks.push({ name: `documents/${document.name}/${name}`, run_type: "iteration", real_time: time, cpu_time: time, time_unit: "ns" });
  }
writeFileSync(output, JSON.stringify({ context: { versions }, benchmarks }, null, 1) + "\n");
