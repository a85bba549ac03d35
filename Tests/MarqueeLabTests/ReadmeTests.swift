import Foundation
import Testing

@testable import MarqueeLab

@Suite("The README keeps its word")
struct ReadmeTests {
    @Test("Its program is the one that is built, and it recommends")
    func program() throws {
        let readme = try Package.text("README.md")
        let program = try Package.text("Examples/TenLines/main.swift")
        #expect(readme.contains("```swift\n\(program)```"))
        #expect(program.split(separator: "\n").count <= 10)
        let folder = try TemporaryFolder()
        #expect(
            try Ran.marquee(
                ["data", "simulate", "--out", "world", "--users", "60", "--items", "50", "--interactions", "1200"],
                in: folder
            ).code == 0)
        let ran = try Ran(Package.program("ten-lines"), ["world"], in: folder.url)
        #expect(ran.code == 0, "\(ran.errors)")
        #expect(ran.output.split(separator: "\n").count == 10)
    }

    @Test("The files and folders that it names are there")
    func links() throws {
        let readme = try Package.text("README.md")
        let links = readme.matches(of: /\]\(([^)#:]+)\)/).map { String($0.output.1) }
        #expect(!links.isEmpty)
        for link in links {
            #expect(FileManager.default.fileExists(atPath: Package.root.appendingPathComponent(link).path), "\(link)")
        }
    }
}
