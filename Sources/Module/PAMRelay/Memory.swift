/// Bytes in memory that the host owns.
///
/// Reading beyond their end returns nil.
struct Bytes {
    private let start: UnsafePointer<UInt8>
    let count: Int

    /// Refers to `count` bytes from `start` on; a negative count is 0.
    init(_ start: UnsafePointer<UInt8>, count: Int) {
        self.start = start
        self.count = max(0, count)
    }

    subscript(position: Int) -> UInt8? {
        guard position >= 0, position < count else { return nil }
        return unsafe start[position]
    }

    /// Returns `count` bytes from `position` on, or nil if there are fewer.
    func part(from position: Int, count: Int) -> Bytes? {
        guard position >= 0, count >= 0, position <= self.count, count <= self.count &- position else { return nil }
        return unsafe Bytes(start + position, count: count)
    }

    /// Passes start and length to a C function that keeps no pointer, and returns its result.
    func pass(to body: (UnsafePointer<UInt8>, Int) -> CInt) -> CInt { unsafe body(start, count) }
}

/// Memory of the host that is filled from its beginning.
///
/// What does not fit is left out.
struct Buffer {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    /// Starts empty in `capacity` bytes from `start` on; a negative capacity is 0.
    init(_ start: UnsafeMutablePointer<UInt8>, capacity: Int) {
        self.start = start
        self.capacity = max(0, capacity)
    }

    var room: Int { capacity &- count }
    var bytes: Bytes { unsafe Bytes(UnsafePointer(start), count: count) }

    @discardableResult
    mutating func append(_ byte: UInt8) -> Bool {
        guard room > 0 else { return false }
        unsafe start[count] = byte
        count = count &+ 1
        return true
    }

    /// Drops everything behind the first `count` bytes.
    mutating func cut(to count: Int) {
        if count >= 0, count < self.count { self.count = count }
    }

    /// Lets a C function append bytes.
    ///
    /// - Parameter body: receives the position and the room in bytes; returns how many bytes it wrote, or a negative
    ///   error.
    /// - Returns: the result of `body`, or -1 if that exceeds the room.
    mutating func fill(_ body: (UnsafeMutablePointer<UInt8>, Int) -> CInt) -> CInt {
        let written = unsafe body(start + count, room)
        guard written >= 0 else { return written }
        guard Int(written) <= room else { return -1 }
        count = count &+ Int(written)
        return written
    }
}
