/// The number format in which a node's row is sent along its edges; sums are taken in 32 bits.
///
/// Products along edges are bound by how fast rows are read. `bfloat16` keeps a float's exponent and 8 bits of its
/// significand: half as much to read, each number off by at most 1 part in 256.
public enum MessageForm: String, Codable, Sendable, CaseIterable { case float32, bfloat16 }
