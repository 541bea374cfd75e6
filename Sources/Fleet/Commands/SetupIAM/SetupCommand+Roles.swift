import Common
import Console
import GoogleCloud

extension SetupCommand {
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
            if let there = try await policyIfEnabled(resource, place, orNone: isPlanned) {
                before = there
            } else {
                // It will be enabled before the roles are written.
                before = IAMPolicy()
                addRolesAPI(&report)
            }
        } else {
            let change = try await explained(place, "\(permissions(place)).setIamPolicy") {
                try await withRolesAPI(&report) { try await resource.updatePolicy { $0.adding(grants, for: member) } }
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
        let wide = RequiredRoles.roles.filter { policy.grants($0, to: member) }
        if settings.isNarrow, !wide.isEmpty {
            report.warnings.append(
                .init(
                    message: "the account still has roles on the whole project; take them away with setup-iam --remove",
                    key: "roles",
                    value: wide.joined(separator: ", ")
                )
            )
        }
    }

    /// Shows how the roles stand, and takes them away.
    func removeRoles(_ place: RoleGrant.Place, _ grants: [RoleGrant], _ report: inout SetupReport) async throws {
        let resource = try resource(place)
        // Where there is no bucket, repository or secret any more, nobody has a role on it.
        let before = try await policy(resource, place, orNone: place != .project)
        let present = grants.filter { $0.standing(in: before, for: member) == .present }
        if !isPlan, !present.isEmpty {
            try await explained(place, "\(permissions(place)).setIamPolicy") {
                try await resource.updatePolicy { $0.removing(present, for: member) }
            }
            note("roles removed", present.map(\.role).joined(separator: ", "), on: resource.name)
        }
        for grant in grants {
            let standing = grant.standing(in: before, for: member)
            report.items.append(item(grant, resource, standing, change: standing == .present ? .removed : .none))
        }
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

    /// Nil for the project's where the API is off that tells it.
    private func policyIfEnabled(
        _ resource: IAMResource,
        _ place: RoleGrant.Place,
        orNone: Bool
    ) async throws -> IAMPolicy? {
        guard place == .project else { return try await policy(resource, place, orNone: orNone) }
        do {
            return try await resource.policy()
        } catch let error as GoogleAPIError where error.kind == .apiDisabled {
            return nil
        } catch {
            throw AccessError.explaining(error, about: place, needs: "\(permissions(place)).getIamPolicy")
        }
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
