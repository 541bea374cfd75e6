import Glibc
import Testing

/// Runs `setup-build.sh` with stand-ins for swift, dpkg-query, apt-get and sudo in a folder of its own.
struct SetupBuildTests {
    private struct Result {
        let status: Int32
        let printed: String
        let calls: String
    }

    /// `installed` is what dpkg knows, `failures` how often apt-get fails before it works, `swift` what `swift --version` says.
    private func setup(
        _ arguments: String = "",
        installed: [String],
        failures: Int = 0,
        swift: String = "Swift version 6.3.1 (x)"
    ) throws -> Result {
        var template = Array("/tmp/setup-build-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        let script = """
            cd '\(folder)' && mkdir bin
            printf '#!/bin/sh\\necho "\(swift)"\\n' > bin/swift
            printf '#!/bin/sh\\ncase " \(installed.joined(separator: " ")) " in *" $4 "*) printf installed;; *) exit 1;; esac\\n' > bin/dpkg-query
            cat > bin/apt-get <<'STUB'
            #!/bin/sh
            echo "$DEBIAN_FRONTEND $*" >> '\(folder)/calls'
            [ "$(grep -c . '\(folder)/calls')" -gt \(failures) ] || { echo "mirror is down"; exit 100; }
            STUB
            printf '#!/bin/sh\\nexec "$@"\\n' > bin/sudo
            chmod +x bin/*
            touch calls
            export HOME='\(folder)' SETUP_BUILD_PAUSE=0
            # The toolchains of this machine must not count.
            sed 's#/opt/swift#/nowhere#g; s#/usr/libexec/swift#/nowhere#g' '\(projectFolder)/orchestration/setup-build.sh' > setup
            PATH='\(folder)/bin':/usr/bin:/bin bash setup \(arguments) > printed 2>&1
            echo "$?"; echo ---; cat printed; echo ---; cat calls
            rm -rf '\(folder)'
            """
        let quoted = script.replacing("'", with: "'\\''")
        let pipe = try #require(popen("bash -c '\(quoted)'", "r"))
        var bytes: [UInt8] = []
        while case let byte = getc(pipe), byte != EOF { bytes.append(UInt8(byte)) }
        #expect(pclose(pipe) == 0)
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "---\n", omittingEmptySubsequences: false)
        try #require(parts.count == 3)
        let status = try #require(Int32(parts[0].prefix { $0 != "\n" }))
        return Result(status: status, printed: String(parts[1]), calls: String(parts[2]))
    }

    private let needed = ["libcurl4-openssl-dev", "libssl-dev", "libzstd-dev", "libisal-dev", "pkg-config", "curl"]

    @Test func nothingHappensWhenNothingIsMissing() throws {
        let result = try setup(installed: needed)
        #expect(result.status == 0)
        #expect(result.printed == "")
        #expect(result.calls == "")
    }

    @Test func onlyWhatIsMissingIsInstalled() throws {
        let result = try setup("--tests", installed: needed.filter { $0 != "libisal-dev" })
        #expect(result.status == 0)
        #expect(result.printed == "setup-build: installing libisal-dev python3-venv shellcheck debootstrap\n")
        let options = "noninteractive -qq -o DPkg::Lock::Timeout=120"
        #expect(
            result.calls == """
                \(options) update
                \(options) install -y --no-install-recommends libisal-dev python3-venv shellcheck debootstrap

                """
        )
    }

    @Test func aMirrorThatFailsTwiceIsTriedAgain() throws {
        let result = try setup(installed: [], failures: 2)
        #expect(result.status == 0)
        #expect(result.calls.split(separator: "\n").count == 4)
        #expect(!result.printed.contains("mirror is down"))
    }

    @Test func aMirrorThatStaysDownIsShown() throws {
        let result = try setup(installed: [], failures: 99)
        #expect(result.status == 1)
        #expect(result.calls.split(separator: "\n").count == 3)
        #expect(result.printed.hasSuffix("setup-build: apt-get update failed three times:\nmirror is down\n"))
    }

    @Test func wrongArgumentsAreNamed() throws {
        let result = try setup("--tset", installed: needed)
        #expect(result.status == 2)
        #expect(result.printed == "setup-build: unknown argument --tset; see setup-build.sh --help\n")
    }

    @Test func anOldSwiftIsNotEnough() throws {
        let result = try setup(installed: needed, swift: "Swift version 6.1 (x)")
        #expect(result.status == 1)
        #expect(result.printed.contains("Swift 6.2 or newer is needed"))
        #expect(result.printed.contains("/bin/swift is 6.1"))
        #expect(result.printed.contains("https://www.swift.org/install"))
    }
}
