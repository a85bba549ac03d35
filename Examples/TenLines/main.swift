import Foundation
import MarqueeData
import MarqueeModels

let dataset = try DatasetReader.read(URL(fileURLWithPath: CommandLine.arguments[1]))
let data = TrainingSet(log: dataset.log, catalog: dataset.catalog)
let model = try EASE.fit(EASE.Config(), to: data, in: FitContext())
let service = RecommendationService(SavedModel(model: model, data: data))
for item in service.recommend(to: dataset.log.userVocabulary[0]).recommendations {
    print(item.title, item.genres, item.reasons.map(\.title))
}
