internal import Foundation

/// Where somebody looked on a page, or where their pointer rested, and the boxes of the items on it.
public struct GazePage: Sendable, Equatable {
    /// A look at one point, in pixels of the whole page.
    public struct Fixation: Sendable, Equatable {
        public var x, y: Double
        /// Milliseconds.
        public var duration: Double

        public init(x: Double, y: Double, duration: Double) {
            (self.x, self.y, self.duration) = (x, y, duration)
        }
    }

    /// An item's place, in pixels of the whole page.
    public struct Box: Sendable, Equatable {
        public var item: String
        public var x, y, width, height: Double

        public init(item: String, x: Double, y: Double, width: Double, height: Double) {
            (self.item, self.x, self.y, self.width, self.height) = (item, x, y, width, height)
        }

        /// Whether a point lies in it or no further than `margin` away from it, to the side and up or down.
        public func contains(_ pointX: Double, _ pointY: Double, margin: Double = 0) -> Bool {
            (x - margin...x + width + margin).contains(pointX) && (y - margin...y + height + margin).contains(pointY)
        }
    }

    public var name: String
    public var fixations: [Fixation]
    public var boxes: [Box]

    public init(name: String, fixations: [Fixation], boxes: [Box]) {
        (self.name, self.fixations, self.boxes) = (name, fixations, boxes)
    }

    /// A coarse picture of where the time went: rows of columns, each the share of all time, over the page from its left
    /// upper corner to `width` and `height`; looks beyond it count in the cell at its edge. All 0 where nothing was looked
    /// at. O(fixations).
    /// - Precondition: columns, rows, width and height are above 0.
    public func heat(columns: Int, rows: Int, width: Double, height: Double) -> [[Double]] {
        precondition(columns > 0 && rows > 0 && width > 0 && height > 0)
        var grid = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
        let sum = fixations.reduce(0) { $0 + $1.duration }
        guard sum > 0 else { return grid }
        func cell(_ place: Double, _ count: Int, _ extent: Double) -> Int {
            Int(min(max(0, place / extent * Double(count)), Double(count - 1)))
        }
        for fixation in fixations {
            grid[cell(fixation.y, rows, height)][cell(fixation.x, columns, width)] += fixation.duration / sum
        }
        return grid
    }

    /// How much each box was seen, by how long: 1 − 2^(−t / halfTime), 0 where it was not looked at.
    ///
    /// - Parameters:
    ///   - margin: what the eye sees beside the point that it looks at, in pixels.
    ///   - halfTime: after which half is seen, in milliseconds; the median look at an entry of a news feed with several
    ///     columns takes about as long (Putkonen et al., ECIR 2023).
    public func seen(margin: Double = 28, halfTime: Double = 420) -> [Float] {
        boxes.map { box in
            let time = fixations.reduce(0) { $0 + (box.contains($1.x, $1.y, margin: margin) ? $1.duration : 0) }
            return Float(1 - exp2(-time / halfTime))
        }
    }
}
