/// What a shown item earns by what came of it: the sum of the parts below, at most ``limit``.
///
/// Each kind of event counts once a slot, with the most that it gave.
public struct RewardDefinition: Sendable, Equatable {
    public var click = 1.0
    /// A view earns `dwell` · min(1, seconds / ``dwellSeconds``).
    public var dwell = 0.0
    public var dwellSeconds = 30.0
    /// A view with `completion` (0…1) in its context earns this share of it.
    public var completion = 0.0
    public var favorite = 0.0
    public var cart = 0.0
    public var purchase = 0.0
    public var share = 0.0
    /// What somebody hides earns this, once; usually below 0.
    public var hide = 0.0
    /// The most that a slot can earn; the least is 0, or ``hide`` where that is less.
    public var limit = 1.0

    public init() {}

    /// The parts of a slot's reward, in the order of the properties.
    typealias Parts = SIMD8<Double>

    /// The parts with this event's among them.
    func adding(_ event: Event, to parts: Parts) -> Parts {
        var parts = parts
        func earn(_ part: Int, _ amount: Double) { parts[part] = max(parts[part], amount) }
        switch event.type {
        case .click: earn(0, click)
        case .view:
            if let seconds = event.value, dwellSeconds > 0 { earn(1, dwell * min(1, seconds / dwellSeconds)) }
            if let share = event.context["completion"].flatMap(Double.init), share.isFinite {
                earn(2, completion * min(1, max(0, share)))
            }
        case .favorite: earn(3, favorite)
        case .cart: earn(4, cart)
        case .purchase: earn(5, purchase)
        case .share: earn(6, share)
        case .hide: parts[7] = hide
        case .impression, .rating, .gaze, .retract, .search, .scroll: break
        }
        return parts
    }

    func total(_ parts: Parts) -> Double { min(limit, max(min(0, hide), parts.sum())) }
}
