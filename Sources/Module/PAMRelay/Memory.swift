/// Bytes in somebody else's memory. Nothing beyond their end is read.
struct Bytes {
    private let start: UnsafePointer<UInt8>
    let count: Int

    /// - Parameter count: none if negative.
    init(_ start: UnsafePointer<UInt8>, count: Int) {
        self.start = start
        self.count = count < 0 ? 0 : count
    }

    subscript(position: Int) -> UInt8? {
        guard position >= 0, position < count else { return nil }
        return unsafe start[position]
    }

    /// `count` bytes from `position` on, or nil where there are not so many.
    func part(from position: Int, count: Int) -> Bytes? {
        guard position >= 0, count >= 0, position <= self.count, count <= self.count &- position else { return nil }
        return unsafe Bytes(start + position, count: count)
    }

    /// Hands them to C, which keeps no pointer.
    func pass(to body: (UnsafePointer<UInt8>, Int) -> CInt) -> CInt { unsafe body(start, count) }
}

/// Memory of the host's that is filled from its beginning. What does not fit any more is not taken.
struct Buffer {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    /// - Parameter capacity: none if negative.
    init(_ start: UnsafeMutablePointer<UInt8>, capacity: Int) {
        self.start = start
        self.capacity = capacity < 0 ? 0 : capacity
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

    /// Forgets what stands behind the first `count` bytes.
    mutating func cut(to count: Int) {
        if count >= 0, count < self.count { self.count = count }
    }

    /// Lets C write behind what is there.
    /// - Parameter body: is given the place and how much fits; returns how much it wrote, or an error below 0.
    /// - Returns: what it returned, or -1 where that is more than there was room for.
    mutating func fill(_ body: (UnsafeMutablePointer<UInt8>, Int) -> CInt) -> CInt {
        let written = unsafe body(start + count, room)
        guard written >= 0 else { return written }
        guard Int(written) <= room else { return -1 }
        count = count &+ Int(written)
        return written
    }
}
