public import Foundation
public import MarqueeRuntime

extension MovieWorld {
    /// Writes the world as MovieLens 20M is spelled: `ratings.csv` (userId,movieId,rating,timestamp)
    /// and `movies.csv` (movieId,title,genres), without ever holding more than some users of it.
    /// Each file is whole or absent.
    /// - Throws: `FileError`, or `Interrupted`.
    public func write(
        to folder: URL, on pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress()
    ) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError.cannotWrite(folder.path, reason: error.localizedDescription)
        }
        try AtomicFile.write(moviesText(), to: folder.appendingPathComponent("movies.csv"))
        try AtomicFile.replace(folder.appendingPathComponent("ratings.csv")) { file in
            try file.write(contentsOf: Data("userId,movieId,rating,timestamp\n".utf8))
            let batch = 8 * pool.workerCount
            for first in stride(from: 0, to: chunkCount, by: batch) {
                try Interruption.check()
                let count = min(batch, chunkCount - first)
                for lines in pool.map(count, { ratingLines(ofChunk: first + $0) }) {
                    try file.write(contentsOf: lines)
                }
                let users = min(userCount, (first + count) * Self.chunk)
                progress.advance(
                    "writing ratings.csv", completed: offsets[users], total: interactionCount, unit: "ratings",
                    figures: [])
            }
        }
    }

    private func ratingLines(ofChunk chunk: Int) -> Data {
        let events = events(ofChunk: chunk)
        var text: [UInt8] = []
        text.reserveCapacity(events.count * 32)
        var row = offsets[chunk * Self.chunk]
        var user = chunk * Self.chunk
        for event in events {
            while offsets[user + 1] <= row { user += 1 }
            row += 1
            text.appendDecimal(user + 1)
            text.append(UInt8(ascii: ","))
            text.appendDecimal(Int(event.item) + 1)
            text.append(UInt8(ascii: ","))
            text.appendDecimal(Int(event.halfStars) / 2)
            text.append(UInt8(ascii: "."))
            text.append(UInt8(ascii: event.halfStars % 2 == 0 ? "0" : "5"))
            text.append(UInt8(ascii: ","))
            text.appendDecimal(Int(event.time))
            text.append(UInt8(ascii: "\n"))
        }
        return Data(text)
    }

    private func moviesText() -> Data {
        var text = "movieId,title,genres\n"
        for (item, entry) in catalog.items.enumerated() {
            let genres = entry.genres.isEmpty ? "(no genres listed)" : entry.genres.joined(separator: "|")
            let title = entry.title.contains(",") ? "\"\(entry.title)\"" : entry.title
            text += "\(item + 1),\(title),\(genres)\n"
        }
        return Data(text.utf8)
    }
}

extension [UInt8] {
    /// A number of not more than nineteen digits, not negative.
    fileprivate mutating func appendDecimal(_ number: Int) {
        let start = count
        var rest = number
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }
}
