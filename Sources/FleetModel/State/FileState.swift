/// One expected file of a date.
public struct FileState: Sendable, Equatable {
    public let object: DataObject
    public let name: String
    public internal(set) var state: ObjectState
    /// Bytes of what is under the name; 0 when nothing is.
    public let size: Int64

    init(_ object: DataObject, _ listed: ListedObject?) {
        self.object = object
        name = object.name
        size = listed?.size ?? 0
        state = ObjectState(listed, expected: object)
    }

    public var isSettled: Bool { state.isSettled }
}
