public import MarqueeRuntime

/// What share of the items shown in slates would be clicked, by the world's truth: each slate at the moment of a request
/// that was logged, everything else as it was then.
public struct ClickThrough: Sendable, Equatable {
    /// By moment: expected clicks over items shown.
    public let rates: [Double]

    public init(rates: [Double]) { self.rates = rates }

    /// The mean over moments.
    public var mean: Double { rates.isEmpty ? 0 : rates.reduce(0, +) / Double(rates.count) }
}

extension MediaLog {
    /// Judges slates, one for each of `moments`, best position first; of longer ones what the request asks for counts, and
    /// what is missing counts as not clicked. O(items).
    public func clickThrough(of slates: [[Int32]], at moments: [JudgedMoment]) -> ClickThrough {
        ClickThrough(
            rates: zip(slates, moments).map { slate, moment in
                let asked = min(moment.truth.request.slate, max(1, moment.truth.request.candidates.count))
                return world.expectedClicks(slate.prefix(asked), at: moment.truth) / Double(asked)
            })
    }

    /// Judges a ranker by the scores that it gives to the candidates of each request; of equal scores the order is drawn.
    public func clickThrough(
        at moments: [JudgedMoment], on pool: WorkerPool = .shared, scores: @Sendable (JudgedMoment) throws -> [Float]
    ) throws -> ClickThrough {
        let chunk = 8
        let parts = try pool.map((moments.count + chunk - 1) / chunk) { part in
            try Interruption.check()
            return try moments[part * chunk..<min(moments.count, (part + 1) * chunk)].map { moment in
                slate(moment.truth.request, try scores(moment))
            }
        }
        return clickThrough(of: Array(parts.joined()), at: moments)
    }

    private func slate(_ request: MediaWorld.Request, _ scores: [Float]) -> [Int32] {
        let stream = RandomStream(seed: world.config.seed, "media equal scores", request.key)
        let order = scores.indices.sorted {
            scores[$0] != scores[$1] ? scores[$0] > scores[$1] : stream[UInt64($0)] < stream[UInt64($1)]
        }
        let candidates = request.candidates
        return order.prefix(request.slate).map { candidates[$0] }
    }

    /// The first ceiling: every slate in the order of the true probabilities.
    public func ceiling(at moments: [JudgedMoment]) -> ClickThrough {
        clickThrough(of: moments.map { world.bestSlate(at: $0.truth) }, at: moments)
    }

    /// The second ceiling: every slate in the order of the probabilities that somebody would hold who knows the world's
    /// numbers and has read the log up to the request. See Documentation/MediaWorld.md for what is approximated.
    /// O(shown · 56²).
    /// - Throws: ``Interrupted``.
    public func informedCeiling(at moments: [JudgedMoment]) throws -> ClickThrough {
        var filter = InformedFilter(world)
        let attractions = try filter.attractions(self, at: moments)
        return clickThrough(
            of: zip(moments, attractions).map { slate($0.truth.request, $1.map { Float($0) }) }, at: moments)
    }

    /// What was logged at these moments.
    public func logged(at moments: [JudgedMoment]) -> ClickThrough {
        clickThrough(
            of: moments.map { Array(impressions.items[impressions.candidates(of: $0.impression)]) }, at: moments)
    }
}
