/// An evaluation could not be done, or two could not be compared.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    /// A model gave a score that is not a number, for these indices.
    case notANumber(user: Int32, item: Int32)
    /// The frozen negatives have another number of rows than the holdout has users.
    case negativesMismatch(name: String, rows: Int, users: Int)
    /// A user or an item beyond what the model, the holdout or the matrix of seen items covers.
    case outOfRange(what: String, index: Int32, count: Int)
    case emptyHoldout
    /// Held-out users come with histories, and the model knows only users that it was fitted to.
    case knowsOnlyItsUsers
    /// A held-out item that is not among the candidates' part.
    case outsidePart(item: Int32, part: String)
    case missingMetric(Metric, available: [Metric])
    case differentProtocols(String, String)
    case differentUsers
    /// Ratings are asked for, and nothing held out has one.
    case noRatings
    /// A metric of lists where ratings are judged.
    case notOfRatings(Metric)
    /// A metric of ratings where lists are judged.
    case onlyOfRatings(Metric)
    /// Errors are asked for of a model whose scores are not ratings.
    case predictsNoRatings

    public var description: String {
        switch self {
        case .notANumber(let user, let item):
            "the score of user \(user) for item \(item) is not a number; "
                + "the fit diverged: lower the learning rate or raise the regularization"
        case .negativesMismatch(let name, let rows, let users):
            "\(name): \(rows) rows of negatives for \(users) held-out users; "
                + "negatives must be those made for this holdout"
        case .outOfRange(let what, let index, let count):
            "\(what) \(index) is out of range, there are \(count); model and holdout must share their vocabularies"
        case .outsidePart(let item, let part):
            "held-out item \(item) is not of \(part), among whose items it was to be ranked; hold out only those that are"
        case .emptyHoldout: "nothing is held out to evaluate on; choose another split"
        case .knowsOnlyItsUsers:
            "the held-out users are not among those that the model was fitted to, and it does not answer from a history; "
                + "'marquee models' says which do"
        case .missingMetric(let metric, let available):
            "\(metric) was not evaluated; there is \(available.map(\.description).joined(separator: ", "))"
        case .differentProtocols(let first, let second):
            "results of different protocols cannot be compared: '\(first)' and '\(second)'; evaluate both in one way"
        case .noRatings:
            "the held-out interactions have no ratings; leave 'binarize' out, or choose candidates full or sampled"
        case .notOfRatings(let metric):
            "\(metric) says nothing of rated items; choose among AUC, NDCG, MSE, RMSE and MAE"
        case .onlyOfRatings(let metric): "\(metric) is an error of predicted ratings; write candidates: rated"
        case .predictsNoRatings:
            "the model does not predict ratings, so that its scores have no error; ask it for AUC and NDCG, "
                + "or take one that does ('marquee models' says which)"
        case .differentUsers: "results on different users cannot be compared; evaluate both on one holdout"
        }
    }
}
