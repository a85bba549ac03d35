internal import Hummingbird
internal import MarqueeLive

/// `GET /api/experiments`: how the A/B experiments stand.
struct ExperimentRoutes {
    let loop: LiveLoop

    func add(to routes: Endpoints) {
        routes.on(.get, "experiments") { _, _ in
            answer(try await loop.configuration.experiments.reports(from: loop.decisions))
        }
    }

    private func answer(_ reports: [ExperimentSummary]) -> Response {
        var json = JSONWriter()
        json.object {
            $0.array("experiments") { list in
                for report in reports { list.object { write(report, to: &$0) } }
            }
        }
        return JSONText.response(json)
    }

    private func write(_ report: ExperimentSummary, to json: inout JSONWriter) {
        json.write("name", report.name)
        json.write("layer", report.layer)
        json.array("arms") { list in
            for arm in report.arms {
                list.object {
                    $0.write("name", arm.name)
                    $0.write("share", arm.share)
                    $0.write("people", arm.people)
                    $0.write("decisions", arm.decisions)
                    $0.write("reward", arm.reward)
                    $0.write("mean", arm.mean)
                    $0.write("deviation", arm.deviation)
                    guard let comparison = arm.comparison else { return }
                    // An end that is not known yet is null.
                    $0.object("againstControl") {
                        $0.write("difference", comparison.difference)
                        $0.write("lower", comparison.lower)
                        $0.write("upper", comparison.upper)
                        $0.write("confidence", comparison.confidence)
                        $0.write("pValue", comparison.pValue)
                    }
                }
            }
        }
        json.object("sampleRatio") {
            $0.write("statistic", report.sampleRatio.statistic)
            $0.write("pValue", report.sampleRatio.pValue)
            $0.write("mismatch", report.sampleRatio.isMismatch)
        }
        json.write("moved", report.moved)
        json.array("shares") { list in
            for shares in report.history {
                list.object {
                    $0.write("since", Int(shares.since))
                    $0.write("share", shares.share)
                    $0.array("arms") { arms in
                        for arm in shares.arms {
                            arms.object {
                                $0.write("name", arm.name)
                                $0.write("share", arm.share)
                            }
                        }
                    }
                }
            }
        }
    }
}
