internal import Synchronization

/// What the server counts and times, in Prometheus's text format.
///
/// Families and labels are few and bounded by what is deployed: routes, status classes, stages, models,
/// policies; never ids.
public final class Metrics: Sendable {
    private struct Key: Hashable {
        let name: String
        let labels: String
    }
    private struct State {
        var help: [String: String] = [:]
        var histograms: [Key: Histogram] = [:]
        var counters: [Key: Double] = [:]
        var gauges: [Key: @Sendable () -> Double] = [:]
    }
    private let state = Mutex(State())

    public init() {}

    /// The histogram of these labels, made when it is first asked for. Hold on to it where it is hot.
    func histogram(_ name: String, help: String, _ labels: [(String, String)] = []) -> Histogram {
        state.withLock {
            $0.help[name] = help
            let key = Key(name: name, labels: Self.text(labels))
            if let known = $0.histograms[key] { return known }
            let histogram = Histogram()
            $0.histograms[key] = histogram
            return histogram
        }
    }

    func add(_ amount: Double = 1, to name: String, help: String, _ labels: [(String, String)] = []) {
        state.withLock {
            $0.help[name] = help
            $0.counters[Key(name: name, labels: Self.text(labels)), default: 0] += amount
        }
    }

    /// A value that is asked for when the metrics are read.
    func gauge(
        _ name: String, help: String, _ labels: [(String, String)] = [], _ value: @escaping @Sendable () -> Double
    ) {
        state.withLock {
            $0.help[name] = help
            $0.gauges[Key(name: name, labels: Self.text(labels))] = value
        }
    }

    /// The exposition, families in the order of their names.
    func text() -> String {
        let (help, histograms, counters, gauges) = state.withLock { ($0.help, $0.histograms, $0.counters, $0.gauges) }
        var text = ""
        for (name, meaning) in help.sorted(by: { $0.key < $1.key }) {
            let kind =
                histograms.contains { $0.key.name == name }
                ? "histogram"
                : counters.contains { $0.key.name == name } ? "counter" : "gauge"
            text += "# HELP \(name) \(meaning)\n# TYPE \(name) \(kind)\n"
            for (key, histogram) in histograms.filter({ $0.key.name == name }).sorted(by: {
                $0.key.labels < $1.key.labels
            }) {
                histogram.write(name, labels: key.labels, to: &text)
            }
            let values = counters.map { ($0.key, $0.value) } + gauges.map { ($0.key, $0.value()) }
            for (key, value) in values.filter({ $0.0.name == name }).sorted(by: { $0.0.labels < $1.0.labels }) {
                text += "\(name)\(key.labels.isEmpty ? "" : "{\(key.labels.dropLast())}") \(value)\n"
            }
        }
        return text
    }

    /// `route="/api",status="2xx",`.
    private static func text(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\","
        }.joined()
    }
}
