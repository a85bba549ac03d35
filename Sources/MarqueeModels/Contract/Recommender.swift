internal import Foundation
public import MarqueeData
public import MarqueeEvaluation
public import MarqueeRuntime

/// A model that ranks items for users: fit, score, save, load. This is the whole contract.
///
/// A value of a conforming type is fitted; there is no unfitted state. Conforming is one file, one
/// line in ``ModelRegistry``, and an entry in a YAML; the shared behavior suite runs on every type
/// of the registry.
public protocol Recommender: Scorer {
    /// What can be chosen, with defaults for everything; keys are what a YAML may say.
    associatedtype Config: ModelConfig

    /// The name in YAML and on the command line, such as `item-knn`.
    static var kind: String { get }

    var config: Config { get }

    /// Whether models of a configuration have a ``historyScorer``: known before one is fitted. True for types that
    /// conform to `HistoryScorer`, unless a type says otherwise.
    static func scoresHistories(_ config: Config) -> Bool

    /// This model as one that answers from a history, for anybody; nil where it knows only the users that it was
    /// fitted to. A type that conforms to `HistoryScorer` is that itself.
    var historyScorer: (any HistoryScorer)? { get }

    /// Learns from `data`. Deterministic in (config, data, seed, worker count).
    /// - Throws: ``Interrupted`` when the user asked for a stop, ``ModelError`` when the data cannot carry the model.
    static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Self

    /// Restores what ``save(to:)`` wrote; scores are equal to the saved model's.
    init(config: Config, from artifact: borrowing Artifact) throws

    /// Writes every fitted number.
    func save(to artifact: inout Artifact) throws
}

extension Recommender {
    public static func scoresHistories(_ config: Config) -> Bool { Self.self is any HistoryScorer.Type }
    public var historyScorer: (any HistoryScorer)? { self as? any HistoryScorer }
}

/// Everything a model may learn from.
public struct TrainingSet: Sendable {
    /// Training interactions of every behavior in order, with times and values.
    public let log: InteractionLog
    /// Those of the target behavior as users × items, binary; what is predicted.
    public let interactions: InteractionMatrix
    /// One such matrix a behavior, in the order of ``behaviorNames``; `behaviors[target]` is ``interactions``.
    public let behaviors: [InteractionMatrix]
    /// The behavior to predict, an index into ``behaviors``.
    public let target: Int
    public let catalog: Catalog
    /// Directed ties between users, such as friendship or trust; empty where nothing is known.
    public let ties: [SocialEdge]
    /// Attribute name → value by user index, an empty text where it is not known.
    public let userAttributes: [String: [String]]
    /// Facts about the items; nil where the data has none.
    public let knowledge: KnowledgeGraph?
    /// The domain of every item; empty where none is known.
    public let domains: ItemDomains
    /// For early stopping and for weights; nil when nothing was held out.
    public let validation: Validation?

    public init(
        log: InteractionLog, catalog: Catalog = Catalog(), ties: [SocialEdge] = [],
        userAttributes: [String: [String]] = [:], knowledge: KnowledgeGraph? = nil,
        domains: ItemDomains = ItemDomains(),
        validation: Validation? = nil
    ) {
        self.log = log
        behaviors = log.behaviorNames.indices.map { InteractionMatrix(log.selecting(behavior: UInt8($0))) }
        target = Int(log.target)
        interactions = behaviors[target]
        self.catalog = catalog
        self.ties = ties
        self.userAttributes = userAttributes
        self.knowledge = knowledge
        self.domains = domains
        self.validation = validation
    }

    /// What is learned from `log`, with all that `dataset`, whose part it is, knows of its users and items.
    public init(_ log: InteractionLog, of dataset: Dataset, validation: Validation? = nil) {
        self.init(
            log: log, catalog: dataset.catalog, ties: dataset.socialEdges, userAttributes: dataset.userAttributes,
            knowledge: dataset.knowledge, domains: ItemDomains(dataset.catalog), validation: validation)
    }

    public var behaviorNames: [String] { log.behaviorNames }
    public var userCount: Int { interactions.rowCount }
    public var itemCount: Int { interactions.columnCount }
}

/// Where a fit runs: seed, threads, who listens, and where its checkpoints lie.
public struct FitContext: Sendable {
    public var seed: UInt64
    public var pool: WorkerPool
    public var progress: any ProgressObserver
    /// Told of each finished epoch; the learning curve.
    public var epochFinished: @Sendable (EpochRecord) -> Void
    /// Where an interrupted fit leaves off and goes on; nil to keep none.
    public var checkpoint: Checkpoint?
    /// Asked between the steps of training; where true, the fit writes its checkpoint and throws ``Interrupted``. The
    /// process-wide `Interruption` (Ctrl-C) unless set.
    public var isStopRequested: @Sendable () -> Bool = { Interruption.isRequested }

    public init(
        seed: UInt64 = 1, pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress(),
        checkpoint: Checkpoint? = nil, epochFinished: @escaping @Sendable (EpochRecord) -> Void = { _ in }
    ) {
        self.seed = seed
        self.pool = pool
        self.progress = progress
        self.checkpoint = checkpoint
        self.epochFinished = epochFinished
    }
}

/// A model could not be fitted or loaded.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case unknownModel(String, nearest: String?)
    case badConfig(model: String, reason: String)
    case unfit(model: String, reason: String)
    case badArtifact(path: String, reason: String)
    case badCheckpoint(path: String, reason: String)

    public var description: String {
        switch self {
        case .unknownModel(let name, let nearest):
            "unknown model '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .badConfig(let model, let reason): "\(model): \(reason)"
        case .unfit(let model, let reason): "\(model) cannot learn from this data: \(reason)"
        case .badArtifact(let path, let reason): "\(path): not a usable model: \(reason); train and save it again"
        case .badCheckpoint(let path, let reason):
            "\(path): not a usable checkpoint: \(reason); remove it to start anew"
        }
    }
}

extension FitContext {
    /// The context of a model that is fitted as a part of another: a checkpoint of its own, and no
    /// place in the whole's learning curve.
    func part(_ name: String) -> FitContext {
        var context = self
        context.checkpoint = checkpoint.map { Checkpoint(url: $0.url.appendingPathExtension(name)) }
        context.epochFinished = { _ in }
        return context
    }
}
