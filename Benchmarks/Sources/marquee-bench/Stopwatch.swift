import MarqueeRuntime
import Synchronization

/// Times work by its own reports, and asks it to stop when it has seen enough.
final class Stopwatch: ProgressObserver {
    private struct Reading {
        var completed: Int
        var time: ContinuousClock.Instant
    }

    private struct Readings {
        /// When the warm-up began.
        var begun: ContinuousClock.Instant?
        /// The first and the last reading after the warm-up.
        var span: (first: Reading, last: Reading)?
    }

    private let warmUp, duration: Duration
    private let readings = Mutex(Readings())

    init(warmUp: Duration, duration: Duration) {
        self.warmUp = warmUp
        self.duration = duration
    }

    func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {
        let reading = Reading(completed: completed, time: .now)
        readings.withLock { readings in
            let begun = readings.begun ?? reading.time
            readings.begun = begun
            guard let first = readings.span?.first, completed > first.completed else {
                // Each epoch counts from nothing.
                if reading.time - begun > warmUp { readings.span = (reading, reading) }
                return
            }
            readings.span = (first, reading)
            if reading.time - first.time > duration { Interruption.request() }
        }
    }

    func note(_ line: String) {}

    /// Not a number when the work ended before the warm-up did.
    var unitsPerSecond: Double {
        readings.withLock { readings in
            guard let (first, last) = readings.span else { return .nan }
            return Double(last.completed - first.completed) / ((last.time - first.time) / .seconds(1))
        }
    }
}
