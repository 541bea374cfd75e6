@testable import Sandbox
import Testing
import Text

@Suite struct ContractTests {
    /// The features of other APIs' documents that Cloud Storage's does not have.
    private let validator: ContractValidator

    init() throws {
        let json = """
            {"parameters":{"fields":{"t":"string"}},"schemas":{
             "Disk":{"t":"object","m":{"name":{"t":"string","p":"[a-z]{1,3}"},"id":{"t":"string","f":"uint64","o":true},
              "sizeGb":{"t":"string","f":"int64"},"count":{"t":"integer"},"tags":{"t":"array","i":{"t":"string","e":["a","b"]}}}},
             "VM":{"t":"object","m":{"disks":{"t":"array","i":{"r":"Disk"}},"labels":{"t":"object","a":{"t":"string"}}}}},
             "methods":[
              {"id":"vm.insert","verb":"POST","paths":["/compute/v1/projects/{project}/instances"],"request":"VM",
               "parameters":{"project":{"t":"string","q":true,"l":true,"p":"(?:[a-z][-a-z0-9]{2,8})"},"requestId":{"t":"string","q":true}}},
              {"id":"policy.set","verb":"POST","paths":["/v1/{+resource}:setIamPolicy"],
               "parameters":{"resource":{"t":"string","q":true,"l":true,"p":"^projects/[^/]+$"}}}]}
            """
        validator = try ContractValidator(Array(json.utf8))
    }

    private func match(_ path: String) throws -> Contract.Match {
        guard case .found(let match) = validator.contract.lookup(method: "POST", path: path) else {
            throw SandboxError("no match for \(path)")
        }
        return match
    }

    @Test func pathsKeepSlashesPatternsAndCustomVerbs() throws {
        #expect(try match("/v1/projects/p-1:setIamPolicy").path == ["resource": "projects/p-1"])
        #expect(try match("/compute/v1/projects/abc/instances").path == ["project": "abc"])
        #expect(throws: SandboxError.self) { try match("/v1/projects/p/q:setIamPolicy") }
        #expect(throws: SandboxError.self) { try match("/v1/projects/p:getIamPolicy") }
        #expect(throws: SandboxError.self) { try match("/compute/v1/projects/Upper/instances") }
        #expect(throws: SandboxError.self) { try match("/compute/v1/projects/a%2Fb/instances") }
    }

    @Test(arguments: [
        (#"{"disks":[{"name":"a","sizeGb":"10","count":2,"tags":["a"]}],"labels":{"any":"x"}}"#, nil),
        (#"{"disks":[{"name":"abcd"}]}"#, "body.disks[0].name: abcd does not fit"),
        (#"{"disks":[{"id":"1"}]}"#, "body.disks[0].id: output-only field sent"),
        (#"{"disks":[{"sizeGb":"ten"}]}"#, "no 64-bit integer"), (#"{"disks":[{"count":"2"}]}"#, "integer expected"),
        (#"{"disks":[{"tags":["c"]}]}"#, "not one of"), (#"{"disks":{}}"#, "array expected"),
        (#"{"labels":{"a":1}}"#, "body.labels['a']: string expected"), (#"{"zone":"z"}"#, "body.zone: no such field"),
    ])
    func bodiesAreCheckedToTheLastField(text: String, problem: String?) throws {
        let match = try match("/compute/v1/projects/abc/instances")
        let problems = validator.problems(inBody: try JSONValue(parsing: text), for: match)
        if let problem {
            #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
        } else {
            #expect(problems.isEmpty)
        }
    }

    @Test(arguments: [
        ("a/b/c", "a/*", false), ("a/b", "a/*", true), ("a/b/c", "a/**", true), ("a/b/c", "**/c", true),
        ("abc", "a?c", true),
        ("a/c", "a?c", false), ("a5", "a[0-9]", true), ("ab", "a[!b]", false), ("x.csv", "*.{csv,txt}", true),
        ("x.gz", "*.{csv,txt}", false),
    ])
    func objectGlobsStopAtSlashes(text: String, pattern: String, fits: Bool) {
        #expect(Glob.matches(text, pattern: pattern, style: .objectNames) == fits)
    }
}
