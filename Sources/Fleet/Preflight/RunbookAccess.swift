enum RunbookAccess { static let roles = ["roles/storage.objectAdmin", "roles/artifactregistry.reader", "roles/compute.instanceAdmin"] }
