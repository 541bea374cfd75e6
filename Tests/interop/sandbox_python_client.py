"""google-cloud-storage against tick-sandbox; STORAGE_EMULATOR_HOST says where. Argument: a file to upload."""
import hashlib
import io
import sys

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage


def expect(what, wanted, got):
    if wanted != got:
        sys.exit(f"FAILED {what}\n  wanted: {wanted!r}\n  got:    {got!r}")
    print(f"ok  {what}")


def refused(what, error, work):
    try:
        work()
    except error:
        print(f"ok  {what}")
    else:
        sys.exit(f"FAILED {what}: it was accepted")


def sha(data):
    return hashlib.sha256(data).hexdigest()


with open(sys.argv[1], "rb") as file:
    content = file.read()
client = storage.Client(project="tick-sandbox", credentials=AnonymousCredentials())
bucket = client.create_bucket("python-client")
expect("the bucket is there", True, bucket.exists())
expect("a missing bucket is not", False, client.bucket("no-such-bucket").exists())

text = bucket.blob("p/text.txt")
text.metadata = {"rows": "7"}
text.upload_from_string("hello", content_type="text/plain")
expect("upload_from_string", b"hello", text.download_as_bytes(checksum="crc32c"))
text.reload()
expect("metadata", {"rows": "7"}, text.metadata)
expect("md5Hash", "XUFAKrxLKna5cZ2REBfFkg==", text.md5_hash)
expect("crc32c", "mnG7TA==", text.crc32c)

big = bucket.blob("p/big.bin", chunk_size=262_144)
big.upload_from_file(io.BytesIO(content), size=len(content), checksum="crc32c")
expect("resumable upload", sha(content), sha(bucket.blob("p/big.bin").download_as_bytes(checksum="crc32c")))
stream = bucket.blob("p/stream.bin", chunk_size=262_144)
with stream.open("wb", checksum="crc32c") as target:
    target.write(content)
expect("resumable upload of unknown size", sha(content), sha(stream.download_as_bytes()))
expect("range read", content[1_000:2_001], big.download_as_bytes(start=1_000, end=2_000, checksum=None))
exact = bucket.blob("p/exact.bin", chunk_size=262_144)
exact.upload_from_file(io.BytesIO(content[:524_288]), size=524_288)
expect("resumable upload that ends on a chunk border", 524_288, exact.size)

for name in ("p/x/1", "p/x/2", "p/y/1"):
    bucket.blob(name).upload_from_string(name)
pages = client.list_blobs(bucket, prefix="p/", delimiter="/")
expect("listed objects", ["p/big.bin", "p/exact.bin", "p/stream.bin", "p/text.txt"], [b.name for b in pages])
expect("listed prefixes", {"p/x/", "p/y/"}, pages.prefixes)
expect("pages of two", 7, len(list(client.list_blobs(bucket, page_size=2))))
expect("match_glob", ["p/x/1", "p/y/1"], [b.name for b in client.list_blobs(bucket, match_glob="p/?/1")])
expect("offsets", ["p/x/1", "p/x/2"], [b.name for b in client.list_blobs(bucket, start_offset="p/x", end_offset="p/y")])

text.metadata = {"rows": "8", "kind": "spot"}
text.patch(if_metageneration_match=text.metageneration)
expect("patched metadata", {"rows": "8", "kind": "spot"}, bucket.get_blob("p/text.txt").metadata)
expect("metageneration", 2, bucket.get_blob("p/text.txt").metageneration)
refused("patch of an old metageneration", PreconditionFailed, lambda: text.patch(if_metageneration_match=1))

copy = bucket.blob("p/copy.bin")
expect("rewrite", (None, len(content), len(content)), copy.rewrite(big))
expect("rewritten bytes", sha(content), sha(copy.download_as_bytes()))
both = bucket.blob("p/both.bin")
both.content_type = "application/octet-stream"
both.compose([text, big])
expect("composed bytes", sha(b"hello" + content), sha(both.download_as_bytes()))
expect("composed objects have components and no MD5", (2, None), (both.component_count, both.md5_hash))

refused("if_generation_match=0 on an existing object", PreconditionFailed,
        lambda: bucket.blob("p/text.txt").upload_from_string("other", if_generation_match=0))
refused("the same in a resumable upload", PreconditionFailed,
        lambda: bucket.blob("p/big.bin", chunk_size=262_144).upload_from_file(
            io.BytesIO(content), size=len(content), if_generation_match=0))
expect("the object is as it was", b"hello", text.download_as_bytes())
refused("an old generation", NotFound, lambda: bucket.blob("p/text.txt", generation=1).download_as_bytes())
text.delete()
expect("deleted", False, text.exists())
