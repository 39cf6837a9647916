internal import CommandSupport
internal import Glibc

/// Where libpam finds modules that are named without a path.
enum PAMModules {
    /// Directories that distributions build into libpam.
    static let folders: [String] = {
        let triplets = ["/lib", "/usr/lib"].flatMap { above in
            Folder.names(above).filter { $0.contains("-linux-") }.sorted().map { "\(above)/\($0)" }
        }
        return (["/lib", "/lib64", "/usr/lib", "/usr/lib64"] + triplets).map { "\($0)/security" }.filter {
            access($0, F_OK) == 0
        }
    }()

    /// Paths of the files that libpam may load for a name or a path.
    static func files(_ path: String) -> [String] {
        let candidates = if path.hasPrefix("/") { [path] } else { folders.map { "\($0)/\(path)" } }
        return candidates.filter { access($0, F_OK) == 0 }
    }

    /// Whether the module's file is missing; false if libpam replaces a part of its path.
    static func isMissing(_ path: String) -> Bool { !path.contains("$ISA") && files(path).isEmpty }
}
