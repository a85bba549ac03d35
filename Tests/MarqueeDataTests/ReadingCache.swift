import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite("Reading through the cache")
struct ReadingCache {
    let fixture: ReadingFixture
    let directory: URL
    let pool = WorkerPool(workerCount: 2)

    init() throws {
        fixture = try ReadingFixture([
            "x.inter":
                "user_id:token\titem_id:token\tbehavior:token\trating:float\ttimestamp:float\nü\t1\tview\t2\t3\nb\t2\tbuy\t4\t5\n",
            "x.item":
                "item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n1\tHeat\t1995\tCrime Drama\n",
            "x.user": "user_id:token\tage:token\nb\t44\n",
            "x.net": "source_id:token\ttarget_id:token\nü\tb\n",
            "x.kg": "head_id:token\trelation_id:token\ttail_id:token\nm.1\tdirected\tm.2\n",
            "x.link": "item_id:token\tentity_id:token\n1\tm.1\n",
        ])
        directory = fixture.folder.deletingLastPathComponent().appendingPathComponent("cache")
    }

    func cache(_ folder: URL? = nil) -> DatasetCache {
        DatasetCache(for: folder ?? fixture.folder, mapping: nil, directory: directory)
    }

    func read() throws -> (dataset: Dataset, report: ReadReport) {
        try DatasetReader.read(fixture.folder, mapping: nil, cache: cache(), pool: pool)
    }

    @Test("gives the same again")
    func same() throws {
        let first = try read()
        let second = try read()
        #expect(!first.report.isFromCache)
        #expect(second.report.isFromCache)
        #expect(first.dataset == second.dataset)
        #expect(second.dataset.catalog[0]?.year == 1995)
        #expect(second.dataset.knowledge?.count == 1)
    }

    @Test("keeps frozen tests with and without negatives")
    func frozen() throws {
        for negatives in [["m.test.negative": "(0,0)\t2\t4\n(1,3)\t0\t1\n"], [:]] {
            let fixture = try ReadingFixture(
                ["m.train.rating": "1\t2\t4\t50\n0\t1\t5\t60\n", "m.test.rating": "0\t0\t5\t2\n1\t3\t5\t2\n"]
                    .merging(negatives) { $1 })
            let first = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache(fixture.folder), pool: pool)
            let second = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache(fixture.folder), pool: pool)
            #expect(second.report.isFromCache)
            #expect(first.dataset == second.dataset)
            #expect((second.dataset.frozen?.negatives == nil) == negatives.isEmpty)
        }
    }

    @Test("notices changed, new and missing files")
    func stale() throws {
        _ = try read()
        // Same size, same first bytes; the time tells, and where it does not, the bytes do.
        try fixture.write("x.user", "user_id:token\tage:token\nb\t45\n")
        #expect(try read().dataset.userAttributes["age"]?.contains("45") == true)
        #expect(try read().report.isFromCache)
        try fixture.write("notes.txt", "new")
        #expect(try !read().report.isFromCache)
        try FileManager.default.removeItem(at: fixture.folder.appendingPathComponent("x.net"))
        #expect(try read().dataset.socialEdges.isEmpty)
    }

    @Test("passes over every damage and mends it")
    func damage() throws {
        let whole = try read().dataset
        let file = cache().file
        let bytes = try Data(contentsOf: file)
        for place in stride(from: 0, to: bytes.count, by: 13) {
            var damaged = bytes
            damaged[place] ^= 0x41
            try damaged.write(to: file)
            if let found = cache().load(pool: pool) { #expect(found.dataset == whole) }
        }
        for length in stride(from: 0, to: bytes.count, by: 37) {
            try bytes.prefix(length).write(to: file)
            #expect(cache().load(pool: pool) == nil)
        }
        #expect(try read().dataset == whole)
        #expect(try read().report.isFromCache)
    }

    @Test("costs nothing but itself where nothing can be written")
    func unwritable() throws {
        try FileManager.default.createDirectory(
            at: directory.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("a file, not a folder".utf8).write(to: directory)
        #expect(try read().dataset.log.count == 2)
        #expect(try !read().report.isFromCache)
    }
}
