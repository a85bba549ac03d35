internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeTensor

/// How texts and times become ids of embedding tables; 0 is what is not known.
struct ClickSchema: Sendable, Equatable {
    /// Ids by item.
    let itemCategories: [Int32]
    let categories, devices, regions, pages: Vocabulary

    init(_ data: TrainingSet) {
        var (categories, codes) = (Vocabulary(), [Int32]())
        for item in 0..<Int32(data.itemCount) {
            let first = data.catalog[item]?.genres.first?.lowercased() ?? ""
            codes.append(first.isEmpty ? 0 : categories.insert(first) + 1)
        }
        (self.categories, itemCategories) = (categories, codes)
        let log = data.impressions?.training
        devices = log?.devices.vocabulary ?? Vocabulary()
        regions = log?.regions.vocabulary ?? Vocabulary()
        pages = log?.pages.vocabulary ?? Vocabulary()
    }

    /// Rows of the table of a field, the unknown's among them.
    func count(of field: ClickField) -> Int {
        switch field {
        case .item: itemCategories.count
        case .category: categories.count + 1
        case .device: devices.count + 1
        case .region: regions.count + 1
        case .page: pages.count + 1
        case .hour: 25
        case .weekday: 8
        }
    }

    /// The id of a field that all candidates of a question share.
    func code(_ field: ClickField, of context: RequestContext) -> Int32 {
        func index(_ text: String, _ vocabulary: Vocabulary) -> Int32 {
            text.isEmpty ? 0 : (vocabulary.index(of: text) ?? -1) + 1
        }
        // Whole hours since 1970, which began on a Thursday.
        let hours = context.time.map { ($0 - ($0 % 3_600_000 + 3_600_000) % 3_600_000) / 3_600_000 }
        func modulo(_ value: Int64, _ n: Int64) -> Int32 { Int32((value % n + n) % n) }
        return switch field {
        case .item, .category: 0
        case .device: index(context.device, devices)
        case .region: index(context.region, regions)
        case .page: index(context.page, pages)
        case .hour: hours.map { modulo($0, 24) + 1 } ?? 0
        case .weekday: hours.map { modulo(($0 - modulo($0, 24).wide) / 24 + 3, 7) + 1 } ?? 0
        }
    }

    // MARK: Files

    private struct Texts: Codable {
        let categories, devices, regions, pages: Vocabulary
    }

    func save(to artifact: inout Artifact) throws {
        artifact.tensors["schema.categories"] = StoredTensor(itemCategories)
        artifact.texts["schema"] = String(
            decoding: try JSONEncoder().encode(
                Texts(categories: categories, devices: devices, regions: regions, pages: pages)), as: UTF8.self)
    }

    init(from artifact: borrowing Artifact, itemCount: Int) throws {
        guard let text = artifact.texts["schema"],
            let texts = try? JSONDecoder().decode(Texts.self, from: Data(text.utf8))
        else { throw ModelError.badArtifact(path: "schema", reason: "names of inputs are missing or damaged") }
        (categories, devices, regions, pages) = (texts.categories, texts.devices, texts.regions, texts.pages)
        itemCategories = try artifact.integers("schema.categories")
        let count = Int32(categories.count)
        guard itemCategories.count == itemCount, itemCategories.allSatisfy({ 0...count ~= $0 }) else {
            throw ModelError.badArtifact(path: "schema.categories", reason: "categories of items are damaged")
        }
    }
}

extension Int32 {
    fileprivate var wide: Int64 { Int64(self) }
}
