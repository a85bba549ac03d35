import Foundation
import GRDB
import MarqueeData
import MarqueeRuntime
import Synchronization
import Testing

@testable import MarqueeLive

/// What is wrong with a file is told with its name, and what to do.
@Suite struct StateFileTests {
    typealias Fixture = LoopFixture

    @Test(arguments: ["catalog.sqlite", "decisions.sqlite", "events.sqlite"])
    func aDamagedFileIsNamed(name: String) async throws {
        let folder = Fixture.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Fixture.run(folder: folder, keeps: true) { loop, _ in
            try await loop.take(SnapshotTests.events(0..<50))
            _ = try await loop.decide(DecisionQuery(who: .user("u"), count: 2))
        }
        let file = folder.appendingPathComponent(name)
        let whole = try Data(contentsOf: file)
        for damage in ["text", "garbled"] {
            var bytes = whole
            if damage == "text" {
                bytes = Data(String(repeating: "not a database ", count: 500).utf8)
            } else {
                for index in 100..<min(bytes.count, 3_900) { bytes[index] = 0xA5 }
            }
            try bytes.write(to: file)
            await #expect { try await LiveLoop(folder: folder) } throws: { error in
                (error is StateFileError || error is EventLogError) && "\(error)".hasPrefix("\(file.path): ")
            }
        }
    }

    /// A decision that is not what was written, in a file that is otherwise whole.
    @Test func aDamagedDecisionIsToldWithItsFile() async throws {
        let scratch = try Scratch()
        let file = scratch.file("decisions.sqlite")
        let log = try DecisionLog(url: file)
        try await log.database.write { try $0.execute(sql: "INSERT INTO decisions VALUES (1, X'0300')") }
        let expected = StateFileError.damaged(path: file.path, reason: "a decision is not what was written")
        await #expect(throws: expected) { try await log.decision(1) }
        await #expect(throws: expected) { try await log.decisions(limit: 5) }
        #expect(throws: expected) { try log.choices() }
        await log.close()
    }

    /// Another process holds a file: one who writes is told so, and reading goes on.
    @Test func aLockedFileIsToldApart() async throws {
        let scratch = try Scratch()
        let file = scratch.file("catalog.sqlite")
        let catalog = try CatalogStore(url: file)
        try await catalog.put([CatalogItem(id: "a", title: "A")])
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: file.path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: StateFileError.locked(path: file.path)) { try await catalog.put([CatalogItem(id: "b")]) }
        #expect(try await catalog.item("a")?.title == "A")
        #expect(catalog.snapshot.ids.index(of: "b") == nil)
        try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await catalog.put([CatalogItem(id: "b")])
        await catalog.close()
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small tmpfs needs root"))
    func aFullDiskIsToldWithTheFile() async throws {
        let disk = try SmallDisk(in: Scratch(), bytes: 1 << 20)
        let file = disk.url.appendingPathComponent("catalog.sqlite")
        let catalog = try CatalogStore(url: file)
        let text = String(repeating: "x", count: 50_000)
        await #expect(throws: StateFileError.diskFull(path: file.path)) {
            for number in 0..<100 { try await catalog.put([CatalogItem(id: "\(number)", text: text)]) }
        }
        let count = catalog.snapshot.count
        #expect(count > 0 && count < 100)
        #expect(try await catalog.items(limit: 200).count == count)
        await catalog.close()
        withExtendedLifetime(disk) {}
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small tmpfs needs root"))
    func aFolderThatCannotBeWrittenIsNamed() async throws {
        let disk = try SmallDisk(in: Scratch(), bytes: 1 << 20)
        #expect(mount("tmpfs", disk.url.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "size=1048576") == 0)
        let folder = disk.url.appendingPathComponent("live")
        await #expect { try await LiveLoop(folder: folder) } throws: { "\($0)".hasPrefix("\(folder.path)") }
        await #expect { try await LiveLoop(folder: disk.url) } throws: {
            "\($0)".hasPrefix("\(disk.url.path)/") && "\($0)".contains("writable")
        }
        withExtendedLifetime(disk) {}
    }

    /// Seconds and microseconds where milliseconds belong put an item into 1970, or where nobody will see it.
    @Test func timesOfItemsAreCheckedAsEventsAre() {
        func problem(_ time: Int64) -> String? { CatalogItem(id: "i", time: time).problem.map { "\($0)" } }
        #expect(problem(0) == nil)
        #expect(problem(1_750_000_000_000) == nil)
        #expect(problem(788_918_400_000) == nil, "1995")
        #expect(problem(1_750_000_000)?.contains("looks like seconds") == true)
        #expect(problem(1_750_000_000_000_000)?.contains("looks like microseconds") == true)
        #expect(problem(-1) != nil)
    }
}
