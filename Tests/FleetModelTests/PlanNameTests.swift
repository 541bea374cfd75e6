@testable import FleetModel
import Testing

struct PlanNameTests {
    @Test(arguments: ["plan.json", "plan.0a1b2c3d.json"])
    func plansNamesComeBack(text: String) throws {
        let name = try #require(PlanName(text))
        #expect(name.description == text)
        #expect(name.object(try date("2023-05-23")) == "_runs/2023-05-23/\(text)")
        #expect((name == .standard) == (text == "plan.json"))
    }

    @Test func theStandardPlanIsTheDatesPlan() throws {
        let day = try date("2025-10-20")
        #expect(PlanName.standard.object(day) == ObjectLayout.name(.plan(day, .standard)))
    }

    @Test(arguments: [
        "", "plan", "plan.", ".json", "plan..json", "plan.json.json.json", "plan.a/b.json", "plan.a b.json",
        "plan.é.json", "plan.x.json", "plan.20230523-060-0a1b2c3d.json", "plan.0A1B2C3D.json",
        "Plan.json", "plan.x.JSON", "../plan.json", "plan.x.json ", "plans.x.json",
    ])
    func otherTextsAreNoNames(text: String) {
        #expect(PlanName(text) == nil)
    }
}
