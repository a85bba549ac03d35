import Logging
import Synchronization
import Testing

@testable import MarqueeServer

@Suite struct TextLogHandlerTests {
    private final class Lines: TextOutputStream, Sendable {
        let text = Mutex("")
        func write(_ string: String) { text.withLock { $0 += string } }
    }

    @Test func aLineHasWhatItsLoggerCarriesAndWhatItSays() {
        let lines = Lines()
        var logger = Logger(label: "marquee") { TextLogHandler(StreamLogHandler(label: $0, stream: lines)) }
        logger[metadataKey: "request"] = "7"
        logger.warning("slow", metadata: ["route": "/api/popular"])
        logger.debug("too small to tell")
        #expect(logger[metadataKey: "request"] == "7")
        let text = lines.text.withLock { $0 }
        for part in ["warning", "marquee", "request=7", "route=/api/popular", "slow"] { #expect(text.contains(part)) }
        #expect(!text.contains("too small"))
        // What one request's logger carries is nobody else's.
        var other = logger
        other[metadataKey: "request"] = nil
        other.info("done")
        #expect(lines.text.withLock { $0 }.split(separator: "\n").last?.contains("request=") == false)
    }
}
