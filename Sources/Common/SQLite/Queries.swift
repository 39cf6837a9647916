internal import CSQLite

extension Connection {
    /// Runs any number of statements without parameters.
    ///
    /// - Parameter sql: the statements.
    /// - Throws: `SQLiteError` of the first statement that fails.
    public func execute(_ sql: String) throws {
        trace?(sql)
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement to its end.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    /// - Returns: the number of rows inserted, changed or deleted, also by triggers and foreign keys.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values.
    @discardableResult
    public func run(_ sql: String, _ values: (any Bindable)?...) throws -> Int { try run(sql, values: values) }

    /// Runs one statement to its end, with the values in an array.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    /// - Returns: the number of rows inserted, changed or deleted, also by triggers and foreign keys.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values.
    @discardableResult
    public func run(_ sql: String, values: [(any Bindable)?]) throws -> Int {
        let before = unsafe sqlite3_total_changes64(handle)
        let answer = try Row(self, sql, values)
        while try answer.step() {}
        return Int(unsafe sqlite3_total_changes64(handle) - before)
    }

    /// The first row of a result.
    ///
    /// A statement that writes has done all of it by then.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    ///   - read: makes the result of the row.
    /// - Returns: nil if there is no row.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values, and the error of `read`.
    public func first<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> T? {
        try first(sql, values: values, read: read)
    }

    /// The first row of a result, with the values in an array.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    ///   - read: makes the result of the row.
    /// - Returns: nil if there is no row.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values, and the error of `read`.
    public func first<T>(_ sql: String, values: [(any Bindable)?], read: (Row) throws -> T) throws -> T? {
        let row = try Row(self, sql, values)
        guard try row.step() else { return nil }
        return try read(row)
    }

    /// All rows of a result.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    ///   - read: makes an element of each row.
    /// - Returns: the elements in the order of the rows.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values, and the error of `read`.
    public func all<T>(_ sql: String, _ values: (any Bindable)?..., read: (Row) throws -> T) throws -> [T] {
        try all(sql, values: values, read: read)
    }

    /// All rows of a result, with the values in an array.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - values: the values of its parameters, in order.
    ///   - read: makes an element of each row.
    /// - Returns: the elements in the order of the rows.
    /// - Throws: `SQLiteError` if the statement fails or takes another number of values, and the error of `read`.
    public func all<T>(_ sql: String, values: [(any Bindable)?], read: (Row) throws -> T) throws -> [T] {
        let row = try Row(self, sql, values)
        var rows: [T] = []
        while try row.step() { rows.append(try read(row)) }
        return rows
    }
}
