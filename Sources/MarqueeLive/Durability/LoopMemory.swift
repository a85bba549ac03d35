internal import Foundation
internal import MarqueeRuntime

/// Everything that the loop remembers of its log up to a place in it, at one moment, and its file.
///
/// The log and the catalog stay the owners of what they say: a snapshot spares the next start the reading of the log,
/// and where it does not fit them it is left aside and the log read from its beginning.
struct LoopMemory {
    /// The last event that is in it.
    var through: Int64
    /// The last of those that are not erased: by it a log is told from another.
    var witness: LogPlace
    /// How many items the catalog had, and their ids, of which a digest is written: people remember indices.
    var items: Int
    var names: [String]
    /// What is set otherwise leaves another memory of the same events.
    var settings: [String]
    var people: [[Who: UserState]]
    /// Events that came too early and trends, as bytes.
    var rest: [UInt8]

    /// Raise it whenever what an event leaves behind changes: a file of another form is left aside.
    static let form = "MARQUEE MEMORY 1\n"

    /// Over the first `count` ids of a catalog.
    static func digest(_ names: [String], _ count: Int) -> UInt64 {
        var digest = Digest()
        for name in names[..<count] {
            var name = name
            digest.add(name.withUTF8 { ByteHash.hash(UnsafeRawBufferPointer($0)) })
        }
        return digest.value
    }

    /// - Throws: `FileError`.
    func write(_ url: URL) throws {
        try ChecksummedFile.write(url, form: Self.form) { writer in
            for number in [
                through, witness.log, witness.sequence, Int64(bitPattern: witness.digest), Int64(items),
                Int64(bitPattern: Self.digest(names, items)),
            ] {
                writer.body.append(number)
            }
            writer.body.append(settings) { $0.append($1) }
            writer.body.append(Int64(people.reduce(0) { $0 + $1.count }))
            for table in people {
                for (who, state) in table {
                    writer.body.append(who)
                    writer.body.append(state)
                    try writer.makeRoom()
                }
            }
            writer.body.bytes += rest
        }
    }

    /// Reads a file into what belongs to a loop that has applied nothing yet.
    /// - Returns: the place up to which it remembers, and the witness.
    /// - Throws: ``Unfit``, ``ChecksummedFile/Unreadable``, `FileError`.
    static func restore(
        _ url: URL, catalog: CatalogSnapshot, settings: [String], audience: Audience, trends: Trends
    ) throws -> (through: Int64, witness: LogPlace, early: EarlyEvents) {
        try ChecksummedFile.read(url, form: form) { reader in
            let through = try reader.number()
            let witness = LogPlace(
                log: try reader.number(), sequence: try reader.number(),
                digest: UInt64(bitPattern: try reader.number()))
            let items = try reader.number(), digest = UInt64(bitPattern: try reader.number())
            guard (0...Int64(catalog.count)).contains(items), Self.digest(catalog.names, Int(items)) == digest else {
                throw Unfit.otherCatalog
            }
            let written = try reader.list(least: 1) { reader throws(StatisticReader.Damaged) in try reader.text() }
            guard written == settings else { throw Unfit.otherSettings }
            let people = try reader.list(least: 8) { reader throws(StatisticReader.Damaged) in
                (who: try reader.who(), state: try reader.userState(items: Int(items)))
            }
            let early = try EarlyEvents(from: &reader)
            guard !early.areMissed(by: catalog.count) else { throw Unfit.eventsMissed }
            try trends.restore(from: &reader, items: Int(items))
            audience.restore(people)
            return (through, witness, early)
        }
    }

    /// Only the place and the witness of a file.
    static func place(_ url: URL) throws -> (through: Int64, witness: LogPlace) {
        var place = (through: Int64(0), witness: LogPlace(log: 0))
        struct Enough: Error {}
        do {
            try ChecksummedFile.read(url, form: form) { reader in
                place.through = try reader.number()
                place.witness = LogPlace(
                    log: try reader.number(), sequence: try reader.number(),
                    digest: UInt64(bitPattern: try reader.number()))
                throw Enough()
            }
        } catch is Enough {}
        return place
    }

    /// Why a snapshot that is whole is not used.
    enum Unfit: Error, Equatable, CustomStringConvertible {
        case otherLog, behindRetention, otherCatalog, otherSettings, eventsMissed

        var description: String {
            switch self {
            case .otherLog: "it is of another event log, or of one that has lost events since"
            case .behindRetention: "retention has dropped events that it has not seen"
            case .otherCatalog: "it is of another catalog"
            case .otherSettings: "what consumes an item, or which ratings are liked, was set otherwise"
            case .eventsMissed: "events waited for items that the catalog knows by now"
            }
        }
    }
}
