/// Every model there is, one line each: the list behind YAML, the command line and the shared
/// behavior suite.
public enum ModelRegistry {
    public static let models: [any Recommender.Type] = [
        Popularity.self,
        UserKNN.self,
        ItemKNN.self,
        ContentBased.self,
        Hybrid.self,
        RP3Beta.self,
        EASE.self,
        Touched.self,
        Ridge.self,
        CascadingRank.self,
        IALS.self,
        PairModel<BPR>.self,
        PairModel<MatrixFactorization>.self,
        PairModel<GMF>.self,
        PairModel<MLP>.self,
        PairModel<NeuMF>.self,
        PairModel<NCF>.self,
        GraphModel<LightGCN>.self,
        GraphModel<NGCF>.self,
        GraphModel<CombiGCN>.self,
        GraphModel<CompGCN>.self,
        GraphModel<TAG>.self,
        GraphModel<InflectDGNN>.self,
        GraphModel<TrustTF>.self,
        GraphModel<MBHGNN>.self,
        MBHWalk.self,
        SingleDomain.self,
        DomainRidge.self,
        EMCDR.self,
        HINTransfer.self,
        SocialTaste.self,
        RatingBias.self,
        BiasedMF.self,
        Transitions.self,
        SequenceModel<GRU4Rec>.self,
        SequenceModel<SASRec>.self,
        SequenceModel<MUMAEncoder>.self,
        ClickCounter.self,
        ClickModel<LogisticRegression>.self,
        ClickModel<FactorizationMachine>.self,
        ClickModel<WideAndDeep>.self,
        ClickModel<DeepFM>.self,
        ClickModel<DIN>.self,
        ClickModel<StateDIN>.self,
        MUMARanker.self,
    ]

    /// The names, in the order above.
    public static var kinds: [String] { models.map { $0.kind } }

    /// The names of those that are made to say which items are alike.
    public static var knowingItems: [String] { models.filter { $0 is any ItemSimilarity.Type }.map { $0.kind } }

    /// The model of a name.
    /// - Throws: ``ModelError/unknownModel(_:valid:)``, which names the nearest and lists the others.
    public static func model(_ kind: String) throws -> any Recommender.Type {
        guard let model = models.first(where: { $0.kind == kind }) else {
            throw ModelError.unknownModel(kind, valid: kinds)
        }
        return model
    }
}
