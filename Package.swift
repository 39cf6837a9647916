// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-warnings-as-errors"]),
]

// The module runs inside sshd and sudo: no Swift runtime may go with it. It is always optimized: what the optimizer
// proves away of the library's checks cannot trap there, and the tests see the code that is shipped.
let embedded: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(["-wmo", "-O", "-Xfrontend", "-function-sections", "-warnings-as-errors"]),
]

let hardened = ["-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-O1"]

/// The folders of the sources.
///
/// Arrows point inward: docs/develop/targets.svg shows them, and a test checks them.
enum Wing: String {
    case module = "Module", frames = "Protocol", common = "Common", host = "Host", server = "Server"
}

/// A Swift library.
func library(_ name: String, _ wing: Wing, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(wing.rawValue)/\(name)", exclude: exclude,
        swiftSettings: strict)
}

/// A library in C; without sources of its own it is a header only.
func cLibrary(_ name: String, _ wing: Wing, exclude: [String] = [], flags: [String] = []) -> Target {
    .target(
        name: name, path: "Sources/\(wing.rawValue)/\(name)", exclude: exclude,
        cSettings: [.unsafeFlags(hardened + flags)])
}

/// The module map of a library that the system has.
func system(_ name: String, pkgConfig: String? = nil, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A program.
func program(_ name: String, _ wing: Wing, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target
{
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/\(wing.rawValue)/\(name)", swiftSettings: strict,
        linkerSettings: linker)
}

/// The tests of one target, which are in its wing's folder.
func tests(of target: String, _ wing: Wing, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(target)Tests", dependencies: [.byName(name: target)] + dependencies,
        path: "Tests/\(wing.rawValue)/\(target)Tests")
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let logging = product(name: "Logging", package: "swift-log")
}

let moduleTargets: [Target] = [
    cLibrary("CHost", .module),
    .target(
        name: "PAMRelay", dependencies: ["CFrames", "CHost"], path: "Sources/Module/PAMRelay", swiftSettings: embedded),
    .target(
        name: "CShim", dependencies: ["PAMRelay", "CFrames", "CGroups", "CHost", "CSyscalls"], path: "CShim",
        publicHeadersPath: ".", cSettings: [.unsafeFlags(hardened)],
        linkerSettings: [
            .linkedLibrary("pam"), .linkedLibrary("m"),
            .unsafeFlags([
                "-enable-experimental-feature", "Embedded", "-wmo", "-use-ld=lld", "-Xlinker", "--gc-sections",
                "-Xlinker", "--version-script=CShim/exports.map", "-Xlinker", "-z", "-Xlinker", "nodelete",
                "-Xlinker", "-z", "-Xlinker", "now",
            ]),
        ]),
]

let protocolTargets: [Target] = [
    cLibrary("CFrames", .frames),
    library("Frames", .frames, ["CFrames", "CSyscalls"]),
    library("NetProtocol", .frames, ["CFrames", "Frames", "Identifiers"]),
    tests(of: "Frames", .frames, ["CFrames"]),
    tests(of: "NetProtocol", .frames, ["CFrames", "Frames", "Identifiers"]),
]

let commonTargets: [Target] = [
    cLibrary("CSyscalls", .common),
    cLibrary("CGroups", .common),
    library("Identifiers", .common),
    library("Encoding", .common, ["Identifiers"]),
    library("SettingsFile", .common, ["Identifiers", "CSyscalls", .product(name: "TOMLKit", package: "TOMLKit")]),
    library("SQLite", .common, ["CSQLite"]),
    library("OATH", .common, ["Encoding", "Identifiers", .crypto]),
    library("QRCode", .common, ["CQRencode", "CSyscalls"]),
    library("AuthyWire", .common, ["Encoding", "Identifiers", .crypto]),
    library("HTTPTransport", .common, ["CCurl"]),
    library("PhoneNumbers", .common, ["CPhoneNumber", "Identifiers"]),
    library("NewFile", .common),
    library("CommandSupport", .common, ["CSyscalls", "Encoding", "Identifiers", "SettingsFile", .argumentParser]),
    tests(of: "Identifiers", .common),
    tests(of: "Encoding", .common),
    tests(of: "SQLite", .common),
    tests(of: "OATH", .common, ["Identifiers"]),
    tests(of: "QRCode", .common),
    tests(of: "AuthyWire", .common, ["Encoding", "Identifiers"]),
    tests(of: "HTTPTransport", .common),
    tests(of: "PhoneNumbers", .common, ["Identifiers"]),
]

let hostTargets: [Target] = [
    library("LoginPolicy", .host, ["Identifiers"]),
    library("HostSettings", .host, ["Identifiers", "LoginPolicy", "NetProtocol", "SettingsFile", "CSyscalls"]),
    library("Accounts", .host, ["Identifiers", "LoginPolicy", "SQLite", .crypto]),
    library("Recovery", .host, ["CCrypt", "Identifiers"]),
    library("Roster", .host, ["AuthyWire", "Encoding", "Identifiers", "OATH"]),
    library("AuthyAPI", .host, ["AuthyWire", "Encoding", "HTTPTransport", "Identifiers"]),
    program(
        "countersign-login", .host,
        [
            "CFrames", "CSyscalls", "Encoding", "Frames", "Identifiers", "LoginPolicy", "NetProtocol", "SettingsFile",
            "HostSettings", "OATH", "Accounts", "Recovery", .crypto,
        ],
        linker: [.unsafeFlags(["-static-executable"], .when(configuration: .release))]),
    program(
        "countersign-net", .host,
        ["CSyscalls", "Frames", "Identifiers", "NetProtocol", "AuthyWire", "AuthyAPI"]),
    program(
        "countersign", .host,
        [
            "CGroups", "CPAM", "CSyscalls", "Encoding", "Frames", "Identifiers", "LoginPolicy", "NetProtocol", "QRCode",
            "Roster",
            "SettingsFile", "HostSettings", "OATH", "Accounts", "AuthyWire", "NewFile", "PhoneNumbers", "Recovery",
            "CommandSupport",
            .argumentParser,
        ]),
    tests(of: "LoginPolicy", .host, ["Identifiers"]),
    tests(of: "HostSettings", .host, ["Identifiers", "LoginPolicy", "SettingsFile"]),
    tests(of: "Accounts", .host, ["Identifiers", "LoginPolicy", "SQLite"]),
    tests(of: "Recovery", .host, ["Identifiers"]),
    tests(of: "Roster", .host, ["Identifiers", "OATH"]),
]

let serverTargets: [Target] = [
    cLibrary("CProgram", .server),
    cLibrary("PhonePages", .server, exclude: ["pages"], flags: ["-Wno-c23-extensions"]),
    library("ServerSettings", .server, ["SettingsFile", "Identifiers"]),
    library("Records", .server, ["Identifiers", "SQLite"]),
    library("Vault", .server, ["Encoding", .crypto]),
    library("WebPush", .server, ["Encoding", .crypto]),
    library(
        "Delivery", .server, ["CProgram", "CSyscalls", "Encoding", "HTTPTransport", "ServerSettings", .crypto]),
    library(
        "AuthyService", .server,
        [
            "AuthyWire", "Encoding", "Identifiers", "OATH", "PhoneNumbers", "QRCode", "Records", "ServerSettings",
            "Vault", "WebPush", .crypto, .logging,
        ]),
    program(
        "countersignd", .server,
        [
            "AuthyService", "AuthyWire", "CSyscalls", "Delivery", "Encoding", "Identifiers", "NewFile", "PhonePages",
            "QRCode", "Records",
            "ServerSettings", "SettingsFile", "CommandSupport", "Vault", "WebPush", .argumentParser, .crypto, .logging,
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]),
    tests(
        of: "AuthyService", .server,
        ["AuthyWire", "Encoding", "Identifiers", "Records", "ServerSettings", "Vault", .crypto, .logging]),
    tests(of: "Records", .server, ["Identifiers", "SQLite"]),
    tests(of: "Delivery", .server, ["HTTPTransport", "ServerSettings"]),
    tests(of: "ServerSettings", .server, ["SettingsFile"]),
    tests(of: "Vault", .server, ["Encoding"]),
    tests(of: "WebPush", .server, ["Encoding", .crypto]),
]

let systemTargets: [Target] = [
    system("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
    system("CCrypt", package: "libcrypt-dev"),
    system("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
    system("CPAM", package: "libpam0g-dev"),
    system("CQRencode", pkgConfig: "libqrencode", package: "libqrencode-dev"),
    .target(
        name: "CPhoneNumber", path: "Sources/System/CPhoneNumber", cxxSettings: [.unsafeFlags(hardened)],
        linkerSettings: [.linkedLibrary("phonenumber")]),
]

let package = Package(
    name: "countersign",
    products: [
        .library(name: "pam_countersign", type: .dynamic, targets: ["CShim"]),
        .executable(name: "countersign-login", targets: ["countersign-login"]),
        .executable(name: "countersign-net", targets: ["countersign-net"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: moduleTargets + protocolTargets + commonTargets + hostTargets + serverTargets + systemTargets
)
