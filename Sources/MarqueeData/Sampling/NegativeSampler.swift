internal import CMarqueeKernels
internal import MarqueeRuntime

/// Training instances: every positive with `negatives` items that its user has not touched, redrawn
/// and reshuffled each epoch, none of them kept.
///
///     let sampler = NegativeSampler(InteractionMatrix(split.train), negatives: 4, seed: 1)
///     sampler.fill(0..<512, epoch: 0, users: &users, items: &items, labels: &labels)
///
/// Instance k of epoch e is a function of (seed, e, k) alone, so that workers may fill any ranges in
/// any order and a resumed run draws what it would have drawn. Instances are shuffled one by one by a
/// ``RandomPermutation`` of positives × (1 + negatives); a negative is drawn by rejection against the
/// user's row, and picked by rank among the untouched items when 32 draws in a row were touched.
/// Two negatives of one positive may be equal.
///
/// A user who has touched every item has no negative: the positive stands in for it, with label 1
/// (points), or as both items of a pair, which then teaches nothing.
///
/// Beside the matrix it holds a few bytes an item and at most a megabyte for finding the user of a
/// positive. A sample costs O(1) expected: a row is searched from where the item would stand if the
/// user's taste were everybody's, which is mostly within one cache line, asked for ahead of time.
public struct NegativeSampler: Sendable {
    /// The sampling unit: what an epoch goes through.
    public enum SamplingUnit: String, Codable, Sendable, CaseIterable {
        /// Every positive's, once an epoch.
        case interactions
        /// A user's, drawn uniformly, and one of their positives: each user counts alike, however active.
        case users
    }

    public let matrix: InteractionMatrix
    /// Negatives for each positive.
    public let negatives: Int
    public let distribution: NegativeDistribution
    public let seed: UInt64

    /// Row in which positive `p << shift` lies; the last entry closes the table.
    private let starts: AlignedBuffer<Int32>
    private let shift: UInt32
    /// By item: the share of positives on smaller items.
    private let below: AlignedBuffer<Float>
    /// The alias table of items; nil where all are drawn alike.
    private let keep: AlignedBuffer<Float>?
    private let alias: AlignedBuffer<Int32>?
    /// The users who have positives; nil where every positive has its turn.
    private let active: AlignedBuffer<Int32>?

    /// - Parameter matrix: the positives; what it holds is never drawn as a negative.
    /// - Precondition: `negatives` ≥ 0.
    public init(
        _ matrix: InteractionMatrix, negatives: Int = 4, distribution: NegativeDistribution = .uniform,
        samplingUnit: SamplingUnit = .interactions, seed: UInt64
    ) {
        precondition(negatives >= 0)
        self.matrix = matrix
        self.negatives = negatives
        self.distribution = distribution
        self.seed = seed
        active =
            samplingUnit == .interactions
            ? nil
            : AlignedBuffer(
                (0..<Int32(matrix.rowCount)).filter { matrix.offsets[Int($0) + 1] > matrix.offsets[Int($0)] })

        var shift: UInt32 = 0
        while matrix.entryCount >> Int(shift) > 1 << 18 { shift += 1 }
        self.shift = shift
        var starts: [Int32] = []
        var row = 0
        for bucket in 0...(matrix.entryCount >> Int(shift)) + 1 {
            let positive = min(bucket << Int(shift), matrix.entryCount - 1)
            while row < matrix.rowCount - 1, matrix.offsets[row + 1] <= positive { row += 1 }
            starts.append(Int32(row))
        }
        self.starts = AlignedBuffer(starts)

        let counts = matrix.columnCounts()
        var passed = 0
        below = AlignedBuffer(
            counts.map { count in
                defer { passed += count }
                return Float(Double(passed) / Double(max(1, matrix.entryCount)))
            })
        let table: AliasTable? =
            switch distribution {
            case .uniform: nil
            case .popularity(let exponent): AliasTable(weights: counts.map { $0 == 0 ? 0 : Double($0).power(exponent) })
            }
        keep = table.map { AlignedBuffer($0.keep) }
        alias = table.map { AlignedBuffer($0.alias) }
    }

    /// Instances an epoch of ``fill(_:epoch:users:items:labels:)``: positives × (1 + negatives).
    public var count: Int { matrix.entryCount * (1 + negatives) }
    /// Instances an epoch of ``fillPairs(_:epoch:users:liked:unseen:)``: positives × negatives.
    public var pairCount: Int { matrix.entryCount * negatives }
    /// Groups an epoch of ``fillGroups(_:epoch:users:items:)``: the positives.
    public var groupCount: Int { matrix.entryCount }

    /// What is held beside the matrix.
    public var bytes: Int {
        4 * (starts.count + below.count + (active?.count ?? 0) + (keep?.count ?? 0) + (alias?.count ?? 0))
    }

    /// Writes instances `range` of an epoch to the front of the spans: a user, an item, and label 1
    /// for a positive or 0 for a negative.
    /// - Precondition: `range` lies in `0..<count`, and the spans hold at least `range.count`.
    public func fill(
        _ range: Range<Int>, epoch: Int, users: inout MutableSpan<Int32>, items: inout MutableSpan<Int32>,
        labels: inout MutableSpan<Float>
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        precondition(users.count >= range.count && items.count >= range.count && labels.count >= range.count)
        withKernel(epoch) { kernel in
            withPointers(&users, &items) { users, items in
                labels.withUnsafeMutableBufferPointer { labels in
                    mq_negatives_points(
                        kernel, Int64(range.lowerBound), Int64(range.count), users, items, labels.baseAddress)
                }
            }
        }
    }

    /// Writes triples `range` of an epoch to the front of the spans: a user, an item of theirs, and
    /// one they have not touched. Every positive comes `negatives` times.
    /// - Precondition: `range` lies in `0..<pairCount`, and the spans hold at least `range.count`.
    public func fillPairs(
        _ range: Range<Int>, epoch: Int, users: inout MutableSpan<Int32>, liked: inout MutableSpan<Int32>,
        unseen: inout MutableSpan<Int32>
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= pairCount)
        precondition(users.count >= range.count && liked.count >= range.count && unseen.count >= range.count)
        withKernel(epoch) { kernel in
            withPointers(&users, &liked) { users, liked in
                unseen.withUnsafeMutableBufferPointer { unseen in
                    mq_negatives_pairs(
                        kernel, Int64(range.lowerBound), Int64(range.count), users, liked, unseen.baseAddress)
                }
            }
        }
    }

    /// Writes groups `range` of an epoch to the front of the spans: a user a group, and 1 + negatives
    /// items a group, the positive first.
    /// - Precondition: `range` lies in `0..<groupCount`; `users` holds at least `range.count`, and
    ///   `items` (1 + negatives) times as many.
    public func fillGroups(
        _ range: Range<Int>, epoch: Int, users: inout MutableSpan<Int32>, items: inout MutableSpan<Int32>
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= groupCount)
        precondition(users.count >= range.count && items.count >= range.count * (1 + negatives))
        withKernel(epoch) { kernel in
            withPointers(&users, &items) { users, items in
                mq_negatives_groups(kernel, Int64(range.lowerBound), Int64(range.count), users, items)
            }
        }
    }

    /// The kernel's view of this sampler in an epoch; its pointers live as long as `body` runs.
    private func withKernel(_ epoch: Int, _ body: (UnsafePointer<mq_negatives>) -> Void) {
        guard matrix.entryCount > 0 else { return }
        matrix.withRows { offsets, columns in
            var kernel = mq_negatives(
                offsets: offsets, columns: columns, positives: Int64(matrix.entryCount),
                items: Int32(matrix.columnCount), starts: starts.pointer, shift: shift, below: below.pointer,
                keep: keep?.pointer, alias: alias?.pointer, negatives: Int64(negatives), active: active?.pointer,
                active_count: Int64(active?.count ?? 0),
                order_key: RandomStream(seed: seed, "instance order", epoch).key,
                draw_key: RandomStream(seed: seed, "negatives", epoch).key)
            body(&kernel)
        }
    }

    private func withPointers(
        _ users: inout MutableSpan<Int32>, _ items: inout MutableSpan<Int32>,
        _ body: (_ users: UnsafeMutablePointer<Int32>?, _ items: UnsafeMutablePointer<Int32>?) -> Void
    ) {
        users.withUnsafeMutableBufferPointer { users in
            items.withUnsafeMutableBufferPointer { items in body(users.baseAddress, items.baseAddress) }
        }
    }
}

extension InteractionMatrix {
    /// Its compressed rows, as the kernels read them.
    fileprivate func withRows(_ body: (_ offsets: UnsafePointer<Int64>?, _ columns: UnsafePointer<Int32>?) -> Void) {
        offsets.withUnsafeBufferPointer { offsets in
            columns.withUnsafeBufferPointer { columns in
                offsets.withMemoryRebound(to: Int64.self) { body($0.baseAddress, columns.baseAddress) }
            }
        }
    }
}
