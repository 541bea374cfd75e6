#!/usr/bin/env python3
"""How fast other tools read our file, beside pyarrow's own of the same rows.

    python read.py OURS.parquet PYARROW.parquet COLUMN [--rounds 7]

For each reader: the whole file, one column, and one minute of local_timestamp in the middle of the file. Both files are read in
turn, so that a slow spell of the machine falls on both; the best of the rounds counts. Prints milliseconds and the ratio, and answers
with status 1 when both files do not hold the same sum or the same number of rows.
"""
import argparse
import sys
import time

import duckdb
import pandas as pd
import polars as pl
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def minute(path):
    times = pq.read_table(path, columns=["local_timestamp"])["local_timestamp"]
    middle = times[len(times) // 2].as_py()
    return pd.Timestamp(middle), pd.Timestamp(middle) + pd.Timedelta(minutes=1)


def readers(column, start, end):
    window = (ds.field("local_timestamp") >= start) & (ds.field("local_timestamp") < end)
    python_start, python_end = start.to_pydatetime(), end.to_pydatetime()
    literal = [f"TIMESTAMPTZ '{t.isoformat()}'" for t in (start, end)]

    def duck(path, where=""):
        return duckdb.sql(f'SELECT count(*), sum("{column}") FROM \'{path}\' {where}').fetchone()

    def arrow(table):
        return table.num_rows, pc.sum(table[column]).as_py()

    def polar(frame):
        return frame.height, frame[column].sum()

    def panda(frame):
        return len(frame), frame[column].sum()

    in_window = pl.col("local_timestamp").is_between(python_start, python_end, closed="left")
    filters = [("local_timestamp", ">=", start), ("local_timestamp", "<", end)]
    return {
        ("pyarrow", "whole"): lambda p: arrow(pq.read_table(p)),
        ("pyarrow", "column"): lambda p: arrow(pq.read_table(p, columns=[column])),
        ("pyarrow", "minute"): lambda p: arrow(ds.dataset(p).to_table(filter=window)),
        ("polars", "whole"): lambda p: polar(pl.read_parquet(p)),
        ("polars", "column"): lambda p: polar(pl.read_parquet(p, columns=[column])),
        ("polars", "minute"): lambda p: polar(pl.scan_parquet(p).filter(in_window).collect()),
        ("duckdb", "whole"): lambda p: arrow(duckdb.sql(f"SELECT * FROM '{p}'").to_arrow_table()),
        ("duckdb", "column"): duck,
        ("duckdb", "minute"): lambda p: duck(
            p, f"WHERE local_timestamp >= {literal[0]} AND local_timestamp < {literal[1]}"
        ),
        ("pandas", "whole"): lambda p: panda(pd.read_parquet(p)),
        ("pandas", "column"): lambda p: panda(pd.read_parquet(p, columns=[column])),
        ("pandas", "minute"): lambda p: panda(pd.read_parquet(p, filters=filters)),
    }


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("ours")
    ap.add_argument("theirs")
    ap.add_argument("column")
    ap.add_argument("--rounds", type=int, default=7)
    a = ap.parse_args()
    start, end = minute(a.theirs)
    print(f"{'reader':<8} {'what':<7} {'ours ms':>9} {'pyarrow ms':>10} {'ratio':>6}")
    for (reader, what), read in readers(a.column, start, end).items():
        best, answers = {}, {}
        for _ in range(a.rounds):
            for path in (a.ours, a.theirs):
                began = time.perf_counter()
                answers[path] = read(path)
                best[path] = min(best.get(path, 1e9), time.perf_counter() - began)
        (rows, total), (their_rows, their_total) = answers[a.ours], answers[a.theirs]
        if rows != their_rows or abs(total - their_total) > 1e-6 * abs(their_total):
            sys.exit(f"{reader}, {what}: {answers}")
        ours, theirs = best[a.ours] * 1e3, best[a.theirs] * 1e3
        print(f"{reader:<8} {what:<7} {ours:9.1f} {theirs:10.1f} {ours / theirs:6.2f}", flush=True)


if __name__ == "__main__":
    main()
