internal import CMarqueeKernels
internal import Foundation
public import MarqueeEvaluation
internal import MarqueeTensor

/// Dot products of factors: score(u, i) = p_u · q_i + b_i.
///
/// What every matrix factorization is once it is fitted. A block of users against a block of items is
/// one matrix product.
public struct FactorScorer: Scorer, Equatable {
    /// The length of a factor vector.
    public let rank: Int
    /// p, [users, rank].
    public let userFactors: [Float]
    /// q, [items, rank].
    public let itemFactors: [Float]
    /// b, by item; nil when there is none.
    public let itemBias: [Float]?
    /// 1 / |q_i|, by item; 0 for an item without factors.
    private let itemScales: [Float]

    public let userCount: Int
    public let itemCount: Int
    public var scoresTiles: Bool { true }

    /// - Precondition: the factors are whole rows of `rank`, and there is a bias for every item or none.
    public init(rank: Int, userFactors: [Float], itemFactors: [Float], itemBias: [Float]? = nil) {
        precondition(rank > 0 && userFactors.count % rank == 0 && itemFactors.count % rank == 0)
        precondition(itemBias.map { $0.count == itemFactors.count / rank } ?? true)
        self.rank = rank
        self.userFactors = userFactors
        self.itemFactors = itemFactors
        self.itemBias = itemBias
        userCount = userFactors.count / rank
        itemCount = itemFactors.count / rank
        itemScales = [Float](unsafeUninitializedCapacity: itemCount) { squares, count in
            count = itemFactors.count / rank
            guard let out = squares.baseAddress, count > 0 else { return }
            mq_dot_rows(itemFactors, itemFactors, out, count, Int32(rank))
        }.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        // Gathered, so that the product runs over dense rows.
        var rows = [Float](unsafeUninitializedCapacity: users.count * rank) { _, count in count = 0 }
        rows.reserveCapacity(users.count * rank)
        for user in users { rows.append(contentsOf: userFactors[Int(user) * rank..<(Int(user) + 1) * rank]) }
        score(rows: rows, items: items, into: &scores)
    }

    /// Writes the scores of `items` for users of these factors, [count, rank], to the front of `scores`:
    /// [count, items.count].
    func score(rows: [Float], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let count = rows.count / rank
        precondition(scores.count >= count * items.count)
        scores.withUnsafeMutableBufferPointer { scores in
            guard let out = scores.baseAddress, !items.isEmpty, count > 0 else { return }
            if let itemBias {
                itemBias.withUnsafeBufferPointer { bias in
                    for k in 0..<count {
                        (out + k * items.count).update(from: bias.baseAddress! + items.lowerBound, count: items.count)
                    }
                }
            }
            rows.withUnsafeBufferPointer { rows in
                itemFactors.withUnsafeBufferPointer { factors in
                    // Not empty: checked above.
                    BLAS.multiply(
                        m: count, n: items.count, k: rank, rows.baseAddress!,
                        factors.baseAddress! + items.lowerBound * rank, transposeB: true,
                        beta: itemBias == nil ? 0 : 1, into: out)
                }
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        precondition(user >= 0 && Int(user) < userCount)
        score(
            row: userFactors[Int(user) * rank..<(Int(user) + 1) * rank], candidates: candidates, into: &scores)
    }

    /// Writes the score of each of `candidates` for a user of these factors, [rank], to the front of `scores`.
    func score(row: ArraySlice<Float>, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= candidates.count && row.count == rank)
        precondition(candidates.allSatisfy { $0 >= 0 && Int($0) < itemCount })
        scores.withUnsafeMutableBufferPointer { scores in
            guard let out = scores.baseAddress, !candidates.isEmpty else { return }
            row.withUnsafeBufferPointer { row in
                itemFactors.withUnsafeBufferPointer { items in
                    // Not empty: there are candidates among the items, and a rank is above 0.
                    mq_row_products(
                        items.baseAddress!, rank, candidates, candidates.count, row.baseAddress!, out)
                }
            }
        }
        if let itemBias {
            for (k, item) in candidates.enumerated() { scores[k] += itemBias[Int(item)] }
        }
    }
}

extension FactorScorer: ItemSimilarity {
    public var similarityMeasure: String { "cosine of the items' factors" }

    /// Cosine of the item's factors with every item's; 0 for an item without factors. One pass over the factors.
    public func similarities(to item: Int32) -> [Float] {
        precondition(item >= 0 && Int(item) < itemCount)
        return [Float](unsafeUninitializedCapacity: itemCount) { cosines, count in
            count = itemCount
            itemFactors.withUnsafeBufferPointer { factors in
                // Not empty: the item is there.
                let (out, first) = (cosines.baseAddress!, factors.baseAddress!)
                mq_rows_by_vector(first, first + Int(item) * rank, out, itemCount, Int32(rank))
                mq_axpy(itemScales[Int(item)], out, out, itemCount, 0)
                mq_multiply(out, itemScales, out, itemCount, 0)
            }
        }
    }

    /// The same for several items, as one matrix product.
    public func similarities(to items: [Int32]) -> [[Float]] {
        precondition(items.allSatisfy { $0 >= 0 && Int($0) < itemCount })
        guard !items.isEmpty else { return [] }
        var rows: [Float] = []
        rows.reserveCapacity(items.count * rank)
        for item in items {
            for factor in itemFactors[Int(item) * rank..<(Int(item) + 1) * rank] {
                rows.append(factor * itemScales[Int(item)])
            }
        }
        var products = [Float](repeating: 0, count: items.count * itemCount)
        products.withUnsafeMutableBufferPointer { products in
            rows.withUnsafeBufferPointer { rows in
                itemFactors.withUnsafeBufferPointer { factors in
                    // Not empty: the items are there.
                    BLAS.multiply(
                        m: items.count, n: itemCount, k: rank, rows.baseAddress!, factors.baseAddress!,
                        transposeB: true,
                        into: products.baseAddress!)
                }
            }
        }
        return items.indices.map { place in
            [Float](unsafeUninitializedCapacity: itemCount) { cosines, count in
                count = itemCount
                products.withUnsafeBufferPointer { products in
                    mq_multiply(
                        products.baseAddress! + place * itemCount, itemScales, cosines.baseAddress!, itemCount, 0)
                }
            }
        }
    }

    /// Stores `users.factors`, `items.factors` and, when there is one, `items.bias`.
    public func save(to artifact: inout Artifact) {
        artifact.store(userFactors, "users.factors", shape: [userCount, rank])
        artifact.store(itemFactors, "items.factors", shape: [itemCount, rank])
        if let itemBias { artifact.store(itemBias, "items.bias", shape: [itemCount]) }
    }

    public init(from artifact: borrowing Artifact) throws {
        let users = try artifact.shape("users.factors", rank: 2)
        let items = try artifact.shape("items.factors", rank: 2)
        guard users[1] == items[1], users[1] > 0 else {
            throw ModelError.badArtifact(path: "users.factors", reason: "users' and items' factors differ in length")
        }
        self.init(
            rank: users[1], userFactors: try artifact.floats("users.factors", shape: users),
            itemFactors: try artifact.floats("items.factors", shape: items),
            itemBias: artifact.tensors["items.bias"] == nil
                ? nil : try artifact.floats("items.bias", shape: [items[0]]))
    }
}

/// A model whose scores are dot products of factors: scoring, similar items, saving and loading come
/// with it.
public protocol FactorRecommender: Recommender, ItemSimilarity {
    var factors: FactorScorer { get }
    init(config: Config, factors: FactorScorer)
}

extension FactorRecommender {
    public var userCount: Int { factors.userCount }
    public var itemCount: Int { factors.itemCount }
    public var scoresTiles: Bool { true }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        factors.score(users: users, items: items, into: &scores)
    }
    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        factors.score(user: user, candidates: candidates, into: &scores)
    }
    public var similarityMeasure: String { factors.similarityMeasure }
    public func similarities(to item: Int32) -> [Float] { factors.similarities(to: item) }
    public func similarities(to items: [Int32]) -> [[Float]] { factors.similarities(to: items) }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        self.init(config: config, factors: try FactorScorer(from: artifact))
    }
    public func save(to artifact: inout Artifact) throws { factors.save(to: &artifact) }
}
