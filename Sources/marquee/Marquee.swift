import ArgumentParser

@main
struct Marquee: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "marquee", abstract: "Recommendations from people's clicks, ratings and plays.", version: "0.1.0")
}
