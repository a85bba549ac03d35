/// What a model learns from and what it is asked afterwards, under one pair of vocabularies.
///
/// With several behaviors, training keeps them all, and what is held out is of the target behavior.
public struct Split: Sendable {
    /// How it was made, for captions: `leave-one-out by time`.
    public var name: String
    public var train: InteractionLog
    public var validation: Holdout?
    public var test: Holdout
    /// The negatives that came with the data; nil when they are to be drawn.
    public var testNegatives: FrozenNegatives?
    /// What became of the auxiliary interactions of held-out pairs; nil where there is one behavior.
    public var auxiliary: Auxiliary?
    /// Those that the strict protocol took away.
    public var dropped: InteractionLog?
    /// Where whole users are held out, what they did before they are asked for; nil where held-out users are learned
    /// from too.
    public var given: GivenInteractions?

    public init(
        name: String, train: InteractionLog, validation: Holdout? = nil, test: Holdout,
        testNegatives: FrozenNegatives? = nil, auxiliary: Auxiliary? = nil, dropped: InteractionLog? = nil,
        given: GivenInteractions? = nil
    ) {
        self.name = name
        self.train = train
        self.validation = validation
        self.test = test
        self.testNegatives = testNegatives
        self.auxiliary = auxiliary
        self.dropped = dropped
        self.given = given
    }
}

/// Held-out interactions: for each of some users the items that count as right.
public struct Holdout: Sendable, Equatable {
    /// Ascending and distinct.
    public let users: [Int32]
    /// Where each user's targets lie in `items`: user k's are `offsets[k]..<offsets[k + 1]`.
    public let offsets: [Int]
    /// Ascending and distinct within a user.
    public let items: [Int32]
    /// How each target was rated, beside ``items``; empty where that is not known.
    public let ratings: [Float]

    /// From pairs in any order; repeated pairs count once.
    public init(pairs: some Sequence<(user: Int32, item: Int32)>) {
        let sorted = pairs.sorted { ($0.user, $0.item) < ($1.user, $1.item) }
        var users: [Int32] = []
        var offsets: [Int] = []
        var items: [Int32] = []
        for pair in sorted {
            if users.last != pair.user {
                users.append(pair.user)
                offsets.append(items.count)
            } else if items.last == pair.item {
                continue
            }
            items.append(pair.item)
        }
        offsets.append(items.count)
        self.init(users: users, offsets: offsets, items: items)
    }

    init(users: [Int32], offsets: [Int], items: [Int32], ratings: [Float] = []) {
        self.users = users
        self.offsets = offsets
        self.items = items
        self.ratings = ratings
    }

    /// The targets of the `k`-th held-out user.
    public subscript(k: Int) -> ArraySlice<Int32> { items[offsets[k]..<offsets[k + 1]] }
}

/// The negatives of a sampled protocol, the same for every model: row k belongs to the k-th user of
/// the holdout they were made for.
public struct FrozenNegatives: Sendable, Equatable {
    /// How they were made, for captions: `99 uniform unseen, seed 42` or a file's name.
    public let name: String
    public let rows: [[Int32]]

    public init(name: String, rows: [[Int32]]) {
        self.name = name
        self.rows = rows
    }
}
