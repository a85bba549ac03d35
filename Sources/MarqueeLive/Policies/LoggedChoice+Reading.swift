public import Foundation

extension LoggedChoice {
    /// A log as NDJSON, one decision a line:
    ///
    ///     {"choices": {"items": ["a", "b"], "scores": [0.3, 0.1], "features": [], "width": 0},
    ///      "slate": {"slots": [{"place": 1, "propensity": 0.05}]}, "rewards": [1]}
    ///
    /// - Throws: ``LoggedChoiceError`` with file and line.
    public static func read(_ url: URL) throws -> [LoggedChoice] {
        let data = try Data(contentsOf: url)
        let decoder = JSONDecoder()
        var log: [LoggedChoice] = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            func problem(_ reason: String) -> LoggedChoiceError {
                LoggedChoiceError(file: url.lastPathComponent, line: index + 1, reason: reason)
            }
            let choice: LoggedChoice
            do {
                choice = try decoder.decode(LoggedChoice.self, from: line)
            } catch let DecodingError.keyNotFound(key, _) {
                throw problem("no '\(key.stringValue)'; a line is {\"choices\": …, \"slate\": …, \"rewards\": […]}")
            } catch {
                throw problem("not a decision in JSON")
            }
            let choices = choice.choices
            guard choices.width >= 0, choices.scores.count == choices.count,
                choices.features.count == choices.count * choices.width
            else {
                throw problem(
                    "\(choices.count) items with \(choices.scores.count) scores and \(choices.features.count) features")
            }
            guard choice.rewards.count == choice.slate.slots.count else {
                throw problem("\(choice.rewards.count) rewards for \(choice.slate.slots.count) slots")
            }
            for slot in choice.slate.slots where !(slot.propensity > 0 && slot.propensity <= 1) {
                throw problem("propensity \(slot.propensity) is not above 0 and at most 1")
            }
            do { try choices.check(choice.slate.candidates) } catch { throw problem("\(error)") }
            log.append(choice)
        }
        return log
    }
}

/// A line of a log of decisions that cannot be read.
public struct LoggedChoiceError: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let reason: String
    public var description: String { "\(file):\(line): \(reason)" }
}
