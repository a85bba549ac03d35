public import Foundation
internal import MarqueeRuntime

/// Gaze and pointer on pages with the boxes of their items, as AdSERP has them (Latifzadeh, Gwizdka and Leiva, SIGIR 2025):
/// a folder with `ad-boundary-data/PAGE.json`, `fixation-data/PAGE.csv` (`timestamp`, `FPOGX`, `FPOGY`, `FPOGD`) and
/// `mouse-movement-data/PAGE.csv` (`timestamp`, `xpos`, `ypos`, `event`), a file a page each. Where a page has no
/// fixations, the pointer stands for the eye.
///
/// As impressions each page is one, its boxes the candidates in the order of the file, clicked where a click fell into
/// them, ``ImpressionLog/seen`` how much each was looked at.
struct GazeFormat {
    private let boxes, fixations, pointer: SourceTree?
    private let pages: [String]

    /// Nil when this is not it.
    init?(recognizing context: ReadContext) {
        guard context.tree.focus == nil, let boxes = context.tree.folder("ad-boundary-data") else { return nil }
        fixations = context.tree.folder("fixation-data")
        pointer = context.tree.folder("mouse-movement-data")
        self.boxes = boxes
        guard fixations != nil || pointer != nil else { return nil }
        pages = boxes.names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
        if pages.isEmpty { return nil }
    }

    /// The pages, each with clicks as points.
    func pages(_ context: ReadContext, by signal: GazeSignal? = nil) throws -> [(page: GazePage, clicks: [Pointer])] {
        try pages.map { name in
            let events = try pointerEvents(name, context)
            let looks = signal == .pointer ? nil : try looks(name, context)
            if looks == nil, signal == .fixations {
                throw ReadError.file(
                    "\(name).csv", problem: "there are no fixations of this page",
                    remedy: "add fixation-data/\(name).csv, or read the pointer in their place")
            }
            return (
                GazePage(name: name, fixations: looks ?? rests(events), boxes: try boxes(name, context)),
                events.filter { $0.event == "click" }
            )
        }
    }

    func read(_ context: ReadContext) throws -> (data: ImpressionData, report: ReadReport) {
        var builder = ImpressionLogBuilder()
        for (page, clicks) in try pages(context) where !page.boxes.isEmpty {
            let time = try clicks.first?.time ?? pointerEvents(page.name, context).first?.time
            builder.append(
                // The first part of a page's name is the participant.
                .init(user: page.name.split(separator: "-").first.map(String.init), time: time, page: page.name),
                candidates: zip(page.boxes, page.seen()).map { box, seen in
                    .init(
                        item: "\(page.name) \(box.item)", isClicked: clicks.contains { box.contains($0.x, $0.y) },
                        seen: seen)
                })
        }
        let log = builder.log()
        return (ImpressionData(name: context.tree.name, log: log), context.report("gaze on pages", log))
    }

    // MARK: Files

    struct Pointer {
        let time: Int64
        let x, y: Double
        let event: String
    }

    private struct Boundary: Decodable {
        struct Location: Decodable { let x, y: Double }
        struct Size: Decodable { let width, height: Double }
        let location: Location
        let size: Size
    }

    private func boxes(_ name: String, _ context: ReadContext) throws -> [GazePage.Box] {
        guard let source = try boxes?.open("\(name).json") else { return [] }
        let file = "ad-boundary-data/\(name).json"
        let boundaries: [String: [Boundary]]
        do {
            boundaries = try JSONDecoder().decode([String: [Boundary]].self, from: Data(source.bytes))
        } catch {
            throw ReadError.file(
                file, problem: "is not boxes by kind, { \"KIND\": [{ \"location\": { x, y }, \"size\": { … } }] }",
                remedy: "correct or delete it")
        }
        return try boundaries.sorted { $0.key < $1.key }.flatMap { kind, list in
            try list.enumerated().map { index, boundary in
                guard boundary.size.width >= 0, boundary.size.height >= 0,
                    [boundary.location.x, boundary.location.y, boundary.size.width, boundary.size.height].allSatisfy({
                        $0.isFinite && abs($0) < 1e9
                    })
                else {
                    throw ReadError.file(
                        file, problem: "box \(index + 1) of '\(kind)' has no possible size",
                        remedy: "correct or delete it")
                }
                return GazePage.Box(
                    item: "\(kind) \(index + 1)", x: boundary.location.x, y: boundary.location.y,
                    width: boundary.size.width, height: boundary.size.height)
            }
        }
    }

    private func looks(_ name: String, _ context: ReadContext) throws -> [GazePage.Fixation]? {
        guard let fixations, fixations.has("\(name).csv") else { return nil }
        var looks: [GazePage.Fixation] = []
        try NamedColumns.forEach("\(name).csv", "fixations", separator: ",", context, in: fixations) { row in
            looks.append(
                .init(
                    x: try row.pixels("FPOGX"), y: try row.pixels("FPOGY"),
                    duration: try row.required("FPOGD", 0...3_600_000, "milliseconds from 0 to an hour")))
        }
        return looks
    }

    private func pointerEvents(_ name: String, _ context: ReadContext) throws -> [Pointer] {
        guard let pointer, pointer.has("\(name).csv") else { return [] }
        var events: [Pointer] = []
        try NamedColumns.forEach("\(name).csv", "pointer", separator: ",", context, in: pointer) { row in
            guard let time = Int64(row["timestamp"]) else {
                throw row.error("milliseconds since 1970", in: "timestamp")
            }
            events.append(
                Pointer(time: time, x: try row.pixels("xpos"), y: try row.pixels("ypos"), event: row["event"]))
        }
        return events
    }

    /// Where the pointer rested, and for how long; at most two seconds, after which nobody knows where the eye is.
    private func rests(_ events: [Pointer]) -> [GazePage.Fixation] {
        // What scrolls or loads says nothing of the pointer's place.
        let placed = events.filter { $0.event.hasPrefix("mouse") || $0.event == "click" }
        return zip(placed, placed.dropFirst()).map { event, next in
            .init(x: event.x, y: event.y, duration: Double(min(max(0, next.time - event.time), 2000)))
        }
    }
}

/// What stands for where somebody looks.
public enum GazeSignal: String, Sendable, CaseIterable {
    case fixations
    /// Where the pointer rested: a weak sign of it.
    case pointer
}

/// Reads pages with where somebody looked on them.
///
///     let pages = try GazeReader.read(folder)
///     pages[0].seen()                                         // a weight a box
///     pages[0].heat(columns: 4, rows: 12, width: 1280, height: 3000)
public enum GazeReader {
    /// The pages of a folder, by name; see ``ImpressionReader`` for the same as impressions.
    /// - Parameter signal: nil for fixations where a page has some, else the pointer.
    /// - Throws: ``ReadError``, which names file, line and remedy; ``FileError`` when nothing is there.
    public static func read(_ url: URL, by signal: GazeSignal? = nil) throws -> [GazePage] {
        let context = ReadContext(tree: try SourceTree(url), pool: .shared)
        guard let format = GazeFormat(recognizing: context) else {
            throw ReadError.file(
                context.tree.path, problem: "holds no pages with gaze; found \(context.inventory)",
                remedy: "name a folder with ad-boundary-data, and fixation-data or mouse-movement-data")
        }
        return try format.pages(context, by: signal).map(\.page)
    }
}

extension NamedColumns {
    fileprivate func required(_ column: String, _ range: ClosedRange<Double>, _ what: String) throws -> Double {
        guard let value = try number(column, range, what) else { throw error(what, in: column) }
        return value
    }

    fileprivate func pixels(_ column: String) throws -> Double {
        try required(column, -1e9...1e9, "pixels")
    }
}
