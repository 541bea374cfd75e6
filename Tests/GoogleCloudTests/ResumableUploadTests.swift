import Testing

@testable import GoogleCloud

private typealias Event = ResumableUpload.Event
private typealias Action = ResumableUpload.Action

/// An upload of chunks of 10 bytes that has sent its first chunk of (so far) 12 bytes.
private func begun() -> (ResumableUpload, Action) {
    var upload = ResumableUpload(chunkBytes: 10)
    _ = upload.take(pattern(10)[...])
    _ = upload.flush()
    let action = upload.handle(.opened)
    return (upload, action)
}

/// The same with the first chunk kept and the last two bytes sent.
private func ending() -> (ResumableUpload, Action) {
    var (upload, _) = begun()
    _ = upload.handle(.kept(upTo: 10))
    _ = upload.take(pattern(2)[...])
    let action = upload.end()
    return (upload, action)
}

/// The actions that follow the events.
private func actions(_ state: (ResumableUpload, Action), _ events: Event...) -> [Action] {
    var upload = state.0
    return events.map { upload.handle($0) }
}

@Test func whatEndsWithinAChunkNeedsNoSession() {
    var upload = ResumableUpload(chunkBytes: 10)
    let taken = upload.take(pattern(12)[...])
    #expect(taken == 10 && upload.isFull)
    let action = upload.end()
    #expect(action == .sendWhole && Array(upload.bytes(0..<10)) == pattern(10))
}

@Test func aChunkIsSentOnlyWhenMoreComesAndTheLastOneIsNeverEmpty() {
    let (_, first) = begun()
    #expect(first == .send(0..<10, total: nil))
    let (upload, last) = ending()
    #expect(last == .send(10..<12, total: 12) && upload.total == 12)
    #expect(actions((upload, last), .complete) == [.finished])
}

@Test func whatTheServerDidNotKeepIsSentAgain() {
    var (upload, _) = begun()
    let afterPart = upload.handle(.kept(upTo: 4))
    #expect(afterPart == .takeMore && upload.base == 4)
    let taken = upload.take(pattern(10, seed: 10)[...])
    let next = upload.flush()
    #expect(taken == 4 && next == .send(4..<14, total: nil))
    #expect(Array(upload.bytes(4..<14)) == Array(pattern(10)[4...] + pattern(10, seed: 10).prefix(4)))
}

@Test func aBreakIsFollowedByAQuestion() {
    #expect(
        actions(begun(), .interrupted, .resumed, .interrupted, .resumed, .kept(upTo: 0))
            == [.pause, .query(total: nil), .pause, .query(total: nil), .send(0..<10, total: nil)]
    )
    #expect(actions(begun(), .interrupted, .resumed, .kept(upTo: 10)) == [.pause, .query(total: nil), .takeMore])
    #expect(
        actions(ending(), .interrupted, .resumed, .kept(upTo: 10))
            == [.pause, .query(total: 12), .send(10..<12, total: 12)]
    )
}

@Test func aLostFinalAnswerIsFoundByTheQuestion() {
    #expect(actions(ending(), .interrupted, .resumed, .complete) == [.pause, .query(total: 12), .finished])
}

@Test func aServerThatKeepsNothingIsNotAskedWithoutAPause() {
    #expect(actions(begun(), .kept(upTo: 0), .resumed) == [.pause, .query(total: nil)])
    #expect(
        actions(ending(), .kept(upTo: 12), .resumed, .kept(upTo: 12))
            == [.pause, .query(total: 12), .pause]
    )
}

@Test func aGoneSessionIsBegunAgainWhileEverythingIsStillHere() {
    #expect(actions(begun(), .gone, .resumed, .opened) == [.pause, .open, .send(0..<10, total: nil)])
    var (upload, _) = begun()
    _ = upload.handle(.kept(upTo: 4))
    #expect(actions((upload, .takeMore), .gone) == [.fail(.lost)])
    #expect(actions(ending(), .gone) == [.compare(otherwise: .lost)])
}

@Test func aConflictAfterAnUncertainLastTryMayBeOurOwnWork() {
    #expect(actions(ending(), .conflict) == [.fail(.conflict)])
    #expect(actions(ending(), .interrupted, .resumed, .conflict).last == .compare(otherwise: .conflict))
    #expect(actions(begun(), .interrupted, .resumed, .conflict).last == .fail(.conflict))
}

@Test func aServerThatContradictsItselfEndsTheUpload() {
    #expect(actions(begun(), .kept(upTo: 11)) == [.fail(.contradiction)])
    #expect(actions(begun(), .complete) == [.fail(.contradiction)])
    #expect(actions(ending(), .kept(upTo: 9)) == [.fail(.lost)])
}
