internal import Foundation
internal import MarqueeRuntime
internal import Testing

/// Each in a process of its own: a wish to stop is the whole process's, other tests' training too.
@Suite("Interruption")
struct InterruptionTests {
    @Test("asked for, seen, taken back")
    func requested() async {
        await #expect(processExitsWith: .success) {
            try #require(!Interruption.isRequested)
            try Interruption.check()
            Interruption.request()
            try #require(Interruption.isRequested)
            #expect(throws: Interrupted.self) { try Interruption.check() }
            Interruption.reset()
            try Interruption.check()
        }
    }

    @Test("the first signal asks, and the work goes on")
    func firstSignal() async {
        await #expect(processExitsWith: .success) {
            listen()
            raise(SIGINT)
            try #require(Interruption.isRequested)
            Interruption.reset()
            raise(SIGTERM)
            try #require(Interruption.isRequested)
        }
    }

    @Test("the second ends the process")
    func secondSignal() async {
        await #expect(processExitsWith: .signal(SIGINT)) {
            listen()
            raise(SIGINT)
            raise(SIGINT)
        }
        await #expect(processExitsWith: .signal(SIGTERM)) {
            listen()
            raise(SIGTERM)
            raise(SIGTERM)
        }
    }

    @Test("what is told to the user")
    func described() {
        #expect("\(Interrupted())" == "interrupted")
    }
}

/// Listens, and lets this thread take signals: those that run Swift's tasks block them all.
private func listen() {
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    Interruption.listen()
}
