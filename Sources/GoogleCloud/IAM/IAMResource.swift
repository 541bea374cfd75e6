import Transport

/// What became of a policy.
public struct IAMPolicyChange: Sendable, Equatable {
    /// The policy as it was first read.
    public let before: IAMPolicy
    /// The policy as it is now.
    public let after: IAMPolicy
    public let isWritten: Bool
}

/// Something that has an IAM policy: a project, a bucket, a repository, a secret.
public struct IAMResource: Sendable {
    /// What it is, for people: `project central-element-323112`.
    public let name: String
    let read: @Sendable () async throws -> IAMPolicy
    let write: @Sendable (IAMPolicy) async throws -> IAMPolicy
    /// Whether a refused write means that someone else was faster.
    let isConflict: @Sendable (any Error) -> Bool
    let api: GoogleAPI

    /// The policy, with its conditions.
    public func policy() async throws -> IAMPolicy { try await read() }

    /// Replaces the policy by this one, if it is still what this one was made from. Throws an error of the kind `invalid` for
    /// a policy without an ETag, which would overwrite what others wrote.
    public func setPolicy(_ policy: IAMPolicy) async throws -> IAMPolicy {
        guard policy.etag?.isEmpty == false else {
            throw GoogleAPIError(
                .invalid,
                operation: "change the IAM policy of \(name)",
                detail: "the policy was read without its etag, and a write without one could undo the work of others"
            )
        }
        return try await write(policy)
    }

    /// Reads the policy, edits it and writes it back; when someone else was faster, all of it again after a pause. Nothing is
    /// written when `edit` returns nil or what it was given.
    @discardableResult
    public func updatePolicy(_ edit: (IAMPolicy) -> IAMPolicy?) async throws -> IAMPolicyChange {
        var state = RetryState(api.policy)
        let start = api.clock.monotonic()
        var first: IAMPolicy?
        while true {
            let present = try await read()
            let before = first ?? present
            first = before
            guard let wanted = edit(present), wanted != present else {
                return IAMPolicyChange(before: before, after: present, isWritten: false)
            }
            do {
                return IAMPolicyChange(before: before, after: try await setPolicy(wanted), isWritten: true)
            } catch  where isConflict(error) {
                switch state.failed(advice: .backoff, elapsed: api.clock.monotonic() - start, random: api.clock.uniform)
                {
                case .giveUp: throw error
                case .retry(let pause):
                    api.onRetry(error, pause)
                    try await api.clock.sleep(pause)
                }
            }
        }
    }
}

extension GoogleAPI {
    /// How a service wants to be asked for a policy.
    enum PolicyReading {
        /// `POST …:getIamPolicy` with the version in the body: Resource Manager.
        case post
        /// `GET …:getIamPolicy` with the version in the query: the others.
        case get
    }

    /// A resource of a service whose policy is behind `PATH:getIamPolicy` and `PATH:setIamPolicy`. `permissions` is what the
    /// two need without their verb: `resourcemanager.projects`.
    func iam(
        _ service: GoogleService,
        path: String,
        name: String,
        reading: PolicyReading,
        permissions: String
    ) -> IAMResource {
        struct Wanted: Encodable {
            struct Options: Encodable { let requestedPolicyVersion = IAMPolicy.version }
            let options = Options()
        }
        struct Replacement: Encodable { let policy: IAMPolicy }
        let query = [("options.requestedPolicyVersion", "\(IAMPolicy.version)")]
        let get = Call(
            verb: reading == .post ? "POST" : "GET",
            service: service,
            path: "\(path):getIamPolicy",
            query: reading == .post ? [] : query,
            operation: "read the IAM policy of \(name)",
            needs: "\(permissions).getIamPolicy"
        )
        // With its ETag it may be sent again: a second arrival meets the first one's change, and is refused as a conflict.
        let set = Call(
            verb: "POST",
            service: service,
            path: "\(path):setIamPolicy",
            operation: "change the IAM policy of \(name)",
            needs: "\(permissions).setIamPolicy"
        )
        return IAMResource(
            name: name,
            read: { reading == .post ? try await send(get, body: Wanted()) : try await send(get) },
            write: { try await send(set, body: Replacement(policy: $0)) },
            isConflict: { ($0 as? GoogleAPIError)?.kind == .conflict },
            api: self
        )
    }
}
