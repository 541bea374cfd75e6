import Host
import Common
import Console
import GoogleCloud

/// What the costs of VMs are reckoned by.
struct CostSettings {
    private let tool: ToolRun

    init(_ tool: ToolRun) {
        self.tool = tool
    }

    /// Reads the settings and the price table. Throws `UsageError`.
    func read() throws -> (CostReport.Shape, PriceTable) {
        let arguments = tool.arguments
        let size = try arguments.required(SharedOptions.diskSize.name)
        guard let gigabytes = UnitParsing.gigabytes(size) else {
            throw arguments.error("--disk-size \(size) is no size such as 100GB")
        }
        let shape = CostReport.Shape(
            machineType: try arguments.required(SharedOptions.machineType.name),
            diskGigabytes: gigabytes,
            diskType: try arguments.required(SharedOptions.diskType.name),
            isPreemptible: arguments.flag(SharedOptions.preemptible.name),
            region: ComputeRegion.name(ofZone: try arguments.required(SharedOptions.zone.name))
        )
        return (shape, try prices())
    }

    private func prices() throws -> PriceTable {
        let named = tool.arguments.string("prices").map(tool.context.absolute)
        guard let path = named ?? SettingsSources.orchestrationFile("prices.csv", tool.context) else {
            throw tool.arguments.error("orchestration/prices.csv was not found: give --prices or set ORCHESTRATION_DIR")
        }
        do {
            let text = try tool.context.files.text(path)
            return try PriceTable(text, name: path.split(separator: "/").last.map(String.init) ?? path)
        } catch let error as FileError {
            throw tool.arguments.error("--prices: \(error)")
        }
    }
}
