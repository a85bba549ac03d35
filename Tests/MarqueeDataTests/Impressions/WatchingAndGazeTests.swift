import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite struct KuaiRandTests {
    static let header = "user_id\tvideo_id\ttime_ms\tis_click\tplay_time_ms\tduration_ms\tlabel\ttab"

    private static func error(_ lines: String) throws -> String {
        let fixture = try ReadingFixture(["interactions.tsv": "\(header)\n\(lines)\n"])
        let error = #expect(throws: ReadError.self) { try ImpressionReader.read(fixture.folder) }
        return error.map { "\($0)" } ?? ""
    }

    @Test func videosAreReadWithWatchTimeAndLength() throws {
        let fixture = try ReadingFixture([
            "interactions.tsv":
                "\(Self.header)\n1\t20\t1649581149287\t1\t46186\t45916\t1\t4\n1\t21\t1649664552983\t0\t14549\t0\t0\t\n"
        ])
        #expect(ImpressionReader.recognizes(fixture.folder))
        let log = try ImpressionReader.read(fixture.folder).log
        #expect(log.count == 2 && log.candidateCount == 2 && log.userCount == 1)
        #expect(log.clicked == [true, false] && log.dwell == [46186, 14549] && log.lengths == [45916, 0])
        #expect(log.liked == [1, 0] && log.pages[0] == "4" && log.pages[1] == "")
        #expect(log.timestamps == [1_649_581_149_287, 1_649_664_552_983])
    }

    @Test func whatWasSaidMayBeTwoColumns() throws {
        let fixture = try ReadingFixture([
            "log_standard.csv": """
            user_id,video_id,time_ms,is_click,is_like,is_hate,play_time_ms,duration_ms
            1,20,1649581149287,1,1,0,1,2
            1,21,1649581149288,1,0,1,1,2
            1,22,1649581149289,1,0,0,1,2

            """
        ])
        #expect(try ImpressionReader.read(fixture.folder).log.liked == [1, 0, -1])
    }

    @Test(arguments: [
        ("1\t20\tyesterday\t1\t5\t6\t1\t", "milliseconds since 1970 (column 'time_ms'), found 'yesterday'"),
        ("1\t20\t1649581149287\tmaybe\t5\t6\t1\t", "0 or 1 (column 'is_click'), found 'maybe'"),
        ("1\t20\t1649581149287\t1\t-5\t6\t1\t", "milliseconds from 0 on (column 'play_time_ms'), found '-5'"),
        ("\t20\t1649581149287\t1\t5\t6\t1\t", "an id (column 'user_id'), found nothing"),
        ("1\t20\t1649581149287\t1\t5", "8 fields separated by tabs, found 5"),
    ])
    func badLinesAreToldWithTheirPlace(_ line: String, _ told: String) throws {
        let error = try Self.error(line)
        #expect(error.hasPrefix("interactions.tsv:2: ") && error.contains(told), "\(error)")
        #expect(!error.contains("\n"))
    }

    @Test func dwellIsAQuantileAmongThoseAboutAsLong() throws {
        var random = RandomStream(seed: 4, "dwell")
        let lengths = (0..<2000).map { _ in Int32(1 + random.next() % 100) * 1000 }
        let dwell = lengths.map { Int32(Double($0) * random.nextUnit() * 1.2) }
        let quantiles = try #require(DwellQuantiles(dwell: dwell, lengths: lengths))
        // The mean is one half in every group, and in it longer is never less.
        for decile in 0..<10 {
            let low = decile == 0 ? 0 : quantiles.lengthEdges[decile - 1]
            let high = decile == 9 ? .max : quantiles.lengthEdges[decile]
            let rows = lengths.indices.filter { lengths[$0] > low && lengths[$0] <= high }
            let own = rows.map { quantiles.quantile(dwell[$0], length: lengths[$0]) }
            #expect(abs(own.reduce(0, +) / Float(own.count) - 0.5) < 1e-3, "\(decile)")
            let sorted = rows.sorted { dwell[$0] < dwell[$1] }.map {
                quantiles.quantile(dwell[$0], length: lengths[$0])
            }
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(own.allSatisfy { 0...1 ~= $0 })
        }
        // What was fitted does not know what it is asked later; the unknown's group is asked of all.
        #expect(quantiles.quantile(.max, length: 5000) == 1 && quantiles.quantile(-1, length: 5000) == 0)
        #expect(0...1 ~= quantiles.quantile(3000, length: 0))
        #expect(DwellQuantiles(dwell: [-1, -1], lengths: []) == nil)
        let flat = try #require(DwellQuantiles(dwell: [7, 7, 7], lengths: []))
        #expect(flat.quantile(7, length: 0) == 0.5)
    }
}

@Suite struct GazeTests {
    static func folder(_ files: [String: String]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-gaze-\(UUID().uuidString)")
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return folder
    }

    static let files = [
        "ad-boundary-data/p1-t1.json":
            #"{"top": [{"location": {"x": 100, "y": 100}, "size": {"width": 200, "height": 50}}], "right": [{"location": {"x": 900, "y": 100}, "size": {"width": 100, "height": 300}}]}"#,
        "fixation-data/p1-t1.csv":
            "timestamp,FPOGX,FPOGY,FPOGD\n1000,150,120,420\n1500,500,900,300\n1900,5000,-20,100\n",
        "mouse-movement-data/p1-t1.csv":
            "timestamp,xpos,ypos,event,xpath\n1000,0,0,load,/\n1100,950,200,mousemove,/\n1400,950,200,click,/a\n9000,0,400,scroll,/\n",
    ]

    @Test func fixationsBoxesAndClicksAreRead() throws {
        let folder = try Self.folder(Self.files)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pages = try GazeReader.read(folder)
        #expect(pages.count == 1 && pages[0].name == "p1-t1" && pages[0].fixations.count == 3)
        #expect(pages[0].boxes.map(\.item) == ["right 1", "top 1"])
        // Half of what is looked at for 420 ms is seen; what nobody looked at is not.
        #expect(pages[0].seen() == [0, 0.5])
        let heat = pages[0].heat(columns: 2, rows: 2, width: 1000, height: 1000)
        #expect(abs(heat.joined().reduce(0, +) - 1) < 1e-12)
        #expect(abs(heat[0][0] - 420 / 820) < 1e-12 && abs(heat[1][1] - 300 / 820) < 1e-12)
        #expect(abs(heat[0][1] - 100 / 820) < 1e-12)

        let pointer = try GazeReader.read(folder, by: .pointer)[0]
        #expect(pointer.fixations == [.init(x: 950, y: 200, duration: 300)])
        #expect(pointer.seen()[0] > 0 && pointer.seen()[1] == 0)

        #expect(ImpressionReader.recognizes(folder))
        let log = try ImpressionReader.read(folder).log
        #expect(log.count == 1 && log.items.map { log.itemVocabulary[$0] } == ["p1-t1 right 1", "p1-t1 top 1"])
        #expect(log.clicked == [true, false] && log.seen == [0, 0.5] && log.timestamps == [1400])
        #expect(log.userVocabulary.ids == ["p1"])
    }

    @Test(arguments: [
        ("fixation-data/p1-t1.csv", "timestamp,FPOGX,FPOGY,FPOGD\n1000,left,120,420\n", "p1-t1.csv:2: expected pixels"),
        ("fixation-data/p1-t1.csv", "timestamp,FPOGX,FPOGY,FPOGD\n1000,1,120,-4\n", "milliseconds from 0 to an hour"),
        ("ad-boundary-data/p1-t1.json", "[1, 2]", "ad-boundary-data/p1-t1.json: is not boxes by kind"),
        (
            "ad-boundary-data/p1-t1.json",
            #"{"top": [{"location": {"x": 1, "y": 1}, "size": {"width": -2, "height": 5}}]}"#,
            "box 1 of 'top' has no possible size"
        ),
        ("mouse-movement-data/p1-t1.csv", "timestamp,xpos,ypos,event\nnow,1,2,click\n", "milliseconds since 1970"),
    ])
    func badFilesAreToldWithTheirPlace(_ name: String, _ text: String, _ told: String) throws {
        var files = Self.files
        files[name] = text
        let folder = try Self.folder(files)
        defer { try? FileManager.default.removeItem(at: folder) }
        let error = #expect(throws: ReadError.self) { try ImpressionReader.read(folder) }
        #expect(error.map { "\($0)" }?.contains(told) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func aPageWithoutFixationsIsReadByThePointer() throws {
        var files = Self.files
        files["fixation-data/p1-t1.csv"] = nil
        let folder = try Self.folder(files)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try GazeReader.read(folder)[0].fixations.map(\.duration) == [300])
        #expect(throws: ReadError.self) { try GazeReader.read(folder, by: .fixations) }
    }

    /// Any looks anywhere: the grid holds all of the time, and what is seen grows with looking.
    @Test(arguments: 1...10 as ClosedRange<UInt64>) func allOfTheTimeIsInTheGrid(_ seed: UInt64) {
        var random = RandomStream(seed: seed, "gaze")
        func number(_ low: Double, _ high: Double) -> Double { low + random.nextUnit() * (high - low) }
        let fixations = (0..<30).map { _ in
            GazePage.Fixation(x: number(-500, 2000), y: number(-500, 5000), duration: number(0, 900))
        }
        let boxes = (0..<6).map {
            GazePage.Box(
                item: "\($0)", x: number(0, 900), y: number(0, 3000), width: number(0, 400), height: number(0, 300))
        }
        var page = GazePage(name: "p", fixations: fixations, boxes: boxes)
        let heat = page.heat(columns: 4, rows: 7, width: 1280, height: 4000)
        #expect(heat.count == 7 && heat.allSatisfy { $0.count == 4 })
        #expect(abs(heat.joined().reduce(0, +) - 1) < 1e-9 && heat.joined().allSatisfy { $0 >= 0 })
        let before = page.seen()
        page.fixations.append(.init(x: boxes[0].x, y: boxes[0].y, duration: 200))
        let after = page.seen()
        #expect(after[0] > before[0] && zip(before, after).allSatisfy { 0...1 ~= $0 && $0 <= $1 })
    }
}

@Suite struct RememberedClicksTests {
    /// An impression knows what its person clicked before it, in this log and in histories, and nothing at or after it.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func onlyWhatWasBefore(_ seed: UInt64) throws {
        var random = RandomStream(seed: seed, "remembered")
        var builder = ImpressionLogBuilder()
        for _ in 0..<60 {
            builder.append(
                .init(user: random.next() % 9 == 0 ? nil : "u\(random.next() % 4)", time: Int64(random.next() % 30)),
                candidates: (0..<4).map { _ in
                    .init(item: "i\(random.next() % 12)", isClicked: random.next() % 3 == 0)
                })
        }
        var log = builder.log()
        let older = InteractionLog(
            users: [0, 1], items: [2, 3], timestamps: [5, 15], userVocabulary: log.userVocabulary,
            itemVocabulary: log.itemVocabulary)
        log.histories = UserHistories(older)
        let whole = log.rememberingClicks()
        for impression in 0..<log.count {
            let history = whole.history(of: impression)
            let (user, time) = (log.users[impression], log.timestamps[impression])
            var expected: [[Int64]] = []
            if user >= 0 {
                for row in older.users.indices where older.users[row] == user && older.timestamps[row] < time {
                    expected.append([older.timestamps[row], Int64(older.items[row])])
                }
                for other in 0..<log.count where log.users[other] == user && log.timestamps[other] < time {
                    for row in log.candidates(of: other) where log.clicked[row] {
                        expected.append([log.timestamps[other], Int64(log.items[row])])
                    }
                }
            }
            #expect(history.allSatisfy { $0.time < time })
            let found = history.map { [$0.time, Int64($0.item)] }
            func ordered(_ rows: [[Int64]]) -> [[Int64]] { rows.sorted { $0.lexicographicallyPrecedes($1) } }
            #expect(ordered(found) == ordered(expected))
        }
    }
}
