import Foundation
import MarqueeData
import MarqueeRuntime
import MarqueeTensor

/// What is fuzzed: given files, it must answer or refuse with an error of its own, and the answer must
/// be sound. It says what it did in a few words, without numbers, so that new words mean new ground.
enum FuzzSubject {
    struct Unsound: Error, CustomStringConvertible {
        let description: String
    }

    static let pools = [1, 2, 3].map { WorkerPool(workerCount: $0) }

    static func run(_ folder: URL, files: [String: Data]) throws -> String {
        if let file = files.first(where: { $0.key.hasSuffix(".safetensors") }) { return try safetensors(file.value) }
        return try readers(folder, files)
    }

    private static func safetensors(_ data: Data) throws -> String {
        do {
            let tensors = try Safetensors(data)
            for (name, tensor) in tensors.tensors
            where tensor.bytes.count != tensor.shape.reduce(tensor.element.width, *) {
                throw Unsound(description: "\(name) has \(tensor.bytes.count) bytes for \(tensor.shape)")
            }
            guard try Safetensors(tensors.encoded()) == tensors else {
                throw Unsound(description: "does not come back the same")
            }
            return "tensors"
        } catch let error as SafetensorsError {
            return words(error.description)
        }
    }

    private static func readers(_ folder: URL, _ files: [String: Data]) throws -> String {
        let single = files.count == 1 ? files.keys.first : nil
        var paths = [folder]
        if let single { paths.append(folder.appendingPathComponent(single)) }
        let mappings: [ColumnMapping?] = [
            nil, ColumnMapping(file: single, user: 1, item: 2, behavior: 3, timestamp: 4, timeUnit: .milliseconds),
            ColumnMapping(file: single, header: true, quotes: true, user: 2, item: 1, value: 3),
            ColumnMapping(onBadLine: .skip),
        ]
        var said: [String] = []
        for path in paths {
            for mapping in mappings {
                var first: Result<Dataset, ReadFailure>?
                for (pool, chunkSize) in [(0, 4 << 20), (1, 7), (2, 1)] {
                    let result = try outcome(path, mapping, pools[pool], chunkSize)
                    if let first, first != result {
                        throw Unsound(description: "with chunks of \(chunkSize): \(tell(result)), else \(tell(first))")
                    }
                    first = result
                }
                if let first { said.append(tell(first)) }
            }
        }
        return said.joined(separator: "; ")
    }

    private struct ReadFailure: Error, Equatable {
        let description: String
    }

    private static func outcome(
        _ url: URL, _ mapping: ColumnMapping?, _ pool: WorkerPool, _ chunkSize: Int
    ) throws -> Result<Dataset, ReadFailure> {
        do {
            let dataset = try DatasetReader.read(url, mapping: mapping, pool: pool, chunkSize: chunkSize)
            if let problem = problem(dataset) { throw Unsound(description: problem) }
            return .success(dataset)
        } catch let error as ReadError {
            return .failure(ReadFailure(description: "\(error)"))
        } catch let error as FileError {
            return .failure(ReadFailure(description: "\(error)"))
        }
    }

    /// What is wrong with a data set that should be sound.
    static func problem(_ dataset: Dataset) -> String? {
        let log = dataset.log
        let (users, items) = (0..<Int32(log.userCount), 0..<Int32(log.itemCount))
        if log.count == 0 { return "no rows" }
        if log.items.count != log.count { return "columns of two lengths" }
        for column in [log.behaviors.count, log.values.count, log.timestamps.count]
        where column != 0 && column != log.count {
            return "columns of two lengths"
        }
        if !log.users.allSatisfy(users.contains) { return "a user outside the vocabulary" }
        if !log.items.allSatisfy(items.contains) { return "an item outside the vocabulary" }
        if !log.behaviors.allSatisfy({ Int($0) < log.behaviorNames.count }) { return "a behavior without a name" }
        if !log.values.allSatisfy(\.isFinite) { return "a value that is not finite" }
        if !log.timestamps.allSatisfy({ $0 >= 0 }) { return "a negative timestamp" }
        if !dataset.catalog.isEmpty, dataset.catalog.items.count != log.itemCount {
            return "a catalog of another length"
        }
        if Set(log.userVocabulary.ids).count != log.userCount { return "a user id twice" }
        if let frozen = dataset.frozen {
            if !frozen.holdout.users.allSatisfy(users.contains) { return "a test user outside the vocabulary" }
            if !frozen.holdout.items.allSatisfy(items.contains) { return "a test item outside the vocabulary" }
            if let rows = frozen.negatives?.rows {
                if rows.count != frozen.holdout.users.count { return "negatives of another length" }
                if !rows.joined().allSatisfy(items.contains) { return "a negative outside the vocabulary" }
            }
        }
        return nil
    }

    private static func tell(_ result: Result<Dataset, ReadFailure>) -> String {
        switch result {
        case .success(let dataset):
            "read" + (dataset.frozen == nil ? "" : " with test") + (dataset.catalog.isEmpty ? "" : " with catalog")
                + (dataset.log.userVocabulary.integers == nil ? " by name" : "")
        case .failure(let failure): words(failure.description)
        }
    }

    /// A message without the numbers and quoted parts that change from input to input.
    private static func words(_ message: String) -> String {
        var isQuoted = false
        let kept = message.prefix(400).split(separator: "; ").prefix(1).joined().filter { character in
            if character == "'" { isQuoted.toggle() }
            return !isQuoted && !character.isNumber
        }
        return kept.split(separator: "/").last.map(String.init) ?? kept
    }
}
