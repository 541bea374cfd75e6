// swift-tools-version: 6.2
import PackageDescription

/// One package, no package dependencies. A target may name only what stands below it here; docs/architecture.md says why.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// What the sandbox has in it: programs that its VMs find, and Google's descriptions of its APIs.
let sandboxFiles =
    ["apt-get", "docker", "shutdown", "systemctl"].map { "Machines/StandIns/\($0)" }
    + [
        "artifactregistry", "cloudbuild", "cloudresourcemanager", "compute", "iam", "iamcredentials", "secretmanager",
        "serviceusage", "storage",
    ].map { "Contracts/\($0).json" }

let package = Package(
    name: "market-tick-data-handler",
    targets: [
        // C: system libraries behind typed shims, and two targets of our own for what Swift has no word for.
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .target(name: "CShims"),
        .target(name: "CTicks"),

        // Ground.
        library("Text", []),
        library("Host", ["CShims"]),
        library("Transport", ["CLibcurl", "CLibcrypto", "Host", "Text"]),
        library("Parquet", ["CZstd", "CShims"]),

        // Services: one outside system or one craft each; they do not know each other.
        library("Tardis", ["Text", "Transport"]),
        library("Ticks", ["Parquet", "CISAL", "CShims", "CTicks"]),
        library("GoogleCloud", ["Host", "Text", "Transport", "CLibcrypto", "CISAL"]),
        library("Console", ["Text"]),

        // Plans, objects, heartbeats and workers as values, and every rule about them; no HTTP, clock or file, and nothing of Google's.
        library("FleetModel", ["Console", "Tardis", "Text"]),

        // Shared by the tools.
        library("Common", ["CShims", "Console", "FleetModel", "GoogleCloud", "Host", "Tardis", "Text", "Transport"]),

        // The fleet's four commands: what they decide about VMs, prices and egress, and how they say it.
        library(
            "Fleet",
            ["Common", "Console", "FleetModel", "GoogleCloud", "Host", "Tardis", "Text", "Transport"]
        ),

        // What a VM does: download a shard, convert, describe.
        library(
            "Download",
            [
                "Common", "Console", "FleetModel", "GoogleCloud", "Host", "Parquet", "Tardis", "Ticks", "Text",
                "Transport",
            ]
        ),

        // Files and folders into a bucket.
        library("Upload", ["Common", "Console", "FleetModel", "GoogleCloud", "Host", "Text", "Transport"]),

        // Local stand-ins for the outside world, for tick-sandbox and the tests.
        .target(
            name: "Sandbox",
            dependencies: ["CShims", "Host", "Text", "CLibcrypto", "CISAL"],
            resources: sandboxFiles.map { .embedInCode($0) },
            swiftSettings: settings
        ),

        // Tools.
        tool("vm-data-downloader", ["Common", "Download"]),
        tool("gcs-upload-service", ["Common", "Upload"]),
        tool("setup-iam", ["Common", "Fleet"]),
        tool("orchestrate-tick-download", ["Common", "Fleet"]),
        tool("monitor-tick-download", ["Common", "Fleet"]),
        tool("cleanup-tick-vms", ["Common", "Fleet"]),
        tool("market-tick-data-handler", ["Common", "Console", "Download", "Fleet", "Upload"]),
        tool("tick-sandbox", ["Common", "Console", "FleetModel", "Host", "Sandbox"]),

        tests("TextTests", ["Text"]),
        tests("TransportTests", ["Transport", "Sandbox"]),
        tests("ParquetTests", ["Parquet"]),
        tests("TicksTests", ["CTicks", "Ticks", "Parquet"]),
        tests("TardisTests", ["Tardis", "Transport"]),
        tests("GoogleCloudTests", ["GoogleCloud", "Transport", "Sandbox"]),
        .testTarget(
            name: "ConsoleTests",
            dependencies: ["Console", "Text"],
            exclude: ["Snapshots"],
            swiftSettings: settings
        ),
        tests(
            "DownloadTests",
            ["Common", "Console", "Download", "FleetModel", "GoogleCloud", "Sandbox", "Text", "Transport"]
        ),
        tests("FleetModelTests", ["Console", "FleetModel", "Text"]),
        tests("CommonTests", ["Common", "Console", "FleetModel", "GoogleCloud", "Host", "Text", "Transport"]),
        tests(
            "FleetTests",
            ["Common", "Console", "Fleet", "FleetModel", "GoogleCloud", "Sandbox", "Tardis", "Text", "Transport"]
        ),
        tests("UploadTests", ["Common", "Console", "FleetModel", "GoogleCloud", "Sandbox", "Text", "Upload"]),
        tests("SandboxTests", ["Host", "Sandbox", "Text"]),
    ]
)
