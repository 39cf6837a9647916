internal import CCurl
internal import Glibc

/// Runs several transfers at once on one thread: libcurl's multi handle (libcurl-multi(3)).
///
/// `@unchecked Sendable`: other threads only wake it, which libcurl allows.
public final class TransferLoop: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]

    /// Sets up libcurl; nil if it has no handle left.
    ///
    /// - Parameter idleConnections: how many connections are kept for later requests.
    public init?(idleConnections: Int) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
    }

    deinit {
        for easy in running.keys { curl_multi_remove_handle(multi, easy) }
        curl_multi_cleanup(multi)
    }

    /// Begins a transfer; false if libcurl refuses it.
    public func add(_ transfer: Transfer) -> Bool {
        guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else { return false }
        running[transfer.easy] = transfer
        return true
    }

    /// Ends a transfer, and with HTTP/1.1 its connection.
    public func remove(_ transfer: Transfer) {
        guard running.removeValue(forKey: transfer.easy) != nil else { return }
        curl_multi_remove_handle(multi, transfer.easy)
    }

    /// Advances all transfers.
    ///
    /// - Returns: those that ended, with their results; nil if libcurl failed.
    public func perform() -> [(transfer: Transfer, result: TransferResult)]? {
        var count: CInt = 0
        guard curl_multi_perform(multi, &count) == CURLM_OK else { return nil }
        var ended: [(transfer: Transfer, result: TransferResult)] = []
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = running[easy]
            else { continue }
            ended.append((transfer, transfer.result(ccurl_result(message))))
            remove(transfer)
        }
        return ended
    }

    /// Waits until there is work, the loop is woken, the descriptor is readable, or the time is over.
    ///
    /// - Parameters:
    ///   - milliseconds: how long to wait.
    ///   - descriptor: a descriptor to watch, or -1.
    /// - Returns: whether the descriptor is readable; nil if libcurl failed.
    public func wait(milliseconds: CInt, watching descriptor: CInt) -> Bool? {
        var watched = curl_waitfd(fd: descriptor, events: CShort(CURL_WAIT_POLLIN), revents: 0)
        guard curl_multi_poll(multi, &watched, 1, milliseconds, nil) == CURLM_OK else { return nil }
        return watched.revents != 0
    }

    /// Waits until there is work, the loop is woken, or the time is over.
    public func wait(milliseconds: CInt) {
        // Without the pause, a failure makes the thread spin.
        if curl_multi_poll(multi, nil, 0, milliseconds, nil) != CURLM_OK { usleep(100_000) }
    }

    /// Ends the wait of the thread that runs the loop.
    public func wake() { curl_multi_wakeup(multi) }
}
