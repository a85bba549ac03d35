/// How a snapshot of the loop's memory spells people and what they did.
extension StatisticWriter {
    mutating func append(_ who: Who) {
        switch who {
        case .user(let id):
            append(0)
            append(id)
        case .session(let id):
            append(1)
            append(id)
        }
    }

    mutating func append(_ state: UserState) {
        append(state.interactions) { writer, interaction in
            writer.append(Int64(interaction.type.index))
            writer.append(interaction.time)
            writer.append(Int64(interaction.item))
            writer.append(Int64(interaction.value.bitPattern))
        }
        append(state.consumed) { $0.append(Int64($1)) }
        append(state.hidden) { $0.append(Int64($1)) }
        append(state.exposures) { writer, exposure in
            writer.append(Int64(exposure.item))
            writer.append(Int64(exposure.count))
            writer.append(exposure.time)
        }
        append(state.retractions) { writer, retraction in
            writer.append(Int64(retraction.item))
            writer.append(retraction.time)
        }
        append(state.owner.map { [$0] } ?? []) { writer, owner in
            writer.append(owner.user)
            writer.append(owner.time)
        }
    }

    /// Bit by bit.
    mutating func append(_ numbers: [Double]) { append(numbers) { $0.append(Int64(bitPattern: $1.bitPattern)) } }
}

extension StatisticReader {
    mutating func who() throws(Damaged) -> Who {
        switch try number() {
        case 0: .user(try text())
        case 1: .session(try text())
        default: throw Damaged()
        }
    }

    /// - Parameter items: how many items there are; indices are below.
    mutating func userState(items: Int) throws(Damaged) -> UserState {
        var state = UserState()
        state.interactions = try list(least: 4) { reader throws(Damaged) in
            let type = Int(clamping: try reader.number())
            guard EventType.allCases.indices.contains(type) else { throw Damaged() }
            let time = try reader.number(), item = try reader.item(below: items)
            return UserState.Interaction(
                EventType.allCases[type], item: item, time: time,
                value: Float(bitPattern: UInt32(truncatingIfNeeded: try reader.number())))
        }
        state.consumed = try list(least: 1) { reader throws(Damaged) in try reader.item(below: items) }
        state.hidden = try list(least: 1) { reader throws(Damaged) in try reader.item(below: items) }
        state.exposures = try list(least: 3) { reader throws(Damaged) in
            let item = try reader.item(below: items)
            return UserState.Exposure(
                item: item, count: Int32(clamping: try reader.number()), time: try reader.number())
        }
        state.retractions = try list(least: 2) { reader throws(Damaged) in
            UserState.Retraction(item: try reader.item(below: items), time: try reader.number())
        }
        state.owner = try list(least: 2) { reader throws(Damaged) in
            UserState.Owner(user: try reader.text(), time: try reader.number())
        }.first
        return state
    }

    mutating func doubles() throws(Damaged) -> [Double] {
        try list(least: 1) { reader throws(Damaged) in Double(bitPattern: UInt64(bitPattern: try reader.number())) }
    }

    /// An index of the catalog.
    mutating func item(below end: Int) throws(Damaged) -> Int32 {
        guard let item = Int32(exactly: try number()), item >= 0, item < end else { throw Damaged() }
        return item
    }
}
