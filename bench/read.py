#!/usr/bin/env python3
"""How fast other tools read our file, beside pyarrow's own of the same rows.

    python read.py OURS.parquet PYARROW.parquet COLUMN [--rounds 7]

For each reader: the whole file, one column, and five times one minute of local_timestamp, spread over the file. Both files are read in
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


MINUTES = (0.1, 0.3, 0.5, 0.7, 0.9)


def minutes(path):
    times = pq.read_table(path, columns=["local_timestamp"])["local_timestamp"]
    starts = [pd.Timestamp(times[int(len(times) * place)].as_py()) for place in MINUTES]
    return [(start, start + pd.Timedelta(minutes=1)) for start in starts]


def readers(column, windows):
    """What is read, by reader and kind: functions of a path that return rows and a sum."""

    def arrow(table):
        return table.num_rows, pc.sum(table[column]).as_py() or 0

    def polar(frame):
        return frame.height, frame[column].sum()

    def panda(frame):
        return len(frame), frame[column].sum()

    def duck(path, where=""):
        return duckdb.sql(f'SELECT count(*), coalesce(sum("{column}"), 0) FROM \'{path}\' {where}').fetchall()[0]

    def each_minute(read):
        def total(path):
            found = [read(path, start, end) for start, end in windows]
            return sum(rows for rows, _ in found), sum(value for _, value in found)
        return total

    def arrow_minute(path, start, end):
        window = (ds.field("local_timestamp") >= start) & (ds.field("local_timestamp") < end)
        return arrow(ds.dataset(path).to_table(filter=window))

    def polars_minute(path, start, end):
        window = pl.col("local_timestamp").is_between(start.to_pydatetime(), end.to_pydatetime(), closed="left")
        return polar(pl.scan_parquet(path).filter(window).collect())

    def duck_minute(path, start, end):
        literal = [f"TIMESTAMPTZ '{t.isoformat()}'" for t in (start, end)]
        return duck(path, f"WHERE local_timestamp >= {literal[0]} AND local_timestamp < {literal[1]}")

    def panda_minute(path, start, end):
        return panda(pd.read_parquet(path, filters=[("local_timestamp", ">=", start), ("local_timestamp", "<", end)]))

    return {
        ("pyarrow", "whole"): lambda p: arrow(pq.read_table(p)),
        ("pyarrow", "column"): lambda p: arrow(pq.read_table(p, columns=[column])),
        ("pyarrow", "minutes"): each_minute(arrow_minute),
        ("polars", "whole"): lambda p: polar(pl.read_parquet(p)),
        ("polars", "column"): lambda p: polar(pl.read_parquet(p, columns=[column])),
        ("polars", "minutes"): each_minute(polars_minute),
        ("duckdb", "whole"): lambda p: arrow(duckdb.sql(f"SELECT * FROM '{p}'").to_arrow_table()),
        ("duckdb", "column"): duck,
        ("duckdb", "minutes"): each_minute(duck_minute),
        ("pandas", "whole"): lambda p: panda(pd.read_parquet(p)),
        ("pandas", "column"): lambda p: panda(pd.read_parquet(p, columns=[column])),
        ("pandas", "minutes"): each_minute(panda_minute),
    }


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("ours")
    ap.add_argument("theirs")
    ap.add_argument("column")
    ap.add_argument("--rounds", type=int, default=7)
    a = ap.parse_args()
    print(f"{'reader':<8} {'what':<7} {'ours ms':>9} {'pyarrow ms':>10} {'ratio':>6}")
    for (reader, what), read in readers(a.column, minutes(a.theirs)).items():
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
