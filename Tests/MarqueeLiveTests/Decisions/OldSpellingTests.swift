import Foundation
import Testing

@testable import MarqueeLive

/// What earlier versions stored under the spelling `catalogue` is read as before.
@Suite struct OldSpellingTests {
    @Test(arguments: DecisionLink.allCases) func everyLinkReadsItself(_ link: DecisionLink) {
        #expect(DecisionLink(rawValue: link.rawValue) == link)
    }

    @Test func loggedLinksRead() {
        #expect(DecisionLink(rawValue: "catalogue") == .catalog)
        #expect(DecisionLink(rawValue: "catalog") == .catalog)
        #expect(DecisionLink(rawValue: "cataloge") == nil)
    }

    @Test func theOldFileIsTakenOverOnceAndNeverOverANewOne() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("marquee-spelling-\(UUID())")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        func path(_ name: String) -> URL { folder.appendingPathComponent(name) }

        try Data("items".utf8).write(to: path("catalogue.sqlite"))
        try Data("tail".utf8).write(to: path("catalogue.sqlite-wal"))
        try StateFile.rename("catalogue.sqlite", to: "catalog.sqlite", in: folder)
        #expect(try Data(contentsOf: path("catalog.sqlite")) == Data("items".utf8))
        #expect(try Data(contentsOf: path("catalog.sqlite-wal")) == Data("tail".utf8))
        #expect(!files.fileExists(atPath: path("catalogue.sqlite").path))

        try Data("older".utf8).write(to: path("catalogue.sqlite"))
        try StateFile.rename("catalogue.sqlite", to: "catalog.sqlite", in: folder)
        #expect(try Data(contentsOf: path("catalog.sqlite")) == Data("items".utf8))
    }
}
