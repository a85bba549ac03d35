internal import Foundation
internal import MarqueeRuntime
internal import Testing

/// A folder of its own for each test, gone afterwards.
struct Scratch: ~Copyable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    func text(_ name: String) throws -> String {
        try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
    }
}

struct Trouble: Error {}

@Suite("Atomic files")
struct AtomicFileTests {
    @Test("a new file, then another in its place, and nothing beside it")
    func replaced() throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("model.json")
        try AtomicFile.write(Data("a longer first text".utf8), to: file)
        #expect(try scratch.text("model.json") == "a longer first text")
        try AtomicFile.write(Data("second".utf8), to: file)
        #expect(try scratch.text("model.json") == "second")
        try AtomicFile.write(Data(), to: file)
        #expect(try scratch.text("model.json") == "")
        #expect(try scratch.names() == ["model.json"])
    }

    @Test("while it is being written the old one is whole")
    func oldWhileWriting() throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("model.json")
        try AtomicFile.write(Data("old".utf8), to: file)
        try AtomicFile.replace(file) { handle in
            try handle.write(contentsOf: Data("ne".utf8))
            #expect(try scratch.text("model.json") == "old")
            try handle.write(contentsOf: Data("w".utf8))
        }
        #expect(try scratch.text("model.json") == "new")
    }

    @Test("when writing fails the old one stays, and no half one")
    func failed() throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("model.json")
        #expect(throws: FileError.self) { try AtomicFile.replace(file) { _ in throw Trouble() } }
        #expect(try scratch.names() == [])
        try AtomicFile.write(Data("old".utf8), to: file)
        #expect(throws: FileError.self) {
            try AtomicFile.replace(file) { handle in
                try handle.write(contentsOf: Data("half".utf8))
                throw Trouble()
            }
        }
        #expect(throws: Interrupted.self) { try AtomicFile.replace(file) { _ in throw Interrupted() } }
        #expect(try scratch.text("model.json") == "old")
        #expect(try scratch.names() == ["model.json"])
    }

    @Test("a folder that is missing, or no folder: the error names the file, the reason and the remedy")
    func unwritable() throws {
        let scratch = try Scratch()
        let missing = scratch.url.appendingPathComponent("nowhere/model.json")
        let error = #expect(throws: FileError.self) { try AtomicFile.write(Data("x".utf8), to: missing) }
        #expect(
            error?.description
                == "\(missing.path): cannot be written: No such file or directory; "
                + "free some space or choose another folder with --out")
        try AtomicFile.write(Data("x".utf8), to: scratch.url.appendingPathComponent("file"))
        let inside = scratch.url.appendingPathComponent("file/model.json")
        let other = #expect(throws: FileError.self) { try AtomicFile.write(Data("x".utf8), to: inside) }
        #expect(other == .cannotWrite(inside.path, reason: "Not a directory"))
        #expect(try scratch.names() == ["file"])
    }

    @Test("a folder without write permission", .enabled(if: getuid() != 0, "root may write anywhere"))
    func forbidden() throws {
        let scratch = try Scratch()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: scratch.url.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.url.path) }
        let file = scratch.url.appendingPathComponent("model.json")
        let error = #expect(throws: FileError.self) { try AtomicFile.write(Data("x".utf8), to: file) }
        #expect(error == .cannotWrite(file.path, reason: "Permission denied"))
    }

    @Test("a place taken by a folder")
    func folderInPlace() throws {
        let scratch = try Scratch()
        let place = scratch.url.appendingPathComponent("taken")
        try FileManager.default.createDirectory(
            at: place.appendingPathComponent("inside"), withIntermediateDirectories: true)
        #expect(throws: FileError.cannotWrite(place.path, reason: "Is a directory")) {
            try AtomicFile.write(Data("x".utf8), to: place)
        }
        #expect(try scratch.names() == ["taken"])
    }

    /// In a process of its own, since the limit is the process's: files may not grow past 10,000 bytes,
    /// as on a full disk.
    @Test("a disk that fills up in the middle")
    func fullDisk() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let file = scratch.url.appendingPathComponent("model.safetensors")
            try AtomicFile.write(Data("old".utf8), to: file)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            var caught: (any Error)?
            do { try AtomicFile.write(Data(repeating: 7, count: 100_000), to: file) } catch { caught = error }
            let error = try #require(caught as? FileError)
            try #require(error.description.hasPrefix("\(file.path): cannot be written: "))
            try #require(error.description.hasSuffix("free some space or choose another folder with --out"))
            try #require(try scratch.text("model.safetensors") == "old")
            try #require(try scratch.names() == ["model.safetensors"])
        }
    }
}

@Suite("Atomic folders")
struct AtomicFolderTests {
    private func write(_ text: String, _ name: String, in folder: URL) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    @Test("a new folder, parents included, then another in its place: nothing of the old is left")
    func replaced() throws {
        let scratch = try Scratch()
        let folder = scratch.url.appendingPathComponent("runs/model")
        try AtomicFolder.replace(folder) {
            try write("1", "a", in: $0)
            try write("1", "b", in: $0)
        }
        #expect(try scratch.text("runs/model/a") == "1")
        try AtomicFolder.replace(folder) {
            try write("2", "b", in: $0)
            #expect(try scratch.text("runs/model/b") == "1", "the old one is whole while the new one is filled")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["b"])
        #expect(try scratch.text("runs/model/b") == "2")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path + "/runs") == ["model"])
    }

    @Test("when filling fails the old one stays, and no half one")
    func failed() throws {
        let scratch = try Scratch()
        let folder = scratch.url.appendingPathComponent("model")
        try AtomicFolder.replace(folder) { try write("old", "a", in: $0) }
        for error: any Error in [Trouble(), Interrupted()] {
            #expect(throws: (any Error).self) {
                try AtomicFolder.replace(folder) {
                    try write("half", "a", in: $0)
                    throw error
                }
            }
        }
        #expect(try scratch.text("model/a") == "old")
        #expect(try scratch.names() == ["model"])
    }

    @Test("beneath a file: the error names the folder")
    func unwritable() throws {
        let scratch = try Scratch()
        try write("x", "file", in: scratch.url)
        let folder = scratch.url.appendingPathComponent("file/model")
        let error = #expect(throws: FileError.self) { try AtomicFolder.replace(folder) { _ in } }
        #expect(error?.description.hasPrefix("\(folder.path): cannot be written: ") == true)
        #expect(try scratch.names() == ["file"])
    }
}
