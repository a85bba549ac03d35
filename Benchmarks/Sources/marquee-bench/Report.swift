import Foundation

/// Prints outcomes: aligned columns for people, one JSON object a row for machines.
struct Report {
    let benchmark: Benchmark
    let outcomes: [Comparison.Outcome]

    /// A row as JSON has it; what was not measured is null.
    private struct Line: Encodable {
        let bench, `case`: String
        let ours: Double
        let peer, limit, ratio: Double?
        let unit: String
        let peerName: String?

        enum CodingKeys: String, CodingKey {
            case bench, `case`, ours, peer, limit, ratio, unit
            case peerName = "peer_name"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(bench, forKey: .bench)
            try container.encode(`case`, forKey: .case)
            try container.encode(ours, forKey: .ours)
            try container.encode(peer, forKey: .peer)
            try container.encode(limit, forKey: .limit)
            try container.encode(ratio, forKey: .ratio)
            try container.encode(unit, forKey: .unit)
            try container.encode(peerName, forKey: .peerName)
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try outcomes.map { outcome in
            let line = Line(
                bench: benchmark.name, case: outcome.row.case, ours: outcome.ours, peer: outcome.peer?.value,
                limit: outcome.limit, ratio: outcome.ratio, unit: outcome.row.unit, peerName: outcome.peer?.name)
            return String(decoding: try encoder.encode(line), as: UTF8.self)
        }.joined(separator: "\n")
    }

    func table() -> String {
        var rows = [["case", "ours", "peer", "ratio", "limit", "of limit", "unit", "peer is"]]
        for outcome in outcomes {
            rows.append([
                outcome.row.case, Self.short(outcome.ours), outcome.peer.map { Self.short($0.value) } ?? "–",
                outcome.ratio.map { String(format: "%.2f×", $0) } ?? "–", outcome.limit.map(Self.short) ?? "–",
                outcome.limit.map { String(format: "%.0f %%", 100 * outcome.ours / $0) } ?? "–", outcome.row.unit,
                outcome.peer?.name ?? "–",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                // Words to the left, numbers to the right.
                return column == 0 || column > 5 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
        return ([benchmark.summary] + lines).joined(separator: "\n")
    }

    /// Four significant digits, with k, M, G from a thousand on.
    private static func short(_ value: Double) -> String {
        let (scaled, suffix) =
            switch abs(value) {
            case 1e9...: (value / 1e9, " G")
            case 1e6...: (value / 1e6, " M")
            case 1e3...: (value / 1e3, " k")
            default: (value, "")
            }
        return String(format: "%.4g", scaled) + suffix
    }
}
