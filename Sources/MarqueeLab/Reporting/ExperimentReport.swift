/// placeholder until the next step
struct ExperimentReport { init(_ result: RunResult) {} ; func html() throws -> String { "" } }
