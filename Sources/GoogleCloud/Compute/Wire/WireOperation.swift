/// An operation as Compute Engine writes it.
struct WireOperation: Decodable {
    struct Failures: Decodable {
        let errors: [Failure]?
    }
    struct Failure: Decodable {
        let code: String?
        let message: String?
        let errorDetails: [Detail]?
    }
    struct Detail: Decodable {
        struct Info: Decodable {
            let metadatas: [String: String]?
        }
        struct Quota: Decodable {
            let limitName: String?
            let metricName: String?
            let limit: Double?
        }
        let errorInfo: Info?
        let quotaInfo: Quota?
    }

    let name: String
    let zone: String?
    let region: String?
    let operationType: String?
    let operationGroupId: String?
    let targetLink: String?
    let status: String?
    let error: Failures?
    let httpErrorStatusCode: Int?
    let httpErrorMessage: String?

    var model: ComputeOperation {
        let scope: ComputeOperation.Scope =
            zone.map { .zone(bareName($0)) } ?? region.map { .region(bareName($0)) } ?? .global
        var failures = (error?.errors ?? []).map(\.model)
        if failures.isEmpty, let status = httpErrorStatusCode, status >= 400 {
            // Failed without a list of errors.
            failures = [.init(code: "\(status)", message: httpErrorMessage ?? "")]
        }
        return ComputeOperation(
            name: name,
            scope: scope,
            type: operationType ?? "",
            targetLink: targetLink ?? "",
            groupID: operationGroupId,
            isDone: status == "DONE",
            failures: failures,
            httpStatus: httpErrorStatusCode
        )
    }
}

extension WireOperation.Failure {
    var model: ComputeOperation.Failure {
        let details = errorDetails ?? []
        let zones = details.lazy.compactMap { $0.errorInfo?.metadatas?["zonesAvailable"] }.first ?? ""
        return ComputeOperation.Failure(
            code: code ?? "",
            message: message ?? "",
            zonesAvailable: zones.split { $0 == "," || $0 == " " }.map { bareName(String($0)) },
            quota: details.lazy.compactMap(\.quotaInfo).first.map { quota in
                ComputeOperation.Quota(
                    limitName: quota.limitName ?? "",
                    metricName: quota.metricName ?? "",
                    limit: quota.limit ?? 0
                )
            }
        )
    }
}
