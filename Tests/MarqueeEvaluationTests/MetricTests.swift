import Foundation
import MarqueeEvaluation
import Testing

@Suite struct MetricTests {
    @Test(arguments: ["HR@10", "NDCG@5", "NDCG", "Precision@1", "Recall@50", "MRR", "MRR@10", "MAP@20", "MAP", "AUC"])
    func readsWhatItWrites(text: String) throws {
        #expect(try Metric(text).description == text)
        #expect(try Metric(text.lowercased()) == Metric(text))
    }

    @Test(arguments: [
        ("NDGC@10", "NDCG@10"), ("ndcg@ten", "NDCG@10"), ("HR", "HR@10"), ("HR@0", "HR@10"), ("HR@-3", "HR@10"),
        ("Recal@20", "Recall@20"), ("AUC@10", "AUC"), ("Precision", "Precision@10"), ("NDCG@", "NDCG@10"),
        ("precison@5", "Precision@5"), ("HR@10@5", "HR@10"),
    ])
    func namesTheNearest(text: String, nearest: String) throws {
        let error = #expect(throws: MetricError.self) { try Metric(text) }
        #expect(error?.nearest?.description == nearest)
        #expect(error?.description == "unknown metric '\(text)'; did you mean '\(nearest)'?")
    }

    @Test func namesThemAllWhenNoneIsNear() {
        let error = #expect(throws: MetricError.self) { try Metric("perplexity") }
        #expect(error?.description.contains("HR, NDCG, Precision, Recall, MRR, MAP, AUC") == true)
    }

    @Test func isAStringInJSON() throws {
        let metrics = [Metric(.ndcg, at: 10), Metric(.auc)]
        let data = try JSONEncoder().encode(metrics)
        #expect(String(decoding: data, as: UTF8.self) == #"["NDCG@10","AUC"]"#)
        #expect(try JSONDecoder().decode([Metric].self, from: data) == metrics)
        let misspelled = Data(#"["NDGC@10"]"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Metric].self, from: misspelled) }
    }
}
