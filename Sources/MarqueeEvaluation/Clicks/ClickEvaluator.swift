internal import Foundation
public import MarqueeData
public import MarqueeRuntime

/// Judges predictions of clicks on logged impressions: does what was clicked score above what was not, over all, for
/// each person and within each impression, and are the predictions probabilities?
///
///     let evaluator = try ClickEvaluator(split.test)
///     let result = try evaluator.evaluate(predictions)     // one for each candidate of the log
///     print(result.auc ?? .nan, result.gauc ?? .nan, result[Metric("NDCG@5")] ?? .nan)
///
/// The log shows only what some policy chose to show, where it chose to show it: figures compare models on the same
/// log, and say nothing of what was never shown. Positions are not corrected for.
public struct ClickEvaluator: Sendable {
    public let log: ImpressionLog
    /// What is measured within each impression with a click, then averaged.
    public let metrics: [Metric]
    public let binning: Calibration.Binning

    /// - Throws: ``EvaluationError/emptyHoldout`` when nothing was shown.
    public init(
        _ log: ImpressionLog,
        metrics: [Metric] = [
            Metric(.auc), Metric(.reciprocalRank), Metric(.ndcg, at: 5), Metric(.ndcg, at: 10),
        ],
        binning: Calibration.Binning = .equalWidth(10)
    ) throws(EvaluationError) {
        guard log.candidateCount > 0 else { throw .emptyHoldout }
        self.log = log
        self.metrics = metrics
        self.binning = binning
    }

    /// The figures of predictions, one for each row of the log's candidates; the same for any worker count.
    ///
    /// Log loss and calibration are of predictions in 0...1 alone: give probabilities to have them, any scores for the
    /// rest. O(n log n).
    /// - Throws: ``EvaluationError/notANumber(user:item:)``, with -1 for nobody known.
    /// - Precondition: as many predictions as candidates.
    public func evaluate(_ predictions: [Float], pool: WorkerPool = .shared) throws -> ClickResult {
        precondition(predictions.count == log.candidateCount, "every candidate has a prediction")
        if let row = predictions.firstIndex(where: \.isNaN) {
            let impression = log.offsets.partitionPoint { $0 > row } - 1
            throw EvaluationError.notANumber(user: log.users[impression], item: log.items[row])
        }
        let order = predictions.indices.sorted { predictions[$0] < predictions[$1] }
        let persons = gauc(predictions)
        let clicked = (0..<log.count).filter { log.candidates(of: $0).contains { log.clicked[$0] } }
        let areProbabilities = predictions.allSatisfy { (0...1).contains($0) }
        return ClickResult(
            impressions: log.count, shown: log.candidateCount, clicks: log.clicked.count { $0 },
            auc: RankedGains.auc(order, predictions, log.clicked), gauc: persons.gauc, gaucUsers: persons.users,
            logLoss: areProbabilities ? logLoss(predictions) : nil,
            calibration: areProbabilities ? Calibration(predictions, clicked: log.clicked, binning) : nil,
            dwellAUC: dwellAUC(predictions), likedAUC: likedAUC(predictions),
            metrics: metrics, impressionsWithClick: clicked, values: within(clicked, predictions, pool))
    }

    /// The figures of a model that ranks: each impression asked with the person's history and context, its candidates
    /// as shown. Users and items must be the model's own.
    /// - Throws: ``EvaluationError`` when they are not, and for a score that is not a number; `Interrupted`.
    public func evaluate(_ scorer: some HistoryScorer, pool: WorkerPool = .shared) throws -> ClickResult {
        guard scorer.itemCount >= log.itemCount else {
            throw EvaluationError.outOfRange(what: "item", index: Int32(log.itemCount - 1), count: scorer.itemCount)
        }
        let chunk = 64
        let parts = try pool.map((log.count + chunk - 1) / chunk) { part in
            try Interruption.check()
            return (part * chunk..<min((part + 1) * chunk, log.count)).flatMap { scorer.scores(log.query($0)) }
        }
        return try evaluate(Array(parts.joined()), pool: pool)
    }

    private func dwellAUC(_ predictions: [Float]) -> Double? {
        guard let quantiles = DwellQuantiles(log) else { return nil }
        let rows = log.dwell.indices.filter { log.dwell[$0] >= 0 }
        return RankedGains.auc(
            rows.map { predictions[$0] },
            isPositive: rows.map {
                quantiles.quantile(log.dwell[$0], length: log.lengths.isEmpty ? 0 : log.lengths[$0]) > 0.5
            })
    }

    private func likedAUC(_ predictions: [Float]) -> Double? {
        let rows = log.liked.indices.filter { log.liked[$0] >= 0 }
        return RankedGains.auc(rows.map { predictions[$0] }, isPositive: rows.map { log.liked[$0] == 1 })
    }

    private func logLoss(_ predictions: [Float]) -> Double {
        // A float cannot tell what is nearer to 1.
        let least = Double(Float.ulpOfOne)
        var sum = 0.0
        for (row, prediction) in predictions.enumerated() {
            let p = min(max(Double(prediction), least), 1 - least)
            sum -= log.clicked[row] ? Foundation.log(p) : Foundation.log(1 - p)
        }
        return sum / Double(predictions.count)
    }

    /// Rows by person, each person's AUC weighted by the number of items shown to them.
    private func gauc(_ predictions: [Float]) -> (gauc: Double?, users: Int) {
        var rows = [[Int]](repeating: [], count: log.userCount)
        for impression in 0..<log.count where log.users[impression] >= 0 {
            rows[Int(log.users[impression])] += log.candidates(of: impression)
        }
        var (sum, weight, users) = (0.0, 0.0, 0)
        for index in rows.indices where !rows[index].isEmpty {
            rows[index].sort { predictions[$0] < predictions[$1] }
            guard let auc = RankedGains.auc(rows[index], predictions, log.clicked) else { continue }
            sum += Double(rows[index].count) * auc
            weight += Double(rows[index].count)
            users += 1
        }
        return (weight > 0 ? sum / weight : nil, users)
    }

    /// By metric, then by impression.
    private func within(_ impressions: [Int], _ predictions: [Float], _ pool: WorkerPool) -> [[Double]] {
        let longest = impressions.lazy.map { log.candidates(of: $0).count }.max() ?? 0
        let sums = RankSums(upTo: longest)
        let chunk = 256
        let parts = pool.map((impressions.count + chunk - 1) / chunk) { part in
            var ranking = TargetRanking()
            var values: [Double] = []
            for impression in impressions[part * chunk..<min((part + 1) * chunk, impressions.count)] {
                let rows = log.candidates(of: impression)
                var targets = rows.filter { log.clicked[$0] }.map { predictions[$0] }
                // True: that every prediction is a number was seen before.
                _ = predictions.withUnsafeBufferPointer {
                    ranking.rank(&targets, among: UnsafeBufferPointer(rebasing: $0[rows]), without: [])
                }
                for metric in metrics { values.append(ranking.expectation(of: metric, sums: sums)) }
            }
            return values
        }
        var values = metrics.map { _ in [Double]() }
        for (index, value) in parts.joined().enumerated() { values[index % metrics.count].append(value) }
        return values
    }
}

extension ImpressionLog {
    /// An impression as the question that was answered with it. The user is asked for by history alone, as models of
    /// other data number users otherwise.
    public func query(_ impression: Int) -> Query {
        Query(
            history: history(of: impression), context: context(of: impression),
            candidates: Array(items[candidates(of: impression)]))
    }

    /// When and where an impression was shown.
    public func context(of impression: Int) -> RequestContext {
        RequestContext(
            time: timestamps.isEmpty ? nil : timestamps[impression], device: devices[impression],
            region: regions[impression], page: pages[impression])
    }
}

extension [Int] {
    /// The index of the first element that satisfies `isBehind`, of ascending elements; the count when none does.
    fileprivate func partitionPoint(_ isBehind: (Int) -> Bool) -> Int {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if isBehind(self[middle]) { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }
}
