internal import Foundation
internal import MarqueeData

/// Numbers as people read them.
package enum Figures {
    /// Four decimals for metrics, as papers print them: `0.7189`.
    package static func metric(_ value: Double) -> String { fixed(value, 4) }

    /// A rate with a unit: `1.24 M samples/s`.
    package static func rate(_ perSecond: Double, _ unit: String) -> String { "\(short(perSecond)) \(unit)/s" }

    /// Three digits and a magnitude: `1.24 M`, `612 k`, `8`.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        for (limit, suffix) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value.magnitude >= limit {
            return fixed(value / limit, value.magnitude >= 100 * limit ? 0 : value.magnitude >= 10 * limit ? 1 : 2)
                + suffix
        }
        return value == value.rounded() ? Int(value).grouped : fixed(value, value.magnitude < 10 ? 2 : 1)
    }

    /// `0.4 s`, `12 s`, `3:05 min`, `1:02 h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "–" }
        if seconds < 9.95 { return fixed(seconds, seconds < 0.0995 ? 3 : 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
        return "\(whole / 3600):\(two(whole / 60 % 60)) h"
    }

    /// `412 MB`, in powers of ten.
    package static func bytes(_ count: Int) -> String {
        let value = Double(count)
        if value >= 1e9 { return fixed(value / 1e9, 2) + " GB" }
        if value >= 1e6 { return fixed(value / 1e6, 0) + " MB" }
        return fixed(value / 1e3, 0) + " kB"
    }

    /// `4.5 %`.
    package static func percent(_ share: Double, digits: Int = 1) -> String { fixed(share * 100, digits) + " %" }

    /// A decimal point and so many digits, whatever the locale.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : "–"
    }
}
