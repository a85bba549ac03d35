internal import Foundation
internal import MarqueeRuntime
internal import Synchronization

/// Keeps notes in a run's `log.txt`, each with its UTC time, and passes everything on.
final class RunLog: ProgressObserver {
    private let file: Mutex<FileHandle>
    private let next: any ProgressObserver

    /// Appends to the file at `url`, which comes to be when it is not there.
    init(url: URL, next: any ProgressObserver) throws {
        if !FileManager.default.fileExists(atPath: url.path) {
            guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
                throw FileError.cannotWrite(url.path, reason: String(cString: strerror(errno)))
            }
        }
        do {
            let handle = try FileHandle(forWritingTo: url)
            try handle.seekToEnd()
            file = Mutex(handle)
        } catch {
            throw FileError.cannotWrite(url.path, reason: error.localizedDescription)
        }
        self.next = next
    }

    func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {
        next.advance(stage, completed: completed, total: total, unit: unit, figures: figures)
    }

    func note(_ line: String) {
        let time = Date().formatted(.iso8601)
        // A log that cannot grow must not end a run whose results are written elsewhere.
        file.withLock { try? $0.write(contentsOf: Data("\(time)  \(line)\n".utf8)) }
        next.note(line)
    }
}

/// Says whose progress it is: `ncf, seed 2, epoch 2/5`.
struct LabeledProgress: ProgressObserver {
    let label: String
    /// The model, which may name itself in a stage; once is enough.
    var kind = ""
    let next: any ProgressObserver

    func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {
        let rest = stage.hasPrefix("\(kind) ") ? String(stage.dropFirst(kind.count + 1)) : stage
        next.advance("\(label), \(rest)", completed: completed, total: total, unit: unit, figures: figures)
    }

    func note(_ line: String) { next.note("\(label): \(line)") }
}
