internal import CMarqueeKernels

/// Rows of all nodes as they go along edges.
struct Messages {
    let rows: UnsafeRawPointer
    let isBfloat16: Bool
    var bfloat16: Int32 { isBfloat16 ? 1 : 0 }
}

/// Node tensors, of which each worker holds its own nodes' rows and needs those of others.
extension Exchange {
    /// This worker's nodes. One that is alone holds them all.
    func rows(of partition: NodePartition) -> Range<Int> {
        guard !isAlone, !partition.isOwn else { return 0..<partition.nodeCount }
        precondition(partition.workerCount == workerCount, "a graph cut for another number of workers")
        return partition[worker]
    }

    /// The rows of all nodes, of which `own` are this worker's.
    func allGather(_ own: UnsafePointer<Float>, columns: Int, _ partition: NodePartition) -> UnsafePointer<Float> {
        guard !isAlone, !partition.isOwn else { return own }
        let all = nextBuffer(partition.nodeCount * columns)
        let rows = partition[worker]
        (all + rows.lowerBound * columns).update(from: own, count: rows.count * columns)
        barrier()
        return UnsafePointer(all)
    }

    /// The rows of all selected nodes, of which `own` are this worker's, one after the other; rows of other nodes are
    /// undefined.
    func allGather(_ own: UnsafePointer<Float>, columns: Int, _ selection: NodeSelection) -> UnsafePointer<Float> {
        let all = nextBuffer(selection.partition.nodeCount * columns)
        for k in 0..<selection.own.count {
            (all + Int(selection.own[k]) * columns).update(from: own + k * columns, count: columns)
        }
        barrier()
        return UnsafePointer(all)
    }

    /// As ``allGather(_:columns:_:)-(_,_,NodePartition)``, in the step's form of messages.
    func send(_ own: UnsafePointer<Float>, columns: Int, _ partition: NodePartition) -> Messages {
        guard !isAlone, !partition.isOwn else { return Messages(rows: UnsafeRawPointer(own), isBfloat16: false) }
        return send(columns: columns, partition) { rows, isBfloat16 in
            let count = partition[worker].count * columns
            guard !isBfloat16 else {
                return mq_round_to_bfloat16(own, rows.assumingMemoryBound(to: UInt16.self), count)
            }
            rows.assumingMemoryBound(to: Float.self).update(from: own, count: count)
        }
    }

    /// As ``send(_:columns:_:)-(_,_,NodePartition)``, of rows that `write` leaves at the pointer and in the form that it
    /// is given.
    func send(
        columns: Int, _ partition: NodePartition, write: (_ own: UnsafeMutableRawPointer, _ isBfloat16: Bool) -> Void
    ) -> Messages {
        let count = partition.nodeCount * columns
        guard !isAlone, !partition.isOwn else {
            let all = arena.allocate(Float.self, count)
            write(all, false)
            return Messages(rows: UnsafeRawPointer(all), isBfloat16: false)
        }
        let first = partition[worker].lowerBound * columns, isBfloat16 = messages == .bfloat16
        let all: UnsafeMutableRawPointer
        if isBfloat16 {
            let rounded = nextRoundedBuffer(count)
            all = UnsafeMutableRawPointer(rounded)
            write(rounded + first, true)
        } else {
            let floats = nextBuffer(count)
            all = UnsafeMutableRawPointer(floats)
            write(floats + first, false)
        }
        barrier()
        return Messages(rows: UnsafeRawPointer(all), isBfloat16: isBfloat16)
    }

    /// As ``allGather(_:columns:_:)-(_,_,NodeSelection)``, in the step's form of messages.
    func send(_ own: UnsafePointer<Float>, columns: Int, _ selection: NodeSelection) -> Messages {
        guard messages == .bfloat16 else {
            return Messages(rows: UnsafeRawPointer(allGather(own, columns: columns, selection)), isBfloat16: false)
        }
        let all = nextRoundedBuffer(selection.partition.nodeCount * columns)
        for k in 0..<selection.own.count {
            mq_round_to_bfloat16(own + k * columns, all + Int(selection.own[k]) * columns, columns)
        }
        barrier()
        return Messages(rows: UnsafeRawPointer(all), isBfloat16: true)
    }

    private func nextRoundedBuffer(_ count: Int) -> UnsafeMutablePointer<UInt16> {
        UnsafeMutableRawPointer(nextBuffer((count + 1) / 2)).bindMemory(to: UInt16.self, capacity: count)
    }
}
