import MarqueeData
import MarqueeEvaluation
import Testing

/// Lists that other tools made, judged as models are.
@Suite struct RankedListsTests {
    /// Ten items; user 0 has touched item 9 in training.
    private let seen = InteractionMatrix(
        rowCount: 3, columnCount: 10, offsets: [0, 1, 1, 1], columns: [9], values: [1])
    private let holdout = Holdout(pairs: [(user: 0, item: 1), (user: 1, item: 4), (user: 2, item: 5)])

    private func evaluate(_ lists: [Int32: [RankedLists.Entry]], _ candidates: CandidateProtocol = .full) throws
        -> EvaluationResult
    {
        let metrics = try ["HR@1", "HR@2", "HR@10", "NDCG@10", "MRR", "Recall@10", "AUC"].map { try Metric($0) }
        return try Evaluator(holdout: holdout, candidates: candidates, seen: seen, metrics: metrics).evaluate(
            RankedLists(userCount: 3, itemCount: 10, lists: lists))
    }

    @Test func whatIsNotInTheListIsNotFoundWhateverTheCutOff() throws {
        let result = try evaluate([
            0: [.init(item: 9, place: 1), .init(item: 1, place: 2)],  // What was touched takes no place.
            1: [.init(item: 3, place: 1), .init(item: 4, place: 2)],
            2: [.init(item: 0, place: 1)],
        ])
        func value(_ text: String) throws -> [Double] { try #require(result[perUser: Metric(text)]) }
        #expect(try value("HR@1") == [1, 0, 0] && value("HR@2") == [1, 1, 0])
        #expect(try value("HR@10") == [1, 1, 0] && value("Recall@10") == [1, 1, 0])
        #expect(try value("MRR") == [1, 0.5, 0] && value("NDCG@10")[2] == 0)
        #expect(try value("AUC")[2] == 0)
        let none = try evaluate([:])
        #expect(none.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }

    @Test func tiesCountAsTheMeanOverTheirOrdersAndCandidatesAlone() throws {
        let lists: [Int32: [RankedLists.Entry]] = [
            0: [.init(item: 1, place: 1), .init(item: 2, place: 1)],
            1: [.init(item: 8, place: 1), .init(item: 4, place: 2)],
        ]
        #expect(try evaluate(lists)[perUser: Metric("HR@1")] == [0.5, 0, 0])
        let negatives = FrozenNegatives(name: "given", rows: [[2], [3], [6]])
        #expect(try evaluate(lists, .sampled(negatives))[perUser: Metric("HR@1")] == [0.5, 1, 0])
    }

    @Test func aSampleOfTheValidationIsTheSameForEqualSeedsAndKeepsTargetsAndNegatives() throws {
        let holdout = Holdout(pairs: (0..<50).map { (user: Int32($0), item: Int32($0 % 7)) })
        let seen = InteractionMatrix(rowCount: 50, columnCount: 7)
        let whole = Validation(
            holdout: holdout, candidates: .sampled(FrozenNegatives(name: "n", rows: (0..<50).map { [Int32($0 % 5)] })),
            seen: seen, metric: Metric(.ndcg, at: 10), every: 3)
        let part = whole.sampling(10, seed: 1)
        #expect(part.holdout.users.count == 10 && part.every == 3 && part.heldOut == 50)
        #expect(
            part.holdout == whole.sampling(10, seed: 1).holdout && part.holdout != whole.sampling(10, seed: 2).holdout)
        guard case .sampled(let negatives) = part.candidates else {
            Issue.record("negatives are kept")
            return
        }
        for (k, user) in part.holdout.users.enumerated() {
            #expect(Array(part.holdout[k]) == [user % 7] && negatives.rows[k] == [user % 5])
        }
        // More users give the fewer ones and others.
        #expect(Set(part.holdout.users).isSubset(of: whole.sampling(20, seed: 1).holdout.users))
        #expect(whole.sampling(50, seed: 1).holdout == holdout)
        #expect(
            "\(part)" == "NDCG@10 for 10 of 50 users, every 3 epochs"
                && "\(whole)" == "NDCG@10 for 50 users, every 3 epochs")
    }
}
