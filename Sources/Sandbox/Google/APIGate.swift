/// Lets requests through to Compute Engine's stand-in while the project has the API enabled.
struct APIGate: SandboxService {
    let service: ComputeService
    let project: CloudProject

    var name: String { service.name }

    func refusal(
        status: Int,
        message: String,
        reason: String?,
        code: Int?,
        retryAfterSeconds: Int?
    ) -> ServedResponse {
        service.refusal(
            status: status,
            message: message,
            reason: reason,
            code: code,
            retryAfterSeconds: retryAfterSeconds
        )
    }

    func respond(to exchange: Exchange) throws -> ServedResponse {
        guard service.isAuthorized(exchange.request.headers["Authorization"]), !project.isEnabled(Self.api) else {
            return try service.respond(to: exchange)
        }
        return service.refusal(
            status: 403,
            message: CloudProject.disabledMessage("Compute Engine API", Self.api, number: project.number),
            reason: "accessNotConfigured",
            code: nil,
            retryAfterSeconds: nil
        )
    }

    private static let api = "compute.googleapis.com"
}
