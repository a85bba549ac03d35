public import Foundation
public import MarqueeData
public import MarqueeRuntime

extension DataSource {
    /// Reads, or simulates, and joins domains, telling of each source what was found; the report is nil of a simulation.
    /// - Throws: `ReadError`, `FileError`, ``DataSourceError``, `JoinError`; `ConfigurationError` of an unknown target.
    public func read(
        in data: URL? = nil, besides file: URL? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> (dataset: Dataset, report: ReadReport?) {
        if let config = simulate {
            progress.note(
                "simulating a movie world: \(config.users.grouped) users, \(config.items.grouped) items, seed \(config.seed)"
            )
            return (MovieWorld(config).dataset(on: pool), nil)
        }
        if let config = mediaWorld {
            return (try Self.simulate(config, pool: pool, progress: progress).dataset(), nil)
        }
        let urls = try locations(in: data, besides: file)
        var (dataset, report) =
            try domains.map { try Self.read($0, at: urls, pool: pool, progress: progress) }
            ?? Self.read(urls[0], columns, pool: pool, progress: progress)
        if let target {
            do {
                dataset = try dataset.targeting(target)
            } catch let error as UnknownBehavior {
                throw ConfigurationError(file: "data.target", "\(error)")
            }
            report.notes.append(DataNote(.behaviors, "to predict, as asked: \(target)"))
        }
        for line in "\(report)".split(separator: "\n") { progress.note(String(line)) }
        return (dataset, report)
    }

    /// Lets people visit the media world, as often as is asked anew.
    static func simulate(
        _ config: MediaWorld.Config, pool: WorkerPool, progress: any ProgressObserver
    ) throws -> MediaLog {
        progress.note(
            "simulating a media world: \(config.people.grouped) people for \(config.days) days, seed \(config.seed)")
        return try MediaWorld(config).simulate(on: pool, progress: progress)
    }

    private static func read(
        _ url: URL, _ columns: ColumnMapping?, pool: WorkerPool, progress: any ProgressObserver
    ) throws -> (Dataset, ReadReport) {
        progress.note("reading \(url.path)")
        return try DatasetReader.readReporting(url, mapping: columns, pool: pool)
    }

    private static func read(
        _ domains: [DomainSource], at urls: [URL], pool: WorkerPool, progress: any ProgressObserver
    ) throws -> (Dataset, ReadReport) {
        var (parts, files, notes) = ([DomainData](), [ReadReport.File](), [DataNote]())
        for (source, url) in zip(domains, urls) {
            let (dataset, report) = try read(url, source.columns, pool: pool, progress: progress)
            parts.append(
                DomainData(domain: source.domain, dataset: dataset, sharedUsers: source.sharedUsers.map { Int64($0) }))
            files += report.files.map {
                ReadReport.File(
                    name: "\(source.domain)/\($0.name)", role: $0.role, lines: $0.lines, encoding: $0.encoding)
            }
            notes.append(
                DataNote(
                    .counts,
                    "\(source.domain): \(dataset.log.count.grouped) interactions, "
                        + "\(dataset.log.userCount.grouped) users, \(dataset.log.itemCount.grouped) items"))
            notes += report.notes.map { DataNote($0.kind, "\(source.domain): \($0)") }
        }
        let joined = try Dataset.joining(parts, name: domains.map(\.domain).joined(separator: "+"))
        let shared = parts.reduce(0) { $0 + $1.dataset.log.userCount } - joined.log.userCount
        notes.append(DataNote(.joining, "\(shared.grouped) users occur in another domain too"))
        let report = ReadReport(
            format: "\(domains.count) domains", files: files, interactions: joined.log.count,
            users: joined.log.userCount, items: joined.log.itemCount, notes: notes)
        return (joined, report)
    }
}
