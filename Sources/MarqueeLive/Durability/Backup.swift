public import Foundation
internal import GRDB
internal import MarqueeRuntime

/// A copy of everything that a server keeps, taken while it runs, of which a server can be started.
///
///     FOLDER/live/          events, decisions, catalog, snapshots: data.folder
///     FOLDER/model/         the model, if there is one: model.path
///     FOLDER/settings.yaml  the settings, if there is a file of them
///     FOLDER/features.yaml  the definitions of features, if there is a file of them
///     FOLDER/backup.json    what this is
///
/// Each database is copied as of one moment, and what was derived before what it was derived from: a place in the log
/// that something names is in the copied log.
public struct Backup: Codable, Sendable, Equatable {
    /// Of this form.
    public var version = 1
    /// The ``EventLog/id`` of the log, and its last event.
    public var log: Int64
    public var lastEvent: Int64
    /// When it was begun, in milliseconds since 1970.
    public var time: Int64
    public var bytes: Int64 = 0

    /// What is to be copied.
    public struct Source: Sendable {
        /// `data.folder`.
        public var folder: URL
        public var model, settings, features: URL?

        public init(folder: URL, model: URL? = nil, settings: URL? = nil, features: URL? = nil) {
            self.folder = folder
            self.model = model
            self.settings = settings
            self.features = features
        }
    }

    private static let manifest = "backup.json"

    /// Copies to a folder that is new, empty, or an earlier backup, which is then replaced; whole or not at all.
    /// - Throws: ``EventLogError``, ``StateFileError``, ``BackupError``, `FileError`.
    public static func write(_ source: Source, to folder: URL, time: Int64 = EventLog.now()) throws -> Backup {
        let files = FileManager.default
        let there = (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
        guard there.isEmpty || there.contains(manifest) else { throw BackupError.notABackup(folder.path) }
        guard files.fileExists(atPath: source.folder.appendingPathComponent("events.sqlite").path) else {
            throw BackupError.nothingThere(source.folder.path)
        }
        var backup = Backup(log: 0, lastEvent: 0, time: time)
        try AtomicFolder.replace(folder) { temporary in
            let live = temporary.appendingPathComponent("live")
            try files.createDirectory(at: live, withIntermediateDirectories: true)
            // In this order: what names places in the log or items of the catalog first.
            for name in ["memory.snapshot", "features.snapshot"] {
                try copy(source.folder.appendingPathComponent(name), to: live.appendingPathComponent(name))
            }
            // A decision leaves the journal for its table: the journal first, so that it is in one of the copies.
            let journal = source.folder.appendingPathComponent("decisions.waiting")
            if !DecisionJournal.decisions(at: journal.path).isEmpty {
                try copy(journal, to: live.appendingPathComponent("decisions.waiting"))
            }
            for name in ["decisions.sqlite", "catalog.sqlite", "events.sqlite"] {
                let file = source.folder.appendingPathComponent(name)
                guard files.fileExists(atPath: file.path) else { continue }
                try copyDatabase(file, to: live.appendingPathComponent(name))
            }
            if let model = source.model { try copyModel(model, to: temporary.appendingPathComponent("model")) }
            for (file, name) in [(source.settings, "settings.yaml"), (source.features, "features.yaml")] {
                guard let file else { continue }
                guard files.fileExists(atPath: file.path) else { throw FileError.notFound(file.path) }
                try copy(file, to: temporary.appendingPathComponent(name))
            }
            let log = try LogFile.openReadOnly(live.appendingPathComponent("events.sqlite").path)
            (backup.log, backup.lastEvent) = try log.read { (try LogFile.identity($0), try EventLogReader.last($0)) }
            try log.close()
            // What reading left beside the log.
            for suffix in ["-wal", "-shm"] {
                try? files.removeItem(at: live.appendingPathComponent("events.sqlite" + suffix))
            }
            backup.bytes = try size(of: temporary)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(encoder.encode(backup), to: temporary.appendingPathComponent(manifest))
        }
        return backup
    }

    private static func copy(_ file: URL, to target: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        try FileManager.default.copyItem(at: file, to: target)
    }

    /// By SQLite's online backup, in one step: as of one moment, while others write.
    private static func copyDatabase(_ file: URL, to target: URL) throws {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            let source = try DatabaseQueue(path: file.path, configuration: configuration)
            let copy = try DatabaseQueue(path: target.path)
            try source.backup(to: copy)
            try copy.close()
            try source.close()
        } catch {
            // Whose error it is: a copy that cannot be written is mostly a disk that is full.
            throw StateFileError(error, path: file.path) ?? error
        }
    }

    /// A model is swapped as a folder: one that was swapped meanwhile is copied again.
    private static func copyModel(_ model: URL, to target: URL) throws {
        let files = FileManager.default
        let description = model.appendingPathComponent("model.json")
        while true {
            guard let before = files.contents(atPath: description.path) else {
                throw FileError.notFound(description.path)
            }
            try? files.removeItem(at: target)
            do { try files.copyItem(at: model, to: target) } catch {
                if files.contents(atPath: description.path) == before { throw error }
                continue
            }
            if files.contents(atPath: description.path) == before { return }
        }
    }

    private static func size(of folder: URL) throws -> Int64 {
        var size: Int64 = 0
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        while let file = files?.nextObject() as? URL {
            size += Int64(try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
        }
        return size
    }
}

/// Nothing was copied.
public enum BackupError: Error, Equatable, CustomStringConvertible {
    /// The folder has something else in it.
    case notABackup(String)
    case nothingThere(String)

    public var description: String {
        switch self {
        case .notABackup(let path): "\(path): has files that are no backup; choose a new folder, or an earlier backup"
        case .nothingThere(let path): "\(path): no events.sqlite here; give the server's data.folder with --folder"
        }
    }
}
