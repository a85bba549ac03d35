public import Foundation
internal import MarqueeRuntime

extension MediaLog {
    /// Writes the log for others to read: `impressions.csv`, a row an item that was shown, as ``ImpressionReader`` reads it
    /// by ``mapping``; `clicks.csv` and `items.csv`, interactions and catalog; `ties.csv`; `people.csv`; and `world.json`,
    /// the numbers of the world. Each file is whole or absent.
    /// - Throws: `FileError`.
    public func write(to folder: URL) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError.cannotWrite(folder.path, reason: error.localizedDescription)
        }
        func write(_ name: String, _ header: String, _ lines: (inout String) -> Void) throws {
            var text = header + "\n"
            lines(&text)
            try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent(name))
        }
        try JSONFile.write(world.config, to: folder.appendingPathComponent("world.json"))
        try write("people.csv", "user,region,device") { text in
            for (person, known) in world.people.enumerated() {
                text += "\(user(person)),\(MediaWorld.regions[known.region]),\(MediaWorld.devices[known.device])\n"
            }
        }
        try write("ties.csv", "user,friend") { text in
            for tie in ties { text += "\(user(Int(tie.from))),\(user(Int(tie.to)))\n" }
        }
        try write("items.csv", "item,title,topics,text,domain,published,length") { text in
            for (item, known) in catalog.items.enumerated() {
                let entry = world.items[item]
                text += "\(impressions.itemVocabulary[Int32(item)]),\(known.title),"
                text +=
                    "\(known.genres.joined(separator: "|")),\(known.text),\(known.domain),\(entry.published),\(entry.length)\n"
            }
        }
        try write("clicks.csv", "user,item,time,dwell,session") { text in
            eachRow { impression, row, _ in
                guard impressions.clicked[row] else { return }
                text += "\(user(Int(impressions.users[impression]))),"
                text += "\(impressions.itemVocabulary[impressions.items[row]]),\(impressions.timestamps[impression]),"
                text += "\(impressions.dwell[row]),\(impressions.sessions[impression])\n"
            }
        }
        try AtomicFile.replace(folder.appendingPathComponent("impressions.csv")) { file in
            var text =
                "impression,user,item,clicked,time,position,propensity,dwell,session,device,region,page,gaze,completion\n"
            var failure: (any Error)?
            eachRow { impression, row, position in
                text += "\(impression),\(user(Int(impressions.users[impression])))"
                text += ",\(impressions.itemVocabulary[impressions.items[row]]),\(impressions.clicked[row] ? 1 : 0)"
                text += ",\(impressions.timestamps[impression]),\(position),\(impressions.propensities[row]),"
                if impressions.dwell[row] >= 0 { text += "\(impressions.dwell[row])" }
                text += ",\(impressions.sessions[impression]),\(impressions.devices[impression])"
                text += ",\(impressions.regions[impression]),\(impressions.pages[impression]),"
                if gaze[row] >= 0 { text += "\(gaze[row])" }
                text += completion[row].isNaN ? ",\n" : ",\(completion[row])\n"
                if text.utf8.count > 1 << 20, failure == nil {
                    do { try file.write(contentsOf: Data(text.utf8)) } catch { failure = error }
                    text.removeAll(keepingCapacity: true)
                }
            }
            if let failure { throw failure }
            try file.write(contentsOf: Data(text.utf8))
        }
    }

    /// How `impressions.csv` is read.
    public static let mapping = ImpressionMapping(
        file: "impressions.csv", impression: "impression", user: "user", item: "item", clicked: "clicked", time: "time",
        timeUnit: .milliseconds, position: "position", propensity: "propensity", dwell: "dwell", session: "session",
        device: "device", region: "region", page: "page")

    /// How `clicks.csv` is read, with `items.csv` as the catalog.
    public static let clicksMapping = ColumnMapping(
        file: "clicks.csv", user: "user", item: "item", value: "dwell", timestamp: "time", timeUnit: .milliseconds,
        catalog: .init(
            file: "items.csv", id: "item", title: "title", genres: "topics", text: "text", domain: "domain"))

    private func user(_ person: Int) -> String { impressions.userVocabulary[Int32(person)] }

    private func eachRow(_ body: (_ impression: Int, _ row: Int, _ position: Int) -> Void) {
        for impression in 0..<impressions.count {
            let rows = impressions.candidates(of: impression)
            for row in rows { body(impression, row, row - rows.lowerBound) }
        }
    }
}
