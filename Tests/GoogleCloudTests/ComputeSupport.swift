import Synchronization
import Testing
import Transport

@testable import GoogleCloud

/// Google's answers from a script, in order; keeps what was asked as `VERB path?query body`. What was not planned fails the test.
final class ScriptedCompute: HTTPTransport {
    enum Answer: Sendable {
        case json(String)
        case status(Int, String)
        /// The answer never arrives.
        case lost
    }

    private struct State {
        var script: [Answer]
        var asked: [String] = []
    }
    private struct Unplanned: Error {}
    private let state: Mutex<State>
    private static let root = "http://compute.invalid/compute/v1/"

    init(_ script: Answer...) {
        state = Mutex(State(script: script))
    }

    var asked: [String] { state.withLock { $0.asked } }

    func client(_ time: FakeTime = FakeTime(), tries: Int = 4) -> ComputeClient {
        let api = GoogleAPI(
            environment: ["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": Self.root],
            transport: self,
            tokens: AnonymousTokens(),
            retry: RetryPolicy(tries: tries),
            clock: time.clock
        )
        return ComputeClient(api, project: "p-1")
    }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        var line = "\(request.method) \(request.url.dropFirst(Self.root.count))"
        if case .bytes(let body) = request.body { line += " " + String(decoding: body, as: UTF8.self) }
        let answer = state.withLock { state in
            state.asked.append(line)
            return state.script.isEmpty ? nil : state.script.removeFirst()
        }
        let (status, text): (Int, String)
        switch answer {
        case .json(let body): (status, text) = (200, body)
        case .status(let code, let body): (status, text) = (code, body)
        case .lost: throw TransportError(.broken, operation: request.method, detail: "scripted")
        case nil:
            Issue.record("unplanned request: \(line)")
            throw Unplanned()
        }
        let pieces = Mutex([Array(text.utf8)].filter { !$0.isEmpty })
        return HTTPDownload(
            head: HTTPHead(status: status, headers: [:], url: request.url),
            next: { pieces.withLock { $0.popLast() } },
            cancel: {}
        )
    }
}

/// A request id that a test recognises.
let someID = RequestID { 0 }
/// How it reads.
let someIDText = "00000000-0000-4000-8000-000000000000"

/// The error that `body` throws.
func errorThrown(_ body: () async throws(GoogleAPIError) -> Void) async -> GoogleAPIError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

extension NewInstances {
    /// As the runbook has them, two of them.
    static func sample(
        provisioning: Provisioning = .spot,
        maxRunSeconds: Int? = 86_400,
        hasExternalAddress: Bool = false,
        subnetwork: String? = nil
    ) -> NewInstances {
        NewInstances(
            names: ["tick-data-vm-0", "tick-data-vm-1"],
            machineType: "e2-highmem-2",
            sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts",
            diskGigabytes: 100,
            diskType: "pd-standard",
            subnetwork: subnetwork,
            hasExternalAddress: hasExternalAddress,
            serviceAccount: "sa@p-1.iam.gserviceaccount.com",
            labels: ["tick-kit": "0-1-0"],
            metadata: ["tick-shards": "2", "startup-script": "#!/bin/sh"],
            provisioning: provisioning,
            termination: .delete,
            maxRunSeconds: maxRunSeconds
        )
    }
}
