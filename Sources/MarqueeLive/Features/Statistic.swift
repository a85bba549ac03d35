/// What is stored of a feature for one entity: sufficient statistics, with their times.
///
/// Every one is a function of the set of observations, not of their order, in whole numbers: any engine
/// that has seen the same events has the same statistic, bit for bit. Decay and windows are finished when
/// the feature is read.
public enum Statistic: Sendable, Equatable {
    case count(Int64)
    /// Sums by epoch of one half-life, in units of 2⁻¹⁶, oldest first.
    case decayed([Epoch])
    /// Counts by bucket of time, oldest first.
    case window([Bucket])
    /// The latest items, each once with its latest time: newest first, items of one time by name.
    case latest([Sighting])
    /// The latest time.
    case instant(Int64)
    /// Sums by epoch and cell, ordered by them.
    case grid([Cell])

    public struct Epoch: Sendable, Equatable {
        public var epoch, sum: Int64
        public init(epoch: Int64, sum: Int64) {
            self.epoch = epoch
            self.sum = sum
        }
    }

    public struct Bucket: Sendable, Equatable {
        public var bucket, hits, trials: Int64
        public init(bucket: Int64, hits: Int64, trials: Int64) {
            self.bucket = bucket
            self.hits = hits
            self.trials = trials
        }
    }

    public struct Sighting: Sendable, Equatable {
        public var time: Int64
        public var item: String
        public init(time: Int64, item: String) {
            self.time = time
            self.item = item
        }
    }

    public struct Cell: Sendable, Equatable {
        public var epoch, cell, sum: Int64
        public init(epoch: Int64, cell: Int64, sum: Int64) {
            self.epoch = epoch
            self.cell = cell
            self.sum = sum
        }
    }
}

/// How observations become a ``Statistic``.
public enum StatisticRule: Sendable, Hashable {
    case count
    case decayed(halfLife: Int64)
    /// The newest `buckets` of `width` milliseconds.
    case window(width: Int64, buckets: Int64)
    case latest(keep: Int)
    case instant
    case grid(halfLife: Int64)

    /// The statistic of nothing observed.
    public var zero: Statistic {
        switch self {
        case .count: .count(0)
        case .decayed: .decayed([])
        case .window: .window([])
        case .latest: .latest([])
        case .instant: .instant(.min)
        case .grid: .grid([])
        }
    }
}

/// What one event says to one feature.
public struct Observation: Sendable, Equatable {
    public var time: Int64
    /// In units of 2⁻¹⁶; what is decayed and summed.
    public var amount: Int64
    /// The cell of a grid; of a window, 0 for a trial, 1 for a hit, 2 for both.
    public var slot: Int
    public var item: String

    public init(time: Int64, amount: Int64 = 1 << 16, slot: Int = 0, item: String = "") {
        self.time = time
        self.amount = amount
        self.slot = slot
        self.item = item
    }
}

extension Statistic {
    /// Takes an observation in. O(epochs, buckets or items kept).
    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        switch rule {
        case .count:
            guard case .count(let count) = self else { return }
            self = .count(count + 1)
        case .instant:
            guard case .instant(let time) = self else { return }
            self = .instant(Swift.max(time, observation.time))
        case .decayed(let halfLife):
            guard case .decayed(var epochs) = self else { return }
            self = .count(0)  // Lets go of the array, so that it is changed in place; so below.
            let (epoch, weight) = DecayWeight.at(observation.time, halfLife: halfLife)
            let sum = DecayWeight.weigh(observation.amount, weight)
            if let place = epochs.lastIndex(where: { $0.epoch <= epoch }) {
                if epochs[place].epoch == epoch {
                    epochs[place].sum = epochs[place].sum.addingSaturated(sum)
                } else {
                    epochs.insert(Epoch(epoch: epoch, sum: sum), at: place + 1)
                }
            } else {
                epochs.insert(Epoch(epoch: epoch, sum: sum), at: 0)
            }
            let oldest = epochs[epochs.count - 1].epoch - DecayWeight.epochs
            while epochs[0].epoch <= oldest { epochs.removeFirst() }
            self = .decayed(epochs)
        case .window(let width, let count):
            guard case .window(var buckets) = self else { return }
            self = .count(0)
            let bucket = observation.time.flooredQuotient(by: width).quotient
            let hit: Int64 = observation.slot >= 1 ? 1 : 0
            let trial: Int64 = observation.slot != 1 ? 1 : 0
            if let place = buckets.lastIndex(where: { $0.bucket <= bucket }) {
                if buckets[place].bucket == bucket {
                    buckets[place].hits += hit
                    buckets[place].trials += trial
                } else {
                    buckets.insert(Bucket(bucket: bucket, hits: hit, trials: trial), at: place + 1)
                }
            } else {
                buckets.insert(Bucket(bucket: bucket, hits: hit, trials: trial), at: 0)
            }
            let oldest = buckets[buckets.count - 1].bucket - count
            while buckets[0].bucket <= oldest { buckets.removeFirst() }
            self = .window(buckets)
        case .latest(let keep):
            guard case .latest(var sightings) = self else { return }
            self = .count(0)
            let new = Sighting(time: observation.time, item: observation.item)
            if sightings.count < keep || new.precedes(sightings[sightings.count - 1]) {
                Self.insert(new, into: &sightings, keep: keep)
            }
            self = .latest(sightings)
        case .grid(let halfLife):
            guard case .grid(var cells) = self else { return }
            self = .count(0)
            let (epoch, weight) = DecayWeight.at(observation.time, halfLife: halfLife)
            let sum = DecayWeight.weigh(observation.amount, weight)
            let new = Cell(epoch: epoch, cell: Int64(observation.slot), sum: sum)
            var place = cells.count
            while place > 0, (cells[place - 1].epoch, cells[place - 1].cell) > (new.epoch, new.cell) { place -= 1 }
            if place > 0, cells[place - 1].epoch == epoch, cells[place - 1].cell == new.cell {
                cells[place - 1].sum = cells[place - 1].sum.addingSaturated(sum)
            } else {
                cells.insert(new, at: place)
            }
            let oldest = cells[cells.count - 1].epoch - DecayWeight.epochs
            cells.removeFirst(cells.firstIndex { $0.epoch > oldest } ?? 0)
            self = .grid(cells)
        }
    }

    static func insert(_ new: Sighting, into sightings: inout [Sighting], keep: Int) {
        if let same = sightings.firstIndex(where: { $0.item == new.item }) {
            guard sightings[same].time < new.time else { return }
            sightings.remove(at: same)
        }
        let place = sightings.firstIndex { new.precedes($0) } ?? sightings.count
        sightings.insert(new, at: place)
        if sightings.count > keep { sightings.removeLast() }
    }
}

extension Statistic.Sighting {
    /// Newer, or at the same time the name that is first in the order of its bytes.
    func precedes(_ other: Self) -> Bool {
        time != other.time ? time > other.time : item.utf8.lexicographicallyPrecedes(other.item.utf8)
    }
}
