internal import Glibc

/// Names in a directory.
package enum Folder {
    /// Lists a directory.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - hidden: whether names that begin with a dot count; `.` and `..` never do.
    /// - Returns: the names in no order; none if the directory cannot be read.
    package static func names(_ path: String, hidden: Bool = false) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let isListed = if hidden { name != "." && name != ".." } else { !name.hasPrefix(".") }
            if isListed { names.append(name) }
        }
        return names
    }
}
