"""Records of a bucket as the kit writes them, told from its documents and not from its code: plan ids, heartbeats, data objects."""
import calendar, http.client, json, os, sys, threading, time
from urllib.parse import quote, urlsplit

mine = threading.local()


def request(method, path, body=None, headers=None):
    if not hasattr(mine, "connection"):
        mine.connection = http.client.HTTPConnection(urlsplit(os.environ["STORAGE_EMULATOR_HOST"]).netloc)
    mine.connection.request(method, path, body, headers or {})
    answer = mine.connection.getresponse()
    return answer.status, answer.read()


def put(name, metadata, body="x" * 20, bucket="market-data-tick"):
    head = json.dumps({"name": name, "metadata": metadata})
    parts = f"--x\r\nContent-Type: application/json\r\n\r\n{head}\r\n--x\r\nContent-Type: a/b\r\n\r\n{body}\r\n--x--\r\n"
    status, answer = request("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=multipart", parts,
                             {"Content-Type": "multipart/related; boundary=x"})
    assert status == 200, (status, answer)


def get(name, bucket="market-data-tick"):
    """The object as JSON; None when there is none."""
    status, answer = request("GET", f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media")
    return json.loads(answer) if status == 200 else None


def plan_id(plan):
    """FNV-1a of 64 bits, folded to 32, of instruments with their types, a line each, and the number of shards."""
    lines = ["/".join([i["venue"], i["symbol"], i["kind"], ",".join(i["data_types"])]) for i in plan["instruments"]]
    value = 0xCBF29CE484222325
    for byte in "\n".join(lines + [str(plan["shards"])]).encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{(value ^ value >> 32) % 2**32:08x}"


def heartbeat(day, plan, vm, shard, state, total=0):
    """Name and metadata of a heartbeat."""
    now = str(int(time.time() * 1e6))
    figures = "files-done files-skipped files-empty files-absent files-failed rows bytes-in bytes-out bytes-per-second".split()
    return f"_runs/{day}/shards/{vm}.{plan_id(plan)}.{shard}.json", {
        "tick-schema": "2", "tick-shard": str(shard), "tick-shards": str(plan["shards"]), "tick-attempt": "1",
        "tick-state": state, "tick-started": now, "tick-updated": now, "tick-files-total": str(total),
        **{f"tick-{figure}": "0" for figure in figures}}


def data(day, kind, venue, symbol, what):
    """Name and metadata of a whole object of 20 times x."""
    start = calendar.timegm(time.strptime(day, "%Y-%m-%d")) * 10**6
    exchange = {"binance-spot": "binance"}.get(venue, venue)
    return f"{day}/{kind}/{venue}/{symbol}/{kind}_{day}_{symbol}_{what}.parquet", {
        "tick-type": kind, "tick-outcome": "rows", "tick-rows": "7", "tick-first": str(start), "tick-last": str(start + 5),
        "tick-size": "20", "tick-crc32c": "IRq/KA==",
        "tick-source-path": f"/v1/{exchange}/{kind}/{day.replace('-', '/')}/{symbol}.csv.gz",
        "tick-source-size": "99", "tick-schema": "1", "tick-kit": "test"}


def report(day, vm, state):
    """Has a VM of a fleet of 60 shards, a file each, say how far it is; one that is done has its file there."""
    number = int(vm.split("-")[-1])
    name = f"_runs/{day}/plan.json"
    plan = get(name)
    if plan is None:
        plan = {"schema": 1, "date": day, "shards": 60, "kit_version": "test", "created": "", "created_us": 1, "instruments": [
            {"venue": "binance-spot", "symbol": f"S{i}", "kind": "spot", "data_types": ["trades"], "shard": i} for i in range(60)]}
        put(name, {}, json.dumps(plan))
    if state == "DONE":
        put(*data(day, "trades", "binance-spot", f"S{number}", "spot"))
    put(*heartbeat(day, plan, vm, number, state, 1))


if __name__ == "__main__":
    report(*sys.argv[1:])
