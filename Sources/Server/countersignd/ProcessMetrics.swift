internal import Encoding
internal import Glibc

/// The metrics of a process by the names that Prometheus' own libraries use, from /proc (proc(5)).
enum ProcessMetrics {
    static func write(to page: inout PrometheusText) {
        if let usage = Self.usage() { write(usage, to: &page) }
        let open = count(of: "/proc/self/fd")
        if open > 0 {
            page.add("process_open_fds", .gauge, help: "Number of open file descriptors.", value: open)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            page.add(
                "process_max_fds", .gauge, help: "Maximum number of open file descriptors.",
                value: Int64(clamping: limit.rlim_cur))
        }
    }

    private struct ProcessUsage {
        let cpuTicks, startTicks, virtualBytes, residentPages: Int64
    }

    private static func write(_ usage: ProcessUsage, to page: inout PrometheusText) {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        page.add(
            "process_cpu_seconds_total", .counter, help: "Total user and system CPU time spent in seconds.",
            samples: [.init(seconds: Double(usage.cpuTicks) / ticks)])
        page.add(
            "process_virtual_memory_bytes", .gauge, help: "Virtual memory size in bytes.", value: usage.virtualBytes)
        page.add(
            "process_resident_memory_bytes", .gauge, help: "Resident memory size in bytes.",
            value: usage.residentPages * Int64(sysconf(Int32(_SC_PAGESIZE))))
        if let booted = bootTime() {
            page.add(
                "process_start_time_seconds", .gauge, help: "Start time of the process since unix epoch in seconds.",
                samples: [.init(seconds: Double(booted) + Double(usage.startTicks) / ticks)])
        }
    }

    /// The fields of /proc/self/stat; the name in parentheses before them may hold anything.
    private static func usage() -> ProcessUsage? {
        guard let text = text(of: "/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The first is field 3 of proc_pid_stat(5).
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace).map { Int64($0) ?? 0 }
        guard fields.count > 21 else { return nil }
        return ProcessUsage(
            cpuTicks: fields[11] + fields[12], startTicks: fields[19], virtualBytes: fields[20],
            residentPages: fields[21])
    }

    private static func bootTime() -> Int64? {
        text(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Int64($0.dropFirst(6)) }
    }

    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the number of entries in a directory; 0 if it cannot be read.
    private static func count(of path: String) -> Int64 {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count: Int64 = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the descriptor of the folder itself.
        return max(0, count - 3)
    }
}
