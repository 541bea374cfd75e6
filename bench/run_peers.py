#!/usr/bin/env python3
"""Runs the peers and one program of ours on every data type, interleaved, and compares the medians.

    python run_peers.py --ticks DIR --out DIR --ours 'PROGRAM convert {in} {out}'
                        [--rounds 3] [--types trades,...] [--table results.csv] [--thresholds thresholds.csv]
                        [--peers pyarrow-stream,...] [--smoke]

Each run is a process of its own under os.wait4: wall seconds, user and system CPU seconds of the process, peak resident
memory (as the kernel counts it).  The input is read once before, so that it is in the page cache.  Rounds go through all
in turn so that a slow spell of the machine falls on all of them; medians are quoted.  Then all outputs of a type must hold
the same rows in the same order with the same values (peers/verify.py); a difference ends the run with status 1.

--smoke is for small files beside other work: what a program takes for 100 rows, such as for Python's start, is taken off, the least of
the rounds counts, not the median, and the CPU seconds are judged in sum over the types, wall time not at all.

The ratios to the best peer, of wall time, CPU seconds and the smallest file, must not be more than a quarter above those of
the thresholds (the file's size: 2 %), which are what was reached when they were written.
"""
import argparse
import csv
import gzip
import math
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = {
    "pyarrow-stream": "pyarrow_stream.py",
    "pyarrow-stream-igzip": "pyarrow_stream.py --inflate igzip",
    "polars-stream": "polars_stream.py",
    "duckdb": "duckdb_copy.py",
}
OURS = "convert"


def head_of(src, out):
    """The first 100 rows of a file, as a file of their own."""
    with gzip.open(src, "rb") as source, gzip.open(out, "wb") as target:
        target.writelines(line for _, line in zip(range(101), source))


def judge(kind, ratios, limits):
    """What is behind its limit. A type or figure that the thresholds do not have is not judged."""
    slack = {"wall": 1.25, "cpu": 1.25, "size": 1.02}
    return [f"{kind} ({what} {ratio:.3f}, reached was {limits[kind][what]:.3f})" for what, ratio in ratios.items()
            if ratio > limits.get(kind, {}).get(what, math.inf) * slack[what]]


def run(cmd):
    start = time.perf_counter()
    p = subprocess.Popen(cmd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    wall = time.perf_counter() - start
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        sys.exit(f"{' '.join(cmd)} ended with {p.returncode}: {err.decode(errors='replace')[-800:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--ticks", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--ours", required=True)
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--types", required=True)
    ap.add_argument("--table", type=Path)
    ap.add_argument("--thresholds", type=Path)
    ap.add_argument("--peers", default=",".join(PEERS))
    ap.add_argument("--smoke", action="store_true")
    a = ap.parse_args()
    jobs = {}
    peers = {name: PEERS[name] for name in a.peers.split(",")}
    average = min if a.smoke else statistics.median
    for name, script in peers.items():
        script, *options = script.split()
        jobs[name] = [sys.executable, str(HERE / "peers" / script), "{in}", "{out}", *options]
    jobs[OURS] = shlex.split(a.ours)
    a.out.mkdir(parents=True, exist_ok=True)
    rows, behind = [], []
    starts, sums = {}, dict.fromkeys(jobs, 0)
    limits = {}
    if a.thresholds:
        with open(a.thresholds, newline="") as f:
            limits = {row.pop("type"): {k: float(v) for k, v in row.items() if v} for row in csv.DictReader(f)}
    print(f"{'type':<20} {'program':<22} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9} {'out MB':>8}")
    for kind in a.types.split(","):
        src = a.ticks / f"{kind}.csv.gz"
        # Into the page cache, a piece at a time: a child begins with its parent's memory, and would be said to have had it.
        with open(src, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
        outputs = {name: a.out / f"{kind}.{name}.parquet" for name in jobs}
        seen = {name: [] for name in jobs}
        def once(name, file):
            return run([c.replace("{in}", str(file)).replace("{out}", str(outputs[name])) for c in jobs[name]])

        if a.smoke and not starts:
            head = a.out / "head.csv.gz"
            head_of(src, head)
            starts = {name: [min(times) for times in zip(*(once(name, head) for _ in range(5)))] for name in jobs}
        for _ in range(a.rounds):
            for name in jobs:
                seen[name].append(once(name, src))
        medians = {name: [average(r[k] for r in runs) for k in range(3)] for name, runs in seen.items()}
        for name, start in starts.items():
            for k in range(2):
                medians[name][k] -= start[k]
            sums[name] += medians[name][1]
        for name, (wall, cpu, peak) in medians.items():
            size = outputs[name].stat().st_size
            rows.append([kind, name, a.rounds, src.stat().st_size, size, f"{wall:.3f}", f"{cpu:.3f}", f"{peak:.0f}"])
            print(f"{kind:<20} {name:<22} {wall:8.2f} {cpu:8.2f} {peak:9.0f} {size / 1e6:8.1f}", flush=True)
        best = [min(medians[name][k] for name in peers) for k in range(2)]
        size = {name: path.stat().st_size for name, path in outputs.items()}
        ratios = {
            "wall": medians[OURS][0] / best[0],
            "cpu": medians[OURS][1] / best[1],
            "size": size[OURS] / min(size[name] for name in peers),
        }
        print(f"{kind:<20} ours / best peer: " + ", ".join(f"{k} {v:.3f}" for k, v in ratios.items()), flush=True)
        behind += judge(kind, ratios, limits)
        check = subprocess.run([sys.executable, str(HERE / "peers" / "verify.py"), *map(str, outputs.values())],
                               capture_output=True, text=True)
        if check.returncode:
            sys.exit(f"{kind}: the outputs differ\n{check.stdout}{check.stderr}")
        print(f"{kind:<20} all outputs hold the same values\n", flush=True)
        for path in outputs.values():
            path.unlink()
    if a.table:
        with open(a.table, "w", newline="") as f:
            w = csv.writer(f)
            w.writerow("type program rounds csv_gz_bytes out_bytes wall_s cpu_s peak_mib".split())
            w.writerows(rows)
    if a.smoke:
        ratio = sums[OURS] / min(sums[name] for name in peers)
        print(f"all types together, ours / best peer: cpu {ratio:.3f}")
        behind += judge("all", {"cpu": ratio}, limits)
    if behind:
        sys.exit(f"behind what was reached: {', '.join(behind)}")
    print("as far ahead of the best peer as before on every type")


if __name__ == "__main__":
    main()
