import Sandbox
import Testing
import Text

private let services = "/v1/projects/central-element-323112/services"

@Suite struct ServiceUsageTests {
    private let test: TestWorld
    private let client: ControlClient

    init() throws {
        test = try TestWorld()
        client = try test.control(test.world.serviceUsageServer)
    }

    private func names(_ json: JSONValue) -> [String] {
        (json["services"]?.array ?? []).compactMap { $0["config"]?["name"]?.string }
    }

    @Test func enablingIsAnOperation() throws {
        let secret = "\(services)/secretmanager.googleapis.com"
        #expect(try client.get(secret).json["state"] == "DISABLED")
        let started = try client.post("\(secret):enable").json
        #expect(started["done"] == nil)
        let operation = try #require(started["name"]?.string)
        #expect(try client.get("/v1/\(operation)").json["done"] == nil)
        let done = try client.get("/v1/\(operation)").json
        #expect(done["done"] == true)
        #expect(done["response"]?["service"]?["state"] == "ENABLED")
        #expect(try client.get(secret).json["state"] == "ENABLED")
        #expect(try client.post("\(secret):enable").json["name"] == "operations/noop.DONE_OPERATION")
        #expect(try client.get("/v1/operations/other").status == 404)
        #expect(test.violations.isEmpty)
    }

    @Test func listsGoByPages() throws {
        var found: [String] = []
        var token = ""
        var pages = 0
        repeat {
            let json = try client.get("\(services)?filter=state:ENABLED&pageSize=3&pageToken=\(token)").json
            found += names(json)
            token = json["nextPageToken"]?.string ?? ""
            pages += 1
        } while !token.isEmpty
        #expect(pages == 9)
        #expect(found == Set(CloudProject.preparedAPIs + CloudProject.newProjectAPIs).sorted())
        #expect(try client.get("\(services)?filter=state:MAYBE").status == 400)
        #expect(try client.get("\(services)?pageToken=nonsense").status == 400)
    }

    @Test func severalAreAskedForAndEnabledAtOnce() throws {
        let name = "projects/central-element-323112/services"
        let query = "names=\(name)/compute.googleapis.com&names=\(name)/secretmanager.googleapis.com"
        let both = try client.get("\(services):batchGet?\(query)").json
        #expect(both["services"]?.array?.map { $0["state"] } == ["ENABLED", "DISABLED"])
        let ids: JSONValue = ["secretmanager.googleapis.com", "compute.googleapis.com"]
        #expect(try client.post("\(services):batchEnable", ["serviceIds": ids]).status == 200)
        #expect(test.world.project.isEnabled("secretmanager.googleapis.com"))
        #expect(test.violations.isEmpty)
    }

    @Test func unknownServicesAreRefusedTogether() throws {
        let ids: JSONValue = ["secretmanager.googleapis.com", "typo.googleapis.com"]
        let answer = try client.post("\(services):batchEnable", ["serviceIds": ids])
        #expect(answer.status == 403)
        #expect(answer.reason == "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED")
        #expect(!test.world.project.isEnabled("secretmanager.googleapis.com"))
    }

    @Test func anotherProjectAndADeniedPermissionAreRefused() throws {
        let other = try client.post("/v1/projects/other/services/compute.googleapis.com:enable")
        #expect(other.status == 403 && other.reason == "CONSUMER_INVALID")
        test.world.project.deny("serviceusage.services.enable")
        let answer = try client.post("\(services)/secretmanager.googleapis.com:enable")
        #expect(answer.status == 403 && answer.message.contains("'serviceusage.services.enable'"))
    }

    @Test func faultsStrikeHereToo() throws {
        try test.world.faults.add("service=serviceusage nth=1 status=429 message=slow+down")
        let answer = try client.get(services)
        #expect(answer.status == 429 && answer.errorWord == "RESOURCE_EXHAUSTED" && answer.message == "slow down")
        #expect(try client.get(services).status == 200)
    }
}
