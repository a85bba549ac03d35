public import MarqueeRuntime

/// Where the eyes rested: seconds by cell of a grid over the page, decayed by half in every half-life.
///
/// `user-gaze: { entity: user, gaze-grid: { columns: 8, rows: 6, half-life: 1h } }`
public struct GazeGridFeature: StoredFeatureKind {
    public static let name = "gaze-grid"
    public static let statistic: any MergeableStatistic.Type = DecayedGrid.self

    public let columns, rows: Int
    /// In milliseconds.
    public let halfLife: Int64

    public init(columns: Int, rows: Int, halfLife: Int64) {
        self.columns = columns
        self.rows = rows
        self.halfLife = halfLife
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["columns", "rows", "half-life"])
        columns = try settings.whole("columns", in: 1...64)
        rows = try settings.whole("rows", in: 1...64)
        halfLife = try settings.duration("half-life")
    }

    public var storedSettings: [StoredSetting] {
        [
            StoredSetting("columns", .whole(Int64(columns))), StoredSetting("rows", .whole(Int64(rows))),
            StoredSetting("halfLife", .whole(halfLife)),
        ]
    }
    public var eventTypes: Set<EventType> { [.gaze] }
    public var rule: StatisticRule { .grid(halfLife: halfLife) }

    /// A gaze without a value counts as one second. The cell is row · columns + column.
    public func observation(of event: Event) -> Observation? {
        guard let (x, y) = event.gazePoint else { return nil }
        let column = min(columns - 1, Int(x * Double(columns)))
        let row = min(rows - 1, Int(y * Double(rows)))
        return Observation(
            time: event.time, amount: DecayWeight.units(event.value ?? 1), cell: Int32(row * columns + column))
    }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        var grid = [Double](repeating: 0, count: columns * rows)
        for cell in statistic?.as(DecayedGrid.self)?.cells ?? [] where grid.indices.contains(Int(cell.cell)) {
            grid[Int(cell.cell)] += DecayWeight.value(of: cell.sum, in: cell.epoch, at: time, halfLife: halfLife)
        }
        return .grid(grid)
    }
}

/// Decayed sums by epoch and cell, as ``DecayedSums`` are by epoch.
public struct DecayedGrid: MergeableStatistic {
    public static let code: UInt8 = 5
    public static let name = "grid"

    public struct Cell: Sendable, Equatable {
        public var epoch, cell: Int64
        /// In units of 2⁻¹⁶.
        public var sum: Int64

        public init(epoch: Int64, cell: Int64, sum: Int64) {
            self.epoch = epoch
            self.cell = cell
            self.sum = sum
        }
    }

    /// In the order of epochs, then of cells.
    public private(set) var cells: [Cell] = []

    public init() {}
    public init(_ cells: [Cell]) { self.cells = cells }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        let (epoch, weight) = DecayWeight.at(observation.time, halfLife: rule.span)
        let sum = DecayWeight.weigh(observation.amount, weight)
        insert(Cell(epoch: epoch, cell: Int64(observation.cell), sum: sum))
        dropOld(rule)
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for cell in other.cells { insert(cell) }
        dropOld(rule)
    }

    private mutating func insert(_ new: Cell) {
        let index = cells.lastIndex { ($0.epoch, $0.cell) <= (new.epoch, new.cell) }
        if let index, cells[index].epoch == new.epoch, cells[index].cell == new.cell {
            cells[index].sum &+= new.sum
        } else {
            cells.insert(new, at: index.map { $0 + 1 } ?? 0)
        }
    }

    private mutating func dropOld(_ rule: StatisticRule) {
        guard let newest = cells.last?.epoch else { return }
        cells.removeFirst(cells.firstIndex { $0.epoch > newest &- rule.keep } ?? 0)
    }

    public func write(to writer: inout StatisticWriter) {
        writer.append(cells) { writer, cell in
            writer.append(cell.epoch)
            writer.append(cell.cell)
            writer.append(cell.sum)
        }
    }

    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        cells = try reader.list(least: 3) { reader throws(StatisticReader.Damaged) in
            Cell(epoch: try reader.number(), cell: try reader.number(), sum: try reader.number())
        }
    }
}

extension StatisticRule {
    /// - Parameter halfLife: in milliseconds.
    public static func grid(halfLife: Int64) -> Self {
        StatisticRule(DecayedGrid.self, span: halfLife, keep: DecayWeight.epochs)
    }
}
