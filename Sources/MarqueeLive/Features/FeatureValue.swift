internal import Foundation

/// A feature as it is read: decay and windows finished.
public enum FeatureValue: Sendable, Equatable {
    case number(Double)
    /// Newest first.
    case items([Statistic.Sighting])
    /// Row by row from the top left, `columns × rows` numbers.
    case grid([Double])
    /// Nothing is known: a ratio without trials or prior, the time since what never happened.
    case unknown

    /// As one number, for models that take numbers; nil for lists, grids and what is unknown.
    public var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    public var items: [Statistic.Sighting] {
        if case .items(let items) = self { items } else { [] }
    }
}

extension FeatureDefinition {
    /// What a statistic says at a time (milliseconds since 1970).
    ///
    /// - count: n. - decayed: Σ sum_e · 2^(e − time/h). - windowed count and ratio: over the `buckets`
    /// that end with the one of `time`. - time since: seconds, not below 0.
    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        switch (kind, statistic) {
        case (.count, .count(let count)?): return .number(Double(count))
        case (.count, _): return .number(0)
        case (.decayedCount(_, let halfLife), .decayed(let epochs)?),
            (.decayedSum(_, let halfLife), .decayed(let epochs)?):
            return .number(epochs.reduce(0) { $0 + Self.decayed($1.sum, $1.epoch, halfLife, at: time) })
        case (.decayedCount, _), (.decayedSum, _): return .number(0)
        case (.windowedCount(_, let width, let buckets), let statistic):
            return .number(Double(Self.window(statistic, width, buckets, at: time).hits))
        case (.ratio(_, _, let width, let buckets, let prior, let strength), let statistic):
            let (hits, trials) = Self.window(statistic, width, buckets, at: time)
            let denominator = Double(trials) + strength
            return denominator > 0 ? .number((Double(hits) + prior * strength) / denominator) : .unknown
        case (.last, .latest(let sightings)?): return .items(sightings)
        case (.last, _), (.friends, _): return .items([])
        case (.timeSince, .instant(let last)?): return .number(Double(max(0, time - last)) / 1000)
        case (.timeSince, _): return .unknown
        case (.gazeGrid(let columns, let rows, let halfLife), let statistic):
            var grid = [Double](repeating: 0, count: columns * rows)
            if case .grid(let cells)? = statistic {
                for cell in cells where grid.indices.contains(Int(cell.cell)) {
                    grid[Int(cell.cell)] += Self.decayed(cell.sum, cell.epoch, halfLife, at: time)
                }
            }
            return .grid(grid)
        }
    }

    /// `sum · 2^(epoch − time / halfLife)`, the whole epochs apart so that the exponent keeps its digits.
    private static func decayed(_ sum: Int64, _ epoch: Int64, _ halfLife: Int64, at time: Int64) -> Double {
        let (now, rest) = time.flooredQuotient(by: halfLife)
        return Double(sum) / 65_536 * exp2(Double(epoch - now) - Double(rest) / Double(halfLife))
    }

    private static func window(_ statistic: Statistic?, _ width: Int64, _ buckets: Int64, at time: Int64) -> (
        hits: Int64, trials: Int64
    ) {
        guard case .window(let found)? = statistic else { return (0, 0) }
        let newest = time.flooredQuotient(by: width).quotient
        var hits: Int64 = 0
        var trials: Int64 = 0
        for bucket in found where bucket.bucket <= newest && bucket.bucket > newest - buckets {
            hits += bucket.hits
            trials += bucket.trials
        }
        return (hits, trials)
    }
}
