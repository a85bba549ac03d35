internal import Foundation

/// Numbers as people read them; the one place where bytes, rates, shares and times become text.
package enum Figures {
    /// Four decimals for metrics, as papers print them: `0.7189`.
    package static func metric(_ value: Double) -> String { fixed(value, 4) }

    /// A rate with a unit: `1.24 M samples/s`.
    package static func rate(_ perSecond: Double, _ unit: String) -> String { "\(short(perSecond)) \(unit)/s" }

    /// Three digits and a magnitude: `1.24 M`, `612 k`, `8`.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        // From where three digits round up to the next magnitude: 999,500 is 1.00 M.
        for (limit, suffix) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] where value.magnitude >= 0.9995 * limit {
            let scaled = value / limit
            return fixed(scaled, scaled.magnitude >= 99.95 ? 0 : scaled.magnitude >= 9.995 ? 1 : 2) + suffix
        }
        return value == value.rounded() ? "\(Int(value))" : fixed(value, value.magnitude < 9.995 ? 2 : 1)
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

    /// `412 MB`, in powers of ten; gigabytes with two digits behind the point below ten.
    package static func bytes(_ count: Int) -> String {
        let value = Double(count)
        if value >= 9.995e9 { return fixed(value / 1e9, 0) + " GB" }
        if value >= 0.9995e9 { return fixed(value / 1e9, 2) + " GB" }
        if value >= 0.9995e6 { return fixed(value / 1e6, 0) + " MB" }
        return value >= 1e3 ? fixed(value / 1e3, 0) + " kB" : "\(count) B"
    }

    /// `4.5 %`.
    package static func percent(_ share: Double, digits: Int = 1) -> String { fixed(share * 100, digits) + " %" }

    /// A decimal point and so many digits, whatever the locale.
    package static func fixed(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? String(format: "%.\(digits)f", value) : "–"
    }
}
