// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-warnings-as-errors"]),
]

let strictCXX: [CXXSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-O1"])]

let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-O1"])]

// The module runs inside sshd and sudo: no Swift runtime may go with it. It is always optimized: what the optimizer
// proves away of the library's checks cannot trap there, and the tests see the code that is shipped.
let embedded: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(["-wmo", "-O", "-Xfrontend", "-function-sections", "-warnings-as-errors"]),
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
    targets: [
        .target(name: "CFrames"),
        .target(name: "CSyscalls", cSettings: strictC),
        .target(name: "CGroups", cSettings: strictC),
        .target(name: "LoginFlow", swiftSettings: strict),
        .target(name: "CHost"),
        .target(name: "PAMRelay", dependencies: ["CFrames", "CHost"], swiftSettings: embedded),
        .target(name: "Frames", dependencies: ["CFrames", "CSyscalls"], swiftSettings: strict),
        .target(
            name: "CShim", dependencies: ["PAMRelay", "CFrames", "CGroups", "CHost", "CSyscalls"], path: "CShim", publicHeadersPath: ".",
            cSettings: strictC,
            linkerSettings: [
                .linkedLibrary("pam"), .linkedLibrary("m"),
                .unsafeFlags([
                    "-enable-experimental-feature", "Embedded", "-wmo", "-use-ld=lld", "-Xlinker", "--gc-sections",
                    "-Xlinker", "--version-script=CShim/exports.map", "-Xlinker", "-z", "-Xlinker", "nodelete",
                    "-Xlinker", "-z", "-Xlinker", "now",
                ]),
            ]),
        .target(name: "OATH", dependencies: ["LoginFlow", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(
            name: "Settings", dependencies: ["LoginFlow", "CSyscalls", .product(name: "TOMLKit", package: "TOMLKit")], swiftSettings: strict
        ),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(
            name: "Accounts", dependencies: ["LoginFlow", "SQLite", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .target(name: "Recovery", dependencies: ["CCrypt", "LoginFlow"], swiftSettings: strict),
        .target(name: "AuthyWire", dependencies: ["LoginFlow", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(name: "CPhoneNumber", cxxSettings: strictCXX, linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(name: "PhoneNumbers", dependencies: ["CPhoneNumber", "LoginFlow"], swiftSettings: strict),
        .target(name: "NetFrames", dependencies: ["CFrames", "Frames", "Settings"], swiftSettings: strict),
        .target(name: "Roster", dependencies: ["AuthyWire", "LoginFlow", "OATH"], swiftSettings: strict),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "AuthyAPI", dependencies: ["CCurl", "AuthyWire", "LoginFlow"], swiftSettings: strict),
        .executableTarget(
            name: "countersign-login",
            dependencies: [
                "CFrames", "CSyscalls", "Frames", "LoginFlow", "NetFrames", "Settings", "OATH", "Accounts", "Recovery",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict, linkerSettings: [.unsafeFlags(["-static-executable"], .when(configuration: .release))]),
        .target(name: "NewFile", swiftSettings: strict),
        .executableTarget(
            name: "countersign-net", dependencies: ["CFrames", "CSyscalls", "Frames", "LoginFlow", "AuthyWire", "AuthyAPI"],
            swiftSettings: strict),
        .systemLibrary(name: "CPAM", providers: [.apt(["libpam0g-dev"])]),
        .systemLibrary(name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .target(
            name: "Usage", dependencies: ["Settings", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),
        .executableTarget(
            name: "countersign",
            dependencies: [
                "CFrames", "CGroups", "CPAM", "CSyscalls", "Frames", "LoginFlow", "NetFrames", "QRCode", "Roster", "Settings", "OATH",
                "Accounts", "AuthyWire", "NewFile", "PhoneNumbers", "Recovery", "Usage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(name: "Records", dependencies: ["LoginFlow", "SQLite"], swiftSettings: strict),
        .target(name: "Vault", dependencies: [.product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(name: "WebPush", dependencies: ["Vault", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(name: "QRCode", dependencies: ["CQRencode", "CSyscalls"], swiftSettings: strict),
        .target(name: "PhonePages", exclude: ["pages"], cSettings: strictC + [.unsafeFlags(["-Wno-c23-extensions"])]),
        .target(name: "CProgram", path: "Sources/Delivery/CProgram", cSettings: strictC),
        .target(
            name: "Delivery",
            dependencies: [
                "CCurl", "CProgram", "CSyscalls", "ServerSettings", "AuthyWire",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["CProgram"], swiftSettings: strict),
        .target(name: "ServerSettings", dependencies: ["Settings", "LoginFlow"], swiftSettings: strict),
        .target(
            name: "AuthyService",
            dependencies: [
                "AuthyWire", "LoginFlow", "OATH", "PhoneNumbers", "QRCode", "Records", "ServerSettings", "Vault", "WebPush",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "countersignd",
            dependencies: [
                "AuthyService", "AuthyWire", "CSyscalls", "Delivery", "LoginFlow", "NewFile", "PhonePages", "QRCode", "Records",
                "ServerSettings", "Settings", "Usage", "Vault", "WebPush",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(name: "PhoneNumbersTests", dependencies: ["PhoneNumbers", "LoginFlow"]),
        .testTarget(name: "RosterTests", dependencies: ["Roster", "LoginFlow", "OATH"]),
        .testTarget(
            name: "AuthyServiceTests",
            dependencies: [
                "AuthyService", "AuthyWire", "LoginFlow", "Records", "ServerSettings", "Vault",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "RecordsTests", dependencies: ["Records", "LoginFlow", "SQLite"]),
        .testTarget(name: "DeliveryTests", dependencies: ["Delivery", "ServerSettings"]),
        .testTarget(name: "ServerSettingsTests", dependencies: ["ServerSettings", "Settings"]),
        .testTarget(name: "VaultTests", dependencies: ["Vault"]),
        .testTarget(name: "WebPushTests", dependencies: ["WebPush", "Vault", .product(name: "Crypto", package: "swift-crypto")]),
        .testTarget(name: "QRCodeTests", dependencies: ["QRCode"]),
        .testTarget(name: "FramesTests", dependencies: ["CFrames", "Frames"]),
        .testTarget(name: "LoginFlowTests", dependencies: ["LoginFlow"]),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "LoginFlow"]),
        .testTarget(name: "OATHTests", dependencies: ["OATH", "LoginFlow"]),
        .testTarget(name: "AuthyWireTests", dependencies: ["AuthyWire", "LoginFlow"]),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite"]),
        .testTarget(name: "RecoveryTests", dependencies: ["Recovery", "LoginFlow"]),
        .testTarget(name: "AccountsTests", dependencies: ["Accounts", "LoginFlow", "SQLite"]),
    ]
)
