"""DuckDB: COPY (SELECT ... FROM read_csv) TO parquet, insertion order kept."""
import duckdb

from tick_schema import arguments, header, kind

CSV = {"ts": "BIGINT", "cat": "VARCHAR", "str": "VARCHAR", "f64": "DOUBLE", "bool": "BOOLEAN"}


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def main():
    a = arguments(__doc__, threads=dict(type=int, default=2))
    names = header(a.input)
    cols = ", ".join(f"{quote(c)}: {quote(CSV[kind(c)])}" for c in names)
    sel = ", ".join(f'make_timestamp("{c}") AS "{c}"' if kind(c) == "ts" else f'"{c}"' for c in names)
    level = f", COMPRESSION_LEVEL {a.level}" if a.codec == "zstd" else ""
    con = duckdb.connect()
    con.execute(f"SET threads={a.threads}")
    con.execute("SET preserve_insertion_order=true")
    con.execute(
        f"COPY (SELECT {sel} FROM read_csv({quote(a.input)}, header=true, delim=',', quote='', escape='', "
        f"new_line='\\n', auto_detect=false, columns={{{cols}}})) "
        f"TO {quote(a.output)} (FORMAT parquet, COMPRESSION {a.codec}{level}, "
        f"ROW_GROUP_SIZE {a.row_group}, PARQUET_VERSION V2)")


if __name__ == "__main__":
    main()
