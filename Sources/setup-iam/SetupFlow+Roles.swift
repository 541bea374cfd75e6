import Common
import Console
import Fleet
import GoogleCloud

extension SetupFlow {
    /// The grants by their place, in the places' order.
    func places(_ grants: [RoleGrant]) -> [(RoleGrant.Place, [RoleGrant])] {
        RoleGrant.Place.allCases.map { place in (place, grants.filter { $0.place == place }) }
            .filter { !$0.1.isEmpty }
    }

    private func resource(_ place: RoleGrant.Place) throws -> IAMResource {
        switch (place, settings.repository, settings.secret) {
        case (.bucket, _, _): try connection.bucket(settings.bucket).iam
        case (.repository, let repository?, _): images.iam(repository)
        case (.secret, _, let secret?): secrets.iam(secret)
        default: projects.iam(settings.project)
        }
    }

    func roles(_ place: RoleGrant.Place, _ grants: [RoleGrant], _ report: inout SetupReport) async throws {
        let resource = try resource(place)
        let before: IAMPolicy
        if isPlan {
            // A bucket or repository that is still to be made has no policy yet.
            let isPlanned =
                place == .bucket ? settings.createsBucket : place == .repository && settings.createsRepository
            before = try await policy(resource, place, orNone: isPlanned)
        } else {
            let change = try await explained(place, "\(permissions(place)).setIamPolicy") {
                try await resource.updatePolicy { $0.adding(grants, for: member) }
            }
            before = change.before
            let added = grants.filter { $0.standing(in: before, for: member) != .present }.map(\.role)
            if change.isWritten { note("roles added", added.joined(separator: ", "), on: resource.name) }
        }
        for grant in grants {
            let standing = grant.standing(in: before, for: member)
            report.items.append(item(grant, resource, standing, change: standing == .present ? .none : .added))
        }
        guard place == .project else { return }
        addForeign(before, grants, resource, &report)
    }

    /// Other roles that the account has on the project: shown, and left alone.
    private func addForeign(
        _ policy: IAMPolicy,
        _ grants: [RoleGrant],
        _ resource: IAMResource,
        _ report: inout SetupReport
    ) {
        for binding in policy.bindings(of: member)
        where !grants.contains(where: { $0.role == binding.role && $0.condition == binding.condition }) {
            let place = resource.name + (binding.condition.map { ", under condition '\($0.title)'" } ?? "")
            report.items.append(
                SetupItem(
                    kind: .role,
                    name: binding.role,
                    place: place,
                    before: "there",
                    change: .none,
                    isForeign: true
                )
            )
        }
        let wide = RunbookAccess.roles.filter { policy.grants($0, to: member) }
        if settings.isNarrow, !wide.isEmpty {
            run.logger.warning(
                "the account still has roles on the whole project; take them away with setup-iam --remove",
                ["roles": .string(wide.joined(separator: ", "))]
            )
        }
    }

    /// Takes the roles away; false when the person says no.
    func remove(_ report: inout SetupReport) async throws -> Bool {
        let grants = settings.grants + (settings.secret == nil ? [] : [RunbookAccess.secretReader])
        for (place, grants) in places(grants) {
            let resource = try resource(place)
            let policy = try await policy(resource, place, orNone: place != .project)
            for grant in grants {
                let standing = grant.standing(in: policy, for: member)
                report.items.append(item(grant, resource, standing, change: standing == .present ? .removed : .none))
            }
        }
        let count = report.items.count { $0.change == .removed }
        guard !isPlan, count > 0 else { return true }
        let question = "Take \(count == 1 ? "1 role" : "\(count) roles") from \(settings.serviceAccount)?"
        if !settings.isYes, run.context.terminal.stderrIsTerminal {
            run.context.messages.write(report.plan.render(width: nil))
        }
        guard try run.confirm(question, isYes: settings.isYes) else {
            run.logger.info("nothing was changed")
            return false
        }
        for (place, grants) in places(grants) {
            let resource = try resource(place)
            guard report.items.contains(where: { $0.change == .removed && $0.place == resource.name }) else { continue }
            try await explained(place, "\(permissions(place)).setIamPolicy") {
                try await resource.updatePolicy { $0.removing(grants, for: member) }
            }
            note("roles removed", grants.map(\.role).joined(separator: ", "), on: resource.name)
        }
        return true
    }

    private func item(
        _ grant: RoleGrant,
        _ resource: IAMResource,
        _ standing: RoleGrant.Standing,
        change: SetupItem.Change
    ) -> SetupItem {
        let before =
            switch standing {
            case .present: "there"
            case .missing: "missing"
            case .conditional(let titles): "only under '\(titles.joined(separator: "', '"))'"
            }
        return SetupItem(kind: .role, name: grant.role, place: resource.name, before: before, change: change)
    }

    private func policy(_ resource: IAMResource, _ place: RoleGrant.Place, orNone: Bool) async throws -> IAMPolicy {
        do {
            return try await resource.policy()
        } catch let error as GoogleAPIError where orNone && [.notFound, .apiDisabled].contains(error.kind) {
            return IAMPolicy()
        } catch let error as StorageError where orNone && error.kind == .bucketMissing {
            return IAMPolicy()
        } catch {
            throw AccessError.explaining(error, about: place, needs: "\(permissions(place)).getIamPolicy")
        }
    }
}
