internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// P(observed | user, item): how likely a user was to rate an item at all, whatever the rating.
///
/// A logistic regression on what is known of both (attributes of the user, categories and domain of the item), with or
/// without the products of the two, fitted to every pair; its form and its λ are those that are best by likelihood on a
/// tenth of the pairs, drawn once, and it is then fitted to all (Schnabel et al., ICML 2016, section 5). No rating's
/// value is looked at. O(users · items · features) a step of the fit.
public struct ObservationPropensities: Sendable {
    /// The most pairs, users times items, that it is estimated for: each is a row of the regression.
    public static let pairLimit = 4_000_000

    /// How they were found, such as `logistic regression on features, λ 20, held-out log-loss 0.2713`.
    public let description: String
    /// What they are of.
    private let observed: InteractionMatrix
    private let itemCount: Int
    /// Users × items.
    private let table: [Double]

    /// - Throws: ``ModelError/unfit(model:reason:)`` where nothing is known of users or items, or pairs are too many.
    public init(of data: TrainingSet, in context: FitContext) throws {
        func unfit(_ reason: String) -> ModelError {
            .unfit(model: "weighting: inverse-propensity", reason: reason)
        }
        let (users, items) = (Self.users(data), Self.items(data))
        guard users.count > 0, items.count > 0 else {
            throw unfit(
                "how likely a rating was is told by attributes of users and categories of items, and there are none")
        }
        guard data.userCount * data.itemCount <= Self.pairLimit else {
            throw unfit(
                "\(data.userCount.grouped) users times \(data.itemCount.grouped) items are more than "
                    + "\(Self.pairLimit.grouped) pairs; sample users first")
        }
        let estimation = Estimation(
            observed: data.interactions, users: users.active, items: items.active, userFeatures: users.count,
            itemFeatures: items.count, pool: context.pool)
        let (model, form) = try estimation.best(context)
        let share = Double(data.interactions.entryCount) / Double(data.userCount * data.itemCount)
        description =
            "logistic regression on \(form.products ? "features and their products" : "features"), "
            + "λ \(Int(form.regularization)), held-out log-loss \(String(format: "%.4f", form.loss))"
        observed = data.interactions
        itemCount = data.itemCount
        table = context.pool.map(data.userCount) { user in
            // A weight beyond a hundred times the mean would let a handful of ratings speak for all.
            (0..<data.itemCount).map { item in
                max(0.01 * share, model.probabilities(estimation.active(user, item, products: form.products))[1])
            }
        }.flatMap { $0 }
        context.progress.note("propensities: \(description)")
    }

    public subscript(user: Int32, item: Int32) -> Double { table[Int(user) * itemCount + Int(item)] }

    /// Whether they are of this data's pairs, so that they need not be estimated again.
    public func areOf(_ data: TrainingSet) -> Bool { observed == data.interactions }

    /// Each user's features: an attribute with its value is one.
    private static func users(_ data: TrainingSet) -> (active: [[Int32]], count: Int) {
        var names = Vocabulary()
        var active = [[Int32]](repeating: [], count: data.userCount)
        for (attribute, values) in data.userAttributes.sorted(by: { $0.key < $1.key }) {
            for (user, value) in values.enumerated() where !value.isEmpty {
                active[user].append(names.insert("\(attribute) \(value)"))
            }
        }
        return (active, names.count)
    }

    /// Each item's categories and domain.
    private static func items(_ data: TrainingSet) -> (active: [[Int32]], count: Int) {
        let genres = data.catalog.genres(itemCount: data.itemCount)
        return ((0..<Int32(data.itemCount)).map { Array(genres.matrix[$0]) }, genres.names.count)
    }
}

/// The choice of a regression.
private struct Estimation: Sendable {
    struct Form {
        var products: Bool
        var regularization: Double
        var loss = Double.infinity
    }

    let observed: InteractionMatrix
    /// Active features by user and by item.
    let users, items: [[Int32]]
    let userFeatures, itemFeatures: Int
    let pool: WorkerPool

    /// The features of a pair: the user's, the item's and, with `products`, each of the one with each of the other.
    func active(_ user: Int, _ item: Int, products: Bool) -> [Int32] {
        var active = users[user] + items[item].map { $0 + Int32(userFeatures) }
        if products {
            for a in users[user] {
                for b in items[item] { active.append(Int32(userFeatures + itemFeatures) + a * Int32(itemFeatures) + b) }
            }
        }
        return active
    }

    func best(_ context: FitContext) throws -> (CategoricalRegression, Form) {
        let random = RandomStream(seed: 1, "propensity validation")
        func isHeld(_ pair: Int) -> Bool { random.unit(at: UInt64(pair)) < 0.1 }
        var best = Form(products: true, regularization: 20)
        for products in [false, true] {
            let learned = rows(products) { !isHeld($0) }
            let held = rows(products, where: isHeld)
            for regularization in [20.0, 80, 320] {
                if context.isStopRequested() { throw Interrupted() }
                let model = fit(learned, products, regularization)
                var loss = 0.0
                for (active, label) in zip(held.active, held.labels) {
                    loss -= log(max(model.probabilities(active)[label], 1e-12))
                }
                loss /= Double(max(1, held.labels.count))
                if loss < best.loss { best = Form(products: products, regularization: regularization, loss: loss) }
            }
        }
        return (fit(rows(best.products) { _ in true }, best.products, best.regularization), best)
    }

    private func rows(_ products: Bool, where isTaken: (Int) -> Bool) -> (active: [[Int32]], labels: [Int]) {
        var rows: (active: [[Int32]], labels: [Int]) = ([], [])
        for user in users.indices {
            for item in items.indices where isTaken(user * items.count + item) {
                rows.active.append(active(user, item, products: products))
                rows.labels.append(observed.contains(Int32(user), Int32(item)) ? 1 : 0)
            }
        }
        return rows
    }

    private func fit(_ rows: (active: [[Int32]], labels: [Int]), _ products: Bool, _ regularization: Double)
        -> CategoricalRegression
    {
        CategoricalRegression(
            active: rows.active, labels: rows.labels,
            features: userFeatures + itemFeatures + (products ? userFeatures * itemFeatures : 0), classes: 2,
            regularization: regularization, iterations: 60, tolerance: 1e-6, pool: pool)
    }
}
