extension QRCode {
    /// A complete SVG image, dark on white whatever the background.
    ///
    /// - Parameter scale: pixels for each module, clamped to 1 to 100.
    /// - Returns: the text of the image.
    public func svg(scale: Int) -> String {
        let side = width + 2 * Self.margin
        let pixels = side * min(max(scale, 1), 100)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(pixels)" height="\(pixels)" viewBox="0 0 \(side) \(side)" \
            shape-rendering="crispEdges"><rect width="\(side)" height="\(side)" fill="#fff"/>\
            <path d="\(path)" fill="#000"/></svg>
            """
    }

    /// One bar for each run of dark modules in a row.
    private var path: String {
        (0..<width).reduce(into: "") { path, y in
            var x = 0
            while x < width {
                let end = (x..<width).first { isLight($0, y) } ?? width
                if end > x { path += "M\(x + Self.margin) \(y + Self.margin)h\(end - x)v1H\(x + Self.margin)z" }
                x = max(end, x + 1)
            }
        }
    }
}
