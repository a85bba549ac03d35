public import Foundation
public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A fitted model with everything that serving it takes: outside ids, titles, who has consumed what.
///
/// On disk it is a folder that is whole or absent: `model.json` (kind, configuration, vocabularies,
/// behaviors, catalog, how it was trained) and `weights.safetensors` (every fitted number, and the training
/// histories as `histories.offsets`, `histories.items` …). It loads without the training data, and scores
/// after loading are equal to the last bit.
public struct SavedModel: Sendable {
    public let model: any Recommender
    public let users, items: Vocabulary
    public let catalog: Catalog
    /// What ``histories`` and queries call behaviors, by index.
    public let behaviorNames: [String]
    /// The behavior that is predicted, an index into ``behaviorNames``.
    public let target: UInt8
    /// What each user did in training, the newest last.
    public let histories: UserHistories
    /// What each user has consumed and is not recommended again, users × items: their target interactions.
    public let history: InteractionMatrix
    public let training: TrainingRecord

    /// - Precondition: model, vocabularies and histories agree on how many users and items there are.
    public init(
        model: any Recommender, users: Vocabulary, items: Vocabulary, catalog: Catalog, histories: UserHistories,
        behaviorNames: [String] = ["interaction"], target: UInt8 = 0, training: TrainingRecord = TrainingRecord()
    ) {
        precondition(model.userCount == users.count && model.itemCount == items.count)
        precondition(histories.userCount == users.count && Int(target) < behaviorNames.count)
        self.model = model
        self.users = users
        self.items = items
        self.catalog = catalog
        self.behaviorNames = behaviorNames
        self.target = target
        self.histories = histories
        history = histories.matrix(itemCount: items.count, where: { $0 == target })
        self.training = training
    }

    /// A model fitted to `data`.
    public init(model: any Recommender, data: TrainingSet, training: TrainingRecord = TrainingRecord()) {
        self.init(
            model: model, users: data.log.userVocabulary, items: data.log.itemVocabulary, catalog: data.catalog,
            histories: UserHistories(data.log), behaviorNames: data.behaviorNames, target: data.log.target,
            training: training)
    }
}

/// How a model came to be, for captions and for those who find it later.
public struct TrainingRecord: Sendable, Codable, Equatable {
    /// The data's name.
    public var data: String
    /// How the data was split and candidates were drawn: `leave-one-out by time, sampled(99)`.
    public var protocolName: String
    public var seed: UInt64
    public var seconds: Double
    public var curve: [EpochRecord]
    /// Figures reached, such as `HR@10`.
    public var metrics: [String: Double]

    public init(
        data: String = "", protocolName: String = "", seed: UInt64 = 1, seconds: Double = 0,
        curve: [EpochRecord] = [], metrics: [String: Double] = [:]
    ) {
        self.data = data
        self.protocolName = protocolName
        self.seed = seed
        self.seconds = seconds
        self.curve = curve
        self.metrics = metrics
    }
}

extension SavedModel {
    /// `model.json`.
    private struct Description: Codable {
        static let currentFormat = "marquee-model", currentVersion = 1

        var format: String
        var version: Int
        var model: ModelSpec
        var training: TrainingRecord
        var texts: [String: String]
        var weights: Weights
        var users, items: Vocabulary
        /// Absent in files from before models kept whole histories; these hold target interactions alone.
        var behaviors: [String]?
        var target: UInt8?
        var catalog: Catalog

        struct Weights: Codable, Equatable {
            var bytes: Int
            var checksum: String
        }

        /// Read first, so that a newer file is told from a damaged one.
        struct Head: Codable {
            var format: String
            var version: Int
        }
    }

    private static let descriptionName = "model.json", weightsName = "weights.safetensors"

    /// Writes the folder, replacing one that is there.
    /// - Throws: ``FileError`` when the disk is full or not writable; nothing half-written stays.
    public func write(to url: URL) throws {
        var artifact = Artifact()
        try model.save(to: &artifact)
        artifact.store(histories, "histories")
        let weights = try Safetensors(
            tensors: artifact.tensors, metadata: ["format": Description.currentFormat, "kind": Self.kind(of: model)]
        ).encoded()
        let description = Description(
            format: Description.currentFormat, version: Description.currentVersion, model: try model.spec(),
            training: training, texts: artifact.texts,
            weights: .init(bytes: weights.count, checksum: Self.checksum(weights)), users: users, items: items,
            behaviors: behaviorNames, target: target, catalog: catalog)
        let json = try JSONFile.encode(description)
        try AtomicFolder.replace(url) { folder in
            try weights.write(to: folder.appendingPathComponent(Self.weightsName))
            try json.write(to: folder.appendingPathComponent(Self.descriptionName))
        }
    }

    /// Loads a folder that ``write(to:)`` wrote.
    /// - Throws: ``FileError/notFound(_:)`` when there is none, ``ModelError/badArtifact(path:reason:)``
    ///   when it is damaged, half-written or newer than this program.
    public init(contentsOf url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        func bad(_ reason: String) -> ModelError { .badArtifact(path: url.path, reason: reason) }
        do {
            let json = try Self.read(url, Self.descriptionName)
            let head = try JSONFile.decode(Description.Head.self, from: json)
            guard head.format == Description.currentFormat else {
                throw bad("\(Self.descriptionName) is of another format")
            }
            guard head.version == Description.currentVersion else {
                throw bad(
                    "format version \(head.version) is not \(Description.currentVersion), which this program reads")
            }
            let description = try JSONFile.decode(Description.self, from: json)
            let bytes = try Self.read(url, Self.weightsName)
            guard description.weights == .init(bytes: bytes.count, checksum: Self.checksum(bytes)) else {
                throw bad("\(Self.weightsName) is not the file that \(Self.descriptionName) describes")
            }
            var artifact = Artifact()
            artifact.texts = description.texts
            artifact.tensors = try Safetensors(bytes, name: Self.weightsName).tensors
            let model = try description.model.load(from: artifact)
            let (users, items, catalog) = (description.users, description.items, description.catalog)
            let behaviors = description.behaviors ?? ["interaction"]
            let target = description.target ?? 0
            guard Int(target) < behaviors.count else { throw bad("its target is none of its behaviors") }
            let histories = try Self.histories(artifact, itemCount: items.count, behaviorCount: behaviors.count)
            guard model.userCount == users.count, histories.userCount == users.count else {
                throw bad("model, histories and vocabulary disagree on the number of users")
            }
            guard model.itemCount == items.count else {
                throw bad("model, histories and vocabulary disagree on the number of items")
            }
            guard catalog.isEmpty || catalog.items.count == items.count else {
                throw bad("catalog and vocabulary disagree on the number of items")
            }
            self.init(
                model: model, users: users, items: items, catalog: catalog, histories: histories,
                behaviorNames: behaviors, target: target, training: description.training)
        } catch let error as ModelError {
            if case .badArtifact(let path, let reason) = error {
                throw path == url.path ? error : bad("\(path): \(reason)")
            }
            throw bad(error.description)
        } catch let error as ConfigurationError {
            throw bad(error.description)
        } catch let error as SafetensorsError {
            throw bad(error.description)
        } catch is DecodingError {
            throw bad("\(Self.descriptionName) is damaged or cut short")
        }
    }

    private static func histories(
        _ artifact: borrowing Artifact, itemCount: Int, behaviorCount: Int
    ) throws -> UserHistories {
        guard artifact.tensors["histories.offsets"] == nil else {
            return try artifact.histories("histories", itemCount: itemCount, behaviorCount: behaviorCount)
        }
        // A file from before models kept whole histories.
        let matrix = try artifact.matrix(artifact.tensors["seen.shape"] == nil ? "history" : "seen")
        guard matrix.columnCount == itemCount else {
            throw ModelError.badArtifact(path: "history", reason: "history and vocabulary disagree on items")
        }
        return UserHistories(matrix)
    }

    private static func read(_ folder: URL, _ name: String) throws -> Data {
        let url = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError.badArtifact(path: folder.path, reason: "\(name) is missing")
        }
        do { return try Data(contentsOf: url, options: .alwaysMapped) } catch {
            throw ModelError.badArtifact(
                path: folder.path, reason: "\(name) cannot be read: \(error.localizedDescription)")
        }
    }

    private static func kind<Model: Recommender>(of model: Model) -> String { Model.kind }

    private static func checksum(_ data: Data) -> String { data.withUnsafeBytes { Digest.checksum($0) } }
}
