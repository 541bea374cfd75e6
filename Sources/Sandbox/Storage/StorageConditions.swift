/// The preconditions of a request (`ifGenerationMatch` and its kin), or those on a copy's source.
struct StorageConditions: Sendable, Equatable {
    private var generationMatch: Int?
    private var generationNotMatch: Int?
    private var metagenerationMatch: Int?
    private var metagenerationNotMatch: Int?

    /// Reads `ifGenerationMatch`, or with the prefix `Source` `ifSourceGenerationMatch`, and so on.
    init(_ request: ServedRequest, prefix: String = "") {
        func number(_ name: String) -> Int? { request.parameter("if\(prefix)\(name)").flatMap { Int($0) } }
        generationMatch = number("GenerationMatch")
        generationNotMatch = number("GenerationNotMatch")
        metagenerationMatch = number("MetagenerationMatch")
        metagenerationNotMatch = number("MetagenerationNotMatch")
    }

    init(generationMatch: Int?) { self.generationMatch = generationMatch }

    /// Throws 412 (or 304 for a read of what the client has) unless the live generation fits; 0 stands for no object.
    func check(generation: Int?, metageneration: Int?, isRead: Bool = false) throws {
        let live = generation ?? 0
        if let generationMatch, generationMatch != live { throw Self.failed }
        if let metagenerationMatch, metagenerationMatch != metageneration { throw Self.failed }
        if let generationNotMatch, generationNotMatch == live { throw isRead ? Self.notModified : Self.failed }
        if let metagenerationNotMatch, metagenerationNotMatch == metageneration {
            throw isRead ? Self.notModified : Self.failed
        }
    }

    func check(_ object: StoredObject?, isRead: Bool = false) throws {
        try check(generation: object?.generation, metageneration: object?.metageneration, isRead: isRead)
    }

    private static let notModified = Refusal(ServedResponse(status: 304))
    private static let failed = Refusal.google(
        412,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold."
    )
}
