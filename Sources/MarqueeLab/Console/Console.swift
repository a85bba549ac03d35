internal import Foundation
public import MarqueeRuntime
internal import Synchronization

/// What a person sees of a running command.
///
/// Notes are lines; on a terminal one more line below them, redrawn in place, tells stage, share done,
/// rate, time left and current figures. Elsewhere there are only lines, one every ten seconds while a
/// stage goes on. `quiet` keeps all of that back; what was asked for, ``print(_:)``, always comes.
///
/// Standard output carries notes and results; with `json` it carries nothing but the JSON, and notes go
/// to standard error. Color is left out where `NO_COLOR` is set or the output is no terminal.
public final class Console: ProgressObserver {
    public let isQuiet: Bool
    public let isJSON: Bool
    /// Whether results may use bold and faint.
    public let isStyled: Bool
    private let drawsLine: Bool
    private let state = Mutex(State())

    private struct State {
        var stage = ""
        var started = ContinuousClock.now
        var startedAt = 0
        var shown: ContinuousClock.Instant?
        var hasLine = false
    }

    public init(quiet: Bool = false, json: Bool = false) {
        isQuiet = quiet
        isJSON = json
        let environment = ProcessInfo.processInfo.environment
        let hasColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        isStyled = hasColor && !json && isatty(STDOUT_FILENO) == 1
        drawsLine = !quiet && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    /// A line that was asked for: a table's, a result's.
    public func print(_ line: String = "") {
        state.withLock { state in
            clear(&state)
            Self.write(line + "\n", to: .standardOutput)
        }
    }

    /// A table that was asked for.
    public func print(_ table: TextTable) {
        for line in table.lines(styled: isStyled) { print(line) }
    }

    public func note(_ line: String) {
        guard !isQuiet else { return }
        state.withLock { state in
            clear(&state)
            Self.write(line + "\n", to: isJSON ? .standardError : .standardOutput)
        }
    }

    /// A line that deserves attention even when quiet, on standard error.
    public func warn(_ line: String) {
        state.withLock { state in
            clear(&state)
            Self.write(line + "\n", to: .standardError)
        }
    }

    public func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {
        guard !isQuiet else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            if state.stage != stage || completed < state.startedAt {
                state.stage = stage
                state.started = now
                state.startedAt = completed
                state.shown = drawsLine ? nil : now
            }
            let interval: Duration = drawsLine ? .milliseconds(100) : .seconds(10)
            if let shown = state.shown, now - shown < interval { return }
            state.shown = now
            let elapsed = (now - state.started).seconds
            let text = Self.progressLine(
                stage, completed: completed, total: total, unit: unit, figures: figures,
                rate: elapsed > 0.2 ? Double(completed - state.startedAt) / elapsed : nil, drawsBar: drawsLine)
            if drawsLine {
                Self.write("\r\u{1B}[2K" + text.fitted(to: Self.terminalWidth() - 1), to: .standardError)
                state.hasLine = true
            } else {
                Self.write(text + "\n", to: isJSON ? .standardError : .standardOutput)
            }
        }
    }

    /// `ncf, epoch 2 of 5  ████████░░░░  63 %  1.2 M samples/s  12 s left  loss 0.3120`
    static func progressLine(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)],
        rate: Double?, drawsBar: Bool
    ) -> String {
        var parts = [stage]
        if let total, total > 0 {
            let share = min(1, max(0, Double(completed) / Double(total)))
            if drawsBar {
                let full = Int(share * 20)
                parts.append(String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full))
            }
            parts.append("\(Int(share * 100)) %")
        } else {
            parts.append("\(Figures.short(Double(completed))) \(unit)")
        }
        if let rate, rate > 0 {
            parts.append(Figures.rate(rate, unit))
            if let total, total > completed {
                parts.append("\(Figures.duration(Double(total - completed) / rate)) left")
            }
        }
        parts += figures.map { "\($0.name) \(Figures.metric($0.value))" }
        return parts.joined(separator: "  ")
    }

    private func clear(_ state: inout State) {
        if state.hasLine { Self.write("\r\u{1B}[2K", to: .standardError) }
        state.hasLine = false
        state.shown = drawsLine ? nil : state.shown
    }

    /// A reader that has gone, as `head` does, is no error.
    private static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }

    private static func terminalWidth() -> Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
    }
}
