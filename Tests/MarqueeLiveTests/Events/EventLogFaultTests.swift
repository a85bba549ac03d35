import Foundation
import MarqueeLive
import MarqueeRuntime
import ProcessTesting
import Testing

@Suite struct EventLogFaultTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// kill -9 at random moments, again and again, while six tasks ingest and ids are merged into the index.
    @Test func killedWhileIngesting() async throws {
        var random = RandomStream(seed: 7, "moments of death")
        var acknowledged: [String: Int64] = [:]
        for round in 0..<12 {
            let child = Process()
            child.executableURL = Programs.beside("live-child")
            child.arguments = [scratch.log.path, "\(round)"]
            let pipe = Children.pipe()
            child.standardOutput = pipe
            try Children.start(child)
            // From its first acknowledgment on, after some more output, in the middle of whatever it does.
            let pieces = 1 + Int(random.next() % 40)
            var output = Data()
            for _ in 0..<pieces { output += pipe.fileHandleForReading.availableData }
            usleep(UInt32(random.next() % 3000))
            kill(child.processIdentifier, SIGKILL)
            output += pipe.fileHandleForReading.readDataToEndOfFile()
            child.waitUntilExit()
            #expect(child.terminationReason == .uncaughtSignal)
            for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                // The last line may be cut.
                guard words.count == 2, let sequence = Int64(words[1]) else {
                    #expect(words.first != "FAULT", "\(line)")
                    continue
                }
                if !output.suffix(1).elementsEqual([0x0A]),
                    line.endIndex == String(decoding: output, as: UTF8.self).endIndex
                {
                    continue
                }
                acknowledged[String(words[0])] = sequence
            }
            let reader = try EventLogReader(scratch.log)
            var places: [String: Int64] = [:]
            var last: Int64 = 0
            while case let events = try await reader.events(after: last), !events.isEmpty {
                for logged in events {
                    #expect(places.updateValue(logged.sequence, forKey: logged.event.id) == nil, "counted twice")
                }
                last += Int64(events.count)
            }
            #expect(!acknowledged.isEmpty)
            for (id, sequence) in acknowledged where places[id] != sequence {
                Issue.record("\(id) was acknowledged at \(sequence) and is at \(places[id].map(String.init) ?? "none")")
            }
        }
    }

    /// In a process of its own, since the limit is the process's: no file may grow past 400 kB.
    @Test func theDiskFillsUpAndIsFreed() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            limit.rlim_cur = 400_000
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let log = try EventLog(scratch.log)
            var taken = 0
            var failure: EventLogError?
            while failure == nil {
                do {
                    _ = try await log.append(clicks(taken..<taken + 100))
                    taken += 100
                } catch { failure = error as? EventLogError }
                try #require(taken < 100_000)
            }
            try #require("\(failure!)".contains("cannot be written"))
            // Reading goes on, and so does writing once there is room; what failed was not half taken.
            try #require(log.lastSequence == Int64(taken))
            limit.rlim_cur = limit.rlim_max
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let after = try await log.append(clicks(taken..<taken + 100))
            try #require(after.map(\.sequence) == (taken + 1...taken + 100).map(Int64.init))
            await log.close()
            let reopened = try EventLog(scratch.log)
            try #require(
                try await reopened.reader.events(after: 0, limit: .max).map(\.event) == clicks(0..<taken + 100))
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small tmpfs needs root"))
    func noSpaceLeftOnTheDevice() async throws {
        let disk = try SmallDisk(in: scratch, bytes: 1 << 20)
        let log = try EventLog(disk.url.appendingPathComponent("events.sqlite"))
        var taken = 0
        await #expect(throws: EventLogError.diskFull(path: log.url.path)) {
            while taken < 100_000 {
                _ = try await log.append(clicks(taken..<taken + 200))
                taken += 200
            }
        }
        #expect(log.lastSequence == Int64(taken))
        #expect(try await log.reader.events(after: 0, limit: .max).count == taken)
        await log.close()
        withExtendedLifetime(disk) {}
    }

    /// A crash of the machine leaves the end of the write-ahead log cut or garbled: every commit before
    /// the damage is kept, nothing of the one that it hit.
    @Test(arguments: ["cut", "garbled", "zeroed"]) func damagedTail(kind: String) async throws {
        var random = RandomStream(seed: 3, "damage")
        for round in 0..<6 {
            let place = scratch.file("\(round)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let source = place.appendingPathComponent("source.sqlite")
            let log = try EventLog(source)
            for start in stride(from: 0, to: 400, by: 20) { _ = try await log.append(clicks(start..<start + 20)) }
            // As a crash leaves it: the files copied while they are open.
            let copy = place.appendingPathComponent("events.sqlite")
            try FileManager.default.copyItem(atPath: source.path, toPath: copy.path)
            var tail = try Data(contentsOf: URL(fileURLWithPath: source.path + "-wal"))
            // A commit is a few pages of 4 kB; keep at least the tables.
            let from = tail.count / 4 + Int(random.next() % UInt64(tail.count / 2))
            switch kind {
            case "cut": tail.removeLast(tail.count - from)
            case "zeroed": tail.replaceSubrange(from..., with: Data(count: tail.count - from))
            default:
                for index in from..<min(from + 64, tail.count) {
                    tail[index] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            try tail.write(to: URL(fileURLWithPath: copy.path + "-wal"))
            let recovered = try EventLog(copy)
            let last = recovered.lastSequence
            #expect(last > 0 && last < 400 && last % 20 == 0)
            #expect(try await recovered.reader.events(after: 0).map(\.event) == clicks(0..<Int(last)))
            // Sent again, what was lost is taken, and what was kept is not.
            let again = try await recovered.append(clicks(0..<400))
            #expect(again.filter { !$0.isDuplicate }.count == 400 - Int(last))
            await recovered.close()
            await log.close()
        }
    }

    /// What the disk garbled in the middle of the file is told, once, with the place; never a wrong event.
    @Test func damagedFile() async throws {
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<3000))
        await log.close()
        var random = RandomStream(seed: 4, "damage")
        let whole = try Data(contentsOf: scratch.log)
        for round in 0..<8 {
            let file = scratch.file("damaged-\(round).sqlite")
            var bytes = whole
            if round < 4 {
                bytes.removeLast(bytes.count / 2)
            } else {
                let from = 8192 + Int(random.next() % UInt64(bytes.count - 16384))
                for index in from..<from + 4096 { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
            }
            try bytes.write(to: file)
            do {
                let damaged = try EventLog(file)
                let events = try await damaged.reader.events(after: 0)
                #expect(events.map(\.event) == clicks(0..<3000))
            } catch let error as EventLogError {
                #expect("\(error)".hasPrefix("\(file.path): damaged after event "), "\(error)")
            }
        }
    }

    @Test func whatIsNoLogIsLeftAlone() throws {
        let text = scratch.file("notes.txt")
        try Data(String(repeating: "not a database ", count: 100).utf8).write(to: text)
        #expect(throws: EventLogError.notALog(path: text.path)) { try EventLog(text) }
        #expect(throws: EventLogError.self) { try EventLog(scratch.file("no/such/folder/events.sqlite")) }
        #expect(throws: EventLogError.self) { try EventLogReader(scratch.file("none.sqlite")) }
    }

    @Test func oneWriterAtATime() async throws {
        let log = try EventLog(scratch.log)
        #expect(throws: EventLogError.inUse(path: scratch.log.path)) { try EventLog(scratch.log) }
        await log.close()
        _ = try EventLog(scratch.log)
    }
}

/// A tmpfs of a few pages.
final class SmallDisk {
    static let isPossible = geteuid() == 0 && (try? SmallDisk(in: Scratch(), bytes: 1 << 16)) != nil
    let url: URL

    init(in scratch: Scratch, bytes: Int) throws {
        url = scratch.file("disk")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        guard mount("tmpfs", url.path, "tmpfs", 0, "size=\(bytes)") == 0 else { throw POSIXError(.EPERM) }
    }

    deinit { umount2(url.path, Int32(MNT_DETACH)) }
}
