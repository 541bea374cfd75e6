"""pyarrow streaming: csv.open_csv -> ParquetWriter, bounded memory.

--inflate arrow   Arrow's own zlib reader (default)
          igzip   ISA-L on a thread of its own (PyPI isal)
Reading and writing overlap: the writer runs on a second thread, the queue
between them holds at most two row groups."""
import queue
import threading

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from tick_schema import arguments, header, kind

CSV = {"ts": pa.int64(), "cat": pa.dictionary(pa.int32(), pa.string()), "str": pa.string(),
       "f64": pa.float64(), "bool": pa.bool_()}


def open_input(path, how):
    if how == "igzip":
        from isal import igzip_threaded
        return igzip_threaded.open(path, "rb", threads=1)
    return path


def main():
    a = arguments(__doc__, inflate=dict(default="arrow", choices=["arrow", "igzip"]))
    names = header(a.input)
    kinds = {c: kind(c) for c in names}
    fields = []
    for c in names:
        t = pa.timestamp("us", tz="UTC") if kinds[c] == "ts" else CSV[kinds[c]]
        fields.append(pa.field(c, t))
    schema = pa.schema(fields)
    src = open_input(a.input, a.inflate)
    reader = pc.open_csv(
        src,
        read_options=pc.ReadOptions(use_threads=True, block_size=4 << 20),
        convert_options=pc.ConvertOptions(
            column_types={c: CSV[kinds[c]] for c in names},
            null_values=[""], strings_can_be_null=True))
    dict_cols = [c for c in names if kinds[c] in ("cat", "f64")]
    enc = {c: "DELTA_BINARY_PACKED" for c in names if kinds[c] == "ts"}
    enc.update({c: "DELTA_BYTE_ARRAY" for c in names if kinds[c] == "str"})
    writer = pq.ParquetWriter(a.output, schema, compression=a.codec, compression_level=a.level,
                              use_dictionary=dict_cols, column_encoding=enc,
                              store_schema=False)

    def write(batches):
        t = pa.Table.from_batches(batches)
        cols = [t.column(i).cast(schema.field(i).type) if kinds[n] == "ts" else t.column(i)
                for i, n in enumerate(names)]
        writer.write_table(pa.Table.from_arrays(cols, schema=schema), row_group_size=a.row_group)

    q = queue.Queue(maxsize=1)
    fault = []

    def drain():
        while (b := q.get()) is not None:
            if fault:
                continue
            try:
                write(b)
            except BaseException as e:  # handed to the main thread
                fault.append(e)

    th = threading.Thread(target=drain)
    th.start()

    # Whole row groups only: what is over begins the next one.
    held, n = [], 0
    for batch in reader:
        while n + batch.num_rows >= a.row_group:
            rest = a.row_group - n
            q.put(held + [batch.slice(0, rest)])
            batch, held, n = batch.slice(rest), [], 0
        if batch.num_rows:
            held.append(batch)
            n += batch.num_rows
    if held:
        q.put(held)
    q.put(None)
    th.join()
    if fault:
        raise fault[0]
    writer.close()


if __name__ == "__main__":
    main()
