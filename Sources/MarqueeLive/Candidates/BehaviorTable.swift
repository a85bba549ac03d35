/// What a model calls the types of events: its behaviors are named by the data that it was fitted to.
///
/// | event | behavior, the first that the model knows |
/// |---|---|
/// | click | click, view, read, watch, play |
/// | view | view, read, watch, play, click |
/// | favorite | favorite, fav, collect, like, star |
/// | cart | cart, add-to-cart, basket |
/// | purchase | purchase, buy, order |
/// | rating | rating, rate |
/// | share | share, forward |
/// | impression, gaze, hide, retract, search, scroll | none: they are no part of a history |
///
/// An event for which the model has none of its words counts as the behavior that it predicts.
struct BehaviorTable: Sendable {
    private let behaviors: [EventType: UInt8]
    private let target: UInt8

    static let names: [EventType: [String]] = [
        .click: ["click", "view", "read", "watch", "play"],
        .view: ["view", "read", "watch", "play", "click"],
        .favorite: ["favorite", "fav", "collect", "like", "star"],
        .cart: ["cart", "add-to-cart", "basket"],
        .purchase: ["purchase", "buy", "order"],
        .rating: ["rating", "rate"],
        .share: ["share", "forward"],
    ]

    /// - Parameters:
    ///   - behaviorNames: the model's, by index; compared without regard to case.
    ///   - target: the behavior that it predicts.
    init(_ behaviorNames: [String], target: UInt8) {
        let known = behaviorNames.map { $0.lowercased() }
        behaviors = Self.names.compactMapValues { names in
            names.lazy.compactMap { known.firstIndex(of: $0) }.first.map { UInt8($0) }
        }
        self.target = target
    }

    /// The behavior, as the model's index, that an event counts as.
    subscript(type: EventType) -> UInt8 { behaviors[type] ?? target }
}
