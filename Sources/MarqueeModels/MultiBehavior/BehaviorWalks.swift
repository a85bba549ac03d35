internal import CMarqueeKernels
internal import Foundation
internal import MarqueeData

/// What a multi-behavior graph says of a user and an item, as numbers for a network to weigh.
///
/// A walk (b, c) goes from a user to an item by behavior b, to another user of it by b, and to an item of
/// theirs by c, every choice being as likely; b and c are behaviors, or any behavior. Of each pair are known:
///
/// - for every walk, log(0.1 + items · probability of ending at the item);
/// - by behavior, log(1 + its users) of the item, never less than one of an auxiliary behavior; by auxiliary behavior, the log of the share of its users
///   who went on to the target;
/// - by behavior, log(1 + its items) of the user;
/// - by auxiliary behavior, whether the user did it to the item;
/// - where patterns are known, of the target's graph and of all behaviors as one, what they say of the user and the
///   item (``GraphSpectrum``);
/// - where items are numbered by arrival, when the item came; by auxiliary behavior and of what was touched without
///   the target, how much later it came than the user's newest, and log(1 + the user's items that came after it). Not
///   of the target's: who learns from the newest of those would take that choice for a rule.
///
/// Walks never come back to the user they left, so that what a user did to an item counts once, as that. An
/// interaction can therefore be hidden exactly: ``evidence(of:hiding:)`` tells what would be known if it had
/// not happened, at the cost of asking, with no graph to be built anew (patterns are then those of other users,
/// ``CrossFittedSpectrum``). A learner sees training interactions as it will see those to come.
///
/// All walks are taken at once: outwards to other users, once a user, and back from each item that is asked
/// for to its users, so that few items cost little. Cooper et al., "Random
/// walks in recommender systems" (WWW 2014 companion), have the walk for one behavior.
struct BehaviorWalks: Sendable {
    /// An interaction taken out of the graph: of the target behavior, and of the others where `auxiliary`.
    struct Hidden {
        var item: Int32
        var auxiliary: Bool
    }

    /// Users × items a behavior.
    let behaviors: [InteractionMatrix]
    let target: Int
    /// When items came, where that is known.
    let order: ArrivalOrder?
    /// Where patterns are asked for: those of the target's graph and, where there are several behaviors, of all as one.
    let spectra: [CrossFittedSpectrum]
    let featureCount: Int
    private let byUser, byItem: Side
    /// What is known of an item alone: [items, behaviors + auxiliary].
    private let itemFeatures: [Float]

    static let behaviorLimit = 7

    /// - Precondition: at least one behavior and at most ``behaviorLimit``, all of one shape.
    init(
        _ behaviors: [InteractionMatrix], target: Int, order: ArrivalOrder? = nil, spectra: [CrossFittedSpectrum] = []
    ) {
        precondition(1...Self.behaviorLimit ~= behaviors.count && behaviors.indices.contains(target))
        self.behaviors = behaviors
        self.target = target
        self.order = order
        self.spectra = spectra
        byUser = Side(behaviors)
        byItem = Side(behaviors.map { $0.transposed() })
        featureCount =
            byUser.graphs * byUser.graphs + 2 * behaviors.count + 2 * (behaviors.count - 1)
            + spectra.count * GraphSpectrum.featureCount
            + (order == nil ? 0 : behaviors.count == 1 ? 1 : 1 + 2 * behaviors.count)
        let counts = behaviors.map { $0.columnSums() }
        itemFeatures = (0..<behaviors[0].columnCount).flatMap { item in
            Self.itemFeatures(counts.map { $0[item] }, target: target)
        }
    }

    var userCount: Int { behaviors[0].rowCount }
    var itemCount: Int { behaviors[0].columnCount }

    /// Counts of auxiliary behaviors (of the only one, where there is one) are at least 1. A catalog is often
    /// made of interactions, so that an item of which nothing is left must be one that was held out: that
    /// would be learned from positives hidden, and would be told of the test.
    /// - Parameter users: how many did each behavior to the item.
    private static func itemFeatures(_ users: [Float], target: Int) -> [Float] {
        let users = users.enumerated().map { $0.offset == target && users.count > 1 ? $0.element : max(1, $0.element) }
        return users.map { log1p($0) }
            + users.indices.filter { $0 != target }.map { log((users[target] + 1) / (users[$0] + 5)) }
    }

    /// Where walks from a user stand when they have come to another user, and what the user did himself.
    struct Evidence {
        /// Whose interaction is hidden.
        fileprivate let user: Int32
        fileprivate let hidden: Hidden?
        /// [users, graphs rounded up to quads]: probabilities.
        fileprivate let weights: [Float]
        /// By item, bit b where the user did b to it.
        fileprivate let touched: [UInt8]
        /// By behavior, log(1 + the user's items).
        fileprivate let activity: [Float]
        /// By auxiliary behavior, then of what was touched without the target.
        fileprivate var arrivals: [ArrivalOrder.Touches] = []
        fileprivate var views: [GraphSpectrum.View] = []
    }

    /// O(edges within two steps).
    func evidence(of user: Int32, hiding hidden: Hidden? = nil) -> Evidence {
        evidence(row: user, of: byUser, counted: nil, user: user, hidden: hidden)
    }

    /// The same of somebody who did other things, or was not among the users: as another user, or in the place of
    /// `user`. How many did what to an item stays as it was.
    /// - Parameter rows: by behavior, one row: the items that it was done to.
    func evidence(ofRows rows: [InteractionMatrix], as user: Int32?) -> Evidence {
        let own = Side(rows)
        var known: [Int32: UInt8] = [:]
        if let user {
            for edge in byUser.offsets[Int(user)]..<byUser.offsets[Int(user) + 1] {
                known[byUser.columns[edge]] = byUser.masks[edge]
            }
        }
        return evidence(row: 0, of: own, counted: own.columns.map { known[$0] ?? 0 }, user: user ?? -1, hidden: nil)
    }

    private func evidence(row index: Int32, of side: Side, counted: [UInt8]?, user: Int32, hidden: Hidden?) -> Evidence
    {
        let hiddenMask = hidden.map { $0.auxiliary ? .max : UInt8(1) << UInt8(target) } ?? 0
        var weights = [Float](repeating: 0, count: userCount * byUser.width)
        side.withKernel { users in
            byItem.withKernel { items in
                if let counted {
                    mq_walk_to_users(users, items, index, counted, user, hidden?.item ?? -1, hiddenMask, &weights)
                } else {
                    mq_walk_to_users(users, items, index, nil, user, hidden?.item ?? -1, hiddenMask, &weights)
                }
            }
        }
        var touched = [UInt8](repeating: 0, count: itemCount)
        let edges = side.offsets[Int(index)]..<side.offsets[Int(index) + 1]
        for edge in edges {
            let item = side.columns[edge]
            touched[Int(item)] = side.masks[edge] & ~(item == hidden?.item ? hiddenMask : 0)
        }
        var evidence = Evidence(
            user: user, hidden: hidden, weights: weights, touched: touched,
            activity: behaviors.indices.map {
                log1p(side.degree(index, $0) - (hides($0, of: user, hidden) ? 1 : 0))
            })
        let row = side.columns[edges]
        let kinds = [UInt8(1) << UInt8(target), UInt8((1 << behaviors.count) - 1)]
        evidence.views = zip(spectra, kinds).map { spectrum, kinds in
            (hidden == nil ? spectrum.whole : spectrum.withoutFold(of: user))
                .view(ofUserWith: row.filter { touched[Int($0)] & kinds != 0 })
        }
        if let order, behaviors.count > 1 {
            let targetMask = UInt8(1) << UInt8(target)
            let masks = behaviors.indices.filter { $0 != target }.map { UInt8(1) << UInt8($0) }
            let auxiliary = masks.reduce(0, |)
            let groups =
                masks.map { mask in row.filter { touched[Int($0)] & mask != 0 } }
                + [row.filter { touched[Int($0)] & targetMask == 0 && touched[Int($0)] & auxiliary != 0 }]
            evidence.arrivals = groups.map { ArrivalOrder.Touches($0, in: order) }
        }
        return evidence
    }

    /// Writes the features of the user and each of `items`, row-major: [items, ``featureCount``], from `row` on.
    /// O(edges of the items).
    func write(_ evidence: Evidence, items: [Int32], into features: inout MutableSpan<Float>, at row: Int) {
        let (width, walkCount) = (featureCount, byUser.graphs * byUser.graphs)
        let viewsPlace = walkCount + 2 * behaviors.count + 2 * (behaviors.count - 1)
        features.withUnsafeMutableBufferPointer { features in
            guard let out = features.baseAddress else { return }
            byUser.withKernel { users in
                byItem.withKernel {
                    mq_walk_to_items(
                        users, $0, evidence.weights, items, items.count, Float(itemCount), 0.1, out + row * width, width
                    )
                }
            }
            for (k, view) in evidence.views.enumerated() {
                view.write(
                    items: items, to: out + row * width + viewsPlace + k * GraphSpectrum.featureCount, stride: width)
            }
        }
        let known = 2 * behaviors.count - 1
        for (k, item) in items.enumerated() {
            var place = (row + k) * width + walkCount
            if item == evidence.hidden?.item {
                for value in hiddenItemFeatures(evidence) {
                    features[place] = value
                    place += 1
                }
            } else {
                for value in itemFeatures[Int(item) * known..<(Int(item) + 1) * known] {
                    features[place] = value
                    place += 1
                }
            }
            for value in evidence.activity {
                features[place] = value
                place += 1
            }
            for behavior in behaviors.indices where behavior != target {
                features[place] = Float(evidence.touched[Int(item)] >> UInt8(behavior) & 1)
                place += 1
            }
            guard let order else { continue }
            place += spectra.count * GraphSpectrum.featureCount
            features[place] = order[item]
            for (k, touches) in evidence.arrivals.enumerated() {
                (features[place + 1 + 2 * k], features[place + 2 + 2 * k]) = touches.position(of: order[item])
            }
        }
    }

    /// What the user touched with another behavior and not with the target's, ascending.
    func touchedOnly(_ user: Int32) -> [Int32] {
        (byUser.offsets[Int(user)]..<byUser.offsets[Int(user) + 1]).compactMap { edge in
            byUser.masks[edge] >> UInt8(target) & 1 == 0 ? byUser.columns[edge] : nil
        }
    }

    private func hiddenItemFeatures(_ evidence: Evidence) -> [Float] {
        guard let hidden = evidence.hidden else { return [] }
        let users = behaviors.indices.map { behavior in
            byItem.degree(hidden.item, behavior) - (hides(behavior, of: evidence.user, hidden) ? 1 : 0)
        }
        return Self.itemFeatures(users, target: target)
    }

    /// Whether hiding takes an interaction of this behavior away.
    private func hides(_ behavior: Int, of user: Int32, _ hidden: Hidden?) -> Bool {
        guard let hidden, behavior == target || hidden.auxiliary else { return false }
        return behaviors[behavior].contains(user, hidden.item)
    }
}

extension BehaviorWalks {
    /// All behaviors as one graph, seen from one side: what kinds an edge is of, a bit a kind. The last kind is
    /// "any", where there are several behaviors.
    private struct Side: Sendable {
        let graphs: Int
        /// Floats a row: graphs, to the next whole quad.
        let width: Int
        let offsets: [Int]
        let columns: [Int32]
        let masks: [UInt8]
        /// [rows, width].
        let degrees, inverses: [Float]

        init(_ behaviors: [InteractionMatrix]) {
            graphs = behaviors.count > 1 ? behaviors.count + 1 : 1
            width = (graphs + 3) / 4 * 4
            let any = UInt8(1) << UInt8(graphs - 1)
            // Powers of two add up without carry: the sum of a pair's values is its mask.
            let union = behaviors.enumerated().dropFirst().reduce(behaviors[0]) {
                $0.adding($1.element, weight: Float(1 << $1.offset))
            }
            offsets = union.offsets
            columns = union.columns
            masks = union.values.map { UInt8($0) | any }
            var degrees = [Float](repeating: 0, count: union.rowCount * width)
            for row in 0..<union.rowCount {
                for edge in offsets[row]..<offsets[row + 1] {
                    for graph in 0..<graphs { degrees[row * width + graph] += Float(masks[edge] >> UInt8(graph) & 1) }
                }
            }
            self.degrees = degrees
            inverses = degrees.map { $0 > 0 ? 1 / $0 : 0 }
        }

        func degree(_ row: Int32, _ graph: Int) -> Float { degrees[Int(row) * width + graph] }

        func withKernel(_ body: (UnsafePointer<mq_walk_side>) -> Void) {
            offsets.withUnsafeBufferPointer { offsets in
                columns.withUnsafeBufferPointer { columns in
                    masks.withUnsafeBufferPointer { masks in
                        degrees.withUnsafeBufferPointer { degrees in
                            inverses.withUnsafeBufferPointer { inverses in
                                var side = mq_walk_side(
                                    offsets: offsets.baseAddress, columns: columns.baseAddress,
                                    masks: masks.baseAddress,
                                    degrees: degrees.baseAddress, inverses: inverses.baseAddress, graphs: Int32(graphs),
                                    quads: Int32(width / 4))
                                body(&side)
                            }
                        }
                    }
                }
            }
        }
    }
}
