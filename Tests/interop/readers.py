"""Values of converted files, as other readers see them, against a plain reading of the CSV.

Usage: readers.py DOWNLOADER SAMPLES [SEED]. The first difference ends the run with status 1.
"""

import csv
import datetime
import gzip
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import uuid

import duckdb
import fastparquet
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

COMMON = ["exchange", "symbol", "timestamp", "local_timestamp"]
TRADES = COMMON + ["id", "side", "price", "amount"]
QUOTES = COMMON + ["ask_amount", "ask_price", "bid_price", "bid_amount"]


def levels(count):
    sides = [("asks", "price"), ("asks", "amount"), ("bids", "price"), ("bids", "amount")]
    return [f"{side}[{level}].{what}" for level in range(count) for side, what in sides]


# The headers as Tardis documents them; kept apart from the project's own list on purpose.
TYPES = {
    "trades": TRADES,
    "liquidations": TRADES,
    "incremental_book_L2": COMMON + ["is_snapshot", "side", "price", "amount"],
    "quotes": QUOTES,
    "book_ticker": QUOTES,
    "book_snapshot_5": COMMON + levels(5),
    "book_snapshot_25": COMMON + levels(25),
    "derivative_ticker": COMMON
    + "funding_timestamp funding_rate predicted_funding_rate open_interest last_price index_price mark_price".split(),
    "options_chain": COMMON
    + (
        "type strike_price expiration open_interest last_price bid_price bid_amount bid_iv ask_price ask_amount ask_iv "
        "mark_price mark_iv underlying_index underlying_price delta gamma vega theta rho"
    ).split(),
}
TIMES = {"timestamp", "local_timestamp", "funding_timestamp", "expiration"}
TEXTS = {"exchange", "symbol", "id", "side", "type", "underlying_index"}
FIRST = 1_582_329_602_418_379


def kind(name):
    return "time" if name in TIMES else "text" if name in TEXTS else "bool" if name == "is_snapshot" else "number"


class Problem(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Problem(message)


# Sources


def number(rng):
    shape = rng.randrange(12)
    if shape < 4:
        return f"{rng.randrange(20000)}.{rng.randrange(100)}"
    if shape == 4:
        return rng.choice(["0", "-0", "0.0", "-0.0", "00.50", "5.", ".5", "-.25", "1E5", "1e+22", "5e-324", "1e308"])
    if shape == 5:
        return f"{rng.randrange(1, 1000)}e-{rng.randrange(1, 12)}"
    if shape == 6:
        return repr(-rng.random() * 10 ** rng.randrange(-8, 8))
    if shape == 7:
        return repr(rng.random())
    if shape == 8:
        return "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 40)))
    if shape == 9:
        return "0.00004405208333333333"
    return str(rng.randrange(100))


def text(name, rng, row):
    if name == "symbol":
        return rng.choice(["BTC-PERPETUAL", "ETH/USD:1_0.5", "7" * 77, "币安人生USDT", "1000PEPE"])
    if name == "exchange":
        return "deribit" if row % 1000 else "okex-swap"
    if name == "id":
        style = (row // 500) % 4
        if style == 0:
            return str(42_377_944 + row)
        if style == 1:
            return str(uuid.UUID(int=rng.getrandbits(128)))
        if style == 2:
            return rng.choice(["a|b", "0x1f", "naïve", '"quoted"', "ｘ" * 30, "9" * 24])
        return f"{rng.getrandbits(80):x}"
    return rng.choice(["buy", "sell", "unknown", "put", "SYN.BTC-1JAN27", "bid"])


def cell(name, rng, row, empties):
    if name == "local_timestamp":
        return str(FIRST + 250_000 * row)
    if name == "timestamp":
        return str(FIRST + 250_000 * row - rng.randrange(600_000)) if row % 997 else rng.choice(["0", "-1", "4102444800000000"])
    if name not in COMMON and rng.random() < empties:
        return ""
    match kind(name):
        case "time":
            return str(FIRST // 1_000_000 * 1_000_000 + rng.randrange(10) * 3_600_000_000)
        case "bool":
            return rng.choice(["true", "false"])
        case "text":
            return text(name, rng, row)
        case _:
            return number(rng)


def source(header, rows, rng, line_end="\n", mark=""):
    out = [mark + ",".join(header) + line_end]
    cells = []
    for row in range(rows):
        # Stretches without values, with some, and with all of them; and of rows that mostly repeat the one above, as those of books do.
        empties = (0.2, 1.0, 0.0)[row // 700 % 3]
        repeats = (0, 0.8, 0.99)[row // 1100 % 3] if row else 0
        cells = [
            cells[i] if name not in COMMON[2:] and rng.random() < repeats else cell(name, rng, row, empties)
            for i, name in enumerate(header)
        ]
        out.append(",".join(cells) + line_end)
    return "".join(out).encode()


def read_csv(data):
    """The CSV by Python's own csv module and float(): {name: [value or None]}."""
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), quoting=csv.QUOTE_NONE)
    header = next(reader, [])
    rows = list(reader)
    convert = {"time": int, "number": float, "text": str, "bool": lambda cell: {"true": True, "false": False}[cell]}
    columns = zip(*rows) if rows else [[] for _ in header]
    return {
        name: [None if cell == "" else convert[kind(name)](cell) for cell in column]
        for name, column in zip(header, columns)
    }


def arrow_type(name):
    return {"time": pa.int64(), "number": pa.float64(), "text": pa.large_string(), "bool": pa.bool_()}[kind(name)]


# Readers


def compare(who, expected, table, knows_utc=True):
    check(table.column_names == list(expected), f"{who}: columns {table.column_names}")
    for name, values in expected.items():
        column = table.column(name).combine_chunks()
        wanted = pa.array(values, arrow_type(name))
        if kind(name) == "time":
            check(pa.types.is_timestamp(column.type), f"{who}: {name} is {column.type}")
            check((column.type.tz is not None) == knows_utc, f"{who}: {name} is {column.type}")
            # From any unit to microseconds, without loss, or an error.
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        else:
            column = column.cast(wanted.type)
        check(len(column) == len(wanted), f"{who}: {len(column)} rows, not {len(wanted)}")
        check(column.is_null().equals(wanted.is_null()), f"{who}: nulls of {name}")
        if kind(name) == "number":
            bits = [np.asarray(side.fill_null(0.0)).view(np.int64) for side in (column, wanted)]
            wrong = np.flatnonzero(bits[0] != bits[1])
            check(not len(wrong), f"{who}: bits of {name}, {len(wrong)} wrong, at rows {wrong[:5]}")
        else:
            check(column.equals(wanted), f"{who}: values of {name}")


def from_pandas(frame, header):
    check(list(frame.columns) == header, f"pandas: columns {list(frame.columns)}")
    if not len(frame):
        types = {name: pa.timestamp("us", "UTC") if kind(name) == "time" else arrow_type(name) for name in header}
        return pa.schema(types.items()).empty_table()
    # pandas knows one kind of missing value a column; Arrow's nulls are made of it again.
    return pa.table([pa.Array.from_pandas(frame[name]) for name in header], names=header)


def read_everywhere(path, expected, who):
    compare(f"{who}: pyarrow", expected, pq.read_table(path))
    compare(f"{who}: pandas", expected, from_pandas(pd.read_parquet(path), list(expected)))
    compare(f"{who}: polars", expected, pl.read_parquet(path).to_arrow())
    compare(f"{who}: polars scan", expected, pl.scan_parquet(path).collect(engine="streaming").to_arrow())
    compare(f"{who}: DuckDB", expected, duckdb.sql(f"select * from '{path}'").to_arrow_table())


def filters(path, expected, who, rng):
    times = expected["local_timestamp"]
    if not times:
        return
    utc = datetime.timezone.utc
    epoch = datetime.datetime(1970, 1, 1, tzinfo=utc)
    for _ in range(4):
        low, high = sorted(rng.choice(times) for _ in range(2))
        wanted = sum(low <= time <= high for time in times)
        start, end = (epoch + datetime.timedelta(microseconds=time) for time in (low, high))
        column = pl.col("local_timestamp")
        found = pl.scan_parquet(path).filter(column.is_between(start, end)).select(pl.len()).collect().item()
        check(found == wanted, f"{who}: polars finds {found} rows in a range, not {wanted}")
        query = f"select count(*) from '{path}' where local_timestamp between $1 and $2"
        found = duckdb.execute(query, [start, end]).fetchall()[0][0]
        check(found == wanted, f"{who}: DuckDB finds {found} rows in a range, not {wanted}")
        found = pq.read_table(path, filters=[("local_timestamp", ">=", start), ("local_timestamp", "<=", end)]).num_rows
        check(found == wanted, f"{who}: pyarrow finds {found} rows in a range, not {wanted}")


def statistic(text, value):
    """Whether a bound that `describe` prints is the one that pyarrow reads."""
    if isinstance(value, datetime.datetime):
        return datetime.datetime.fromisoformat(text) == value
    if isinstance(value, bool):
        return text == str(value).lower()
    return float(text) == value if isinstance(value, float) else text == value


def describe(downloader, path, who):
    run = subprocess.run([downloader, "describe", path, "--output", "json"], capture_output=True, check=True)
    said = json.loads(run.stdout)
    file = pq.ParquetFile(path).metadata
    check(said["rows"] == file.num_rows, f"{who}: describe says {said['rows']} rows")
    check(said["bytes"] == pathlib.Path(path).stat().st_size, f"{who}: describe says {said['bytes']} bytes")
    check(said["created_by"] == file.created_by, f"{who}: describe on created_by")
    pairs = {key.decode(): value.decode() for key, value in (file.metadata or {}).items() if key != b"ARROW:schema"}
    check(said["key_values"] == pairs, f"{who}: describe on key-values")
    check(pairs["rows"] == str(file.num_rows), f"{who}: the footer's own count is {pairs['rows']}")
    check(len(said["row_groups"]) == file.num_row_groups, f"{who}: describe on row groups")
    for number, group in enumerate(said["row_groups"]):
        real = file.row_group(number)
        check(group["rows"] == real.num_rows, f"{who}: describe on rows of group {number}")
        for index, column in enumerate(group["columns"]):
            chunk = real.column(index)
            where = f"{who}: describe on {column['name']} of group {number}"
            check(column["name"] == chunk.path_in_schema, where)
            check(column["codec"] == chunk.compression.lower(), where)
            check(sorted(column["encodings"]) == sorted(chunk.encodings), where)
            check(column["values"] == chunk.num_values, where)
            check(column["compressed_bytes"] == chunk.total_compressed_size, where)
            check(column["uncompressed_bytes"] == chunk.total_uncompressed_size, where)
            bounds = chunk.statistics
            check(column["nulls"] == bounds.null_count, where)
            check((column["min"] is not None) == bounds.has_min_max, where)
            if bounds.has_min_max:
                check(statistic(column["min"], bounds.min) and statistic(column["max"], bounds.max), f"{where}: bounds")


def true_bounds(path, expected, who):
    """Statistics in the footer against the values themselves."""
    file = pq.ParquetFile(path).metadata
    start = 0
    for number in range(file.num_row_groups):
        group = file.row_group(number)
        for index, (name, values) in enumerate(expected.items()):
            part = [value for value in values[start : start + group.num_rows] if value is not None]
            bounds = group.column(index).statistics
            check(bounds.null_count == group.num_rows - len(part), f"{who}: null count of {name}")
            if not part or not bounds.has_min_max:
                continue
            if kind(name) in ("number", "bool"):
                check((bounds.min, bounds.max) == (min(part), max(part)), f"{who}: bounds of {name}")
            elif kind(name) == "text":
                ends = [pick(part, key=lambda value: value.encode()) for pick in (min, max)]
                check([bounds.min, bounds.max] == ends, f"{who}: bounds of {name}")
        start += group.num_rows


# Conversions


def convert(downloader, data, path, *options, stdin=False):
    command = [downloader, "convert", "-" if stdin else str(path) + ".csv.gz", path, *options]
    if not stdin:
        pathlib.Path(str(path) + ".csv.gz").write_bytes(data)
    run = subprocess.run(command, input=data if stdin else None, capture_output=True, timeout=300)
    check(run.returncode == 0, f"{' '.join(map(str, command))}: exit {run.returncode}: {run.stderr.decode()}")


def whole_check(downloader, data, path, who, rng, *options):
    """Converts, reads with everything, and answers the values."""
    convert(downloader, data, path, *options)
    expected = read_csv(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    read_everywhere(str(path), expected, who)
    filters(str(path), expected, who, rng)
    true_bounds(str(path), expected, who)
    describe(downloader, str(path), who)
    return expected


def generated(downloader, work, seed):
    for type_name, header in TYPES.items():
        rng = random.Random(f"{seed} {type_name}")
        rows = {"trades": 300_500, "book_snapshot_25": 6_000}.get(type_name, 9_000)
        data = source(header, rows, rng)
        path = work / f"{type_name}.parquet"
        expected = whole_check(downloader, gzip.compress(data, 1), path, type_name, rng, "--data-type", type_name)
        groups = pq.ParquetFile(path).metadata.num_row_groups
        check(groups == (2 if type_name == "trades" else 1), f"{type_name}: {groups} row groups")

        small = source(header, 2_500, rng)
        plain = work / f"{type_name}-plain.parquet"
        convert(downloader, gzip.compress(small), plain, "--plain-encodings", "--zstd-level", "3")
        values = read_csv(small)
        frame = fastparquet.ParquetFile(str(plain)).to_pandas()
        # fastparquet gives UTC times without their zone.
        compare(f"{type_name}: fastparquet", values, from_pandas(frame, list(values)), knows_utc=False)
        read_everywhere(str(plain), values, f"{type_name}, plain texts")

        crlf = source(header, 300, rng, line_end="\r\n")
        whole_check(downloader, gzip.compress(crlf), work / "crlf.parquet", f"{type_name}, CRLF", rng)
        marked = source(header, 300, rng, mark="\ufeff")
        whole_check(downloader, marked, work / "bom.parquet", f"{type_name}, plain CSV with a BOM", rng)
        empty = source(header, 0, rng)
        whole_check(downloader, gzip.compress(empty), work / "empty.parquet", f"{type_name}, no rows", rng)
        zero = work / "zero.parquet"
        convert(downloader, gzip.compress(b""), zero, "--data-type", type_name)
        read_everywhere(str(zero), {name: [] for name in header}, f"{type_name}, no byte")

        convert(downloader, gzip.compress(small), work / "piped.parquet", "--threads", "1", stdin=True)
        read_everywhere(str(work / "piped.parquet"), values, f"{type_name}, from standard input")
        print(f"ok  {type_name}: {len(expected['symbol'])} rows")


def large_texts(downloader, work):
    """Ids of 60 kB, few of them and all different, and one of nearly a megabyte: small row groups and pages."""
    rng = random.Random(17)
    few = ["".join(rng.choices("abcdefghij", k=60_000)) for _ in range(65)]
    for name, one in {"few": lambda row: few[row % 65], "many": lambda row: few[row % 65] + str(row)}.items():
        rows = [f"deribit,B,{FIRST + row},{FIRST + row},{one(row)},buy,4,{row}\n" for row in range(1200)]
        rows[700] = f"deribit,B,{FIRST},{FIRST + 700},{'币' * 330_000},sell,,1\n"
        data = gzip.compress((",".join(TRADES) + "\n" + "".join(rows)).encode(), 1)
        whole_check(downloader, data, work / "large.parquet", f"{name} large texts", rng)
        groups = pq.ParquetFile(work / "large.parquet").metadata.num_row_groups
        check(groups == 3, f"{name} large texts: {groups} row groups")
    print("ok  large texts")


def refused(downloader, work):
    text = source(TYPES["trades"], 50, random.Random(1))
    good = gzip.compress(text)
    bad = {
        "cut": good[:-9],
        "damaged": good[:-8] + bytes(8),
        "page": b"<html></html>",
        "tail": good + b"x",
        # polars and pyarrow refuse a file with one such byte.
        "latin": text + b"deribit,B,1,2,caf\xe9,buy,4,5\n",
        "surrogate": text + b"deribit,B,1,2,\xed\xa0\x80,buy,4,5\n",
    }
    for name, data in bad.items():
        path = work / f"{name}.parquet"
        (work / f"{name}.csv.gz").write_bytes(data)
        command = [downloader, "convert", work / f"{name}.csv.gz", path]
        run = subprocess.run(command, capture_output=True, timeout=60)
        check(run.returncode == 6, f"{name}: exit {run.returncode}, not 6")
        check(run.stderr.count(b"\n") == 1, f"{name}: not one line: {run.stderr.decode()}")
        check(not path.exists(), f"{name}: left a file behind")
    print("ok  bad sources: exit 6, one line, no file")


def samples(downloader, work, folder):
    if not folder.is_dir():
        print(f"SKIPPED  real samples: {folder} is not there")
        return
    rng = random.Random(1)
    for grade in ("real", "reencoded", "rows"):
        for sample in sorted((folder / grade).iterdir()):
            if ".csv" not in sample.name:
                continue
            data = sample.read_bytes()
            path = work / "sample.parquet"
            expected = whole_check(downloader, data, path, sample.name, rng)
            print(f"ok  {grade}/{sample.name}: {len(expected['symbol'])} rows")
            if sample.name.startswith("binance-futures_trades_2020-02-22_BTCUSDT.csv"):
                real_day(path, data, expected)


def real_day(path, data, expected):
    check(len(expected["id"]) == 137_988, f"the real day has {len(expected['id'])} rows")
    types = {name: {"time": pa.int64(), "number": pa.float64()}.get(kind(name), pa.string()) for name in expected}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    other = pyarrow.csv.read_csv(io.BytesIO(gzip.decompress(data)), convert_options=options)
    ours = pq.read_table(path)
    for name in expected:
        a, b = ours.column(name).combine_chunks(), other.column(name).combine_chunks()
        a = a.cast(pa.int64()) if kind(name) == "time" else a
        same = (np.asarray(a).view(np.int64) == np.asarray(b).view(np.int64)).all() if kind(name) == "number" else a.equals(b)
        check(same, f"the real day: {name} is not pyarrow.csv's")
    line = (
        f"import pandas as pd; df = pd.read_parquet('{path}'); "
        "print(f'Records: {len(df)}, Columns: {list(df.columns)}')"
    )
    said = subprocess.run([sys.executable, "-c", line], capture_output=True, check=True).stdout.decode()
    check(said == f"Records: 137988, Columns: {TRADES}\n", f"the runbook's line says {said}")
    print("ok  the real day: bit for bit pyarrow.csv's, and the runbook's line")


def main():
    downloader, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    print(f"seed {seed}, {downloader}")
    duckdb.execute("set timezone = 'UTC'")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        try:
            generated(downloader, work, seed)
            large_texts(downloader, work)
            refused(downloader, work)
            samples(downloader, work, folder)
        except Problem as problem:
            print(f"FAILED  {problem} (seed {seed})", file=sys.stderr)
            return 1
    print("all readers agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
