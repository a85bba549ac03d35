internal import MarqueeRuntime

extension Dataset {
    /// Timestamps as the beginning of their UTC day, also before 1970.
    func flooringTimestampsToDates() throws -> (Dataset, String) {
        guard !log.timestamps.isEmpty || log.count == 0 else {
            throw PreparationError(step: "dates", reason: "the data has no timestamps; leave the step out")
        }
        var result = self
        var days: Set<Int64> = []
        for row in result.log.timestamps.indices {
            let date = Int64(CivilDate.days(milliseconds: result.log.timestamps[row])) * CivilDate.length
            result.log.timestamps[row] = date
            days.insert(date)
        }
        return (result, "timestamps are UTC dates now, \(days.count.grouped) different ones")
    }
}
