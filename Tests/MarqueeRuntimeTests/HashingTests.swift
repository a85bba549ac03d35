import MarqueeRuntime
import Testing

/// Values that are on disk and in logs: whoever changes one strands what was written before.
@Suite struct HashingTests {
    @Test func theDigestOfBytesIsFNV1aWithALastMix() {
        var digest = Digest()
        Array("foobar".utf8).withUnsafeBytes { digest.add($0) }
        // FNV-1a's own test vector is 85944171f73967e8.
        #expect(digest.text == "85944175db9b6c67")
        #expect(Digest.hexadecimal(0xA) == "000000000000000a")
    }

    @Test func checksumsOfSavedModelsStay() {
        let bytes = Array(UInt8(0)..<20)
        #expect(bytes.withUnsafeBytes { Digest.checksum($0) } == "5b562e536d7f18f2")
        #expect([UInt8]().withUnsafeBytes { Digest.checksum($0) } == "cbf29ce484222325")
    }

    @Test func assignmentsToExperimentsStay() {
        #expect(StableHash.of("layer", "user-7") == 0x151E_1DFE_223F_F5A5)
        #expect(StableHash.unit("layer", "user-7") == Double(0x151E_1DFE_223F_F5A5 as UInt64 >> 11) * 0x1p-53)
        #expect(StableHash.of("a", "bc") != StableHash.of("ab", "c"))
    }

    @Test func placesOfEventsStay() {
        #expect(Array(#"{"id":"event-42""#.utf8).withUnsafeBytes { ByteHash.hash($0) } == 0x5B1D_D627_B16B_D71F)
        #expect([UInt8]().withUnsafeBytes { ByteHash.hash($0) } == 0xCF8C_5440_85D3_4304)
    }

    @Test func durationsAreSeconds() {
        #expect(Duration.milliseconds(1_500).seconds == 1.5)
        #expect((Duration.zero - .seconds(2)).seconds == -2)
    }
}
