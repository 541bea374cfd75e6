import Testing

@testable import GoogleCloud

/// What every `ObjectStore` must do, whoever made it. The store is empty at the start and is used up.
func checkConformance(_ store: any ObjectStore) async throws {
    try await checkWritingAndReading(store)
    try await checkPreconditions(store)
    try await checkUploads(store)
    try await checkListing(store)
    try await checkMetadata(store)
    try await checkNames(store)
}

private func checkWritingAndReading(_ store: any ObjectStore) async throws {
    let name = "2023-05-23/trades/a b#?%.bin"
    let bytes = pattern(10_000)
    let options = PutOptions(contentType: "text/x-test", metadata: ["rows": "7"])
    let written = try await store.put(name, bytes, options: options)
    #expect(written.name == name && written.size == 10_000 && written.crc32c == CRC32C.of(bytes))
    #expect(written.generation > 0 && written.contentType == "text/x-test" && written.metadata == ["rows": "7"])
    let described = try await store.info(name)
    #expect(described == written)

    let whole = try await store.get(name, range: nil)
    #expect(whole == bytes)
    let ranges: [Range<Int64>] = [0..<1, 100..<200, 9_990..<20_000, 10_000..<20_000, 5..<5]
    for range in ranges {
        let part = try await store.get(name, range: range)
        #expect(part == Array(bytes[range.clamped(toSize: bytes.count)]))
    }

    let again = try await store.put(name, [], options: PutOptions())
    #expect(again.generation != written.generation && again.size == 0 && again.metadata.isEmpty)
    let empty = try await store.get(name, range: nil)
    #expect(empty.isEmpty)

    let missing = try await store.info("nothing/here")
    #expect(missing == nil)
    #expect(await kindThrown { _ = try await store.get("nothing/here", range: nil) } == .notFound)
    #expect(await kindThrown { _ = try await store.get("nothing/here", range: 0..<9) } == .notFound)
    let deleted = (try await store.delete(name, precondition: .none), try await store.delete(name, precondition: .none))
    #expect(deleted == (true, false))
}

private func checkPreconditions(_ store: any ObjectStore) async throws {
    let first = try await store.put("p", [1], options: PutOptions(precondition: .absent))
    for precondition in [Precondition.absent, .generation(first.generation + 1)] {
        let options = PutOptions(precondition: precondition)
        #expect(await kindThrown { _ = try await store.put("p", [2], options: options) } == .preconditionFailed)
        let upload = try await store.upload("p", options: options)
        #expect(
            await kindThrown {
                try await upload.write(pattern(700_000))
                _ = try await upload.finish(adding: [:])
            } == .preconditionFailed
        )
        await upload.abort()
    }
    let kept = try await store.get("p", range: nil)
    #expect(kept == [1])
    let second = try await store.put("p", [3], options: PutOptions(precondition: .generation(first.generation)))
    #expect(
        await kindThrown { try await store.delete("p", precondition: .generation(first.generation)) }
            == .preconditionFailed
    )
    let deleted = try await store.delete("p", precondition: .generation(second.generation))
    #expect(deleted)
    let reborn = try await store.put("p", [3], options: PutOptions(precondition: .absent))
    #expect(reborn.generation != second.generation && reborn.generation != first.generation)
    try await store.delete("p", precondition: .none)
}

private func checkUploads(_ store: any ObjectStore) async throws {
    for (count, piece) in [(0, 1), (1_000, 300), (262_144, 262_144), (262_145, 100_000), (1_000_000, 77_777)] {
        let bytes = pattern(count, seed: piece)
        let upload = try await store.upload("u/x", options: PutOptions(metadata: ["a": "1", "b": "1"]))
        var rest = bytes[...]
        while !rest.isEmpty {
            try await upload.write(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            let early = try await store.info("u/x")
            #expect(early == nil)
        }
        let info = try await upload.finish(adding: ["b": "2", "c": "3"])
        #expect(info.size == Int64(count) && info.crc32c == CRC32C.of(bytes))
        #expect(info.metadata == ["a": "1", "b": "2", "c": "3"])
        let found = (try await store.info("u/x"), try await store.get("u/x", range: nil))
        #expect(found == (info, bytes))
        #expect(await kindThrown { try await upload.write([1]) } == .invalid)
        #expect(await kindThrown { _ = try await upload.finish(adding: [:]) } == .invalid)
        await upload.abort()
        try await store.delete("u/x", precondition: .generation(info.generation))
    }
    let dropped = try await store.upload("u/y", options: PutOptions())
    try await dropped.write(pattern(600_000))
    await dropped.abort()
    #expect(await kindThrown { _ = try await dropped.finish(adding: [:]) } == .invalid)
    let left = try await store.listAll(prefix: "")
    #expect(left.isEmpty)
}

private func checkListing(_ store: any ObjectStore) async throws {
    let names = ["a/1", "a/2", "a/b/3", "a/b/4", "a/bc", "ab", "b/5", "é/6"]
    for name in names.reversed() {
        _ = try await store.put(name, Array(name.utf8), options: PutOptions(metadata: ["n": name]))
    }
    let all = try await store.listAll(prefix: "")
    #expect(all.map(\.name) == names && all.allSatisfy { $0.metadata == ["n": $0.name] && $0.size > 0 })
    let tables: [(prefix: String, delimiter: String?, objects: [String], prefixes: [String])] = [
        ("a/", nil, ["a/1", "a/2", "a/b/3", "a/b/4", "a/bc"], []), ("a/", "/", ["a/1", "a/2", "a/bc"], ["a/b/"]),
        ("", "/", ["ab"], ["a/", "b/", "é/"]), ("a/b", "/", ["a/bc"], ["a/b/"]),
        ("a/b", nil, ["a/b/3", "a/b/4", "a/bc"], []),
        ("c", nil, [], []), ("a/1", "/", ["a/1"], []), ("none/", "/", [], []),
    ]
    for table in tables {
        let page = try await store.list(prefix: table.prefix, delimiter: table.delimiter, pageToken: nil)
        #expect(page.objects.map(\.name) == table.objects && page.prefixes == table.prefixes, "\(table)")
        #expect(page.nextPageToken == nil)
    }
    for name in names { try await store.delete(name, precondition: .none) }
    let nothing = try await store.list(prefix: "", delimiter: "/", pageToken: nil)
    #expect(nothing.objects.isEmpty && nothing.prefixes.isEmpty)
}

private func checkMetadata(_ store: any ObjectStore) async throws {
    let info = try await store.put("m", [1], options: PutOptions(metadata: ["keep": "1", "drop": "1", "change": "1"]))
    let changes: [String: String?] = ["drop": nil, "change": "2", "new": "3"]
    let patched = try await store.patch("m", metadata: changes, generation: info.generation)
    #expect(patched.metadata == ["keep": "1", "change": "2", "new": "3"])
    #expect(patched.generation == info.generation && patched.metageneration == info.metageneration + 1)
    let found = try await store.info("m")
    #expect(found == patched)
    let stale = info.generation + 1
    #expect(
        await kindThrown { _ = try await store.patch("m", metadata: [:], generation: stale) } == .preconditionFailed
    )
    #expect(await kindThrown { _ = try await store.patch("none", metadata: [:], generation: 1) } == .notFound)
    try await store.delete("m", precondition: .none)
}

private func checkNames(_ store: any ObjectStore) async throws {
    for name in ["", "a\nb", "a\rb", "..", ".", String(repeating: "x", count: 1025)] {
        #expect(await kindThrown { _ = try await store.put(name, [], options: PutOptions()) } == .invalid)
    }
}
