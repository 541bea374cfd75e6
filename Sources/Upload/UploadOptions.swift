public import Common
import Console
import Transport

/// `gcs-upload-service`.
public let uploadTool = Tool(uploadCommand) { run in try await UploadCommand(run).execute() }

/// The command line of `gcs-upload-service`.
let uploadCommand = CommandSpec(
    name: "gcs-upload-service",
    summary: "upload files or folders to a bucket, complete and checked",
    discussion: """
        A file becomes PREFIX/NAME; of a folder, what is in it goes below PREFIX under the same relative names. What is there \
        with the same size and CRC-32C is skipped, so the same command goes on where an earlier one ended.

        Links to files are followed, links to folders within a folder are not. An object that somebody else writes in the \
        meantime is not overwritten; that file fails. A file that fails does not stop the others.
        """,
    options: [
        .value(
            "max-workers",
            short: "j",
            "N",
            help: "Files under way at a time; each holds about 16 MiB of memory.",
            environment: "MAX_CONCURRENT_REQUESTS",
            defaultValue: "16",
            check: .integer(1...256)
        ),
        StandardOptions.dryRun,
        SharedOptions.credentials, SharedOptions.insecureEndpoints,
        StandardOptions.output,
        StandardOptions.progress,
    ],
    arguments: [
        ArgumentSpec(
            "PATH",
            help: "Files and folders, and behind them the target: gs://BUCKET[/PREFIX] or a folder.",
            arity: .some
        )
    ],
    examples: [
        .init("gcs-upload-service data/ gs://market-data-tick", "Uploads what is in data."),
        .init("gcs-upload-service --dry-run *.parquet gs://market-data-tick/extra", "Shows what would be uploaded."),
    ],
    environment: [
        EnvironmentSpec("STORAGE_EMULATOR_HOST", help: "The address of a Cloud Storage emulator, such as tick-sandbox.")
    ]
)
