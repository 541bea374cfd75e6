import Sandbox
import Testing
import Text

/// A stand-in of Compute Engine on a port of its own.
final class ComputeWorld {
    static let zone = "/compute/v1/projects/p-1/zones/asia-northeast1-a"
    static let project = "/compute/v1/projects/p-1"

    let service: ComputeService
    let recorder = Recorder()
    let server: SandboxServer
    let client: TestClient

    init(options: ComputeOptions) throws {
        service = ComputeService(options)
        server = try SandboxServer(service: service, recorder: recorder)
        client = try TestClient(server)
    }

    convenience init(_ faults: [String] = [], _ adjust: (inout ComputeOptions) throws -> Void = { _ in }) throws {
        var options = ComputeOptions(project: "p-1", number: 77)
        options.faults = try faults.map(ComputeFault.init(parsing:))
        try adjust(&options)
        try self.init(options: options)
    }

    deinit {
        service.stop()
        server.stop()
    }

    func get(_ path: String, in place: String = zone) throws -> Answer { try client.call("GET", place + path) }

    func post(_ path: String, _ body: JSONValue?, in place: String = zone) throws -> Answer {
        if let body { return try client.call("POST", place + path, json: body) }
        return try client.call("POST", place + path, body: [])
    }

    /// Waits for an operation that an answer holds; its last document.
    func done(_ answer: Answer, in place: String = zone) throws -> JSONValue {
        #expect(answer.status == 200, "\(answer.text)")
        let name = try #require(answer.json["name"]?.string)
        return try post("/operations/\(name)/wait", nil, in: place).json
    }

    /// Makes VMs by bulkInsert and waits for them.
    @discardableResult
    func bulk(_ names: [String], _ changes: [(String, JSONValue)] = [], in place: String = zone) throws -> JSONValue {
        try done(try post("/instances/bulkInsert", Self.bulkBody(names, changes), in: place), in: place)
    }

    static func bulkBody(_ names: [String], _ changes: [(String, JSONValue)] = []) -> JSONValue {
        var properties = vm.object ?? [:]
        properties["machineType"] = "e2-highmem-2"
        for (name, value) in changes { properties[name] = value }
        var each = JSONObject()
        for name in names { each[name] = [:] }
        return [
            "count": .string(String(names.count)), "perInstanceProperties": .object(each),
            "instanceProperties": .object(properties),
        ]
    }

    /// The body of an insert with some fields changed.
    static func body(_ name: String, _ changes: [(String, JSONValue)] = []) -> JSONValue {
        var body = vm.object ?? [:]
        body["name"] = .string(name)
        for (name, value) in changes { body[name] = value }
        return .object(body)
    }

    static let vm: JSONValue = [
        "machineType": "zones/asia-northeast1-a/machineTypes/e2-highmem-2",
        "disks": [
            [
                "boot": true, "autoDelete": true,
                "initializeParams": [
                    "sourceImage": "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts", "diskSizeGb": "100",
                ],
            ]
        ], "networkInterfaces": [["network": "global/networks/default"]],
        "labels": ["tick-kit": "1-0-0", "tick-run": "r1"],
        "metadata": ["items": [["key": "tick-shards", "value": "3"]]],
        "scheduling": [
            "provisioningModel": "SPOT", "preemptible": true, "automaticRestart": false,
            "onHostMaintenance": "TERMINATE", "instanceTerminationAction": "DELETE",
            "maxRunDuration": ["seconds": "86400"],
        ],
        "serviceAccounts": [
            [
                "email": "sa@p-1.iam.gserviceaccount.com",
                "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
            ]
        ],
    ]

    /// The names of a list's or an aggregated list's VMs.
    static func names(_ json: JSONValue) -> [String] {
        let places = json["items"]?.object?.members.flatMap { $0.value["instances"]?.array ?? [] }
        return (json["items"]?.array ?? places ?? []).compactMap { $0["name"]?.string }
    }
}
