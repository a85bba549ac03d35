internal import CZlib
internal import NIOCore

/// Bodies that came compressed, as `Content-Encoding: gzip` or `deflate` says.
enum CompressedBody {
    enum Problem: Error, Equatable {
        case damaged
        /// More than the limit comes of it: by mistake, or a bomb.
        case tooLarge
    }

    /// Inflates gzip and zlib data; gzip's may have several members. O(bytes of the answer), and never much more than the
    /// limit in memory.
    static func inflated(_ body: ByteBuffer, limit: Int) throws(Problem) -> ByteBuffer {
        var stream = z_stream()
        // 32: whichever of the two formats its head says.
        guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damaged
        }
        defer { inflateEnd(&stream) }
        var (body, inflated) = (body, ByteBuffer())
        let result = body.withUnsafeMutableReadableBytes { input -> Result<Void, Problem> in
            stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(input.count)
            while true {
                let room = min(max(4 * input.count, 1 << 16), limit + 1 - inflated.readableBytes)
                var status = Z_OK
                inflated.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
                    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(room)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    return room - Int(stream.avail_out)
                }
                if inflated.readableBytes > limit { return .failure(.tooLarge) }
                switch status {
                case Z_OK: continue
                case Z_STREAM_END where stream.avail_in == 0: return .success(())
                case Z_STREAM_END where inflateReset(&stream) == Z_OK: continue
                // Also where it ends too early: nothing is left to go on with.
                default: return .failure(.damaged)
                }
            }
        }
        try result.get()
        return inflated
    }
}
