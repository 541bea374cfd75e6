import Common
import Console
import GoogleCloud
import Synchronization
import Testing
import Transport

@testable import Fleet

@Suite("Access of the VMs' service account")
struct AccessTests {
    private let member = RequiredRoles.member("sa@p.iam.gserviceaccount.com")

    @Test("Wide access is the runbook's three roles on the project and nothing else")
    func wide() {
        #expect(
            RequiredRoles.wide == [
                RoleGrant("roles/storage.objectAdmin", on: .project),
                RoleGrant("roles/artifactregistry.reader", on: .project),
                RoleGrant("roles/compute.instanceAdmin", on: .project),
            ]
        )
    }

    @Test("Narrow access is the same roles, where they are needed")
    func narrow() {
        let grants = RequiredRoles.narrow(vmNamePrefix: "tick-data-vm")
        #expect(grants.map(\.role) == RequiredRoles.roles)
        #expect(grants.map(\.place) == [.bucket, .repository, .project])
        #expect(
            grants[2].condition?.expression
                == "resource.name.extract(\"/instances/{name}\").startsWith(\"tick-data-vm-\") || "
                + "resource.name.extract(\"/disks/{name}\").startsWith(\"tick-data-vm-\")"
        )
        #expect(grants[0].condition == nil && grants[1].condition == nil)
    }

    @Test("Adding all grants and removing them leads back to what was there")
    func roundTrip() {
        let before = IAMPolicy(bindings: [IAMBinding(role: "roles/owner", members: ["user:o"])], etag: "x")
        for grants in [RequiredRoles.wide, RequiredRoles.narrow(vmNamePrefix: "vm")] {
            let after = before.adding(grants, for: member)
            #expect(after.bindings.count == 4)
            #expect(grants.allSatisfy { $0.standing(in: after, for: member) == .present })
            #expect(after.adding(grants, for: member) == after)
            #expect(after.removing(grants, for: member) == before)
        }
    }

    @Test("A role under another condition is told from one that is there or missing")
    func standing() {
        let role = "roles/compute.instanceAdmin"
        let narrow = RequiredRoles.narrow(vmNamePrefix: "vm")[2]
        let policy = IAMPolicy(bindings: [IAMBinding(role: role, members: [member], condition: narrow.condition)])
        #expect(narrow.standing(in: policy, for: member) == .present)
        #expect(RoleGrant(role, on: .project).standing(in: policy, for: member) == .conditional(["vm machines"]))
        #expect(RoleGrant(role, on: .project).standing(in: policy, for: "user:other") == .missing)
    }

    @Test(
        "A refusal names the permission, a role that has it, and ends with credentials",
        arguments: [
            (
                GoogleAPIError(.permission, operation: "read X", detail: "d", permission: "secretmanager.secrets.get"),
                "cannot read X: the credentials lack the permission secretmanager.secrets.get; give their account a role that "
                    + "has it, such as roles/secretmanager.admin"
            ),
            (
                GoogleAPIError(.permission, operation: "read X", detail: "d"),
                "cannot read X: the credentials lack the permission a.b.c; give their account a role that has it"
            ),
            (
                StorageError(
                    .permission,
                    operation: "create X",
                    detail: "status 403 (me does not have storage.buckets.create access)"
                ),
                "cannot create X: the credentials lack the permission storage.buckets.create; give their account a role that "
                    + "has it, such as roles/storage.admin"
            ),
        ] as [(any Error, String)]
    )
    func refusal(error: any Error, text: String) {
        let explained = AccessError.explaining(error, about: .secret, needs: "a.b.c")
        #expect("\(explained)" == text)
        #expect(exitStatus(of: explained) == .credentials)
    }

    @Test("What is not there is a wrong setting, with the option that makes it; other errors stay")
    func missing() {
        let gone = AccessError.explaining(
            StorageError(.bucketMissing, operation: "read the IAM policy of gs://b", detail: "x"),
            about: .bucket,
            needs: ""
        )
        #expect("\(gone)".contains("--create-bucket"))
        #expect(exitStatus(of: gone) == .usage)
        let busy = GoogleAPIError(.conflict, operation: "o", detail: "d")
        #expect(AccessError.explaining(busy, about: .project, needs: "") as? GoogleAPIError == busy)
    }
}

@Suite("The Tardis key's secret")
struct KeySecretTests {
    private static let root = "http://secretmanager/v1/projects/p/secrets"
    private static let shared = """
        {"etag":"A","bindings":[{"role":"roles/secretmanager.secretAccessor","members":["serviceAccount:sa@p","user:x"]}]}
        """
    private static let notFound = (404, "{\"error\":{\"code\":404,\"status\":\"NOT_FOUND\",\"message\":\"no\"}}")
    /// Version 3 with the text `old`.
    private static let old = (
        200, "{\"name\":\"projects/42/secrets/k/versions/3\",\"payload\":{\"data\":\"b2xk\"}}"
    )

    private func secret(_ script: ScriptedServices) -> KeySecret {
        let api = GoogleAPI(
            environment: ["CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": "http://secretmanager/"],
            transport: script,
            tokens: AnonymousTokens()
        )
        return KeySecret(
            SecretName(project: "p", name: "k"),
            serviceAccount: "sa@p",
            client: SecretManagerClient(api: api)
        )
    }

    @Test("The same key, and shared: two reads, no write")
    func complete() async throws {
        let script = ScriptedServices([Self.old, (200, Self.shared)])
        let secret = secret(script)
        let state = try await secret.look(Secret("old"))
        #expect(state.isComplete && state.otherReaders == ["user:x"])
        #expect(try await secret.complete(state, key: Secret("old")).resource == "projects/42/secrets/k/versions/3")
        #expect(script.requests.count == 2)
    }

    @Test("Another key: a new version and nothing else")
    func changed() async throws {
        let script = ScriptedServices([
            Self.old, (200, Self.shared), (200, "{\"name\":\"projects/42/secrets/k/versions/4\"}"),
        ])
        let secret = secret(script)
        let state = try await secret.look(Secret("new"))
        #expect(state.exists && !state.holdsKey && state.isShared)
        #expect(try await secret.complete(state, key: Secret("new")).version == "4")
        #expect(script.requests.last?.hasPrefix("POST \(Self.root)/k:addVersion ") == true)
        #expect(script.requests.count == 3)
    }

    @Test("No secret: made, filled, shared; being second at making it is fine")
    func new() async throws {
        let taken = (409, "{\"error\":{\"code\":409,\"status\":\"ALREADY_EXISTS\",\"message\":\"there\"}}")
        let script = ScriptedServices([
            Self.notFound, Self.notFound, taken, (200, "{\"name\":\"projects/42/secrets/k/versions/1\"}"),
            (200, "{\"etag\":\"A\"}"), (200, "{\"etag\":\"B\"}"),
        ])
        let secret = secret(script)
        let state = try await secret.look(Secret("new"))
        #expect(state == KeySecret.State())
        #expect(try await secret.complete(state, key: Secret("new")).version == "1")
        #expect(
            script.requests.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "GET \(Self.root)/k/versions/latest:access", "GET \(Self.root)/k", "POST \(Self.root)?secretId=k",
                "POST \(Self.root)/k:addVersion", "GET \(Self.root)/k:getIamPolicy?options.requestedPolicyVersion=3",
                "POST \(Self.root)/k:setIamPolicy",
            ]
        )
        #expect(script.requests.allSatisfy { !$0.contains("new\"") })
    }

    @Test("Without a key a readable version is taken, and a missing one cannot be made")
    func noKey() async throws {
        let there = ScriptedServices([Self.old, (200, Self.shared)])
        #expect(try await secret(there).look(nil).isComplete)
        let empty = ScriptedServices([Self.notFound, (200, "{}"), (200, "{\"etag\":\"A\"}")])
        let secret = secret(empty)
        let state = try await secret.look(nil)
        #expect(state.exists && !state.holdsKey)
        let error = await #expect(throws: GoogleAPIError.self) { try await secret.complete(state, key: nil) }
        #expect(error?.kind == .invalid)
        #expect(empty.requests.count == 3)
    }

    @Test("A disabled newest version counts as none")
    func disabled() async throws {
        let precondition = (
            400, "{\"error\":{\"code\":400,\"status\":\"FAILED_PRECONDITION\",\"message\":\"is in DISABLED state\"}}"
        )
        let state = try await secret(ScriptedServices([precondition, (200, "{}"), (200, Self.shared)])).look(
            Secret("old")
        )
        #expect(state.exists && !state.holdsKey && state.version == nil && state.isShared)
    }
}

/// Answers requests from a script, in order. A request that was not planned fails the test.
private final class ScriptedServices: HTTPTransport {
    private struct Unplanned: Error {}
    private let script: Mutex<[(status: Int, body: String)]>
    private let asked = Mutex<[String]>([])

    init(_ answers: [(Int, String)]) {
        script = Mutex(answers.map { (status: $0.0, body: $0.1) })
    }

    /// `VERB URL BODY`
    var requests: [String] { asked.withLock { $0 } }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        let sent = if case .bytes(let bytes) = request.body { " " + String(decoding: bytes, as: UTF8.self) } else { "" }
        asked.withLock { $0.append("\(request.method) \(request.url)\(sent)") }
        guard let answer = script.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            Issue.record("unplanned request: \(request.method) \(request.url)")
            throw Unplanned()
        }
        let rest = Mutex<[UInt8]?>(Array(answer.body.utf8))
        return HTTPDownload(
            head: HTTPHead(status: answer.status, headers: [:], url: request.url),
            next: { rest.withLock { $0.take() }.flatMap { $0.isEmpty ? nil : $0 } },
            cancel: {}
        )
    }
}
