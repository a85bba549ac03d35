import MarqueeData
import MarqueeRuntime
import Testing

@Suite("k-fold cross-validation")
struct KFoldTests {
    @Test(
        "The folds partition the log: every pair is tested once, and learned from in all other folds",
        arguments: [2, 5, 7], [RatioSplit.Scope.all, .user])
    func partition(folds: Int, per: RatioSplit.Scope) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let data = thorny(seed: seed)
            let splitters = Splitter.kFold(KFold(folds: folds, validation: 0.2, per: per)).folds
            #expect(splitters.count == folds)
            var tested: [Pair: Int] = [:]
            var sizes: [Int] = []
            for splitter in splitters {
                let split = try splitter.split(data, seed: seed).split
                for pair in split.test.pairs { tested[pair, default: 0] += 1 }
                sizes.append(split.test.items.count)
                let validation = split.validation?.pairs ?? []
                #expect(!validation.isEmpty && validation.isDisjoint(with: split.test.pairs))
                #expect(split.train.pairs.isDisjoint(with: split.test.pairs.union(validation)))
                #expect(split.train.pairs.union(split.test.pairs).union(validation) == data.log.pairs)
            }
            #expect(Set(tested.keys) == data.log.pairs && tested.values.allSatisfy { $0 == 1 })
            if per == .all { #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1) }
        }
    }

    @Test("Of each user's items the folds get as many, up to one")
    func perUser() throws {
        let data = thorny(seed: 4)
        var counts: [Int32: [Int]] = [:]
        let splitters = Splitter.kFold(KFold(folds: 3, per: .user)).folds
        for (fold, splitter) in splitters.enumerated() {
            let test = try splitter.split(data, seed: 1).split.test
            for (k, user) in test.users.enumerated() {
                counts[user, default: [0, 0, 0]][fold] += test[k].count
            }
        }
        #expect(counts.values.allSatisfy { ($0.max() ?? 0) - ($0.min() ?? 0) <= 1 })
    }

    @Test("Another seed draws other folds; a fold by itself is the same as in its turn")
    func seeds() throws {
        let data = thorny(seed: 1)
        let second = Splitter.kFold(KFold(folds: 4, fold: 2))
        let test = try second.split(data, seed: 1).split.test
        #expect(second.folds == [second])
        #expect(try Splitter.kFold(KFold(folds: 4)).folds[1].split(data, seed: 1).split.test == test)
        #expect(try second.split(data, seed: 2).split.test != test)
    }

    @Test("YAML reads and writes it, and what cannot be is named")
    func yaml() throws {
        func read(_ text: String) throws -> Splitter {
            try ConfigDocument(yaml: text, file: "split").decode(Splitter.self)
        }
        #expect(try read("k-fold") == .kFold(KFold()))
        #expect(try read("{ k-fold: { folds: 10, per: user } }") == .kFold(KFold(folds: 10, per: .user)))
        for (text, reason) in [
            ("{ k-fold: { folds: 1 } }", "at least 2"), ("{ k-fold: { folds: 3, fold: 4 } }", "no fold 4"),
            ("{ k-fold: { validation: 1 } }", "must be a share"), ("{ k-fold: { fols: 3 } }", "'folds'"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try read(text) }
            #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
        }
        let few = thorny(seed: 1)
        #expect(throws: SplitError.self) {
            try Splitter.kFold(KFold(folds: few.log.count + 1)).split(few, seed: 1)
        }
    }

    @Test("A given split may keep what it tests to learn from, and draw what validates")
    func given() throws {
        var data = thorny(seed: 2)
        let repeated = Array(data.log.pairs.sorted().prefix(5))
        data.frozen = FrozenTest(holdout: Holdout(pairs: repeated.map { ($0.user, $0.item) }))
        let dropped = try Splitter.given(GivenSplit(validation: false)).split(data, seed: 1).split
        #expect(dropped.train.pairs.isDisjoint(with: repeated))
        let kept = try Splitter.given(GivenSplit(validation: false, repeats: .keep)).split(data, seed: 1).split
        #expect(kept.train == data.log && kept.test.pairs == Set(repeated))
        let drawn = GivenSplit(validationShare: 0.3, repeats: .keep)
        let split = try Splitter.given(drawn).split(data, seed: 1).split
        let validation = try #require(split.validation?.pairs)
        #expect(validation.isDisjoint(with: split.train.pairs))
        #expect(validation.union(split.train.pairs) == data.log.pairs)
        let share = Double(validation.count) / Double(data.log.pairs.count)
        #expect(share > 0.2 && share < 0.5)
        #expect(try Splitter.given(drawn).split(data, seed: 2).split.validation != split.validation)
        #expect(throws: SplitError.self) {
            try Splitter.given(GivenSplit(validationShare: 1)).split(data, seed: 1)
        }
    }
}
